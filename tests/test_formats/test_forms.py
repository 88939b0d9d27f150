"""Forms of label files that real tools write, each with the right value."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from defectkit.errors import LabelReadError, PairingError
from defectkit.formats import RegionFormat, read_labels
from defectkit.formats.coco import CocoFormat
from defectkit.formats.labelme import LabelmeFormat
from defectkit.formats.yolo_seg import YoloSegFormat
from defectkit.geometry.masks import label_image_to_runs
from defectkit.records import Image, Taxonomy

Blank = Callable[..., dict[str, Image]]
Written = Callable[[str, Any], Path]

FLAT = [10, 10, 30, 10, 30, 30, 10, 30]
POINTS = [[50, 10], [70, 10], [70, 30], [50, 30]]


def coco(*annotations: dict[str, Any], images: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {
        "images": images or [{"id": 1, "file_name": "one.png", "height": 100, "width": 120}],
        "annotations": [
            {"id": n, "image_id": 1, "category_id": 1, **annotation} for n, annotation in enumerate(annotations)
        ],
        "categories": [{"id": 1, "name": "loop"}],
    }


def areas(path: Path, images: dict[str, Image], **options: Any) -> dict[str, list[int]]:
    labels = read_labels(path, images=images, **options).labels
    return {name: instances.areas.tolist() for name, instances in labels.instances.items()}


@pytest.mark.parametrize("segmentation", [FLAT, [FLAT], np.reshape(FLAT, (-1, 2)).tolist()])
def test_a_polygon_may_be_flat_nested_or_of_points(segmentation: Any, blank: Blank, written: Written) -> None:
    path = written("c.json", coco({"segmentation": segmentation}, {"segmentation": [POINTS]}))
    assert areas(path, blank("one")) == {"one": [400, 400]}


@pytest.mark.parametrize(("left", "right"), [("1", 1), (1, "1"), ("1", "1"), (1.0, 1)])
def test_ids_are_the_same_as_text_and_as_number(left: Any, right: Any, blank: Blank, written: Written) -> None:
    content = coco({"segmentation": [FLAT], "image_id": right}, images=[{"id": left, "file_name": "one.png"}])
    reading = read_labels(written("c.json", content), images=blank("one"))
    assert len(reading.labels["one"]) == 1
    assert bool(reading.report.of_problem("ids of two kinds")) == ({type(left), type(right)} == {int, str})


@pytest.mark.parametrize("score", [1.5, -0.1, 7])
def test_a_score_outside_0_and_1_is_refused(score: float, blank: Blank, written: Written) -> None:
    path = written("c.json", coco({"segmentation": [FLAT], "score": score}, {"segmentation": [POINTS], "score": None}))
    reading = CocoFormat().read(path, blank("one"), Taxonomy.standard())
    (line,) = reading.report.refused
    assert f"its score is {score:g}; a score lies between 0 and 1" in line.what
    assert np.isnan(reading.labels["one"].scores).tolist() == [True]


def test_a_results_list_takes_images_and_categories_from_its_truth(blank: Blank, written: Written) -> None:
    truth = written("truth.json", coco({"segmentation": [FLAT]}))
    path = written(
        "r.json", [{"image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1], "score": 0.9, "segmentation": [FLAT]}]
    )
    with pytest.raises(LabelReadError, match=r"truth=FILE\.json"):
        read_labels(path, images=blank("one"))
    reading = read_labels(path, images=blank("one"), format="coco", options={"truth": truth})
    assert (reading.labels["one"].areas.tolist(), reading.labels["one"].scores.tolist()) == ([400], [0.9])
    assert reading.labels.types == ("loop",)


@pytest.mark.parametrize(("stored", "area"), [(None, 300), (300, 300), (400, 400)])
def test_a_polygon_within_another_is_a_hole_unless_the_area_says_no(
    stored: int | None, area: int, blank: Blank, written: Written
) -> None:
    hole = [15, 15, 25, 15, 25, 25, 15, 25]
    content = coco({"segmentation": [FLAT, hole], **({} if stored is None else {"area": stored})})
    reading = read_labels(written("c.json", content), images=blank("one"))
    assert reading.labels["one"].areas.tolist() == [area]
    assert any("hole" in line.what for line in reading.report.noted) == (area == 300)


def test_an_island_in_a_hole_is_kept(blank: Blank, written: Written) -> None:
    def square(low: int, high: int) -> list[int]:
        return [low, low, high, low, high, high, low, high]

    path = written("c.json", coco({"segmentation": [square(10, 50), square(20, 40), square(25, 35)]}))
    assert areas(path, blank("one")) == {"one": [1600 - 400 + 100]}


def lines(*rows: str) -> str:
    return "".join(f"{row}\n" for row in rows)


BIG = "0.083333 0.1 0.25 0.1 0.25 0.3 0.083333 0.3"
SMALL = "0.416667 0.1 0.5 0.1 0.5 0.2 0.416667 0.2"


@pytest.mark.parametrize(
    ("rows", "scores"),
    [
        ((f"0.0 {BIG}", f"0 {SMALL}"), [None, None]),
        ((f"0 {BIG} 0.91", f"0 {SMALL} 1"), [0.91, 1.0]),
        ((f"0 {BIG} 7", f"0 {SMALL} 1"), [None, None]),
        ((f"0 {BIG} 0.91 7", f"0 {SMALL} 0.42 1"), [0.91, 0.42]),
    ],
)
def test_yolo_lines_end_in_confidence_track_or_both(
    rows: tuple[str, str], scores: list[float | None], blank: Blank, written: Written
) -> None:
    folder = written("labels/one.txt", lines(*rows)).parent
    one = YoloSegFormat(types="0=loop").read(folder, blank("one"), Taxonomy.standard()).labels["one"]
    assert one.areas.tolist() == [400, 100]
    assert [None if np.isnan(score) else score for score in one.scores] == scores


def test_pixels_in_a_format_of_fractions_are_refused_as_such(blank: Blank, written: Written) -> None:
    folder = written("labels/one.txt", lines("0 10 10 30 10 30 30 10 30", f"0 {SMALL}")).parent
    reading = YoloSegFormat(types="0=loop").read(folder, blank("one"), Taxonomy.standard())
    (line,) = reading.report.refused
    assert line.what == "its coordinates are pixels, but yolo-seg holds fractions of width and height"
    assert reading.labels["one"].areas.tolist() == [100]


def labelme(*shapes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"version": "5", "shapes": list(shapes), "imagePath": "one.png", "imageHeight": None, **more}


def square(x: int, size: int = 20, **more: Any) -> dict[str, Any]:
    points = [[x, 10], [x + size, 10], [x + size, 10 + size], [x, 10 + size]]
    return {"label": "loop", "points": points, "shape_type": "polygon", **more}


def test_shapes_of_one_group_and_label_are_one_defect(blank: Blank, written: Written) -> None:
    path = written(
        "one.json",
        labelme(square(10, group_id=1), square(35, group_id=1), square(70), square(90, group_id=1, label="cavity")),
    )
    reading = LabelmeFormat().read(path, blank("one"), Taxonomy.standard())
    assert reading.labels["one"].areas.tolist() == [800, 400, 400]
    assert reading.labels["one"].ids.tolist() == [0, 2, 3]
    assert any("share the group 1" in line.what for line in reading.report.noted)


def test_the_image_path_of_labelme_decides(blank: Blank, written: Written) -> None:
    folder = written("labels/S1.json", labelme(square(10), imagePath="..\\img\\S2.png")).parent
    assert areas(folder, blank("S1", "S2")) == {"S2": [400]}
    written("labels/S1.json", labelme(square(10), imagePath="S3.png"))
    with pytest.raises(PairingError, match="S3"):
        read_labels(folder, images=blank("S1", "S2"))
    written("labels/S1.json", labelme(square(10), imagePath=None))
    assert areas(folder, blank("S1", "S2")) == {"S1": [400]}


def test_a_name_that_only_begins_alike_is_unpaired_and_the_nearest_is_named(blank: Blank, written: Written) -> None:
    folder = written("labels/S1_tilted.txt", lines(f"0 {BIG}")).parent
    written("labels/S2.txt", lines(f"0 {BIG}"))
    with pytest.raises(PairingError, match=r"S1_tilted.*nearest.*S1"):
        read_labels(folder, images=blank("S1", "S2"), format="yolo-seg")
    reading = read_labels(folder, images=blank("S1", "S2"), format="yolo-seg", unpaired="leave-out")
    assert reading.without_image == ("S1_tilted.txt",)
    assert reading.unlabelled == ("S1",)


def discs() -> np.ndarray:
    rows, cols = np.mgrid[:120, :400]
    values = np.zeros((120, 400), np.uint16)
    for n in range(12):
        y, x, radius = 30 + 60 * (n % 2), 20 + 32 * n, 3 + n / 4
        values[(rows + 0.5 - y) ** 2 + (cols + 0.5 - x) ** 2 < radius**2] = n + 1
    values[5, 5] = 13
    values[110, 7:15] = 14
    values[107:110, 7] = 14
    return values


def traced(values: np.ndarray, chain: str) -> list[list[list[int]]]:
    cv2 = pytest.importorskip("cv2")
    found = []
    for value in np.unique(values)[1:]:
        contours, _ = cv2.findContours(
            (values == value).astype(np.uint8), cv2.RETR_EXTERNAL, getattr(cv2, f"CHAIN_APPROX_{chain}")
        )
        found.append(contours[0][:, 0, :].tolist())
    return found


@pytest.mark.parametrize("chain", ["NONE", "SIMPLE"])
def test_outlines_through_the_centres_of_pixels_give_the_masks_they_were_traced_from(
    chain: str, blank: Blank, written: Written
) -> None:
    values = discs()
    runs, _ = label_image_to_runs(values)
    content = coco(
        *({"segmentation": [np.ravel(points).tolist()]} for points in traced(values, chain)),
        images=[{"id": 1, "file_name": "one.png", "height": 120, "width": 400}],
    )
    images = blank("one", shape=values.shape)
    path = written("c.json", content)
    guessed = CocoFormat().read(path, images, Taxonomy.standard())
    assert guessed.labels["one"].runs == runs
    assert [line.problem for line in guessed.report.noted] == ["vertices at pixel centres"]
    assert CocoFormat(vertices="centres").read(path, images, Taxonomy.standard()).labels["one"].runs == runs
    small = CocoFormat(vertices="corners").read(path, images, Taxonomy.standard())
    assert small.labels["one"].areas.sum() < 0.9 * runs.areas().sum()

    text = "".join(
        f"0 {' '.join(f'{v:.6f}' for v in (np.array(points) / [400, 120]).ravel())}\n"
        for points in traced(values, chain)
    )
    folder = written("labels/one.txt", text).parent
    assert YoloSegFormat(types="0=loop").read(folder, images, Taxonomy.standard()).labels["one"].runs == runs


def test_stored_areas_show_that_outlines_are_traced(blank: Blank, written: Written) -> None:
    box = [10, 10, 29, 10, 29, 29, 10, 29]
    path = written("c.json", coco({"segmentation": [box], "area": 400}))
    assert areas(path, blank("one")) == {"one": [400]}
    path = written("c.json", coco({"segmentation": [box], "area": 361}))
    assert areas(path, blank("one")) == {"one": [361]}


def test_a_hole_traced_through_centres_is_the_hole_of_the_mask(blank: Blank, written: Written) -> None:
    cv2 = pytest.importorskip("cv2")
    mask = np.zeros((100, 120), np.uint8)
    cv2.circle(mask, (50, 50), 20, 1, -1)
    cv2.circle(mask, (50, 50), 8, 0, -1)
    contours, _ = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    path = written("c.json", coco({"segmentation": [contour.ravel().tolist() for contour in contours]}))
    assert areas(path, blank("one")) == {"one": [int(mask.sum())]}


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.xml", '<?xml version="1.0"?><annotations><track id="0"/></annotations>', "CVAT for images 1.1"),
        ("a.json", [{"image": "a.png", "label": [], "annotator": 1, "annotation_id": 2}], "Label Studio.*'JSON'"),
        ("a.csv", "filename,file_size,region_shape_attributes,region_attributes\n", r"VIA.*as json"),
    ],
)
def test_other_exports_are_refused_with_the_one_to_choose(
    name: str, content: Any, says: str, blank: Blank, written: Written
) -> None:
    path = written(name, content)
    choices: tuple[dict[str, Any], ...] = ({}, {"format": "coco"}, {"format": "labelme"})
    for options in choices:
        with pytest.raises(LabelReadError, match=says):
            read_labels(path, images=blank("a"), **options)


def cases() -> Path:
    return Path(os.environ.get("DEFECTKIT_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data")).parent / "cases"


SHARED = [
    ("coco-flat-polygon", "c.json", "frames", {}, {"a": [400, 400]}),
    ("coco-ids-repeat-and-zero", "c.json", "frames", {}, {"a": [400, 400], "b": [400]}),
    ("coco-image-id-types", "c.json", "frames", {}, {"a": [400], "b": [400]}),
    ("coco-label-studio-names", "c.json", "frames", {}, {"frame_1": [400], "frame_2": []}),
    ("coco-results-list", "coco_instances_results.json", "frames", {"truth": "truth.json"}, {"a": [400]}),
    ("invalid-polygons", "via.json", "frames", {}, {"a": [100, 1601, 345, 400, 400, 400, 400, 500, 800]}),
    ("labelme-group-id", "labels", "frames", {}, {"a": [800, 400]}),
    ("labelme-mask-and-nulls", "labels", "frames", {}, {"a": [467]}),
    ("yolo-roboflow-names", "labels", "own-names", {}, {"frame_12": [400], "frame_13": [400]}),
    (
        "yolo-roboflow-names",
        "labels",
        "as-exported/images",
        {},
        {"frame_12_png.rf.3f0a1c": [400], "frame_13_png.rf.a10b2c": [400]},
    ),
    ("yolo-track-id-last", "labels", "frames", {}, {"a": [400, 100]}),
    ("yolo-track-id-last", "conf-and-id", "frames", {}, {"a": [400, 100]}),
    ("label-of-another-image-taken", "labels", "frames", {}, PairingError),
    ("unsupported-formats", "cvat.xml", "frames", {}, {"a": [190]}),
    ("unsupported-formats", "labelstudio.json", "frames", {}, {"a": [240]}),
    ("unsupported-formats", "via.csv", "frames", {}, LabelReadError),
]


@pytest.mark.parametrize(("case", "labels", "frames", "options", "expected"), SHARED)
def test_shared_cases(case: str, labels: str, frames: str, options: dict[str, str], expected: Any) -> None:
    from defectkit.formats import read_images

    folder = cases() / case
    if not folder.is_dir():
        pytest.skip("the shared cases are not here")
    images = dict(read_images(folder / frames))
    chosen = {key: folder / value for key, value in options.items()}
    more: dict[str, Any] = {"format": "coco", "options": chosen} if chosen else {}
    if isinstance(expected, type):
        with pytest.raises(expected):
            read_labels(folder / labels, images=images, **more)
    else:
        assert areas(folder / labels, images, refused="leave-out", **more) == expected


@pytest.mark.parametrize("labels", ["contours_coco.json", "labels"])
def test_shared_contours_have_the_diameters_of_the_masks(labels: str) -> None:
    from defectkit.formats import read_images

    folder = cases() / "contour-polygons-shrink"
    if not folder.is_dir():
        pytest.skip("the shared cases are not here")
    images = dict(read_images(folder / "frames"))
    traced_areas = read_labels(folder / labels, images=images).labels["f"].areas
    mask_areas = read_labels(folder / "labelimage", images=images, format="label-image").labels["f"].areas
    assert sorted(traced_areas.tolist()) == sorted(mask_areas.tolist())


def test_built_in_readers_are_region_formats() -> None:
    from defectkit import hooks

    drawn = {"coco", "via", "labelme", "yolo-seg", "imagej-roi"}
    assert all(issubclass(hooks.find("label_format", name), RegionFormat) for name in drawn)
