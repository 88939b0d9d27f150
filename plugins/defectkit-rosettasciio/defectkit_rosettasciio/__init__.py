"""Electron microscopy files for defectkit: DM3, DM4, EMD, MRC and SER, read by RosettaSciIO."""

from __future__ import annotations

from collections.abc import Iterable

from defectkit.hooks import hookimpl
from defectkit_rosettasciio.format import RosettaSciIOFormat

__all__ = ["RosettaSciIOFormat"]


@hookimpl
def defectkit_register_formats() -> Iterable[type]:
    """Register the image format ``rosettasciio``."""
    return [RosettaSciIOFormat]
