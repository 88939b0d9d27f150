"""The formats on real micrographs and labels."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from pycocotools import mask as peer

from defectkit.errors import PairingError
from defectkit.formats import read_images, read_labels, write_labels
from defectkit.formats.images.color import COLOR_NOTE
from defectkit.formats.yolo_names import find_class_names
from defectkit.geometry.polygons import Polygons


def test_two_passes_of_yolo_labels(ti_frames: Path) -> None:
    images = read_images(ti_frames / "Raw Images", pixel_size="0.2554 nm", foil_thickness="170 nm")
    assert list(images)[:3] == ["Chip-4-Heat-1-Frame-2", "Chip-4-Heat-1-Frame-47", "Chip-4-Heat-1-Frame-124"]
    new = read_labels(ti_frames / "Annotation Data New", images=images)
    old = read_labels(ti_frames / "Annotation Data Old", images=images, format="yolo-seg", options={"types": "0=loop"})
    assert (len(new.labels), len(new.unlabelled), len(new.report.refused)) == (13, 0, 0)
    assert (len(old.labels), len(old.unlabelled), len(old.report.refused)) == (4, 9, 0)
    for reading, folder in ((new, "New"), (old, "Old")):
        for file in (ti_frames / f"Annotation Data {folder}").glob("*.txt"):
            lines = file.read_text().splitlines()
            found = reading.labels[file.stem.removesuffix("-poly")]
            assert found.ids.tolist() == list(range(len(lines)))
            rings = [np.array(line.split()[1:], float).reshape(-1, 2)[:, ::-1] * found.shape for line in lines]
            mended = {line.region for line in reading.report.mended if line.image == file.stem.removesuffix("-poly")}
            same = [i for i in range(len(lines)) if f"line {i + 1}" not in mended]
            expected = Polygons.from_list(rings).areas()
            assert found.polygons.areas()[same] == pytest.approx(expected[same], rel=1e-6)
            assert found.areas.sum() == pytest.approx(expected.sum(), rel=0.01)
    assert len(old.report.of_problem("file name")) == 4
    assert [line.problem for line in new.report.mended] == ["self-crossing polygon"] * 4
    assert find_class_names(ti_frames / "Annotation Data New") == ({}, None)


def test_via_labels_of_powder(powder_frames: Path, tmp_path: Path) -> None:
    images = read_images(powder_frames / "images_png")
    path = powder_frames / "via_2.0.8" / "via_powder_satellite_masks_training.json"
    with pytest.raises(PairingError, match="4 images"):
        read_labels(path, images=images)
    reading = read_labels(path, images=images, unpaired="leave-out")
    assert reading.labels.counts() == {"satellite": 200 + 1 + 133 + 91 + 74}
    (space,) = reading.report.of_problem("white space in a type name")
    assert (space.image, space.region, repr("Satellite\n") in space.what) == (
        "Sc1Tile_001-001-000_0-000",
        "region 1",
        True,
    )
    assert len(reading.without_image) == 4
    write_labels(reading.labels, tmp_path / "again.json", format="via", images=images)
    again = read_labels(tmp_path / "again.json", images=images)
    for image, written in reading.labels.instances.items():
        assert (again.labels[image].runs, again.labels[image].polygons) == (written.runs, written.polygons)
    assert len(again.report.mended) == 0


def test_coco_labels_of_steel_against_pycocotools_and_the_masks(steel_frames: Path, tmp_path: Path) -> None:
    images = read_images(steel_frames / "imgs", pixel_size="0.390625 nm")
    reading = read_labels(steel_frames / "clean.json", images=images, unpaired="leave-out")
    document = json.loads((steel_frames / "clean.json").read_text())
    names = {row["id"]: row["file_name"].removesuffix(".png") for row in document["images"]}
    annotations = {row["id"]: row for row in document["annotations"]}
    assert reading.labels.n_defects == sum(names[row["image_id"]] in images for row in annotations.values()) == 123
    assert len(reading.report.mended) == 0
    for image, found in reading.labels.instances.items():
        for defect in found:
            row = annotations[defect.id]
            assert names[row["image_id"]] == image
            packed = peer.merge(peer.frPyObjects(row["segmentation"], *found.shape))
            both = peer.iou([packed], [peer.encode(np.asfortranarray(defect.mask().astype(np.uint8)))], [0])
            assert both[0, 0] > 0.7, "pycocotools adds a rim of pixels, no more"
            assert abs(defect.area_px - row["area"]) < 0.1 * row["area"]
    masks = read_labels(steel_frames / "masks1", images=images, format="type-masks", options={"types": "*=hcloop"})
    assert masks.labels.images == reading.labels.images
    for image, found in masks.labels.instances.items():
        drawn = np.zeros(found.shape, bool)
        for defect in reading.labels[image]:
            drawn |= defect.mask()
        painted = np.zeros(found.shape, bool)
        for defect in found:
            painted |= defect.mask()
        assert (drawn & painted).sum() > 0.8 * (drawn | painted).sum()


def test_a_color_background_and_names_with_spaces(shared_data: Path) -> None:
    folder = shared_data / "nomelabs+COSMIC-ML" / "Clean Background Imgs" / "Usable Imgs" / ".31"
    images = read_images(folder)
    assert list(images) == ["1 TEM-BF 94K defocus 0 um", "3 TEM-BF 94K 3 defocus 0 um"]
    for image in images.values():
        assert (image.shape, image.dtype, image.pixels.shape) == ((2048, 2048), np.uint8, (2048, 2048))
        assert image.notes == (COLOR_NOTE,), "some of it is drawn in colour"
