from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from defectkit.errors import LabelReadError
from defectkit.formats.interface import LabelReading
from defectkit.formats.label_studio import LabelStudioFormat
from defectkit.formats.label_studio_brush import unpacked
from defectkit.formats.report import Problem
from defectkit.records import Image, Taxonomy

Blank = Callable[..., dict[str, Image]]
Written = Callable[[str, Any], Path]

UPLOADED = "/data/upload/7/1c9e44d0-one.png"


def result(kind: str, label: str = "bdot", **value: Any) -> dict[str, Any]:
    return {
        "type": f"{kind}labels",
        "original_width": 120,
        "original_height": 100,
        "image_rotation": 0,
        "value": {**value, f"{kind}labels": [label]},
    }


SQUARE = result("polygon", points=[[10, 30], [20, 30], [20, 50], [10, 50]])


def task(*results: Any, image: str = UPLOADED, **annotation: Any) -> dict[str, Any]:
    return {"id": 3, "data": {"image": image}, "annotations": [{"result": list(results), **annotation}]}


@pytest.fixture
def read(blank: Blank, written: Written) -> Callable[..., LabelReading]:
    def run(*tasks: dict[str, Any], names: tuple[str, ...] = ("one",), **options: Any) -> LabelReading:
        path = written("labels.json", list(tasks))
        return LabelStudioFormat(**options).read(path, blank(*names), Taxonomy.standard())

    return run


def test_coordinates_are_percentages(read: Callable[..., LabelReading]) -> None:
    one = read(task(SQUARE)).labels["one"]
    assert one.boxes.tolist() == [[30, 12, 50, 24]]
    assert (one.type_names, one.areas.tolist()) == (("bdot",), [240])


def test_turned_shapes(read: Callable[..., LabelReading]) -> None:
    one = read(
        task(
            result("rectangle", x=50, y=20, width=25, height=10, rotation=90),
            result("ellipse", x=50, y=70, radiusX=20, radiusY=5, rotation=45),
        )
    ).labels["one"]
    assert one.boxes[0].tolist() == [20, 50, 50, 60]  # turned about its upper left corner
    drawn = one.runs.to_mask(1, one.shape)
    assert drawn[80, 70]
    assert not drawn[80, 50]


@pytest.mark.parametrize(
    "image",
    [
        "one.png",
        "http://host/a/one.png?x=1",
        "s3://bucket/one.tif",
        "/data/local-files/?d=a%20b/one.png",
        "c:\\d\\one.png",
    ],
)
def test_the_last_part_of_an_address_names_the_image(image: str, read: Callable[..., LabelReading]) -> None:
    assert read(task(SQUARE, image=image)).labels.images == ("one",)


def test_several_people_have_to_be_told_apart(read: Callable[..., LabelReading]) -> None:
    both = task(SQUARE, completed_by=4)
    both["annotations"].append({"result": [], "completed_by": {"id": 5, "email": "b@lab"}})
    with pytest.raises(LabelReadError, match=r"2 annotations, by 4, b@lab; .*annotator=4"):
        read(both)
    assert len(read(both, annotator=4).labels["one"]) == 1
    assert len(read(both, annotator="b@lab").labels["one"]) == 0
    both["annotations"][0]["was_cancelled"] = True
    assert len(read(both).labels["one"]) == 0


def test_a_task_that_nobody_annotated_is_not_an_empty_image(read: Callable[..., LabelReading]) -> None:
    waiting = {"data": {"image": "two.png"}, "annotations": [], "predictions": [{"result": [SQUARE]}]}
    reading = read(task(SQUARE), waiting, names=("one", "two"))
    assert reading.labels.images == ("one",)
    assert "1 task is not annotated" in str(next(iter(reading.report.noted)))


