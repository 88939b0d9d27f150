"""Image files on the command line: read as the options of a command say; sizes to doubt are asked about."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from defectkit.errors import ImplausibleSizeError

if TYPE_CHECKING:
    from defectkit.records import Image


def open_images(
    paths: Iterable[Path],
    *,
    pixel_size: Any,
    confirm_pixel_size: bool,
    foil_thickness: Any = None,
    frame: Any = None,
) -> dict[str, Image]:
    """Return the images of files and folders by name.

    A given size that no micrograph has is asked about where somebody sits at a terminal; elsewhere it is an error that
    names the option.
    """
    from defectkit.formats import OnConflict, read_images

    given = {"pixel_size": pixel_size, "foil_thickness": foil_thickness, "frame": frame}
    chosen = list(paths)
    try:
        on_conflict = OnConflict.USE_GIVEN if confirm_pixel_size else OnConflict.RAISE
        return read_images(chosen, on_conflict=on_conflict, **given)
    except ImplausibleSizeError as error:
        if not (sys.stdin.isatty() and click.confirm(f"{error}. Use them?", err=True)):
            raise
    return read_images(chosen, on_conflict=OnConflict.USE_GIVEN, **given)
