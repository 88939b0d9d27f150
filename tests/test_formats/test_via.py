from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from defectkit.errors import EmptyInputError, LabelReadError, PairingError
from defectkit.formats.interface import LabelReading
from defectkit.formats.via import ViaFormat
from defectkit.records import Image, Instances, LabelSet, Taxonomy

Blank = Callable[..., dict[str, Image]]
Written = Callable[[str, Any], Path]

SQUARE = {"name": "polygon", "all_points_x": [10, 20, 20, 10], "all_points_y": [30, 30, 50, 50]}


def region(shape: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    return {"shape_attributes": shape, "region_attributes": attributes}


def entry(*regions: dict[str, Any], name: str = "one.png") -> dict[str, Any]:
    return {"filename": name, "size": 7, "regions": list(regions), "file_attributes": {}}


@pytest.fixture
def read(blank: Blank, written: Written) -> Callable[..., LabelReading]:
    def run(*regions: dict[str, Any], images: dict[str, Image] | None = None, **options: Any) -> LabelReading:
        path = written("labels.json", {"one.png7": entry(*regions)})
        return ViaFormat(**options).read(path, images or blank("one"), Taxonomy.standard())

    return run


def test_x_is_the_column_and_y_the_row(read: Callable[..., LabelReading]) -> None:
    reading = read(region(SQUARE, type="bdot"))
    one = reading.labels["one"]
    assert one.boxes.tolist() == [[30, 10, 50, 20]]
    assert one[0].polygon.tolist() == [[30.0, 10.0], [30.0, 20.0], [50.0, 20.0], [50.0, 10.0]]  # type: ignore[union-attr]
    assert (one.type_names, one.ids.tolist(), reading.report.summary()) == (("bdot",), [0], "nothing to mend")


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("is_project", [True, False])
def test_both_versions_as_project_and_as_annotations(
    version: int, is_project: bool, blank: Blank, written: Written
) -> None:
    one = entry(region(SQUARE, type="bdot"), region({**SQUARE, "all_points_x": [60, 70, 70, 60]}, type="loop_111"))
    if version == 1:
        one["regions"] = {str(i): r for i, r in enumerate(one["regions"])}
        one |= {"fileref": "", "base64_img_data": ""}
    table = {"one.png7": one, "two.png9": entry(name="two.png")}
    document = {"_via_settings": {}, "_via_img_metadata": table, "_via_attributes": {}} if is_project else table
    path = written("labels.json", document)
    assert ViaFormat.recognizes(path)
    reading = ViaFormat().read(path, blank("one", "two"), Taxonomy.standard())
    assert reading.labels.counts() == {"bdot": 1, "loop_111": 1}
    assert len(reading.labels["two"]) == 0
    assert reading.labels["two"].types == ("bdot", "loop_111")


def test_every_kind_of_shape(read: Callable[..., LabelReading]) -> None:
    reading = read(
        region({"name": "rect", "x": 5, "y": 6, "width": 20, "height": 10}),
        region({"name": "circle", "cx": 50.5, "cy": 50.5, "r": 12}),
        region({"name": "ellipse", "cx": 60, "cy": 30, "rx": 20, "ry": 5, "theta": 0.5}),
        region({"name": "ellipse", "cx": 90, "cy": 80, "rx": 10, "ry": 5}),
        region({"name": "polyline", "all_points_x": [70, 80, 80], "all_points_y": [70, 70, 90]}),
    )
    one = reading.labels["one"]
    expected = [200, math.pi * 144, math.pi * 100, math.pi * 50, 100]
    assert one.polygons.areas() == pytest.approx(expected, rel=2e-3)
    assert one.areas == pytest.approx(expected, rel=0.06)
    turned = one.polygons.ring(2)
    farthest = turned[np.argmax(turned[:, 1])]
    assert farthest[0] > 30, "theta turns from x towards y, down the image"
    assert [(line.region, line.problem) for line in reading.report.mended] == [("region 4", "open polygon")]


@pytest.mark.parametrize(
    ("shape", "problem", "words"),
    [
        ({"name": "point", "cx": 5, "cy": 5}, "not an area", "a point"),
        ({"name": "polyline", "all_points_x": [1, 9], "all_points_y": [1, 9]}, "not an area", "line of 2 points"),
        ({"name": "circle", "cx": 5, "cy": 5, "r": 0}, "zero area", "no area"),
        ({"name": "rect", "x": 5, "y": 5, "width": 0, "height": 4}, "zero area", "no area"),
        ({"name": "circle", "cx": 5, "cy": 5, "r": 0.2}, "zero area", "center of no pixel"),
        ({"name": "polygon", "all_points_x": [1, 9], "all_points_y": [1, 9]}, "zero area", "2 vertices"),
        ({"name": "polygon", "all_points_x": [1, 9, 4], "all_points_y": [1, 9]}, "malformed region", "2 rows"),
        ({"name": "polygon", "all_points_x": [1, "x", 4], "all_points_y": [1, 9, 4]}, "malformed region", "no number"),
        ({"name": "polygon", "all_points_x": [1, None, 4], "all_points_y": [1, 9, 4]}, "malformed region", "no number"),
        ({"name": "polygon", "all_points_x": [[1], 2, 4], "all_points_y": [1, 9, 4]}, "malformed region", "no number"),
        ({"name": "polygon", "all_points_y": [1, 9]}, "malformed region", "lacks"),
        ({"name": "rect", "x": 5, "y": "five", "width": 3, "height": 4}, "malformed region", "rect"),
        ({"name": "star"}, "malformed region", "star"),
        ({}, "malformed region", "null"),
        (None, "malformed region", "null"),
    ],
)
def test_what_is_no_area_is_refused_with_its_region(
    shape: Any, problem: str, words: str, read: Callable[..., LabelReading]
) -> None:
    reading = read(
        region(SQUARE, type="bdot"), region(shape, type="bdot"), region({**SQUARE, "all_points_x": [1, 9, 9, 1]})
    )
    (line,) = reading.report.refused
    assert (line.file, line.image, line.region, line.problem) == ("labels.json", "one", "region 1", problem)
    assert words in line.what
    assert reading.labels["one"].ids.tolist() == [0, 2]


def test_what_the_frame_cuts_in_two_is_one_defect_without_an_outline(read: Callable[..., LabelReading]) -> None:
    fork = {
        "name": "polygon",
        "all_points_x": [0, 0, 10, 10, 20, 20, 30, 30],
        "all_points_y": [-10, 20, 20, -5, -5, 20, 20, -10],
    }
    reading = read(
        region(SQUARE, type="bdot"), region(fork, type="loop"), region({**SQUARE, "all_points_x": [1, 9, 9, 1]})
    )
    one = reading.labels["one"]
    assert (one.areas.tolist(), one.type_names) == ([200, 400, 160], ("bdot", "loop", "defect"))
    assert [len(one.polygons.ring(i)) for i in range(3)] == [4, 0, 4]
    assert [(line.region, line.problem) for line in reading.report.mended] == [("region 1", "out of frame")]


def test_a_repeated_region_is_read_once_and_one_with_two_types_twice(read: Callable[..., LabelReading]) -> None:
    turned = {"name": "polygon", "all_points_x": [20, 20, 10, 10], "all_points_y": [30, 50, 50, 30]}
    reading = read(
        region(SQUARE, type="bdot"),
        region(SQUARE, type="loop"),
        region(turned, type="bdot"),
        region(SQUARE, type="loop"),
    )
    assert reading.labels["one"].ids.tolist() == [0, 1]
    assert [(line.region, line.problem) for line in reading.report.mended] == [
        ("region 2", "repeated region"),
        ("region 3", "repeated region"),
    ]
    assert "region 0" in reading.report.mended.repairs[0].what
    assert "region 1" in reading.report.mended.repairs[1].what
    assert [(line.region, line.problem) for line in reading.report.noted] == [("region 1", "region with two types")]


def test_the_type_may_be_text_a_choice_or_a_tick(read: Callable[..., LabelReading]) -> None:
    def moved(by: int) -> dict[str, Any]:
        return {**SQUARE, "all_points_x": [10 + by, 20 + by, 20 + by, 10 + by]}

    reading = read(
        region(moved(0), type="bdot"),
        region(moved(20), type={"loop_111": True, "bdot": False}),
        region(moved(40), type={"loop_111": True, "bdot": True}),
        region(moved(60), type=""),
        region(moved(80), type=None),
        region(moved(90)),
    )
    assert reading.labels["one"].type_names == ("bdot", "loop_111", "defect", "defect", "defect")
    assert "2 types ticked: loop_111, bdot" in reading.report.refused.repairs[0].what
    assert [line.region for line in reading.report.of_problem("no type")] == ["region 3", "region 4", "region 5"]


def test_choices_are_known_by_what_is_shown_too(blank: Blank, written: Written) -> None:
    path = written(
        "labels.json",
        {
            "_via_img_metadata": {"a": entry(region(SQUARE, kind="3"))},
            "_via_attributes": {"region": {"kind": {"type": "dropdown", "options": {"3": "black dot", "2": ""}}}},
        },
    )
    assert ViaFormat().read(path, blank("one"), Taxonomy.standard()).labels.counts() == {"bdot": 1}
    reading = ViaFormat(types={3: "loop_111"}).read(path, blank("one"), Taxonomy.standard())
    assert reading.labels.counts() == {"loop_111": 1}


def test_several_attributes_need_a_choice(read: Callable[..., LabelReading]) -> None:
    regions = region(SQUARE, kind="bdot", quality="good"), region(SQUARE, quality="bad")
    with pytest.raises(LabelReadError, match="'kind', 'quality'"):
        read(*regions)
    assert read(regions[0], attribute="kind").labels.counts() == {"bdot": 1}
    with pytest.raises(LabelReadError, match="no region has the attribute 'sort'"):
        read(*regions, attribute="sort")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([], "JSON object"),
        ({"images": [], "annotations": []}, "no VIA image entries"),
        ({"a": {"filename": "one.png"}}, "no VIA image entries"),
        ({"_via_img_metadata": []}, "no VIA image entries"),
        ({"project": {}, "config": {}, "metadata": {}, "file": {}}, "VIA 3"),
    ],
)
def test_other_files_are_refused(document: Any, words: str, blank: Blank, written: Written) -> None:
    path = written("labels.json", document)
    assert not ViaFormat.recognizes(path)
    with pytest.raises(LabelReadError, match=words):
        ViaFormat().read(path, blank("one"), Taxonomy.standard())


