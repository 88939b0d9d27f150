"""Splitting: blobs that touch are parted, and what is a line is left out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from defectkit.detectors.blob.ellipses import ellipse_of

Bools = NDArray[np.bool_]
Piece = tuple[Bools, int, int]

WHOLE = 0.97
"""What is at least this elliptic is one blob."""
STRAY = 0.5
"""What is less elliptic than this is a line or a mesh of lines."""
THICKER = 1.4
"""A blob on a line is at least this many times as thick as the line."""
NECK = 0.12
"""Two blobs touch at a neck that is narrower than the narrower one by at least this part."""


def pieces(mask: Bools, *, longest_px: float, max_elongation: float) -> list[Piece]:
    """Return the blobs that a dark region is made of, each with the row and column of its crop.

    Parameters
    ----------
    mask : array of bool
        One connected region, with holes filled.
    longest_px : float
        A region longer than this is a line.
    max_elongation : float
        And so is one that is longer than this many times its width.

    Returns
    -------
    list of (array of bool, int, int)
        The region itself where it is compact; the parts of its watershed where it has necks; of a line, only what is
        thicker than the line.
    """
    major, minor, ellipticity = ellipse_of(mask)
    is_line = major > longest_px or major > max_elongation * minor or ellipticity < STRAY
    if not is_line and ellipticity >= WHOLE:
        return [(mask, 0, 0)]
    return _thick_parts(mask) if is_line else _watershed(mask)


def _thick_parts(mask: Bools) -> list[Piece]:
    from scipy.ndimage import distance_transform_edt, label

    padded = np.pad(mask, 1)
    half = distance_transform_edt(padded)
    line_half = 2 * float(np.median(half[padded]))  # across a line, distances from its edges are uniform
    radius = max(THICKER * line_half, 1.5)
    core = half > radius
    if not core.any():
        return []
    return _crops(label((distance_transform_edt(~core) <= radius) & padded, np.ones((3, 3)))[0])


def _watershed(mask: Bools) -> list[Piece]:
    from scipy.ndimage import distance_transform_edt, gaussian_filter, label
    from skimage.morphology import h_maxima
    from skimage.segmentation import watershed

    padded = np.pad(mask, 1)
    height = gaussian_filter(distance_transform_edt(padded), 0.7)
    deep_enough = max(0.5, NECK * float(height.max()))
    highest = h_maxima(height, deep_enough)  # type: ignore[no-untyped-call]  # scikit-image has no types here
    tops, n_tops = label(highest, np.ones((3, 3)))
    if n_tops < 2:
        return [(mask, 0, 0)]
    parts = watershed(-height, tops, mask=padded)  # type: ignore[no-untyped-call]  # scikit-image has no types here
    return _crops(parts)


def _crops(labels: NDArray[Any]) -> list[Piece]:
    """Return each label of an image with a margin of one pixel as a crop of the image without it."""
    from scipy.ndimage import find_objects

    return [
        (labels[box] == i, box[0].start - 1, box[1].start - 1)
        for i, box in enumerate(find_objects(labels), start=1)
        if box is not None
    ]
