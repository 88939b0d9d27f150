from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import ClassVar

import numpy as np
from hypothesis import strategies as st

from defectkit.records import Instances
from defectkit.testing import (
    DetectorSuite,
    HardeningModelSuite,
    ImageFormatSuite,
    LabelFormatSuite,
    MetricSuite,
    SplitterSuite,
    strategies,
)
from defectkit.testing.known_labels import BOX, KnownDefect

SPEC = spec_from_file_location(
    "defectkit_example_parts", Path(__file__).parent / "defectkit-example" / "defectkit_example_parts.py"
)
assert SPEC is not None
assert SPEC.loader is not None
parts = module_from_spec(SPEC)
sys.modules[SPEC.name] = parts
SPEC.loader.exec_module(parts)


class TestThreshold(DetectorSuite):
    cls = parts.Threshold
    is_registered = False


class TestFirstHalf(SplitterSuite):
    cls = parts.FirstHalf
    is_registered = False


class TestCountDifference(MetricSuite):
    cls = parts.CountDifference
    is_registered = False
    expected: ClassVar = {"count_difference": 1, "image_count_difference": [1]}


class TestConstant(HardeningModelSuite):
    cls = parts.Constant
    is_registered = False
    expected_mpa = 10.0
    exceptions: ClassVar = dict.fromkeys(
        (
            "it_grows_with_the_shear_modulus",
            "it_grows_with_the_taylor_factor",
            "twice_the_foil_with_twice_the_defects_hardens_the_same",
        ),
        "the example gives every defect the same, whatever the material and the foil",
    )


class TestBoxTable(LabelFormatSuite):
    cls = parts.BoxTable
    is_registered = False
    target = "boxes.csv"
    keeps_outlines = False

    def known(self) -> tuple[KnownDefect, ...]:
        return (BOX,)

    def write_known(self, path: Path) -> None:
        rows = [",".join(map(str, ("known", defect.type, *defect.box))) for defect in self.known()]
        path.write_text("\n".join(["image,type,top,left,bottom,right", *rows]))

    def instances(self) -> st.SearchStrategy[Instances]:
        shape = (12, 10)
        return strategies.instances(shape, masks=strategies.boxes_as_runs(shape))


class TestNumpyImage(ImageFormatSuite):
    cls = parts.NumpyImage
    is_registered = False
    dtypes = strategies.DTYPES

    def write(self, path: Path, pixels: np.ndarray) -> None:
        with path.open("wb") as file:
            np.save(file, pixels)
