"""Pixel sizes in TIFF tags: what microscopes, ImageJ and OME-XML say."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from typing import Any

from defectkit.records import Calibration, Source

TOLERANCE = 0.01
"""Pixel sizes that differ by no more than this fraction agree."""

_NANOMETERS = {
    "m": 1e9, "meter": 1e9, "metre": 1e9, "cm": 1e7, "centimeter": 1e7, "mm": 1e6, "millimeter": 1e6,
    "um": 1e3, "µm": 1e3, "μm": 1e3, "micron": 1e3, "microns": 1e3, "micrometer": 1e3, "micrometre": 1e3,
    "nm": 1.0, "nanometer": 1.0, "nanometre": 1.0, "nanometers": 1.0,
    "a": 0.1, "å": 0.1, "angstrom": 0.1, "ang": 0.1, "pm": 1e-3, "picometer": 1e-3,
}  # fmt: skip

Size = tuple[str, float, float]
"""Where a size stands, and the height and width of a pixel in nm."""


def calibration_of_tags(tiff: Any, page: Any) -> tuple[Calibration | None, tuple[str, ...]]:
    """Return the pixel size that the tags of a TIFF file state, and notes on what was found.

    Parameters
    ----------
    tiff : tifffile.TiffFile
    page : tifffile.TiffPage

    Returns
    -------
    calibration : Calibration or None
        None where no tag states a size, and where two programs left sizes that are more than 1 % apart.
    notes : tuple of str
        Which tag it is, or that tags disagree.

    Notes
    -----
    Read are: FEI/Thermo Fisher tags 34680 and 34682 (``PixelWidth`` and ``PixelHeight`` in metres, of the sections
    ``Scan``, ``EScan``, ``IScan`` or ``Image``), OME-XML (``PhysicalSizeX``, ``PhysicalSizeY`` and their units), ImageJ
    (the resolution tags, in the unit of the image description), Gatan DigitalMicrograph (tags 65003, 65004 units,
    65009, 65010 scales) and Zeiss (tag 34118, image pixel size). The plain resolution tags say how large a print is to
    be; they count only where ImageJ gives their unit, and not where that unit is the inch.
    """
    found = [size for reader in (_fei, _ome, _zeiss, _gatan, _imagej) for size in reader(tiff, page)]
    found = [size for size in found if all(math.isfinite(v) and v > 0 for v in size[1:])]
    if not found:
        return None, ()
    origin, height, width = found[0]
    for other, *sizes in found[1:]:
        if not all(math.isclose(a, b, rel_tol=TOLERANCE) for a, b in zip(sizes, (height, width), strict=True)):
            note = (
                f"tags of the file disagree, so none is used: {width:.6g} x {height:.6g} nm/px by {origin}, "
                f"{sizes[1]:.6g} x {sizes[0]:.6g} nm/px by {other}"
            )
            return None, (note,)
    calibration = Calibration(
        pixel_size_y=f"{height!r} nm/px", pixel_size_x=f"{width!r} nm/px", pixel_size_source=Source.FILE_TAG
    )
    return calibration, (f"pixel size from {origin}",)


def nanometers(unit: str) -> float | None:
    r"""Return how many nm a unit of length is, as programs write it in image files; None for what is no length.

    Examples
    --------
    >>> nanometers("\\u00B5m"), nanometers(" Angstrom"), nanometers("pixel")
    (1000.0, 0.1, None)
    """
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), unit).strip()
    return _NANOMETERS.get(text.casefold())


def _fei(tiff: Any, page: Any) -> Iterator[Size]:
    for code in (34680, 34682):
        tag = page.tags.get(code)
        sections = tag.value if tag is not None else None
        if not isinstance(sections, dict):
            continue
        for name in ("Scan", "EScan", "IScan", "Image"):
            section = sections.get(name)
            if isinstance(section, dict) and "PixelWidth" in section:
                width = _number(section["PixelWidth"]) * 1e9
                height = _number(section.get("PixelHeight", section["PixelWidth"])) * 1e9
                yield f"FEI tag {code}, [{name}] PixelWidth", height, width
                break


def _ome(tiff: Any, page: Any) -> Iterator[Size]:
    text = tiff.ome_metadata
    if not text:
        return
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return
    pixels = next((e for e in root.iter() if e.tag.rpartition("}")[2] == "Pixels"), None)
    if pixels is None or "PhysicalSizeX" not in pixels.attrib:
        return
    sizes = []
    for axis in "YX":
        size = _number(pixels.get(f"PhysicalSize{axis}", pixels.attrib["PhysicalSizeX"]))
        unit = nanometers(pixels.get(f"PhysicalSize{axis}Unit", pixels.get("PhysicalSizeXUnit", "µm")))
        sizes.append(size * (unit or math.nan))
    yield "OME-XML PhysicalSizeX", sizes[0], sizes[1]


def _imagej(tiff: Any, page: Any) -> Iterator[Size]:
    facts = tiff.imagej_metadata
    if not facts:
        return
    unit = str(facts.get("unit", ""))
    sizes = []
    for tag_name, key in (("YResolution", "yunit"), ("XResolution", "unit")):
        own = str(facts.get(key, unit))
        scale = nanometers(own)
        tag = page.tags.get(tag_name)
        if scale is None or tag is None:
            return
        pixels, length = (float(v) for v in tag.value)
        sizes.append(length / pixels * scale if pixels else math.nan)
    yield f"ImageJ's resolution in {unit}", sizes[0], sizes[1]


def _gatan(tiff: Any, page: Any) -> Iterator[Size]:
    sizes = []
    for unit_code, scale_code in ((65004, 65010), (65003, 65009)):
        unit, scale = page.tags.get(unit_code), page.tags.get(scale_code)
        if unit is None or scale is None:
            return
        factor = nanometers(str(unit.value))
        if factor is None:
            return
        value = scale.value[0] if isinstance(scale.value, tuple | list) else scale.value
        sizes.append(_number(value) * factor)
    yield "Gatan tags 65009 and 65010", sizes[0], sizes[1]


def _zeiss(tiff: Any, page: Any) -> Iterator[Size]:
    facts = tiff.sem_metadata
    entry = facts.get("ap_image_pixel_size") if facts else None
    if entry is None or len(entry) < 3:
        return
    factor = nanometers(str(entry[2]))
    if factor is not None:
        size = _number(entry[1]) * factor
        yield "Zeiss tag 34118, image pixel size", size, size


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan
