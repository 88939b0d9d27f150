"""The public test kit: hypothesis strategies, conformance suites to subclass, and synthetic micrographs.

Strategies and suites need the extra ``defectkit[testing]``; they are imported when they are first used, so that the
synthetic micrographs need neither hypothesis nor pytest.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from defectkit.testing.datasets import DatasetSourceSuite as DatasetSourceSuite
    from defectkit.testing.detectors import DetectorSuite as DetectorSuite
    from defectkit.testing.hardening_models import HardeningModelSuite as HardeningModelSuite
    from defectkit.testing.image_formats import ImageFormatSuite as ImageFormatSuite
    from defectkit.testing.label_formats import LabelFormatSuite as LabelFormatSuite
    from defectkit.testing.metrics import MetricSuite as MetricSuite
    from defectkit.testing.splitters import SplitterSuite as SplitterSuite

_HOME_OF = {
    "DatasetSourceSuite": "defectkit.testing.datasets",
    "DetectorSuite": "defectkit.testing.detectors",
    "HardeningModelSuite": "defectkit.testing.hardening_models",
    "ImageFormatSuite": "defectkit.testing.image_formats",
    "LabelFormatSuite": "defectkit.testing.label_formats",
    "MetricSuite": "defectkit.testing.metrics",
    "SplitterSuite": "defectkit.testing.splitters",
}

__all__ = [
    "DatasetSourceSuite",
    "DetectorSuite",
    "HardeningModelSuite",
    "ImageFormatSuite",
    "LabelFormatSuite",
    "MetricSuite",
    "SplitterSuite",
    "strategies",
]


def __getattr__(name: str) -> Any:
    if name == "strategies":
        return import_module("defectkit.testing.strategies")
    if name in _HOME_OF:
        return getattr(import_module(_HOME_OF[name]), name)
    raise AttributeError(f"module 'defectkit.testing' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__]
