from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import Result
from PIL import Image as Pictures

from defectkit.workflows import Analysis

Run = Callable[..., Result]

FILES = {"defects.csv", "summary.csv", "hardening.csv", "condition.csv", "overlays", "report.html", "results.zarr"}
CALIBRATED = ("--pixel-size", "0.5 nm", "--foil-thickness", "100 nm")
SQUARE = "0 0.1 0.1 0.3 0.1 0.3 0.3 0.1 0.3"
TRIANGLE = "0 0.5 0.5 0.9 0.5 0.5 0.9"


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    folder = tmp_path / "frames"
    folder.mkdir()
    for name in ("one", "two"):
        Pictures.fromarray(np.full((100, 100), 120, np.uint8)).save(folder / f"{name}.png")
    return folder


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    folder = tmp_path / "labels"
    folder.mkdir()
    (folder / "classes.txt").write_text("loop_111\n")
    (folder / "one.txt").write_text(f"{SQUARE}\n{TRIANGLE}\n")
    (folder / "two.txt").write_text("")
    return folder


def contents(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir()}


def assert_refused(result: Result, folder: Path, *words: str) -> None:
    assert result.exit_code == 2, result.output
    for word in words:
        assert word in result.stderr, result.stderr
    assert not [name for name in contents(folder) if name.startswith((".out", "out"))]


def test_drawn_labels_become_a_report(run: Run, labels: Path, frames: Path, tmp_path: Path) -> None:
    result = run(
        *("measure", "--labels", labels, "--format", "yolo-seg", "--images", frames, *CALIBRATED),
        *("-o", tmp_path / "out"),
    )
    assert result.exit_code == 0, result.output
    assert contents(tmp_path / "out") >= FILES
    defects = pd.read_csv(tmp_path / "out" / "defects.csv")
    assert defects["defect_type"].tolist() == ["loop_111", "loop_111"]
    assert defects["polygon_area_nm2"].tolist() == pytest.approx([100, 200])
    assert defects["polygon_equivalent_diameter_nm"].tolist() == pytest.approx(
        [2 * np.sqrt(100 / np.pi), 2 * np.sqrt(200 / np.pi)]
    )
    assert defects["polygon_max_feret_diameter_nm"].tolist() == pytest.approx([10 * np.sqrt(2), 20 * np.sqrt(2)])
    assert defects["score"].isna().all()
    summary = pd.read_csv(tmp_path / "out" / "summary.csv")
    every = summary[summary["defect_type"] == "all"].set_index("image")
    assert every["count"].to_dict() == {"one": 2, "two": 0}
    assert every["stands_for"]["one"] == pytest.approx(defects["weight"].sum())
    assert (defects["weight"] > 1).all()
    density = every["stands_for"] / (2500 * 100e-27)
    assert every["number_density_per_m3"].to_dict() == pytest.approx({"one": density["one"], "two": 0})
    analysis = Analysis.load(tmp_path / "out" / "results.zarr")
    assert analysis.labels is not None and analysis.labels.n_defects == 2
    assert contents(tmp_path) == {"frames", "labels", "out"}


def test_the_format_is_found_where_it_is_not_named(run: Run, labels: Path, frames: Path, tmp_path: Path) -> None:
    result = run("measure", "--labels", labels, "--images", frames, *CALIBRATED, "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output


def test_an_option_of_the_format_is_handed_on(run: Run, labels: Path, frames: Path, tmp_path: Path) -> None:
    result = run(
        *("measure", "--labels", labels, "--format", "yolo-seg", "--format-option", "types=loop_111=cavity"),
        *("--images", frames, *CALIBRATED, "-o", tmp_path / "out"),
    )
    assert result.exit_code == 0, result.output
    assert pd.read_csv(tmp_path / "out" / "defects.csv")["defect_type"].unique().tolist() == ["cavity"]


def test_an_image_that_nobody_labelled_is_left_out_and_told(
    run: Run, labels: Path, frames: Path, tmp_path: Path
) -> None:
    (labels / "two.txt").unlink()
    result = run("measure", "--labels", labels, "--images", frames, *CALIBRATED, "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "left out: two" in result.stderr
    assert contents(tmp_path / "out" / "overlays") == {"one.png"}


def test_a_label_without_its_image_is_refused_unless_allowed(
    run: Run, labels: Path, frames: Path, tmp_path: Path
) -> None:
    (frames / "two.png").unlink()
    command = ("measure", "--labels", labels, "--images", frames, *CALIBRATED, "-o", tmp_path / "out")
    assert_refused(run(*command), tmp_path, "two", "--allow-partial")
    assert run(*command, "--allow-partial").exit_code == 0
    assert contents(tmp_path / "out" / "overlays") == {"one.png"}


def test_repairs_are_told(run: Run, labels: Path, frames: Path, tmp_path: Path) -> None:
    (labels / "one.txt").write_text(f"{SQUARE}\n{SQUARE}\n")
    result = run("measure", "--labels", labels, "--images", frames, *CALIBRATED, "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "repeated region" in result.stderr
    assert "repeated region" in (tmp_path / "out" / "repairs.csv").read_text(encoding="utf-8")
    assert "Repairs to the labels" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_labels_of_another_format_are_refused(run: Run, labels: Path, frames: Path, tmp_path: Path) -> None:
    command = ("measure", "--images", frames, *CALIBRATED, "-o", tmp_path / "out")
    assert_refused(run(*command, "--labels", labels, "--format", "coco"), tmp_path, "labels")
    (tmp_path / "labels.json").write_text(json.dumps({"this": "is something else"}))
    assert_refused(run(*command, "--labels", tmp_path / "labels.json"), tmp_path, "labels.json")
    assert_refused(run(*command, "--labels", tmp_path / "labels.json", "--format", "via"), tmp_path, "labels.json")
    assert_refused(run(*command, "--labels", labels, "--format", "viaduct"), tmp_path, "via")
    assert_refused(run(*command, "--labels", tmp_path / "nothing"), tmp_path, "nothing")


def test_a_missing_calibration_is_refused(run: Run, labels: Path, frames: Path, tmp_path: Path) -> None:
    result = run("measure", "--labels", labels, "--images", frames, "-o", tmp_path / "out")
    assert_refused(result, tmp_path, "no pixel size", "--pixel-size")


def test_nothing_to_measure_is_refused(run: Run, labels: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = run("measure", "--labels", labels, "--images", tmp_path / "empty", *CALIBRATED, "-o", tmp_path / "out")
    assert_refused(result, tmp_path, "no image")


def test_without_a_thickness_hardening_says_why_it_is_empty(
    run: Run, labels: Path, frames: Path, tmp_path: Path
) -> None:
    command = ("measure", "--labels", labels, "--images", frames, "--pixel-size", "0.5 nm")
    result = run(*command, "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    hardening = pd.read_csv(tmp_path / "out" / "hardening.csv")
    one = hardening[hardening["image"] == "one"]
    assert one["hardening_mpa"].isna().all() and one["note"].str.contains("foil thickness").all()


def test_the_help_has_an_example(run: Run) -> None:
    result = run("measure", "--help")
    assert result.exit_code == 0
    assert "defectkit measure --labels" in result.stdout
