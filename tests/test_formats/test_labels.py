"""read_labels and write_labels: formats by name, by sight, and what belongs to what."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from defectkit.errors import LabelReadError, PairingError, UnknownPluginError, UnpairedLabelsError
from defectkit.formats import Unpaired, read_labels, write_labels
from defectkit.formats.coco import CocoFormat
from defectkit.formats.lookup import label_format, recognized_format
from defectkit.records import Image, Instances, LabelSet, Taxonomy

Blank = Callable[..., dict[str, Image]]

FORMATS = ("via", "coco", "yolo-seg", "labelme", "imagej-roi", "label-image", "type-masks")
SHAPE = (40, 50)


@pytest.fixture
def labels() -> LabelSet:
    one = Instances.from_polygons(
        [[(3, 3), (3, 9), (12, 9)], [(20, 20), (20, 40), (30, 40), (30, 20)]],
        types=["bdot", "loop"],
        shape=SHAPE,
        ids=[1, 2],
    )
    two = Instances.from_polygons([[(5, 5), (5, 9), (9, 9), (9, 5)]], types=["loop"], shape=SHAPE, ids=[3])
    return LabelSet(name="mine", instances={"one": one, "two": two})


@pytest.fixture(params=FORMATS)
def stored(request: pytest.FixtureRequest, labels: LabelSet, tmp_path: Path) -> tuple[str, Path]:
    path = tmp_path / ("labels.json" if request.param in ("via", "coco") else "labels")
    write_labels(labels, path, format=request.param)
    return request.param, path


def test_masks_and_types_survive_every_format(stored: tuple[str, Path], labels: LabelSet, blank: Blank) -> None:
    name, path = stored
    reading = read_labels(path, images=blank("one", "two", shape=SHAPE), format=name, name="back", version="2")
    assert reading.labels.key == "back@2"
    for image, expected in labels.instances.items():
        found = reading.labels[image]
        order = sorted(range(len(found)), key=lambda i: found.type_names[i])
        assert [found.type_names[i] for i in order] == list(expected.type_names)
        assert found.runs.take(order) == expected.runs
    assert len(reading.report.mended) == len(reading.report.refused) == 0


def test_formats_are_known_by_sight(stored: tuple[str, Path], blank: Blank) -> None:
    name, path = stored
    if name == "label-image":
        with pytest.raises(LabelReadError, match=r"name its format, one of coco, .*via"):
            read_labels(path, images=blank("one", "two", shape=SHAPE))
    else:
        assert recognized_format(path).name == name
        reading = read_labels(path, images=blank("one", "two", shape=SHAPE), options={"types": "*=cavity"})
        assert reading.labels.counts()["cavity"] == 3


def test_labels_without_an_image_are_an_error_or_left_out(stored: tuple[str, Path], blank: Blank) -> None:
    name, path = stored
    images = blank("one", "three", shape=SHAPE)
    with pytest.raises(PairingError, match=r"labels of 1 images.*two.*leave-out"):
        read_labels(path, images=images, format=name)
    reading = read_labels(path, images=images, format=name, unpaired=Unpaired.LEAVE_OUT)
    assert reading.labels.images == ("one",)
    assert (len(reading.without_image), reading.unlabelled) == (1, ("three",))
    problems = {(line.kind, line.problem) for line in reading.report}
    assert {("refused", "labels without image"), ("noted", "image without labels")} <= problems


def test_labels_of_no_image_at_all_are_always_an_error(stored: tuple[str, Path], blank: Blank) -> None:
    name, path = stored
    for images in (blank("three", shape=SHAPE), {}):
        with pytest.raises(UnpairedLabelsError, match="none of its 2"):
            read_labels(path, images=images, format=name, unpaired="leave-out")


def test_formats_by_name() -> None:
    assert isinstance(label_format("coco"), CocoFormat)
    made = CocoFormat(types="1=bdot")
    assert label_format(made) is made
    with pytest.raises(UnknownPluginError, match="did you mean 'coco'"):
        label_format("coca")
    with pytest.raises(LabelReadError, match="no option 'sort'; it has: types, vertices, boxes, truth"):
        label_format("coco", {"sort": 1})
    with pytest.raises(LabelReadError, match=r"boxes .* cannot be 'nothing'; it is one of: refuse, as-rectangles"):
        label_format("coco", {"boxes": "nothing"})
    with pytest.raises(LabelReadError, match="types"):
        label_format("coco", {"types": "1"})
    with pytest.raises(LabelReadError, match="set them on the CocoFormat"):
        label_format(made, {"types": "1=loop"})


def test_files_that_are_not_there_or_not_known(blank: Blank, tmp_path: Path) -> None:
    choices: tuple[dict[str, Any], ...] = ({}, {"format": "via"})
    for options in choices:
        with pytest.raises(LabelReadError, match="no such file"):
            read_labels(tmp_path / "gone.json", images=blank("one"), **options)
    with pytest.raises(LabelReadError, match="no such file"):
        recognized_format(tmp_path / "gone.json")
    (tmp_path / "odd.json").write_text("[1, 2]")
    with pytest.raises(LabelReadError, match="no known label format"):
        read_labels(tmp_path / "odd.json", images=blank("one"))


def test_public_names_are_there_and_no_others() -> None:
    from defectkit import formats

    assert all(getattr(formats, name) is not None for name in formats.__all__)
    with pytest.raises(AttributeError, match="read_everything"):
        _ = formats.read_everything  # type: ignore[attr-defined]  # there is none


def test_a_taxonomy_of_ones_own(labels: LabelSet, blank: Blank, tmp_path: Path) -> None:
    write_labels(labels, tmp_path / "labels.json", format="coco")
    own = Taxonomy(types=tuple(t for t in Taxonomy.standard() if t.name != "loop"))
    reading = read_labels(tmp_path / "labels.json", images=blank("one", "two", shape=SHAPE), taxonomy=own)
    assert reading.labels.taxonomy.names == (*own.names, "loop")
    assert [line.problem for line in reading.report.noted] == ["new type"]


def test_file_names_come_from_the_images(labels: LabelSet, blank: Blank, tmp_path: Path) -> None:
    images: dict[str, Any] = {
        name: attrs.evolve(image, path=tmp_path / f"{name}.tif") for name, image in blank("one", "two").items()
    }
    write_labels(labels, tmp_path / "labels.json", format="coco", images=images)
    assert '"file_name": "one.tif"' in (tmp_path / "labels.json").read_text()
