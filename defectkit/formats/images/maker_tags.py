"""Pixel sizes in the tags that the programs of microscopes and cameras write into TIFF files."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from typing import Any

import attrs

from defectkit.formats.images.length_units import is_unknown, nanometers
from defectkit.units import shorten

LONGEST_XML = 10_000_000
"""Characters of a tag that are read as XML at most."""

TALLEST_STRIP = 0.5
"""A strip is at most this part of the rows of a file."""


@attrs.frozen(kw_only=True)
class TagSize:
    """What a tag says of the size of a pixel.

    Parameters
    ----------
    origin : str
        Where it stands.
    height_nm, width_nm : float
        NaN where the tag states no size.
    note : str
        What a reader of results has to know of it; why it states no size.
    """

    origin: str
    height_nm: float = math.nan
    width_nm: float = math.nan
    note: str = ""

    @property
    def is_size(self) -> bool:
        """Whether it is a size: zero, negative and infinite ones are what programs write where nobody calibrated."""
        return all(math.isfinite(value) and value > 0 for value in (self.height_nm, self.width_nm))


def without_unit(origin: str, unit: str) -> Iterator[TagSize]:
    """Give a note on a unit that is not known; nothing for the words that say that nobody calibrated."""
    if is_unknown(unit):
        yield TagSize(origin=origin, note=f"{origin} has the unit {shorten(unit)}, which is no known length: not used")


def fei(tiff: Any, page: Any) -> Iterator[TagSize]:
    """Give what FEI and Thermo Fisher write: tags 34680 and 34682, in metres."""
    for code in (34680, 34682):
        sections = value_of(page, code)
        if not isinstance(sections, dict):
            continue
        for name in ("Scan", "EScan", "IScan", "Image"):
            section = sections.get(name)
            if isinstance(section, dict) and "PixelWidth" in section:
                width = number(section["PixelWidth"]) * 1e9
                height = number(section.get("PixelHeight", section["PixelWidth"])) * 1e9
                yield TagSize(origin=f"FEI tag {code}, [{name}] PixelWidth", height_nm=height, width_nm=width)
                break


def fei_strip_rows(page: Any) -> int:
    """Return how many rows below the image are a strip by the tags of FEI and Thermo Fisher; 0 if they say nothing."""
    height, width = int(page.imagelength), int(page.imagewidth)
    for code in (34680, 34682):
        sections = value_of(page, code)
        if not isinstance(sections, dict):
            continue
        image, own = (sections.get(name) for name in ("Image", "PrivateFEI"))
        if isinstance(image, dict) and number(image.get("ResolutionX")) == width:
            rows = height - number(image.get("ResolutionY"))
        elif isinstance(own, dict):
            rows = number(own.get("DatabarHeight"))
        else:
            continue
        if 0 < rows <= TALLEST_STRIP * height:
            return int(rows)
    return 0


def zeiss(tiff: Any, page: Any) -> Iterator[TagSize]:
    """Give what Zeiss SmartSEM writes: tag 34118, with its unit."""
    facts = value_of(page, 34118)
    entry = facts.get("ap_image_pixel_size", facts.get("ap_pixel_size")) if isinstance(facts, dict) else None
    if not isinstance(entry, tuple | list) or len(entry) < 3:
        return
    origin, factor = "Zeiss tag 34118, image pixel size", nanometers(str(entry[2]))
    if factor is None:
        yield from without_unit(origin, str(entry[2]))
        return
    size = number(entry[1]) * factor
    yield TagSize(origin=origin, height_nm=size, width_nm=size)


def gatan(tiff: Any, page: Any) -> Iterator[TagSize]:
    """Give what Gatan DigitalMicrograph and JEOL cameras write: units in tags 65003, 65004, scales in 65009, 65010."""
    origin, sizes = "Gatan tags 65009 and 65010", []
    for unit_code, scale_code in ((65004, 65010), (65003, 65009)):
        unit, scale = value_of(page, unit_code), value_of(page, scale_code)
        if unit is None or scale is None:
            return
        text = unit.decode("latin-1") if isinstance(unit, bytes) else str(unit)
        factor = nanometers(text)
        if factor is None:
            yield from without_unit(origin, text)
            return
        sizes.append(number(scale[0] if isinstance(scale, tuple | list) and scale else scale) * factor)
    yield TagSize(origin=origin, height_nm=sizes[0], width_nm=sizes[1])


def tvips(tiff: Any, page: Any) -> Iterator[TagSize]:
    """Give what the cameras of TVIPS write (EM-MENU, tag 37706): nm, but in diffraction something else.

    The structure of the tag, and that mode 3 is diffraction, are those of tifffile and RosettaSciIO.
    """
    facts = value_of(page, 37706)
    if not isinstance(facts, dict) or "PixelSizeX" not in facts:
        return
    origin = "TVIPS tag 37706, PixelSizeX"
    if facts.get("TemMode") == 3:
        yield TagSize(origin=origin, note=f"{origin} is that of a diffraction pattern: not used")
        return
    width, height = number(facts["PixelSizeX"]), number(facts.get("PixelSizeY"))
    if width < 1e-6:  # older versions of tifffile turn the nm of the file into m
        width, height = width * 1e9, height * 1e9
    yield TagSize(origin=origin, height_nm=height, width_nm=width)


def sis(tiff: Any, page: Any) -> Iterator[TagSize]:
    """Give what Olympus Soft Imaging Solutions writes (iTEM, analySIS): tags 33560 and 33471, in metres."""
    for code in (33560, 33471):
        facts = value_of(page, code)
        if isinstance(facts, dict) and "pixelsizex" in facts:
            width = number(facts["pixelsizex"]) * 1e9
            height = number(facts.get("pixelsizey", facts["pixelsizex"])) * 1e9
            yield TagSize(origin=f"Olympus SIS tag {code}", height_nm=height, width_nm=width)
            return


def jeol(tiff: Any, page: Any) -> Iterator[TagSize]:
    """Give what JEOL SightX writes: XML in the description; the resolution tags are those of the camera.

    The size of a pixel on the specimen is that on the camera over the magnification, ``SelectorValue`` of the mode
    ``MAG``; in other modes the tags state no length. As in RosettaSciIO.
    """
    if str(value_of(page, 271) or "").strip("\0 ") != "JEOL Ltd.":
        return
    origin = "JEOL's resolution over its magnification"
    root = xml_of(value_of(page, 270))
    if root is None:
        return
    mode = root.findtext(".//Eos/EosMode") or ""
    imaging = root.find(".//ImageFormingSystem")
    kind = "" if imaging is None else (imaging.findtext("ModeString") or "")
    if imaging is None or mode.strip() != "eosTEM" or kind.strip() != "MAG":
        yield TagSize(origin=origin, note=f"{origin} is used in the mode MAG only, not in {shorten(kind or mode)}")
        return
    inch = int(number(value_of(page, 296)) if value_of(page, 296) is not None else 2) != 3
    edge_nm = 2.54e7 if inch else 1e7
    scale = edge_nm / (number(imaging.findtext("SelectorValue")) or math.nan)
    yield TagSize(origin=origin, height_nm=scale * per_pixel(page, 283), width_nm=scale * per_pixel(page, 282))


def value_of(page: Any, code: int) -> Any:
    """Return the value of a tag, or None."""
    tag = page.tags.get(code)
    return None if tag is None else tag.value


def per_pixel(page: Any, code: int) -> float:
    """Return the inverse of a resolution tag: how long a pixel is, in the unit of the resolution; NaN for none."""
    value = value_of(page, code)
    if not isinstance(value, tuple) or len(value) != 2:
        return math.nan
    pixels, length = (number(part) for part in value)
    return length / pixels if pixels else math.nan


def xml_of(text: Any) -> ElementTree.Element | None:
    """Return the root of a text that is XML, or None."""
    if not isinstance(text, str) or len(text) > LONGEST_XML or "<!ENTITY" in text:
        return None
    try:
        return ElementTree.fromstring(text.strip("\0\1 \t\r\n"))
    except (ElementTree.ParseError, ValueError):
        return None


def number(value: Any) -> float:
    """Return a number, or NaN where it is none."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan
