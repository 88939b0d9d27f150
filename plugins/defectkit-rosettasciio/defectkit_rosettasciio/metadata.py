"""What RosettaSciIO knows of an image besides its pixels: the size of one, and the microscope."""

from __future__ import annotations

import math
from typing import Any

from defectkit.errors import UnitError
from defectkit.records import Calibration, Source, Specimen
from defectkit.units import as_pixel_size

Signal = dict[str, Any]

NO_LENGTHS = ("wavelength", "energy", "time", "angle")
"""Words in the name of an axis along which there is no length of the specimen, whatever its unit."""


def calibration_of(signal: Signal) -> tuple[Calibration | None, tuple[str, ...]]:
    """Return the pixel size that the last two axes of a signal state, and notes on it.

    Parameters
    ----------
    signal : dict
        As readers of RosettaSciIO return it: ``axes`` with ``scale`` and ``units``.

    Returns
    -------
    calibration : Calibration or None
        None where an axis is no length, as in a diffraction pattern or spectrum, or where its scale is zero or
        negative, as in an image that was never calibrated.
    notes : tuple of str
    """
    sizes = [_size(axis) for axis in signal["axes"][-2:]]
    if len(sizes) < 2 or sizes[0] is None or sizes[1] is None:
        units = " and ".join(repr(str(axis.get("units"))) for axis in signal["axes"][-2:])
        scales = " and ".join(str(axis.get("scale")) for axis in signal["axes"][-2:])
        return None, (f"the axes of the file are in {units}, scaled by {scales}: they give no pixel size",)
    calibration = Calibration(pixel_size_y=sizes[0], pixel_size_x=sizes[1], pixel_size_source=Source.FILE_TAG)
    return calibration, ("pixel size from the axes of the file",)


def _size(axis: dict[str, Any]) -> str | None:
    if any(word in str(axis.get("name", "")).casefold() for word in NO_LENGTHS):
        return None
    try:
        scale = float(axis["scale"])
        if not (math.isfinite(scale) and scale > 0):
            return None
        size = as_pixel_size(f"{scale!r} {axis['units']}")
    except (KeyError, TypeError, ValueError, UnitError):
        return None
    return f"{size.magnitude!r} nm/px"


def specimen_of(signal: Signal) -> Specimen:
    """Return what the file says of microscope, imaging mode and magnification."""
    instrument = signal.get("metadata", {}).get("Acquisition_instrument", {})
    facts = instrument.get("TEM") or instrument.get("SEM") or {}
    gatan = _gatan_tags(signal)
    magnification = facts.get("magnification") or gatan.get("Indicated Magnification")
    return Specimen(
        microscope=_text(facts.get("microscope") or gatan.get("Name")),
        imaging_mode=_text(facts.get("acquisition_mode") or gatan.get("Imaging Mode")),
        magnification=f"{float(magnification):g}x" if magnification else None,
    )


def _gatan_tags(signal: Signal) -> dict[str, Any]:
    """Return Digital Micrograph's facts of the microscope, which RosettaSciIO leaves among the stored tags."""
    tags = signal.get("original_metadata", {})
    for key in ("ImageList", "TagGroup0", "ImageTags", "Microscope Info"):
        tags = tags.get(key, {}) if isinstance(tags, dict) else {}
    return tags if isinstance(tags, dict) else {}


def _text(value: Any) -> str | None:
    return str(value) if value else None
