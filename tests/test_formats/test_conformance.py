"""The built-in formats pass the suites that third parties inherit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import PIL.Image
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


class TestVia(LabelFormatSuite):
    cls = ViaFormat
    target = "labels.json"


class TestCoco(LabelFormatSuite):
    cls = CocoFormat
    target = "labels.json"


class TestCvat(LabelFormatSuite):
    cls = CvatFormat
    target = "annotations.xml"


class TestLabelStudio(LabelFormatSuite):
    cls = LabelStudioFormat
    target = "labels.json"


class TestYoloSeg(LabelFormatSuite):
    cls = YoloSegFormat


class TestLabelme(LabelFormatSuite):
    cls = LabelmeFormat


class TestImagejRoi(LabelFormatSuite):
    cls = ImagejRoiFormat


class TestLabelImage(LabelFormatSuite):
    cls = LabelImageFormat

    def instances(self) -> st.SearchStrategy[Instances]:
        return apart(connected=False)


class TestTypeMasks(LabelFormatSuite):
    cls = TypeMasksFormat

    def instances(self) -> st.SearchStrategy[Instances]:
        return apart(connected=True)


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
