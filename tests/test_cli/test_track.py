from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from defectkit.storage import load_results
from defectkit.testing.synthetic.series import SyntheticSeries, synthetic_series
from defectkit.workflows import measure_labels


@pytest.fixture(scope="module")
def series() -> SyntheticSeries:
    return synthetic_series(1, n_frames=4, n_defects=20, shape=(192, 192))


@pytest.fixture(scope="module")
def measured(series: SyntheticSeries, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("measured")
    measure_labels(series.labels, series.images).save(folder / "results.zarr")
    return folder


def test_a_series_becomes_tables_figures_and_a_page(run, measured: Path, tmp_path: Path) -> None:
    times = tmp_path / "frames.csv"
    times.write_text("image,time_s\n" + "".join(f"frame-{t:03d},{60 * t}\n" for t in range(4)), encoding="utf-8")
    result = run("track", measured, "--frames", times, "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    out = tmp_path / "out"
    tracks, defects = pd.read_csv(out / "tracks.csv"), pd.read_csv(out / "defects.csv")
    assert {"growth_rate_nm_per_s", "lifetime_s", "begins", "ends"} <= set(tracks)
    assert set(defects["track"]) == set(tracks["track"])
    assert pd.read_csv(out / "evolution.csv")["time_s"].tolist() == [0, 60, 120, 180]
    stored = load_results(out / "series.zarr")
    assert stored["tracks"].sizes["track"] == len(tracks)
    page = (out / "report.html").read_text(encoding="utf-8")
    assert page.count("<img") == 2 + 4
    assert {p.name for p in (out / "overlays").iterdir()} == {f"frame-{t:03d}.png" for t in range(4)}
    assert (out / "tracks.png").stat().st_size > 10_000
    assert ["tracks", str(len(tracks))] in [line.split() for line in result.output.splitlines()]


def test_a_run_of_other_limits_gives_other_tracks(run, measured: Path, tmp_path: Path) -> None:
    for name, limit in (("near", "0.01 nm"), ("far", "3 nm")):
        assert run("track", measured, "--max-distance", limit, "-o", tmp_path / name).exit_code == 0
    near, far = (len(pd.read_csv(tmp_path / name / "tracks.csv")) for name in ("near", "far"))
    assert near > far


def test_what_is_no_analysis_is_refused(run, tmp_path: Path) -> None:
    result = run("track", tmp_path / "nowhere", "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert "is not there" in result.output
