"""From micrographs to megapascals: find, measure and evaluate radiation defects in electron micrographs.

Names are loaded when they are first used: importing defectkit imports nothing heavy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
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

_HOMES = {
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
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = ["__version__", *sorted(_HOME_OF)]


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        return getattr(import_module(_HOME_OF[name]), name)
    raise AttributeError(f"module 'defectkit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__]