def test_a_project_without_images_is_empty_input(blank: Blank, written: Written) -> None:
    with pytest.raises(EmptyInputError, match="no image"):
        ViaFormat().read(written("labels.json", {"_via_img_metadata": {}}), blank("one"), Taxonomy.standard())


def test_an_image_that_comes_twice_is_an_error(blank: Blank, written: Written) -> None:
    path = written("labels.json", {"a": entry(), "b": entry()})
    with pytest.raises(LabelReadError, match="two entries for the image 'one'"):
        ViaFormat().read(path, blank("one"), Taxonomy.standard())


def test_no_image_at_all_is_an_error(blank: Blank, written: Written) -> None:
    with pytest.raises(PairingError, match=r"one\.png.*two"):
        ViaFormat().read(written("labels.json", {"a": entry()}), blank("two"), Taxonomy.standard())


def test_what_is_written_is_a_project_that_via_opens(blank: Blank, tmp_path: Path) -> None:
    images = blank("one", shape=(40, 40))
    square = Instances.from_polygons([[(5, 5), (5, 15.25), (15, 15)]], types=["loop_111"], shape=(40, 40), ids=[4])
    path = tmp_path / "labels.json"
    report = ViaFormat().write(LabelSet(name="mine", instances={"one": square}), path, images)
    document = json.loads(path.read_text())
    assert {"_via_settings", "_via_img_metadata", "_via_attributes"} <= document.keys()
    (key,) = document["_via_image_id_list"]
    (drawn,) = document["_via_img_metadata"][key]["regions"]
    assert (key, drawn["region_attributes"]) == ("one.png-1", {"defect_type": "loop_111"})
    assert drawn["shape_attributes"]["all_points_x"] == [5, 15.25, 15]
    assert "defect_type" in document["_via_attributes"]["region"]
    assert report.summary() == "nothing to mend"
    back = ViaFormat().read(path, images, Taxonomy.standard()).labels["one"]
    assert (back.polygons, back.runs) == (square.polygons, square.runs)


def test_scores_and_boxes_that_are_not_written_are_reported(blank: Blank, tmp_path: Path) -> None:
    mask = np.zeros((40, 40), bool)
    mask[3:9, 3:9] = mask[20:30, 3:9] = True
    found = Instances.from_masks(
        [mask], types=["bdot"], shape=(40, 40), scores=np.array([0.5]), given_boxes=np.array([[3.0, 3.0, 30.0, 9.0]])
    )
    report = ViaFormat().write(LabelSet(name="mine", instances={"one": found}), tmp_path / "labels.json", {})
    assert report.summary() == "3 noted (2 not stored by the format, 1 several parts)"
