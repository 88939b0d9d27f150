from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as peer
from pycocotools.coco import COCO

from defectkit.errors import LabelReadError, PairingError
from defectkit.formats.coco import CocoFormat
from defectkit.formats.interface import LabelReading
from defectkit.geometry.polygons import Polygons
from defectkit.records import Image, Instances, LabelSet, Taxonomy

# pycocotools 2.0 does not know the copy keyword of NumPy 2
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")

Blank = Callable[..., dict[str, Image]]
Written = Callable[[str, Any], Path]
Document = dict[str, Any]

SQUARE = [10, 30, 20, 30, 20, 50, 10, 50]


def annotation(number: int, segmentation: Any, **more: Any) -> Document:
    return {"id": number, "image_id": 1, "category_id": 1, "segmentation": segmentation, "iscrowd": 0, **more}


def document(*annotations: Document, **more: Any) -> Document:
    return {
        "images": [{"id": 1, "file_name": "one.png", "width": 120, "height": 100}],
        "annotations": list(annotations),
        "categories": [{"id": 1, "name": "bdot", "supercategory": "x"}],
        **more,
    }


@pytest.fixture
def read(blank: Blank, written: Written) -> Callable[..., LabelReading]:
    def run(content: Document, **options: Any) -> LabelReading:
        path = written("labels.json", content)
        return CocoFormat(**options).read(path, blank("one"), Taxonomy.standard())

    return run


def some_mask() -> np.ndarray:
    mask = np.zeros((100, 120), np.uint8)
    mask[5:20, 30:44] = 1
    mask[9:12, 35:39] = 0
    mask[80:, 100:] = 1
    return mask


def test_x_is_the_column_and_y_the_row(read: Callable[..., LabelReading]) -> None:
    reading = read(document(annotation(7, [SQUARE], area=200.0, bbox=[10, 30, 10, 20])))
    one = reading.labels["one"]
    assert (one.boxes.tolist(), one.ids.tolist(), one.type_names) == ([[30, 10, 50, 20]], [7], ("bdot",))
    assert one.polygons.areas().tolist() == [200.0]
    assert reading.report.summary() == "nothing to mend"


@pytest.mark.parametrize("crowd", [0, 1])
@pytest.mark.parametrize("is_packed", [True, False])
def test_run_lengths_give_the_mask_of_pycocotools(
    crowd: int, is_packed: bool, read: Callable[..., LabelReading]
) -> None:
    mask = some_mask()
    packed = peer.encode(np.asfortranarray(mask))
    flat = mask.T.ravel()
    plain = np.diff(np.flatnonzero(np.diff(flat, prepend=flat[0] ^ 1, append=flat[-1] ^ 1))).tolist()
    counts = packed["counts"].decode() if is_packed else plain
    reading = read(document(annotation(1, {"size": [100, 120], "counts": counts}, iscrowd=crowd)))
    assert np.array_equal(reading.labels["one"][0].mask(), mask)
    assert len(reading.report.of_problem("crowd region")) == crowd


def test_parts_are_united(read: Callable[..., LabelReading]) -> None:
    shifted = [v + (5 if i % 2 == 0 else 0) for i, v in enumerate(SQUARE)]
    far = [80, 80, 90, 80, 90, 90, 80, 90]
    reading = read(document(annotation(1, [SQUARE, shifted, far, [1, 2, 3, 4]])))
    one = reading.labels["one"]
    assert one.areas.tolist() == [15 * 20 + 100]
    assert len(one.polygons.ring(0)) == 0
    assert "1 of its 4 parts" in reading.report.mended.repairs[0].what
    assert [line.problem for line in reading.report.noted] == ["several parts"]


def test_of_two_parts_one_may_be_left(read: Callable[..., LabelReading]) -> None:
    one = read(document(annotation(1, [SQUARE, [1, 2, 3, 4]]))).labels["one"]
    assert one.polygons.areas().tolist() == [200.0]


def test_a_part_that_leaves_the_frame_is_cut(read: Callable[..., LabelReading]) -> None:
    outside = [110, 10, 130, 10, 130, 20, 110, 20]
    reading = read(document(annotation(1, [SQUARE, outside])))
    assert reading.labels["one"].areas.tolist() == [300]
    (line,) = reading.report.mended
    assert (line.problem, line.region) == ("out of frame", "annotation 1, part 1")