@pytest.mark.parametrize(
    ("drawn", "why"),
    [
        (result("keypoint", x=1, y=1, width=1), "a point has no area"),
        (result("polygon", points=[[1, 2], [3]]), "pairs of numbers"),
        (result("polygon"), "pairs of numbers"),
        (result("polygon", points=[[300, 20], [30, 20], [30, 40]]), "percentages"),
        (result("ellipse", x=1, y=2, radiusX="a", radiusY=2), "'radiusX' is the text"),
        (result("brush", format="rle", rle=[1, 2, 999]), "list of bytes"),
        (result("brush", format="rle", rle=[0, 0, 0, 9, 1, 1, 1]), "not of 120 x 100 pixels"),
        (SQUARE | {"image_rotation": 90}, "turn it back"),
        (SQUARE | {"original_width": None}, "size of its image"),
        (SQUARE | {"type": "cuboidlabels"}, "cuboidlabels"),
        (SQUARE | {"score": 3.5}, "score is 3.5"),
        ("text", "no shape that is read"),
    ],
)
def test_a_shape_that_cannot_be_read_is_refused(read: Callable[..., LabelReading], drawn: Any, why: str) -> None:
    reading = read(task(SQUARE, drawn))
    (refused,) = reading.report.refused
    assert len(reading.labels["one"]) == 1
    assert why in refused.what


def test_answers_that_draw_nothing_are_no_regions(read: Callable[..., LabelReading]) -> None:
    reading = read(task(SQUARE, {"type": "choices", "value": {"choices": ["good"]}}))
    assert (len(reading.labels["one"]), len(reading.report.refused)) == (1, 0)


@pytest.mark.parametrize("document", [[], {}, [{"image": "a.png", "label": []}], [1], 7])
def test_other_documents_are_refused(document: Any, written: Written, blank: Blank) -> None:
    path = written("labels.json", document)
    assert not LabelStudioFormat.recognizes(path)
    with pytest.raises(LabelReadError, match="JSON-MIN"):
        LabelStudioFormat().read(path, blank("one"), Taxonomy.standard())


def packed(values: np.ndarray, *, widths: tuple[int, int, int, int] = (3, 4, 8, 16)) -> list[int]:
    """Pack by the description of the form: runs of a repeated value where there are any, else values one by one."""

    def bits(number: int, width: int) -> str:
        return format(number, f"0{width}b")

    out = bits(values.size, 32) + bits(7, 5) + "".join(bits(w - 1, 4) for w in widths)
    place = 0
    while place < values.size:
        n = 1
        while place + n < values.size and values[place + n] == values[place] and n < 2**16:
            n += 1
        if n == 1:
            while place + n < values.size and values[place + n] != values[place + n - 1] and n < 8:
                n += 1
            out += (
                "0" + bits(0, 2) + bits(n - 1, widths[0]) + "".join(bits(int(v), 8) for v in values[place : place + n])
            )
        else:
            kind = next(k for k, w in enumerate(widths) if n <= 2**w)
            out += "1" + bits(kind, 2) + bits(n - 1, widths[kind]) + bits(int(values[place]), 8)
        place += n
    out += "0" * (-len(out) % 8)
    return [int(out[i : i + 8], 2) for i in range(0, len(out), 8)]


@pytest.mark.parametrize("seed", range(4))
def test_strokes_are_unpacked(seed: int) -> None:
    rng = np.random.default_rng(seed)
    opacity = rng.choice([0, 127, 128, 255], size=(23, 31), p=[0.7, 0.1, 0.1, 0.1])
    opacity[5:15, 8:20] = 255
    values = np.repeat(opacity[..., None], 4, axis=-1).ravel()
    np.testing.assert_array_equal(unpacked(packed(values), (23, 31)), opacity >= 128)


def test_a_stroke_is_a_region(read: Callable[..., LabelReading]) -> None:
    picture = np.zeros((100, 120, 4), int)
    picture[20:30, 40:60] = 255
    one = read(task(result("brush", label="loop_111", format="rle", rle=packed(picture.ravel())))).labels["one"]
    assert one.boxes.tolist() == [[20, 40, 30, 60]]
    (refused,) = read(task(result("brush", format="rle", rle=packed(picture.ravel())[:-5]))).report.refused
    assert refused.problem == Problem.MALFORMED
    assert "ends before" in refused.what
