from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from defectkit.errors import EmptyInputError, LabelReadError, LabelWriteError, OutputError
from defectkit.formats.region_format import on_grid
from defectkit.formats.yolo_names import parse_listed_names, parse_yaml_names
from defectkit.formats.yolo_seg import YoloSegFormat
from defectkit.records import Image, Instances, LabelSet, Taxonomy

Blank = Callable[..., dict[str, Image]]
Written = Callable[[str, Any], Path]

SQUARE = "0.25 0.25 0.5 0.25 0.5 0.5 0.25 0.5"  # columns 30 to 60, rows 25 to 50 of 120 x 100 px
OTHER = "0.75 0.75 1 0.75 1 1 0.75 1"


def test_fractions_of_width_and_height(blank: Blank, written: Written) -> None:
    folder = written("labels/one.txt", f"0 {SQUARE}\n\n0 {OTHER}\n").parent
    written("labels/two.txt", "")
    reading = YoloSegFormat(types="0=loop").read(folder, blank("one", "two", "three"), Taxonomy.standard())
    one = reading.labels["one"]
    assert one.boxes.tolist() == [[25, 30, 50, 60], [75, 90, 100, 120]]
    assert (one.ids.tolist(), one.type_names) == ([0, 2], ("loop", "loop"))
    assert (len(reading.labels["two"]), reading.labels["two"].types) == (0, ("loop",))
    assert reading.unlabelled == ("three",)
    assert [(line.image, line.problem) for line in reading.report] == [("three", "image without labels")]


def test_one_class_without_a_name_is_a_defect(blank: Blank, written: Written) -> None:
    folder = written("labels/one.txt", f"0 {SQUARE}\n").parent
    reading = YoloSegFormat().read(folder, blank("one"), Taxonomy.standard())
    assert reading.labels.counts() == {"defect": 1}
    assert reading.report.summary() == "1 noted (1 no type)"


def test_several_classes_need_names(blank: Blank, written: Written) -> None:
    folder = written("labels/one.txt", f"0 {SQUARE}\n2 {OTHER}\n").parent
    with pytest.raises(LabelReadError, match=r"classes 0, 2 have no names.*format option types=0=loop,2=loop"):
        YoloSegFormat().read(folder, blank("one"), Taxonomy.standard())
    read = YoloSegFormat(types={0: "bdot", "*": "loop_100"}).read(folder, blank("one"), Taxonomy.standard())
    assert read.labels["one"].type_names == ("bdot", "loop_100")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("labels/train/classes.txt", "bdot\nunused one\nvoid\n"),
        ("labels/data.yaml", "path: x\nnames: [bdot, 'unused one', void]\n"),
        ("data.yaml", "names:\n  0: bdot\n  1: unused one\n  2: void\nnc: 3\n"),
    ],
)
def test_names_beside_or_above_the_labels(name: str, text: str, blank: Blank, written: Written) -> None:
    folder = written("labels/train/one.txt", f"0 {SQUARE}\n2 {OTHER}\n").parent
    file = written(name, text)
    reading = YoloSegFormat().read(folder, blank("one"), Taxonomy.standard())
    assert reading.labels["one"].type_names == ("bdot", "cavity")
    assert [line.problem for line in reading.report.noted] == ["file name", "unused type"]
    assert str(file) in reading.report.noted.repairs[0].what
    by_name = YoloSegFormat(types="void=loop").read(folder, blank("one"), Taxonomy.standard())
    assert by_name.labels["one"].type_names == ("bdot", "loop")


@pytest.mark.parametrize(
    ("line", "problem", "words"),
    [
        ("0 0.5 0.5 0.1 0.1", "not an area", "only a box"),
        ("0 0.5 0.5 0.1 0.1 0.9", "not an area", "only a box"),
        ("0 0.5 0.5", "zero area", "1 vertex"),
        ("0", "zero area", "no vertices"),
        ("0 0.1 0.1 0.2 0.2 0.3 0.3", "zero area", "no area"),
        ("0 0.1 0.1 0.2 x 0.3 0.3", "malformed region", "class number and coordinates"),
        ("loop 0.1 0.1 0.2 0.2 0.3 0.3", "malformed region", "class number and coordinates"),
        ("0 0.1 0.1 0.2 nan 0.3 0.3", "malformed region", "no number"),
        ("0 1.1 1.1 1.2 1.1 1.2 1.2", "out of frame", "outside"),
    ],
)
def test_lines_that_are_no_outline_are_refused(
    line: str, problem: str, words: str, blank: Blank, written: Written
) -> None:
    folder = written("labels/one.txt", f"0 {SQUARE}\n{line}\n0 {OTHER}\n").parent
    reading = YoloSegFormat(types="0=loop").read(folder, blank("one"), Taxonomy.standard())
    (refused,) = reading.report.refused
    assert (refused.file, refused.image, refused.region, refused.problem) == ("one.txt", "one", "line 2", problem)
    assert words in refused.what
    assert reading.labels["one"].ids.tolist() == [0, 2]


def test_boxes_are_rectangles_where_that_is_asked_for(blank: Blank, written: Written) -> None:
    folder = written("labels/one.txt", "0 0.5 0.5 0.1 0.2\n0 0.5 0.5 0 0.2\n").parent
    reading = YoloSegFormat(boxes="as-rectangles").read(folder, blank("one"), Taxonomy.standard())
    assert reading.labels["one"].boxes.tolist() == [[40, 54, 60, 66]]
    assert [line.problem for line in reading.report.refused] == ["zero area"]
    assert len(reading.report.of_problem("not an area").noted) == 1


