"""From micrographs to megapascals: find, measure and evaluate radiation defects in electron micrographs.

Names are loaded when they are first used: importing defectkit imports nothing heavy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from defectkit.datasets import load_dataset as load_dataset
    from defectkit.datasets.differences import diff as diff
    from defectkit.formats import (
        read_image as read_image,
        read_images as read_images,
        read_labels as read_labels,
        write_labels as write_labels,
    )
    from defectkit.hardening import load_material as load_material
    from defectkit.hardening.harden import harden as harden
    from defectkit.matching import match as match
    from defectkit.measurement import summarize as summarize
    from defectkit.measurement.measure import measure as measure
    from defectkit.records import (
        Calibration as Calibration,
        Defect as Defect,
        DefectType as DefectType,
        Image as Image,
        Instances as Instances,
        LabelSet as LabelSet,
        Prediction as Prediction,
        Specimen as Specimen,
        Split as Split,
        Taxonomy as Taxonomy,
    )
    from defectkit.reports import write_analysis as write_analysis
    from defectkit.storage import Store as Store
    from defectkit.workflows import (
        Analysis as Analysis,
        make_detector as make_detector,
        measure_labels as measure_labels,
    )
    from defectkit.workflows.agreement import agree as agree
    from defectkit.workflows.analyze import analyze as analyze
    from defectkit.workflows.evaluate import evaluate as evaluate

_HOMES = {
    "defectkit.datasets": ("load_dataset",),
    "defectkit.datasets.differences": ("diff",),
    "defectkit.formats": (
        "read_image",
        "read_images",
        "read_labels",
        "write_labels",
    ),
    "defectkit.hardening": ("load_material",),
    "defectkit.hardening.harden": ("harden",),
    "defectkit.matching": ("match",),
    "defectkit.measurement": ("summarize",),
    "defectkit.measurement.measure": ("measure",),
    "defectkit.records": (
        "Calibration",
        "Defect",
        "DefectType",
        "Image",
        "Instances",
        "LabelSet",
        "Prediction",
        "Specimen",
        "Split",
        "Taxonomy",
    ),
    "defectkit.reports": ("write_analysis",),
    "defectkit.storage": ("Store",),
    "defectkit.workflows": (
        "Analysis",
        "make_detector",
        "measure_labels",
    ),
    "defectkit.workflows.agreement": ("agree",),
    "defectkit.workflows.analyze": ("analyze",),
    "defectkit.workflows.evaluate": ("evaluate",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = ["__version__", *sorted(_HOME_OF)]


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        return getattr(import_module(_HOME_OF[name]), name)
    raise AttributeError(f"module 'defectkit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__]
