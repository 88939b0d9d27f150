"""Records to and from JSON: units kept, unknown keys refused, every fault named with its path."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import attrs
import cattrs
import numpy as np
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn
from cattrs.preconf.json import JsonConverter, make_converter

from defectkit.errors import DecodingError, RecordError
from defectkit.files.decoding import parse_json
from defectkit.geometry.polygons import Polygons
from defectkit.geometry.runs import Runs
from defectkit.records.calibration import Calibration
from defectkit.records.defect_type import DefectType, Taxonomy
from defectkit.records.exclusion import Exclusion
from defectkit.records.instances import Instances
from defectkit.records.label_set import LabelSet
from defectkit.records.prediction import Prediction
from defectkit.records.specimen import Specimen
from defectkit.records.split import Split
from defectkit.units import Quantity

R = TypeVar("R")

RECORDS: tuple[type, ...] = (
    Calibration,
    Specimen,
    Exclusion,
    DefectType,
    Taxonomy,
    Instances,
    LabelSet,
    Prediction,
    Split,
)


def to_json(record: object) -> str:
    """Return ``record`` as JSON text.

    Parameters
    ----------
    record : one of :data:`RECORDS`

    Examples
    --------
    >>> to_json(Calibration.square("0.5 nm/px"))[:43]
    '{"pixel_size_y": "0.5 nanometer / pixel", "'
    """
    return json.dumps(record_converter().unstructure(record), allow_nan=False)


def from_json(text: str, kind: type[R]) -> R:
    """Return the record of ``kind`` that ``text`` holds.

    Parameters
    ----------
    text : str
        As :func:`to_json` writes it.
    kind : type
        The class of the record.

    Raises
    ------
    RecordError
        If the text is no JSON, or a key is unknown, missing or of the wrong kind; the message names its path.
    """
    try:
        value = parse_json(text, where=kind.__name__)
    except DecodingError as error:
        raise RecordError(str(error)) from error
    if not isinstance(value, dict):
        raise RecordError(f"{kind.__name__}: a JSON object is needed, not {type(value).__name__}")
    try:
        return record_converter().structure(value, kind)
    except (cattrs.BaseValidationError, cattrs.errors.StructureHandlerNotFoundError) as error:
        faults = "; ".join(cattrs.transform_error(error, path=kind.__name__, format_exception=_fault))
        raise RecordError(faults) from error


def _fault(error: BaseException, kind: type | None) -> str:
    if isinstance(error, cattrs.ForbiddenExtraKeysError):
        return f"unknown keys: {', '.join(sorted(error.extra_fields))}"
    if isinstance(error, KeyError) and not isinstance(error, RecordError):
        return f"missing key: {error.args[0]}"
    return str(error)


@cache
def record_converter() -> JsonConverter:
    """Return the converter that knows all records; other modules may structure their own with it."""
    converter = make_converter(forbid_extra_keys=True, detailed_validation=True)
    converter.register_unstructure_hook_func(_is_quantity, _unstructure_quantity)
    converter.register_structure_hook_func(_is_quantity, lambda value, _: _text(value))
    converter.register_unstructure_hook_func(_is_array, _unstructure_array)
    converter.register_structure_hook_func(_is_array, lambda value, _: _structure_array(value))
    converter.register_unstructure_hook(Path, Path.as_posix)
    for kind in (Runs, Polygons, *RECORDS):
        attrs.resolve_types(kind)
        converter.register_unstructure_hook(kind, make_dict_unstructure_fn(kind, converter))
        converter.register_structure_hook(kind, make_dict_structure_fn(kind, converter, _cattrs_forbid_extra_keys=True))
    return converter


def _is_quantity(kind: Any) -> bool:
    return kind is Quantity or getattr(kind, "__origin__", kind) is getattr(Quantity, "__origin__", Quantity)


def _is_array(kind: Any) -> bool:
    return getattr(kind, "__origin__", kind) is np.ndarray


def _unstructure_quantity(value: Quantity) -> str:
    return f"{float(value.magnitude)!r} {value.units}"


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise RecordError(f"{value!r} is not text with a number and a unit")
    return value


def _unstructure_array(array: np.ndarray[Any, Any]) -> dict[str, Any]:
    values = array.ravel().tolist()
    if array.dtype.kind == "f":
        values = [v if np.isfinite(v) else str(v) for v in values]
    return {"dtype": array.dtype.str, "shape": list(array.shape), "values": values}


def _structure_array(value: Any) -> np.ndarray[Any, Any]:
    if not isinstance(value, dict) or set(value) != {"dtype", "shape", "values"}:
        raise RecordError("an array is written as dtype, shape and values")
    return np.array([float(v) if isinstance(v, str) else v for v in value["values"]], dtype=value["dtype"]).reshape(
        value["shape"]
    )
