"""Studies of one's own files: labels that were not read whole, and pixel sizes to doubt, are said as elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from defectkit.errors import ImplausibleSizeError, NotFullyReadWarning, RecordError, RefusedRegionsError, StudyError
from defectkit.studies import own_data
from defectkit.studies.toml import read_data


def square(at: float) -> str:
    """A line of YOLO: a square that begins at this part of width and height; beyond 1 it lies outside the frame."""
    return " ".join(["0", *(f"{at + dx:.2f} {at + dy:.2f}" for dx, dy in ((0, 0), (0.1, 0), (0.1, 0.1), (0, 0.1)))])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two images of three squares each; in the second, two squares lie outside the frame."""
    (tmp_path / "labels").mkdir()
    (tmp_path / "frames").mkdir()
    for name, places in (("a", (0.1, 0.3, 0.5)), ("b", (0.1, 2.1, 2.5))):
        PIL.Image.fromarray(np.zeros((40, 50), np.uint8)).save(tmp_path / "frames" / f"{name}.png")
        (tmp_path / "labels" / f"{name}.txt").write_text("\n".join(map(square, places)) + "\n")
    return tmp_path


def table(**more: Any) -> dict[str, Any]:
    labels = {"truth": {"path": "labels", "format": "yolo-seg"}}
    return {"images": ["frames"], "labels": labels, "pixel_size": "1 nm", **more}


def test_refused_regions_are_an_error_until_their_images_are_left_out(folder: Path) -> None:
    file = folder / "study.toml"
    with pytest.raises(RefusedRegionsError, match="2 of 6 regions were refused"):
        read_data(table(), ["truth@1"], where=file)
    with pytest.warns(NotFullyReadWarning, match="b \\(2 of 3\\)"):
        data = read_data(table(allow_refused=True), ["truth@1"], where=file)
    assert (data.labels("truth@1").images, data.labels("truth@1").n_defects) == (("a",), 3)
    assert data.labels("truth@1").not_fully_read == ()


def test_a_pixel_size_to_doubt_has_to_be_confirmed(folder: Path) -> None:
    labels = {"truth": {"path": folder / "labels", "format": "yolo-seg"}}
    given: dict[str, Any] = {
        "images": [folder / "frames"],
        "labels": labels,
        "pixel_size": "0.25 m",
        "refused": "leave-out",
    }
    with pytest.raises(ImplausibleSizeError):
        own_data("mine", **given)
    with pytest.warns(NotFullyReadWarning):
        data = own_data("mine", **given, on_conflict="use-given")
    assert data.images["a"].required_calibration().pixel_size_nm == pytest.approx((0.25e9, 0.25e9))


@pytest.mark.parametrize("key", ["allow_refused", "confirm_pixel_size", "available"])
def test_switches_are_true_or_false(folder: Path, key: str) -> None:
    with pytest.raises(StudyError, match=f"{key} is 'yes', but true or false is needed"):
        read_data(table(**{key: "yes"}), ["truth@1"], where=folder / "study.toml")


def test_labels_without_a_name_are_refused(folder: Path) -> None:
    labels = {"": {"path": folder / "labels", "format": "yolo-seg"}}
    with pytest.raises(RecordError, match="name '' is empty"):
        own_data("mine", images=[folder / "frames"], labels=labels, pixel_size="1 nm", refused="leave-out")
