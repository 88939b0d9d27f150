"""Digests: what a cell depends on, in few letters."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from defectkit.records.image import Image
from defectkit.records.json import to_json
from defectkit.records.label_set import LabelSet

DETECTING = ("records", "geometry", "detectors", "units.py")
EVALUATING = (
    "records",
    "geometry",
    "matching",
    "measurement",
    "statistics",
    "metrics",
    "conventions",
    "workflows/evaluate.py",
)
UNITS = ("studies/uncertainty/stored_comparison.py", "studies/resampleable.py")
"""Parts of defectkit whose code predictions, and evaluations of them, depend on."""


def digest_of(value: Mapping[str, Any]) -> str:
    """Return the sha256 of plain values, whatever the order of their keys.

    Examples
    --------
    >>> digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})
    True
    """
    return hashlib.sha256(json.dumps(value, sort_keys=True, allow_nan=False).encode()).hexdigest()


@cache
def code_digest(package: str, parts: tuple[str, ...] = ("",)) -> str:
    """Return the sha256 of the Python code of a package, or of some of its modules and folders.

    A version number alone would let a result outlive a change of the code in a checkout.
    """
    spec = find_spec(package)
    state = hashlib.sha256()
    for root in [] if spec is None else _roots(spec.submodule_search_locations, spec.origin):
        for part in parts:
            place = root / part if part else root
            for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
                state.update(f"{file.relative_to(root.parent).as_posix()}\x1f".encode())
                state.update(hashlib.sha256(file.read_bytes()).digest())
    return state.hexdigest()


def _roots(folders: Iterable[str] | None, origin: str | None) -> list[Path]:
    if folders:
        return [Path(folder) for folder in folders]
    return [Path(origin)] if origin else []


def image_digest(image: Image) -> str:
    """Return a digest of all of an image that a detector may see: name, pixels, calibration and specimen."""
    calibration = None if image.calibration is None else to_json(image.calibration)
    return digest_of(
        {
            "name": image.name,
            "pixels": image.digest(),
            "calibration": calibration,
            "specimen": to_json(image.specimen),
        }
    )


def labels_digest(labels: LabelSet, images: Iterable[str]) -> str:
    """Return a digest of the labels of some images and of the types that the label set knows, in their order."""
    return digest_of(
        {
            "types": [to_json(kind) for kind in labels.taxonomy],
            "images": {name: labels[name].digest() for name in images},
        }
    )