@pytest.mark.parametrize(
    ("wrong", "problem", "words"),
    [
        ({"area": 150.0}, "wrong stored area", "is 150 px, the region has 200"),
        ({"bbox": [30, 10, 10, 20]}, "wrong stored box", r"\[30, 10, 10, 20\]"),
        ({"bbox": [10, 30, 20, 50]}, "wrong stored box", r"\[10, 30, 20, 50\]"),
    ],
)
def test_wrong_stored_measures_are_reported(
    wrong: Document, problem: str, words: str, read: Callable[..., LabelReading]
) -> None:
    reading = read(document(annotation(1, [SQUARE], **wrong)))
    (line,) = reading.report.mended
    assert (line.problem, line.image, line.region, line.file) == (problem, "one", "annotation 1", "labels.json")
    assert re.search(words, line.what)
    assert reading.labels["one"].areas.tolist() == [200]


@pytest.mark.parametrize(
    "right", [{"area": 200.9}, {"bbox": [10, 30, 11, 21]}, {"bbox": [9.5, 30, 10, 20]}, {"area": None, "bbox": []}]
)
def test_stored_measures_that_are_near_enough_are_not_reported(
    right: Document, read: Callable[..., LabelReading]
) -> None:
    assert len(read(document(annotation(1, [SQUARE], **right))).report) == 0


@pytest.mark.parametrize(
    ("segmentation", "problem", "words"),
    [
        ([], "not an area", "only a box"),
        (None, "not an area", "only a box"),
        ([[1, 2, 3]], "malformed region", "odd number"),
        ([[1, 2, 3, 4]], "zero area", "2 vertices"),
        ([["a", 2, 3, 4, 5, 6]], "malformed region", "no number"),
        ([5, 6], "zero area", "1 vertex"),
        ("here", "malformed region", "the text 'here'"),
        ({"size": [10, 10], "counts": "d3"}, "malformed region", "10"),
        ({"size": [100, 120], "counts": [5, 6]}, "malformed region", "add up"),
        ({"counts": [5, 6]}, "malformed region", "size"),
        ({"size": [100, 120], "counts": [12000]}, "zero area", "no pixel"),
    ],
)
def test_what_is_no_mask_is_refused(
    segmentation: Any, problem: str, words: str, read: Callable[..., LabelReading]
) -> None:
    reading = read(document(annotation(3, segmentation, bbox=[1, 1, 5, 5]), annotation(4, [SQUARE])))
    (line,) = reading.report.refused
    assert (line.region, line.problem) == ("annotation 3", problem)
    assert words in line.what
    assert reading.labels["one"].ids.tolist() == [4]


def test_boxes_are_rectangles_where_that_is_asked_for(read: Callable[..., LabelReading]) -> None:
    reading = read(document(annotation(3, [], bbox=[1, 2, 5, 6])), boxes="as-rectangles")
    assert reading.labels["one"].boxes.tolist() == [[2, 1, 8, 6]]
    assert [line.problem for line in reading.report.noted] == ["not an area"]


def test_scores_are_kept(read: Callable[..., LabelReading]) -> None:
    reading = read(document(annotation(1, [SQUARE], score=0.25), annotation(2, [SQUARE], score=0.5)))
    assert reading.labels["one"].scores.tolist() == [0.25, 0.5]
    assert len(reading.report) == 0, "two findings of one mask are not one label drawn twice"


def test_categories_by_name_by_number_and_by_table(read: Callable[..., LabelReading]) -> None:
    content = document(
        annotation(1, [SQUARE], category_id=1),
        annotation(2, [[v + 20 for v in SQUARE]], category_id=2),
        annotation(3, [[v + 40 for v in SQUARE]], category_id=9),
        categories=[{"id": 1, "name": "Black Dot "}, {"id": 2, "name": "odd"}, {"id": 3, "name": "unused"}],
    )
    with pytest.raises(LabelReadError, match="category_id 9"):
        read(content)
    reading = read(content, types="9=loop_111")
    assert reading.labels["one"].type_names == ("bdot", "odd", "loop_111")
    assert reading.report.summary() == "1 mended (1 white space in a type name); 2 noted (1 new type, 1 unused type)"
    newer = read(content, types={1: "loop_100_open", 2: "loop_111", 3: "bdot", 9: "loop_100_solid"})
    assert newer.labels["one"].type_names == ("loop_100_open", "loop_111", "loop_100_solid")
    assert newer.labels["one"].types == ("bdot", "loop_111", "loop_100_open", "loop_100_solid")


def test_an_image_without_annotations_is_empty_and_knows_the_types(read: Callable[..., LabelReading]) -> None:
    one = read(document()).labels["one"]
    assert (len(one), one.types) == (0, ("bdot",))


def test_annotations_of_no_image_are_reported(read: Callable[..., LabelReading]) -> None:
    reading = read(document(annotation(1, [SQUARE]), annotation(2, [SQUARE], image_id=5)))
    (line,) = reading.report.refused
    assert (line.region, line.problem) == ("annotation 2", "labels without image")


def test_repeated_ids_are_numbered_anew(read: Callable[..., LabelReading]) -> None:
    reading = read(document(annotation(1, [SQUARE]), annotation(1, [[v + 9 for v in SQUARE]])))
    assert reading.labels["one"].ids.tolist() == [0, 1]
    assert [line.problem for line in reading.report.mended] == ["malformed region"]


def test_labels_for_another_size_are_an_error(blank: Blank, written: Written) -> None:
    path = written("labels.json", document())
    with pytest.raises(PairingError, match="120 x 100 px, but the image has 50 x 50"):
        CocoFormat().read(path, blank("one", shape=(50, 50)), Taxonomy.standard())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([{"image_id": 1, "category_id": 1, "score": 0.5}], "results list"),
        ([], "no COCO file"),
        ({"images": []}, "no COCO file"),
        ({"images": {}, "annotations": [], "categories": []}, "list of objects"),
        ({"images": [{"id": 1}], "annotations": [], "categories": []}, "lacks file_name"),
        ({"images": [], "annotations": [{"id": 1}], "categories": []}, "lacks image_id, category_id"),
        ({"images": [{"id": [1], "file_name": "a"}], "annotations": [], "categories": []}, "numbers or text"),
        ({"images": [], "annotations": [], "categories": [{"id": 1}, {"id": 1}]}, "used twice"),
    ],
)
def test_other_files_are_refused(content: Any, words: str, blank: Blank, written: Written) -> None:
    path = written("labels.json", content)
    assert CocoFormat.recognizes(path) == (words not in ("no COCO file", "list of objects"))
    with pytest.raises(LabelReadError, match=words):
        CocoFormat().read(path, blank("one"), Taxonomy.standard())


def test_what_is_written_is_what_pycocotools_reads(
    blank: Blank, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mask = some_mask().astype(bool)
    square = np.zeros_like(mask)
    square[30:50, 10:20] = True
    polygon = [[30, 10], [30, 20], [50, 20], [50, 10]]
    drawn = Instances.from_polygons([polygon], types=["loop_111"], shape=mask.shape, ids=[7])
    found = Instances.from_masks([mask], types=["bdot"], shape=mask.shape, scores=np.array([0.5]), ids=[9])
    labels = LabelSet(name="mine", instances={"one": drawn, "two": found})
    path = tmp_path / "labels.json"
    report = CocoFormat().write(labels, path, blank("one"))
    assert report.summary() == "nothing to mend"
    ours = json.loads(path.read_text())
    assert ours["annotations"][0]["segmentation"] == [[10.0, 30.0, 20.0, 30.0, 20.0, 50.0, 10.0, 50.0]]
    assert (ours["annotations"][0]["area"], ours["annotations"][0]["bbox"]) == (200.0, [10.0, 30.0, 10.0, 20.0])
    coco = COCO(str(path))
    capsys.readouterr()
    assert [coco.cats[a["category_id"]]["name"] for a in coco.anns.values()] == ["loop_111", "bdot"]
    assert np.array_equal(coco.annToMask(coco.anns[9]), mask)
    assert np.array_equal(coco.annToMask(coco.anns[7]), square)
    assert coco.anns[9]["area"] == mask.sum()
    assert coco.anns[9]["bbox"] == [30, 5, 90, 95]


def test_ids_that_evaluators_mistake_are_replaced(tmp_path: Path) -> None:
    square = Instances.from_polygons([[[3, 1], [3, 2], [5, 2], [5, 1]]], types=["bdot"], shape=(9, 9))
    for instances, ids in (({"one": square}, [1]), ({"one": square, "two": square}, [1, 2])):
        report = CocoFormat().write(LabelSet(name="mine", instances=instances), tmp_path / "labels.json", {})
        assert [a["id"] for a in json.loads((tmp_path / "labels.json").read_text())["annotations"]] == ids
        assert report.summary() == "1 noted (1 not stored by the format)"


def test_a_polygon_that_does_not_give_the_mask_is_not_written(tmp_path: Path) -> None:
    mask = np.zeros((9, 9), bool)
    mask[2:5, 2:5] = True

    other = Polygons.from_list([[(0, 0), (0, 8), (8, 8)]])
    labels = LabelSet(
        name="mine", instances={"one": Instances.from_masks([mask], types=["bdot"], shape=(9, 9), polygons=other)}
    )
    CocoFormat().write(labels, tmp_path / "labels.json", {})
    (written_one,) = json.loads((tmp_path / "labels.json").read_text())["annotations"]
    assert np.array_equal(peer.decode(written_one["segmentation"]), mask)
