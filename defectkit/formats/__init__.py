"""Label files and image files live here: how each kind is read into records, mended, and written."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from defectkit.formats.images.calibrating import OnConflict as OnConflict
    from defectkit.formats.images.calibration_table import (
        CalibrationEntry as CalibrationEntry,
        CalibrationTable as CalibrationTable,
        read_calibration_table as read_calibration_table,
    )
    from defectkit.formats.images.file_pixels import FilePixels as FilePixels
    from defectkit.formats.images.reading import read_image as read_image, read_images as read_images
    from defectkit.formats.interface import (
        ImageFormat as ImageFormat,
        LabelFormat as LabelFormat,
        LabelReading as LabelReading,
    )
    from defectkit.formats.labels import (
        Unpaired as Unpaired,
        read_labels as read_labels,
        write_labels as write_labels,
    )
    from defectkit.formats.refusals import Refused as Refused
    from defectkit.formats.region import (
        Category as Category,
        EvenOdd as EvenOdd,
        Joined as Joined,
        LabelFile as LabelFile,
        LabelledImage as LabelledImage,
        Lazy as Lazy,
        Mask as Mask,
        NoArea as NoArea,
        Outline as Outline,
        Region as Region,
        Remark as Remark,
        RunMask as RunMask,
    )
    from defectkit.formats.region_format import RegionFormat as RegionFormat
    from defectkit.formats.report import Repair as Repair, RepairKind as RepairKind, RepairReport as RepairReport
    from defectkit.formats.traced import Vertex as Vertex

_HOMES = {
    "images.calibrating": ("OnConflict",),
    "images.calibration_table": ("CalibrationEntry", "CalibrationTable", "read_calibration_table"),
    "images.file_pixels": ("FilePixels",),
    "images.reading": ("read_image", "read_images"),
    "interface": ("ImageFormat", "LabelFormat", "LabelReading"),
    "labels": ("Unpaired", "read_labels", "write_labels"),
    "refusals": ("Refused",),
    "region": (
        "Category",
        "EvenOdd",
        "Joined",
        "LabelFile",
        "LabelledImage",
        "Lazy",
        "Mask",
        "NoArea",
        "Outline",
        "Region",
        "Remark",
        "RunMask",
    ),
    "region_format": ("RegionFormat",),
    "traced": ("Vertex",),
    "report": ("Repair", "RepairKind", "RepairReport"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "CalibrationEntry",
    "CalibrationTable",
    "Category",
    "EvenOdd",
    "FilePixels",
    "ImageFormat",
    "Joined",
    "LabelFile",
    "LabelFormat",
    "LabelReading",
    "LabelledImage",
    "Lazy",
    "Mask",
    "NoArea",
    "OnConflict",
    "Outline",
    "Refused",
    "Region",
    "RegionFormat",
    "Remark",
    "Repair",
    "RepairKind",
    "RepairReport",
    "RunMask",
    "Unpaired",
    "Vertex",
    "read_calibration_table",
    "read_image",
    "read_images",
    "read_labels",
    "write_labels",
]


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
