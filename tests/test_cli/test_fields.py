"""Which part of an image is counted, on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import Result
from PIL import Image as Pictures

Run = Callable[..., Result]

CALIBRATED = ("--pixel-size", "1 nm", "--foil-thickness", "100 nm")


@pytest.fixture
def frame(tmp_path: Path) -> Path:
    """Twelve dark discs, a burned-in bar and what looks like its text."""
    rows, columns = np.indices((256, 256))
    pixels = np.random.default_rng(0).normal(180, 4, (256, 256))
    for k in range(12):
        pixels[np.hypot(rows - 40 - 50 * (k // 4), columns - 40 - 55 * (k % 4)) < 6] -= 90
    pixels[235:241, 20:90] = 0
    for k in range(10):
        pixels[222:230, 40 + 3 * k] = 0
    path = tmp_path / "frames" / "bar.png"
    path.parent.mkdir()
    Pictures.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)
    return path


def analyzed(run: Run, frame: Path, *options: object) -> tuple[Result, pd.DataFrame]:
    out = frame.parent.parent / "out"
    result = run("-q", "analyze", frame, "--detector", "blob", *CALIBRATED, *options, "-o", out)
    return result, pd.read_csv(out / "summary.csv").set_index(
        "defect_type"
    ) if result.exit_code == 0 else pd.DataFrame()


def test_a_burned_in_bar_is_left_out_and_told_with_q_in_report_and_tables(run: Run, frame: Path) -> None:
    result, summary = analyzed(run, frame)
    assert result.exit_code == 0, result.output
    assert "burned-in scale bar (--include-overprints counts it): bar." in " ".join(result.output.split())
    assert summary.loc["all", "count"] == 12
    assert 60_000 < summary["field_area_nm2"]["all"] < 65_000
    page = (frame.parent.parent / "out" / "report.html").read_text("utf-8")
    assert "Left out of the field, with its area: burned-in scale bar" in page


def test_it_is_counted_if_that_is_asked_for(run: Run, frame: Path) -> None:
    result, summary = analyzed(run, frame, "--include-overprints")
    assert "scale bar" not in result.output
    assert summary["count"]["all"] > 12
    assert summary.loc["all", "field_area_nm2"] == 65_536


def test_crop_and_mask(run: Run, frame: Path) -> None:
    mask = np.zeros((256, 256), np.uint8)
    mask[:, 120:] = 255
    Pictures.fromarray(mask).save(frame.parent.parent / "mask.png")
    _, summary = analyzed(run, frame, "--crop", "0,0,120,256", "--exclude-mask", frame.parent.parent / "mask.png")
    assert summary.loc["all", "count"] == 4
    assert summary.loc["all", "field_area_nm2"] == 120 * 120


@pytest.mark.parametrize("text", ["1,2,3", "a,b,c,d", "0,0,0,5", "0,0,-1,5", "0 0 5 5"])
def test_what_is_no_crop_is_told(run: Run, frame: Path, text: str) -> None:
    result, _ = analyzed(run, frame, "--crop", text)
    assert result.exit_code == 2
    assert "is not TOP,LEFT,HEIGHT,WIDTH in whole pixels" in " ".join(result.output.split())


def test_a_crop_beyond_the_image_writes_nothing(run: Run, frame: Path) -> None:
    result, _ = analyzed(run, frame, "--crop", "0,0,300,300")
    assert result.exit_code == 2
    assert "the crop reaches row 300" in " ".join(result.output.split())
    assert not (frame.parent.parent / "out").exists()


def test_an_output_in_the_folder_of_masks_is_refused(run: Run, frame: Path) -> None:
    result = run("-q", "analyze", frame, *CALIBRATED, "--exclude-mask", frame.parent, "-o", frame.parent / "out")
    assert result.exit_code == 2
    assert not (frame.parent / "out").exists()


def test_a_missing_pixel_size_is_asked_for_by_its_option(run: Run, frame: Path) -> None:
    result = run("-q", "analyze", frame, "-o", frame.parent.parent / "out")
    assert result.exit_code == 2
    assert '--pixel-size "0.25 nm"' in result.output and "pixel_size=" not in result.output
