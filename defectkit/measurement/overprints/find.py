"""Find: all overprints of an image, as places that do not count."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from defectkit.measurement.overprints.bars import bars
from defectkit.measurement.overprints.boxes import Box, grown
from defectkit.measurement.overprints.strips import strips
from defectkit.measurement.overprints.writing import plate_of, with_text
from defectkit.records.exclusion import Exclusion
from defectkit.records.image import Image

BAR, STRIP = "burned-in scale bar", "information strip"
"""What the two kinds are called."""

MARGIN = 0.006
"""Around a bar and its text this part of the height of the image is left out, too: its blurred rim is no defect."""

LARGEST_WHOLE = 2**26
"""Of images of more pixels, only the rows at the upper and lower edge are looked at, a quarter as many pixels each."""


def find_overprints(pixels: NDArray[Any]) -> tuple[Exclusion, ...]:
    """Return the scale bars with their text and the information strips that are burned into an image.

    Parameters
    ----------
    pixels : numpy.ndarray, shape (H, W)

    Returns
    -------
    tuple of Exclusion
        In pixels of the image; of bars within a strip there is only the strip.

    Examples
    --------
    >>> image = np.random.default_rng(0).normal(100, 10, (200, 300)).clip(0, 255)
    >>> image[180:185, 20:100] = 255
    >>> [(found.reason, found.place.boxes()[0].tolist()) for found in find_overprints(image)]
    [('burned-in scale bar', [178, 18, 187, 102])]
    """
    plain = np.asarray(pixels, np.uint8) if pixels.dtype == bool else pixels
    along = strips(plain)
    return (
        *(Exclusion.box(box, reason=STRIP) for box in along),
        *(
            Exclusion.box(box, reason=BAR)
            for box in _bar_boxes(plain)
            if not any(_holds(strip, box) for strip in along)
        ),
    )


def overprints_of(image: Image) -> tuple[Exclusion, ...]:
    """Return the same for an image, whose pixels are read now.

    Raises
    ------
    ImageReadError
        If they cannot be read.
    """
    height, width = image.shape
    if height * width <= LARGEST_WHOLE or not image.reads_boxes:
        return find_overprints(image.pixels)
    rows = max(1, LARGEST_WHOLE // 4 // width)
    return tuple(
        Exclusion.box(np.add(found.place.boxes()[0], (top, 0, top, 0)), reason=found.reason)
        for top in (0, height - rows)
        for found in find_overprints(image.box(top, 0, top + rows, width))
    )


def _bar_boxes(pixels: NDArray[Any]) -> Iterator[Box]:
    margin = max(2, round(MARGIN * pixels.shape[0]))
    for bar in bars(pixels):
        written = with_text(pixels, bar)
        yield plate_of(pixels, written) or grown(written, margin, pixels.shape)


def _holds(one: Box, other: Box) -> bool:
    return one[0] <= other[0] and one[1] <= other[1] and one[2] >= other[2] and one[3] >= other[3]
