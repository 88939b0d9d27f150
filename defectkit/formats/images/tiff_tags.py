"""Pixel sizes in TIFF tags: what microscopes, ImageJ and OME-XML say, and which of it counts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from defectkit.formats.images import maker_tags
from defectkit.formats.images.length_units import nanometers
from defectkit.formats.images.maker_tags import TagSize, number, per_pixel, without_unit, xml_of
from defectkit.records import Calibration, Exclusion, Source
from defectkit.units import shorten

TOLERANCE = 0.01
"""Pixel sizes that differ by no more than this fraction agree."""


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
        Which tag it is, that tags disagree, or that a tag has a unit that is not known.

    Notes
    -----
    Read are: FEI/Thermo Fisher tags 34680 and 34682 (``PixelWidth`` and ``PixelHeight`` in metres, of the sections
    ``Scan``, ``EScan``, ``IScan`` or ``Image``), OME-XML (``PhysicalSizeX``, ``PhysicalSizeY`` and their units; without
    one um), Zeiss (tag 34118, image pixel size), TVIPS (tag 37706), Olympus SIS (tags 33560, 33471), JEOL
    SightX (the resolution tags over the magnification in the description), Gatan DigitalMicrograph (tags 65003, 65004
    units, 65009, 65010 scales) and ImageJ (the resolution tags, in the unit of the image description). The plain
    resolution tags say how large a print is to be; they count only where ImageJ or JEOL give their meaning, and not
    where the unit is the inch. Sizes that are zero, negative or infinite are none.
    """
    readers = (
        maker_tags.fei,
        _ome,
        maker_tags.zeiss,
        maker_tags.tvips,
        maker_tags.sis,
        maker_tags.jeol,
        maker_tags.gatan,
        _imagej,
    )
    found = [size for reader in readers for size in reader(tiff, page)]
    remarks = tuple(size.note for size in found if size.note)
    sizes = [size for size in found if size.is_size]
    if not sizes:
        return None, remarks
    first = sizes[0]
    for other in sizes[1:]:
        pairs = ((first.height_nm, other.height_nm), (first.width_nm, other.width_nm))
        if not all(math.isclose(a, b, rel_tol=TOLERANCE) for a, b in pairs):
            note = (
                f"tags of the file disagree, so none is used: {first.width_nm:.6g} x {first.height_nm:.6g} nm/px by "
                f"{first.origin}, {other.width_nm:.6g} x {other.height_nm:.6g} nm/px by {other.origin}"
            )
            return None, (*remarks, note)
    calibration = Calibration(
        pixel_size_y=f"{first.height_nm!r} nm/px",
        pixel_size_x=f"{first.width_nm!r} nm/px",
        pixel_size_source=Source.FILE_TAG,
    )
    return calibration, (f"pixel size from {first.origin}", *remarks)


def strips_of_tags(page: Any) -> tuple[Exclusion, ...]:
    """Return the information strip that the tags of FEI and Thermo Fisher state, below the image; none without.

    Parameters
    ----------
    page : tifffile.TiffPage

    Notes
    -----
    ``ResolutionX`` and ``ResolutionY`` of the section ``Image`` are the size of the image without the strip; where they
    are missing, ``DatabarHeight`` of ``PrivateFEI`` is its height.
    """
    height, width = int(page.imagelength), int(page.imagewidth)
    rows = maker_tags.fei_strip_rows(page)
    return (Exclusion.box((height - rows, 0, height, width), reason="information strip"),) if rows else ()


def _ome(tiff: Any, page: Any) -> Iterator[TagSize]:
    root = xml_of(tiff.ome_metadata)
    pixels = None if root is None else next((e for e in root.iter() if e.tag.rpartition("}")[2] == "Pixels"), None)
    if pixels is None or "PhysicalSizeX" not in pixels.attrib:
        return
    origin, sizes = "OME-XML PhysicalSizeX", []
    for axis in "YX":
        unit = pixels.get(f"PhysicalSize{axis}Unit", pixels.get("PhysicalSizeXUnit", "µm"))
        factor = nanometers(unit)
        if factor is None:
            yield from without_unit(origin.replace("X", axis), unit)
            return
        sizes.append(number(pixels.get(f"PhysicalSize{axis}", pixels.attrib["PhysicalSizeX"])) * factor)
    note = "" if "PhysicalSizeY" in pixels.attrib else f"{origin} is taken for both axes: the file has no PhysicalSizeY"
    yield TagSize(origin=origin, height_nm=sizes[0], width_nm=sizes[1], note=note)


def _imagej(tiff: Any, page: Any) -> Iterator[TagSize]:
    facts = tiff.imagej_metadata
    if not facts:
        return
    unit = str(facts.get("unit", ""))
    sizes = []
    for code, own in ((283, str(facts.get("yunit", unit))), (282, unit)):
        factor = nanometers(own)
        if factor is None:
            yield from without_unit("ImageJ's resolution", own)
            return
        sizes.append(per_pixel(page, code) * factor)
    yield TagSize(origin=f"ImageJ's resolution in {shorten(unit, most=20)}", height_nm=sizes[0], width_nm=sizes[1])
