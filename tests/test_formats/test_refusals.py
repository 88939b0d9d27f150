from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from defectkit.errors import NotFullyReadWarning, PairingError, RecordError, RefusedRegionsError
from defectkit.formats import LabelReading, Refused, read_labels, write_labels
from defectkit.formats.refusals import MOST_REFUSED, check_refused
from defectkit.formats.report import Problem, Repair, RepairReport
from defectkit.records import Image, Instances, LabelSet

Blank = Callable[..., dict[str, Image]]
Written = Callable[[str, Any], Path]

BOX = "0 0.5 0.5 0.1 0.1"


def square(k: int) -> str:
    """A line of YOLO with a square of its own."""
    x, y = 0.05 * (k % 16) + 0.02, 0.05 * (k // 16) + 0.02
    return f"0 {x} {y} {x + 0.04} {y} {x + 0.04} {y + 0.04} {x} {y + 0.04}"


@pytest.fixture
def yolo(written: Written) -> Callable[..., Path]:
    def write(**lines: list[str]) -> Path:
        written("labels/classes.txt", "loop\n")
        for image, texts in lines.items():
            written(f"labels/{image}.txt", "".join(f"{text}\n" for text in texts))
        return written("labels/classes.txt", "loop\n").parent

    return write


def some(n_read: int, n_refused: int) -> LabelSet:
    masks = np.zeros((n_read, 1, 32), bool)
    masks[range(n_read), 0, range(n_read)] = True
    instances = Instances.from_masks(masks, types=["loop"] * n_read, shape=(1, 32))
    return LabelSet(name="some", instances={"one": instances}, refused={"one": n_refused})


def test_up_to_a_tenth_is_a_warning_and_more_is_an_error() -> None:
    assert MOST_REFUSED == 0.1
    (said,) = check_refused(some(27, 3))
    assert "some@1: 3 of 30 regions were refused, so 1 of 1 images are not fully read: one (3 of 30)" in said
    with pytest.raises(RefusedRegionsError, match=r"more than 10 % of the regions.*--allow-refused"):
        check_refused(some(26, 3))
    assert check_refused(some(26, 0)) == ()


def test_a_few_refused_regions_warn_and_mark_the_image(yolo: Callable[..., Path], blank: Blank) -> None:
    folder = yolo(a=[*(square(k) for k in range(12)), BOX], b=[square(0)])
    with pytest.warns(NotFullyReadWarning, match=r"1 of 14 regions were refused.*a \(1 of 13\)"):
        reading = read_labels(folder, images=blank("a", "b"), format="yolo-seg")
    assert dict(reading.labels.refused) == reading.refused == {"a": 1}
    assert reading.labels.not_fully_read == ("a",)


def test_all_regions_of_one_image_are_an_error_however_many_others_were_read(
    yolo: Callable[..., Path], blank: Blank
) -> None:
    folder = yolo(a=[square(k) for k in range(50)], b=[BOX])
    with pytest.raises(RefusedRegionsError, match=r"b \(1 of 1\).*all regions of an image.*only a box"):
        read_labels(folder, images=blank("a", "b"), format="yolo-seg")


def test_allowing_it_goes_on_and_keeps_the_state(yolo: Callable[..., Path], blank: Blank) -> None:
    folder = yolo(a=[BOX, "no numbers"], b=[])
    with pytest.warns(NotFullyReadWarning, match="left out of densities, hardening and scores"):
        reading = read_labels(folder, images=blank("a", "b"), format="yolo-seg", refused=Refused.LEAVE_OUT)
    assert dict(reading.labels.refused) == {"a": 2}
    assert (len(reading.labels["a"]), len(reading.labels["b"])) == (0, 0)
    assert reading.labels.not_fully_read == ("a",)


def test_regions_outside_the_frame_in_large_number_are_of_another_frame(written: Written, blank: Blank) -> None:
    def shape(k: int) -> dict[str, Any]:
        x, y = 60 * (k % 4) + 5, 60 * (k // 4) + 5
        return {"all_points_x": [x, x + 9, x + 9, x], "all_points_y": [y, y, y + 9, y + 9], "name": "polygon"}

    regions = [{"shape_attributes": shape(k), "region_attributes": {"type": "loop"}} for k in range(16)]
    file = written("via.json", {"a.png-1": {"filename": "a.png", "size": 1, "regions": regions}})
    with pytest.raises(RefusedRegionsError, match=r"lie outside the frame.*another image size"):
        read_labels(file, images=blank("a"), format="via")


def test_annotations_of_an_image_that_the_file_does_not_list_are_unpaired(written: Written, blank: Blank) -> None:
    ring = [10, 10, 20, 10, 20, 20, 10, 20]
    annotation = {"category_id": 1, "segmentation": [ring], "area": 100, "bbox": [10, 10, 10, 10], "iscrowd": 0}
    document = {
        "images": [{"id": 1, "file_name": "a.png", "width": 120, "height": 100}],
        "annotations": [{"id": 1, "image_id": 1, **annotation}, {"id": 2, "image_id": 7, **annotation}],
        "categories": [{"id": 1, "name": "loop"}],
    }
    file = written("coco.json", document)
    with pytest.raises(PairingError, match=r"annotation.* no image that the file lists.*unpaired='leave-out'"):
        read_labels(file, images=blank("a"), format="coco")
    assert read_labels(file, images=blank("a"), format="coco", unpaired="leave-out").labels.n_defects == 1


def test_what_is_refused_without_an_image_belongs_to_none() -> None:
    lines = [Repair(kind="refused", problem=Problem.NO_IMAGE, what="no image", file="a.json")]
    assert LabelReading(labels=some(1, 0), report=RepairReport(lines)).refused == {}


def test_a_written_set_says_that_it_is_not_whole(tmp_path: Path) -> None:
    report = write_labels(some(3, 2), tmp_path / "out.json", format="coco")
    assert "2 of 5 regions refused" in report.of_problem(Problem.NOT_STORED).repairs[-1].what


def test_the_state_of_a_label_set() -> None:
    labels = some(3, 2)
    assert (labels.n_refused, labels.not_fully_read) == (2, ("one",))
    gone = LabelSet(name="some", instances={}, refused={"one": 2, "two": 0})
    assert (gone.n_refused, gone.not_fully_read, dict(gone.refused)) == (0, (), {"one": 2})
    assert labels.digest() == some(3, 0).digest()
    with pytest.raises(RecordError, match="negative"):
        some(3, -1)
