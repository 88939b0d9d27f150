from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

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


class TestConstant(HardeningModelSuite):
    cls = parts.Constant
    is_registered = False


class TestBoxTable(LabelFormatSuite):
    cls = parts.BoxTable
    is_registered = False
    target = "boxes.csv"

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
