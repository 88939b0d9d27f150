"""Known labels: two defects whose outlines and pixels are known, for files that are made by other means."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.records import Instances

KNOWN_IMAGE = "known"
KNOWN_SHAPE = (20, 30)
Vertices = tuple[tuple[float, float], ...]


@attrs.frozen(kw_only=True)
class KnownDefect:
    """One defect of an image of 20 x 30 pixels, in every form that a label format may hold.

    Parameters
    ----------
    type : str
    corners : tuple of (float, float)
        Row and column of the corners of its outline, along the edges of pixels: whole numbers.
    outline : tuple of (float, float)
        An outline of the same pixels that somebody drew between them. Moved by half a pixel it holds others.
    """

    type: str
    corners: Vertices
    outline: Vertices

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Its pixels: an array of the shape of the image."""
        found = np.zeros(KNOWN_SHAPE, np.bool_)
        for top, left, bottom, right in PIXELS[self.type]:
            found[top:bottom, left:right] = True
        return found

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Top, left, bottom and right of its pixels, half open."""
        rows, columns = np.nonzero(self.mask)
        return int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1


PIXELS = {"bdot": ((2, 3, 5, 9), (5, 3, 11, 5)), "loop_111": ((13, 12, 17, 26),)}
"""By type: top, left, bottom, right of the boxes that make up its pixels."""

ANGLE = KnownDefect(
    type="bdot",
    corners=((2, 3), (2, 9), (5, 9), (5, 5), (11, 5), (11, 3)),
    outline=((1.75, 3.25), (1.75, 8.75), (5.25, 8.75), (5.25, 5.25), (10.75, 5.25), (10.75, 3.25)),
)
"""An angle of arms of different lengths."""
BOX = KnownDefect(
    type="loop_111",
    corners=((13, 12), (13, 26), (17, 26), (17, 12)),
    outline=((13.25, 11.75), (13.25, 25.75), (17.25, 25.75), (17.25, 11.75)),
)
"""A box, for formats that hold no other form."""


def known_instances(defects: tuple[KnownDefect, ...]) -> Instances:
    """Return these defects as the labels of an image, with their outlines.

    Parameters
    ----------
    defects : tuple of KnownDefect

    Examples
    --------
    >>> known_instances((ANGLE, BOX)).areas.tolist()
    [30, 56]
    """
    return Instances.from_polygons(
        [defect.outline for defect in defects], types=[defect.type for defect in defects], shape=KNOWN_SHAPE
    )
