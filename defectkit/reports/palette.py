"""Palette: pictures of grays and few colors in one byte per pixel, a third of the size in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

GRAYS = 216
"""Levels of gray that are kept, from black to white; each is at most one of 255 off."""


def with_palette(picture: Picture) -> Picture:
    """Return an RGB picture with a palette, its colors exactly and its grays to one part in 255.

    Parameters
    ----------
    picture : PIL.Image.Image
        RGB.

    Returns
    -------
    PIL.Image.Image
        The picture itself where it has more colors than a palette holds.
    """
    from PIL import Image as Pictures

    pixels = np.asarray(picture)
    red, green, blue = (pixels[..., k] for k in range(3))
    colored = (red != green) | (green != blue)
    packed = pixels[colored].astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    colors, codes = np.unique(packed, return_inverse=True)
    if len(colors) > 256 - GRAYS:
        return picture
    levels = np.arange(GRAYS) * 255 / (GRAYS - 1)
    indices = np.round(np.arange(256) * (GRAYS - 1) / 255).astype(np.uint8)[green]
    indices[colored] = (GRAYS + codes).astype(np.uint8)
    whole = Pictures.fromarray(indices).convert("P")
    grays = np.round(levels).astype(np.uint8).repeat(3).tolist()
    whole.putpalette(grays + [part for color in colors.tolist() for part in color.to_bytes(3, "big")])
    return whole