def test_a_last_number_too_many_is_a_score(blank: Blank, written: Written) -> None:
    folder = written("labels/one.txt", f"0 {SQUARE} 0.75\n").parent
    one = YoloSegFormat().read(folder, blank("one"), Taxonomy.standard()).labels["one"]
    assert (one.scores.tolist(), one.polygons.areas().tolist()) == ([0.75], [750.0])


def test_one_file_alone(blank: Blank, written: Written) -> None:
    path = written("one.txt", f"0 {SQUARE}\n")
    reading = YoloSegFormat().read(path, blank("one"), Taxonomy.standard())
    assert (reading.labels.name, reading.labels.counts()) == ("one", {"defect": 1})


def test_a_file_that_is_no_text_is_an_error(blank: Blank, tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LabelReadError, match=r"one\.txt"):
        YoloSegFormat().read(tmp_path, blank("one"), Taxonomy.standard())


def test_a_folder_without_labels_is_empty_input(blank: Blank, tmp_path: Path) -> None:
    with pytest.raises(EmptyInputError, match=r"no \.txt file"):
        YoloSegFormat().read(tmp_path, blank("one"), Taxonomy.standard())


def test_two_files_for_one_image_are_an_error(blank: Blank, written: Written) -> None:
    folder = written("labels/one.txt", "").parent
    written("labels/one-poly.txt", "")
    with pytest.raises(LabelReadError, match=r"one-poly\.txt and one\.txt|one\.txt and one-poly\.txt"):
        YoloSegFormat().read(folder, blank("one"), Taxonomy.standard())


def test_what_is_recognized(written: Written) -> None:
    folder = written("labels/one.txt", f"0 {SQUARE}\n").parent
    written("notes/one.txt", "these are words")
    assert YoloSegFormat.recognizes(folder)
    assert not YoloSegFormat.recognizes(folder.parent / "notes")


def test_what_is_written(blank: Blank, tmp_path: Path) -> None:
    polygon = [(10.1, 20.3), (10.1, 33.7), (31.9, 33.7)]
    drawn = Instances.from_polygons([polygon], types=["bdot"], shape=(77, 91), scores=np.array([0.5]))
    labels = LabelSet(name="mine", instances={"one": drawn, "sub/two": Instances.empty((77, 91), ["loop_111"])})
    report = YoloSegFormat().write(labels, tmp_path / "labels", {})
    assert report.summary() == "nothing to mend"
    assert (tmp_path / "labels" / "classes.txt").read_text() == "bdot\nloop_111\n"
    assert (tmp_path / "labels" / "sub" / "two.txt").read_text() == ""
    numbers = [float(part) for part in (tmp_path / "labels" / "one.txt").read_text().split()]
    assert numbers == pytest.approx(
        [0, 20.3 / 91, 10.1 / 77, 33.7 / 91, 10.1 / 77, 33.7 / 91, 31.9 / 77, 0.5], rel=1e-6
    )
    with pytest.raises(OutputError, match="already holds"):
        YoloSegFormat().write(labels, tmp_path / "labels", {})


def test_an_image_cannot_be_called_classes(tmp_path: Path) -> None:
    labels = LabelSet(name="mine", instances={"classes": Instances.empty((7, 9))})
    with pytest.raises(LabelWriteError, match="classes"):
        YoloSegFormat().write(labels, tmp_path / "labels", {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("names: [a, 'b c', \"d, e\"]", {0: "a", 1: "b c", 2: "d, e"}),
        ("names: [a,\n  b,  # two\n  c]\nnc: 3", {0: "a", 1: "b", 2: "c"}),
        ("names: {0: a, 3: 'it''s'}", {0: "a", 3: "it's"}),
        ("names:\n- a\n- 'b'\nnc: 2", {0: "a", 1: "b"}),
        ("names:\n  - a\n\n  # a comment\n  - b # more\nnc: 2", {0: "a", 1: "b"}),
        ('train: x\nnames:\n  0: a\n  7: "b\\u00e9"\n', {0: "a", 7: "bé"}),
    ],
)
def test_names_in_yaml(text: str, names: dict[int, str]) -> None:
    assert parse_yaml_names(text) == names


@pytest.mark.parametrize("text", ["nc: 2", "names:", "names: a", "names: [a", "names: {a: b}", "names:\nnc: 3"])
def test_other_yaml_is_refused(text: str, blank: Blank, written: Written) -> None:
    with pytest.raises(ValueError, match="names"):
        parse_yaml_names(text)
    folder = written("labels/one.txt", f"0 {SQUARE}").parent
    written("labels/data.yaml", text)
    with pytest.raises(LabelReadError, match=r"data\.yaml"):
        YoloSegFormat().read(folder, blank("one"), Taxonomy.standard())


def test_names_in_a_list() -> None:
    assert parse_listed_names("a\n\n b \n\n") == {0: "a", 1: "", 2: "b"}


def test_vertices_are_written_as_they_are_read(tmp_path: Path, blank: Blank) -> None:
    corners = np.array([[10 / 3, 20 / 3], [10 / 3, 90.1], [70.7, 55.5]])
    images = blank("one")
    drawn = Instances.from_polygons([corners], types=["bdot"], shape=images["one"].shape)
    labels = LabelSet(name="mine", instances={"one": drawn})
    YoloSegFormat().write(labels, tmp_path / "first", images)
    again = YoloSegFormat().read(tmp_path / "first", images, Taxonomy.standard()).labels
    vertices = again["one"].polygons.vertices
    assert np.array_equal(vertices, on_grid(corners))
    assert not np.array_equal(vertices, corners)
    height, width = images["one"].shape
    numbers = [float(n) for n in (tmp_path / "first" / "one.txt").read_text().split()[1:]]
    assert np.array_equal(np.reshape(numbers, (-1, 2)), on_grid(corners)[:, ::-1] / [width, height])
