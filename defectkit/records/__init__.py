"""Typed records of what there is: calibrations, images, defects, label sets, predictions and splits."""

from __future__ import annotations

from defectkit.records.calibration import Calibration, Source
from defectkit.records.defect import Defect
from defectkit.records.defect_type import DefectType, Taxonomy
from defectkit.records.exclusion import Exclusion
from defectkit.records.field import Field
from defectkit.records.image import ArrayPixels, Image, PixelSource
from defectkit.records.instances import Instances
from defectkit.records.json import from_json, record_converter, to_json
from defectkit.records.label_set import LabelSet
from defectkit.records.prediction import Prediction
from defectkit.records.specimen import Irradiation, Specimen
from defectkit.records.split import Split

__all__ = [
    "ArrayPixels",
    "Calibration",
    "Defect",
    "DefectType",
    "Exclusion",
    "Field",
    "Image",
    "Instances",
    "Irradiation",
    "LabelSet",
    "PixelSource",
    "Prediction",
    "Source",
    "Specimen",
    "Split",
    "Taxonomy",
    "from_json",
    "record_converter",
    "to_json",
]
