"""Pasting: the small square masks that a network predicts for its boxes, to runs, one crop at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from defectkit.geometry.masks import crops_to_runs
from defectkit.geometry.runs import Runs

Floats = NDArray[np.floating]


def paste_masks(
    probabilities: Floats, boxes: NDArray[np.float64], shape: tuple[int, int], *, threshold: float = 0.5
) -> Runs:
    """Return the masks that predicted probabilities stand for; no array of the size of the image is made.

    Parameters
    ----------
    probabilities : array of float, shape (N, m, m)
        For each defect, the probability of being inside, on a grid of m by m cells that fill its box.
    boxes : array of float64, shape (N, 4)
        Top, left, bottom, right, continuous, in pixels of the image.
    shape : tuple of int
        Height and width of the image.
    threshold : float
        A pixel is inside where the probability, interpolated linearly at its center, is at least this.

    Returns
    -------
    Runs
        N masks; one whose box holds no pixel center, or whose probabilities stay below the threshold, is empty.

    Notes
    -----
    The cells' values sit at their centers, and the probability is 0 outside the box: what Detectron2 and torchvision
    do with ``grid_sample(align_corners=False)``, done on the crop instead of the frame.

    Examples
    --------
    >>> import numpy as np
    >>> runs = paste_masks(np.ones((1, 4, 4)), np.array([[2.0, 3.0, 6.0, 9.0]]), (10, 12))
    >>> runs.boxes().tolist(), runs.areas().tolist()
    ([[2, 3, 6, 9]], [24])
    """
    crops, tops, lefts = [], [], []
    for probability, (top, left, bottom, right) in zip(probabilities, boxes, strict=True):
        first_row, last_row = _covered(top, bottom, shape[0])
        first_column, last_column = _covered(left, right, shape[1])
        rows = _weights(np.arange(first_row, last_row, dtype=np.float64) + 0.5, top, bottom, probability.shape[0])
        columns = _weights(
            np.arange(first_column, last_column, dtype=np.float64) + 0.5, left, right, probability.shape[1]
        )
        crops.append(rows @ probability @ columns.T >= threshold)
        tops.append(first_row)
        lefts.append(first_column)
    return crops_to_runs(crops, np.array(tops, dtype=np.int64), np.array(lefts, dtype=np.int64), shape)


def _covered(low: float, high: float, size: int) -> tuple[int, int]:
    first = max(0, int(np.ceil(low - 0.5)))
    return first, max(first, min(size, int(np.ceil(high - 0.5))))


def _weights(centers: NDArray[np.float64], low: float, high: float, cells: int) -> NDArray[np.float64]:
    """Return the matrix that interpolates values of ``cells`` cells between ``low`` and ``high`` at ``centers``."""
    position = (centers - low) / (high - low) * cells - 0.5 if high > low else np.empty(0)
    below = np.floor(position).astype(np.int64)
    matrix = np.zeros((len(centers), cells + 2))
    at = np.arange(len(position))
    matrix[at, below + 1] = 1 - (position - below)
    matrix[at, below + 2] += position - below
    return matrix[:, 1:-1]
