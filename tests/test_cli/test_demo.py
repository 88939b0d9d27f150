from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from defectkit.cli import cli
from defectkit.formats import read_images, read_labels


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("demo") / "out"
    result = CliRunner().invoke(
        cli, ["demo", "--images", "1", "--seed", "2", "-o", str(folder)], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    return folder, result.output


def test_the_demo_says_where_its_report_lies(demo: tuple[Path, str]) -> None:
    folder, printed = demo
    assert f"Report: {folder / 'analysis' / 'report.html'}" in printed
    assert (folder / "analysis" / "report.html").is_file()
    assert {"bdot", "loop_111", "loop_100"} <= set(printed.split())


def test_what_the_demo_wrote_can_be_read_again(demo: tuple[Path, str]) -> None:
    folder, _ = demo
    images = read_images(folder / "images")
    (image,) = images.values()
    assert image.required_calibration().pixel_size_nm[0] == pytest.approx(0.478516, rel=1e-4)
    truth = read_labels(folder / "truth.json", format="coco", images=images).labels
    written = json.loads((folder / "truth.json").read_text())
    assert truth.n_defects == len(written["annotations"]) > 20


def test_the_demo_computes_hardening_of_truth_and_prediction(demo: tuple[Path, str]) -> None:
    folder, _ = demo
    with (folder / "hardening.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["sum"] for row in rows] == ["linear", "quadrature"]
    for row in rows:
        assert 10 < float(row["true_mpa"]) < 500
        assert float(row["predicted_mpa"]) == pytest.approx(float(row["true_mpa"]), rel=0.5)
