from __future__ import annotations

import base64
import io
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from defectkit.errors import LabelReadError, PairingError
from defectkit.formats.interface import LabelReading
from defectkit.formats.labelme import LabelmeFormat
from defectkit.records import Image, Instances, LabelSet, Taxonomy

Blank = Callable[..., dict[str, Image]]
Written = Callable[[str, Any], Path]


def packed(mask: np.ndarray) -> str:
    buffer = io.BytesIO()
    PIL.Image.fromarray(mask).save(buffer, format="PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def shape(kind: str | None, *points: tuple[float, float], label: str = "bdot", **more: Any) -> dict[str, Any]:
    return {"label": label, "points": [list(p) for p in points], "shape_type": kind, "group_id": None, **more}


@pytest.fixture
def read(blank: Blank, written: Written) -> Callable[..., LabelReading]:
    def run(*shapes: Any, **more: Any) -> LabelReading:
        path = written("one.json", {"version": "5.5.0", "shapes": list(shapes), "imagePath": "one.png", **more})
        return LabelmeFormat().read(path.parent, blank("one"), Taxonomy.standard())

    return run


def test_every_kind_of_shape(read: Callable[..., LabelReading]) -> None:
    mask = np.zeros((6, 4), bool)
    mask[1:, 2:] = True
    reading = read(
        shape("polygon", (10, 20), (20, 20), (20, 30), (10, 30)),
        shape("rectangle", (40, 30), (30, 20)),
        shape("circle", (60, 50), (60, 62)),
        shape("linestrip", (80, 10), (90, 10), (90, 30)),
        shape("oriented_rectangle", (100, 10), (105, 15), (100, 20), (95, 15)),
        shape("mask", (70, 80), (73, 85), mask=packed(mask)),
        shape(None, (1, 1), (5, 1), (5, 5)),
        imageHeight=100,
        imageWidth=120,
    )
    one = reading.labels["one"]
    assert one.ids.tolist() == list(range(7))
    assert one.polygons.areas() == pytest.approx([100, 100, math.pi * 144, 100, 50, 0, 8], rel=2e-3)
    assert one.boxes[[0, 1, 5]].tolist() == [[20, 10, 30, 20], [20, 30, 30, 40], [81, 72, 86, 74]]
    assert [(line.region, line.problem) for line in reading.report.mended] == [("shape 3", "open polygon")]


@pytest.mark.parametrize(
    ("drawn", "problem"),
    [
        (shape("point", (1, 1)), "not an area"),
        (shape("line", (1, 1), (2, 2)), "not an area"),
        (shape("points", (1, 1), (2, 2)), "not an area"),
        (shape("linestrip", (1, 1), (2, 2)), "not an area"),
        (shape("rectangle", (1, 1), (1, 2)), "zero area"),
        (shape("circle", (1, 1), (1, 1)), "zero area"),
        (shape("circle", (1, 1)), "malformed region"),
        (shape("star", (1, 1)), "malformed region"),
        (shape("mask", (1, 1), (2, 2)), "malformed region"),
        (shape("mask", (1, 1), (2, 2), mask="%%%"), "malformed region"),
        (shape("mask", (1, 1), (2, 2), mask="aGVsbG8="), "malformed region"),
        ({"label": "bdot", "points": [["a", 1]]}, "malformed region"),
        ({"label": "bdot"}, "malformed region"),
        (7, "malformed region"),
    ],
)
def test_what_is_no_area_is_refused(drawn: Any, problem: str, read: Callable[..., LabelReading]) -> None:
    reading = read(shape("rectangle", (1, 1), (9, 9)), drawn)
    (line,) = reading.report.refused
    assert (line.image, line.region, line.problem, line.file) == ("one", "shape 1", problem, "one.json")
    assert reading.labels["one"].ids.tolist() == [0]


def test_a_mask_that_leaves_the_image_is_cut(read: Callable[..., LabelReading]) -> None:
    reading = read(shape("mask", (118, 0), (121, 0), mask=packed(np.ones((1, 4), bool))))
    assert reading.labels["one"].areas.tolist() == [2]
    assert "2 of its pixels" in reading.report.mended.repairs[0].what


def test_groups_are_told(read: Callable[..., LabelReading]) -> None:
    reading = read(shape("rectangle", (1, 1), (9, 9), group_id=3), shape("rectangle", (20, 20), (30, 30), label=""))
    assert reading.labels["one"].type_names == ("bdot", "defect")
    assert [line.problem for line in reading.report.noted] == ["no type"], "a group of one shape is that shape"


def test_another_size_is_an_error(read: Callable[..., LabelReading]) -> None:
    with pytest.raises(PairingError, match="10 x 10 px"):
        read(imageHeight=10, imageWidth=10)


@pytest.mark.parametrize("content", [[], {"shapes": 7}, {"images": []}])
def test_other_files_are_refused(content: Any, blank: Blank, written: Written) -> None:
    path = written("one.json", content)
    assert not LabelmeFormat.recognizes(path)
    assert not LabelmeFormat.recognizes(path.parent)
    with pytest.raises(LabelReadError, match="no labelme file"):
        LabelmeFormat().read(path, blank("one"), Taxonomy.standard())


def test_what_is_written(blank: Blank, tmp_path: Path) -> None:
    ring = np.ones((9, 7), bool)
    ring[3:5, 3:5] = False
    full = np.zeros((30, 40), bool)
    full[10:19, 20:27] = ring
    drawn = Instances.from_polygons([[(1.5, 2.5), (1.5, 9), (8, 9)]], types=["loop"], shape=(30, 40))
    found = Instances.from_masks([full], types=["bdot"], shape=(30, 40))
    labels = LabelSet(name="mine", instances={"one": drawn, "two": found})
    assert LabelmeFormat().write(labels, tmp_path / "out", {}).summary() == "nothing to mend"
    one, two = (json.loads((tmp_path / "out" / f"{name}.json").read_text()) for name in ("one", "two"))
    assert (one["imagePath"], one["imageHeight"], one["imageWidth"]) == ("one.png", 30, 40)
    assert one["shapes"][0]["points"] == [[2.5, 1.5], [9.0, 1.5], [9.0, 8.0]]
    assert (two["shapes"][0]["shape_type"], two["shapes"][0]["points"]) == ("mask", [[20.0, 10.0], [26.0, 18.0]])
    stored = np.asarray(PIL.Image.open(io.BytesIO(base64.b64decode(two["shapes"][0]["mask"]))))
    assert np.array_equal(stored > 0, ring)
    assert LabelmeFormat.recognizes(tmp_path / "out")
    back = LabelmeFormat().read(tmp_path / "out", blank("one", "two", shape=(30, 40)), Taxonomy.standard()).labels
    assert (back["one"], back["two"].runs) == (drawn, found.runs)
