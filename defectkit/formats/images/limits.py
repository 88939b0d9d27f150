"""Limits: how large an image may be, checked before memory is taken for it."""

from __future__ import annotations

import os
from pathlib import Path

from defectkit.errors import ImageReadError
from defectkit.units import shorten

SETTING = "DEFECTKIT_MAX_PIXELS"
"""The environment variable that raises, or lowers, the limit."""
MAX_PIXELS = 1_000_000_000
"""Pixels that an image may have unless the setting says otherwise: over 30,000 x 30,000."""
SUSPICIOUS_BYTES = 2**28
"""From so many decoded bytes on, a file must not be smaller than micrographs compress."""
MAX_RATIO = 200
"""How many times larger than its file an image of that size may be: micrographs have noise, and compress little."""


def max_pixels() -> int:
    """Return how many pixels an image may have.

    Raises
    ------
    ImageReadError
        If the setting is no positive whole number.
    """
    given = os.environ.get(SETTING)
    if given is None:
        return MAX_PIXELS
    if not (given.isascii() and given.isdecimal() and len(given) <= 15 and int(given) > 0):
        raise ImageReadError(
            f"{SETTING} is {shorten(given)}; it has to be a whole number of pixels, for instance 2000000000"
        )
    return int(given)


def check_size(path: Path, shape: tuple[int, int], bytes_per_pixel: float) -> None:
    """Refuse an image that is larger than allowed, or than its file can honestly hold.

    Parameters
    ----------
    path : pathlib.Path
    shape : (int, int)
        Height and width that the file states.
    bytes_per_pixel : float
        Of the decoded pixels, all channels.

    Raises
    ------
    ImageReadError
        If it is too large, or has no pixel.
    """
    height, width = shape
    if height < 1 or width < 1:
        raise ImageReadError(f"{path}: it has {width} x {height} pixels; an image has at least one")
    limit = max_pixels()
    if height * width > limit:
        raise ImageReadError(
            f"{path}: it says that it has {width} x {height} pixels, more than the limit of {limit}; "
            f"if that is right, set the environment variable {SETTING} to a larger number"
        )
    decoded = height * width * bytes_per_pixel
    if decoded > SUSPICIOUS_BYTES and decoded > MAX_RATIO * path.stat().st_size and SETTING not in os.environ:
        raise ImageReadError(
            f"{path}: it says that it has {width} x {height} pixels, {decoded / 2**20:.0f} MiB, in a file of "
            f"{path.stat().st_size} bytes: no micrograph compresses so far. If that is right, set the environment "
            f"variable {SETTING} to {limit} or more"
        )
