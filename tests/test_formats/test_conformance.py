"""The built-in formats pass the suites that third parties inherit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import PIL.Image
import roifile
import tifffile
from scipy import ndimage

from defectkit.formats.coco import CocoFormat
from defectkit.formats.cvat import CvatFormat
from defectkit.formats.imagej_roi import ImagejRoiFormat
from defectkit.formats.images.pillow import PillowFormat
from defectkit.formats.images.tiff import TiffFormat
from defectkit.formats.label_image import LabelImageFormat
from defectkit.formats.label_studio import LabelStudioFormat
from defectkit.formats.labelme import LabelmeFormat
from defectkit.formats.type_masks import TypeMasksFormat
from defectkit.formats.via import ViaFormat
from defectkit.formats.yolo_seg import YoloSegFormat
from defectkit.geometry.masks import label_image_to_runs
from defectkit.records import Instances
from defectkit.testing import ImageFormatSuite, LabelFormatSuite
from defectkit.testing.known_labels import KnownDefect
from defectkit.testing.strategies import TYPES, shapes


@st.composite
def apart(draw: st.DrawFn, *, connected: bool) -> Instances:
    """Defects that do not overlap, and, where ``connected``, of one part each and touching nothing."""
    shape = draw(shapes())
    values = np.array(draw(st.lists(st.integers(0, 4), min_size=shape[0] * shape[1], max_size=shape[0] * shape[1])))
    picture = values.reshape(shape)
    if connected:
        picture, _ = ndimage.label(picture == 4, structure=np.ones((3, 3)))
    runs, _ = label_image_to_runs(picture)
    types = draw(st.lists(st.sampled_from(TYPES), min_size=len(runs), max_size=len(runs)))
    return Instances.from_runs(runs, types=types, shape=shape, known_types=TYPES)


def xy(defect: KnownDefect) -> list[list[float]]:
    """x and y of each vertex of an outline, as annotation tools count them."""
    return [[x, y] for y, x in defect.outline]


class TestVia(LabelFormatSuite):
    cls = ViaFormat
    target = "labels.json"

    def write_known(self, path: Path) -> None:
        regions = [
            {
                "shape_attributes": {
                    "name": "polygon",
                    "all_points_x": [x for x, _ in xy(defect)],
                    "all_points_y": [y for _, y in xy(defect)],
                },
                "region_attributes": {"defect_type": defect.type},
            }
            for defect in self.known()
        ]
        entry = {"filename": "known.png", "size": 100, "regions": regions, "file_attributes": {}}
        path.write_text(json.dumps({"known.png100": entry}))


class TestCoco(LabelFormatSuite):
    cls = CocoFormat
    target = "labels.json"

    def write_known(self, path: Path) -> None:
        categories = {"bdot": 7, "loop_111": 3}
        rows = [
            {
                "id": 10 + k,
                "image_id": 5,
                "category_id": categories[defect.type],
                "segmentation": [[value for vertex in xy(defect) for value in vertex]],
            }
            for k, defect in enumerate(self.known())
        ]
        content = {
            "images": [{"id": 5, "file_name": "known.png", "height": 20, "width": 30}],
            "annotations": rows,
            "categories": [{"id": k, "name": name} for name, k in categories.items()],
        }
        path.write_text(json.dumps(content))


class TestCvat(LabelFormatSuite):
    cls = CvatFormat
    target = "annotations.xml"

    def write_known(self, path: Path) -> None:
        polygons = "".join(
            f'<polygon label="{d.type}" occluded="0" points="{";".join(f"{x},{y}" for x, y in xy(d))}"/>'
            for d in self.known()
        )
        image = f'<image id="0" name="known.png" width="30" height="20">{polygons}</image>'
        path.write_text(f"<annotations><version>1.1</version>{image}</annotations>")


class TestLabelStudio(LabelFormatSuite):
    cls = LabelStudioFormat
    target = "labels.json"

    def write_known(self, path: Path) -> None:
        results = [
            {
                "type": "polygonlabels",
                "original_width": 30,
                "original_height": 20,
                "value": {
                    "points": [[x * 100 / 30, y * 100 / 20] for x, y in xy(defect)],
                    "polygonlabels": [defect.type],
                },
            }
            for defect in self.known()
        ]
        task = {"id": 4, "data": {"image": "/data/upload/1/known.png"}, "annotations": [{"result": results}]}
        path.write_text(json.dumps([task]))


class TestYoloSeg(LabelFormatSuite):
    cls = YoloSegFormat

    def write_known(self, path: Path) -> None:
        path.mkdir()
        (path / "classes.txt").write_text("loop_111\nbdot\n")
        lines = [
            " ".join([str(int(d.type == "bdot")), *(f"{x / 30:.6f} {y / 20:.6f}" for x, y in xy(d))])
            for d in self.known()
        ]
        (path / "known.txt").write_text("\n".join(lines))


class TestLabelme(LabelFormatSuite):
    cls = LabelmeFormat

    def write_known(self, path: Path) -> None:
        path.mkdir()
        shapes = [{"label": d.type, "points": xy(d), "shape_type": "polygon"} for d in self.known()]
        content = {"version": "5", "shapes": shapes, "imagePath": "known.png", "imageHeight": 20, "imageWidth": 30}
        (path / "known.json").write_text(json.dumps(content))


class TestImagejRoi(LabelFormatSuite):
    cls = ImagejRoiFormat

    def write_known(self, path: Path) -> None:
        path.mkdir()
        for k, defect in enumerate(self.known()):
            roi = roifile.ImagejRoi.frompoints(np.array(xy(defect), np.float32), name=f"{defect.type}-{k}")
            roi.roitype = roifile.ROI_TYPE.POLYGON
            roi.tofile(path / "known.zip")


def picture(mask: Any, path: Path) -> None:
    """Save whole numbers as an image of 8 bit."""
    path.parent.mkdir(parents=True, exist_ok=True)
    PIL.Image.fromarray(np.asarray(mask, np.uint8)).save(path)


class TestLabelImage(LabelFormatSuite):
    cls = LabelImageFormat
    keeps_outlines = False
    keeps_order = False

    def instances(self) -> st.SearchStrategy[Instances]:
        return apart(connected=False)

    def write_known(self, path: Path) -> None:
        picture(sum((k + 3) * defect.mask for k, defect in enumerate(self.known())), path / "known.png")
        rows = [f"known,{k + 3},{defect.type}\n" for k, defect in enumerate(self.known())]
        (path / "types.csv").write_text("image,value,defect_type\n" + "".join(rows))


class TestTypeMasks(LabelFormatSuite):
    cls = TypeMasksFormat
    keeps_outlines = False
    keeps_order = False

    def instances(self) -> st.SearchStrategy[Instances]:
        return apart(connected=True)

    def write_known(self, path: Path) -> None:
        for defect in self.known():
            picture(255 * defect.mask, path / defect.type / "known.png")


class TestPillow(ImageFormatSuite):
    cls = PillowFormat
    dtypes = ("uint8", "uint16")

    def write(self, path: Path, pixels: Any) -> None:
        PIL.Image.fromarray(pixels).save(path)


class TestTiff(ImageFormatSuite):
    cls = TiffFormat
    dtypes = ("uint8", "uint16", "int16", "uint32", "int32", "float32", "float64")

    def write(self, path: Path, pixels: Any) -> None:
        tifffile.imwrite(path, pixels)


class TestCompressedTiff(ImageFormatSuite):
    cls = TiffFormat
    dtypes = ("uint8", "uint16")

    def write(self, path: Path, pixels: Any) -> None:
        tifffile.imwrite(path, pixels, compression="zlib", byteorder=">")
