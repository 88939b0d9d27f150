"""Boxes: the overlap of upright rectangles."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from defectkit.errors import GeometryError
from defectkit.geometry.columns import Float64s


def box_iou(a: ArrayLike, b: ArrayLike) -> Float64s:
    """Return the intersection over union of every box of ``a`` with every box of ``b``.

    Parameters
    ----------
    a, b : array_like, shape (N, 4) and (M, 4)
        Top, left, bottom and right in continuous coordinates, as ``Runs.boxes`` and ``Polygons.boxes`` give them.

    Returns
    -------
    numpy.ndarray, shape (N, M), float64
        0 where a box has no area, or is NaN because there is no polygon.

    Raises
    ------
    GeometryError
        If ``a`` or ``b`` has another shape or is not made of numbers.

    Examples
    --------
    >>> box_iou([[0, 0, 2, 2]], [[0, 1, 2, 3], [5, 5, 6, 6]]).round(4).tolist()
    [[0.3333, 0.0]]
    """
    from defectkit.geometry.kernels.overlap import box_ious

    return box_ious(_boxes(a, "a"), _boxes(b, "b"))


def _boxes(given: ArrayLike, what: str) -> Float64s:
    try:
        boxes = np.array(given, np.float64, order="C")
    except (TypeError, ValueError) as error:
        raise GeometryError(f"the boxes {what} are not an array of numbers: {error}") from error
    if boxes.size == 0 and boxes.ndim < 2:
        boxes = boxes.reshape(0, 4)
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise GeometryError(
            f"the boxes {what} have shape {boxes.shape}, but (N, 4) is needed: top, left, bottom, right"
        )
    return boxes
