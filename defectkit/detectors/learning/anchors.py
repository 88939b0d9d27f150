"""Anchors: the box sizes that a two-stage detector starts from, fitted to the defects it shall find."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from defectkit.detectors.learning.example import Example
from defectkit.errors import EmptyInputError


def box_extents(examples: Iterable[Example]) -> NDArray[np.float64]:
    """Return the height and width in pixels of every defect with a pixel, shape (N, 2)."""
    boxes = [e.instances.boxes.astype(np.float64) for e in examples]
    joined = np.concatenate(boxes) if boxes else np.zeros((0, 4))
    extents = joined[:, 2:] - joined[:, :2]
    kept: NDArray[np.float64] = extents[(extents > 0).all(axis=1)]
    return kept


def fitted_aspect_ratios(extents: NDArray[np.float64]) -> tuple[float, ...]:
    """Return three ratios height / width: the middle one 1, the outer ones a reciprocal pair.

    The outer ratio is the 80 % quantile of how elongated the boxes are, at least 1.5, so that edge-on loops have an
    anchor that fits.

    Raises
    ------
    EmptyInputError
        If there is no box.
    """
    if not len(extents):
        raise EmptyInputError("anchors: the training images hold no defect to fit ratios to")
    elongation = extents.max(axis=1) / extents.min(axis=1)
    outer = round(max(1.5, float(np.quantile(elongation, 0.8))), 2)
    return (round(1 / outer, 3), 1.0, outer)


def octave_sizes(extents: NDArray[np.float64], levels: int) -> tuple[tuple[float, float], ...]:
    """Return two anchor sizes for each level: they rise by a factor of the square root of two, from the small boxes on.

    The first is the 10 % quantile of the square roots of box areas. A level has twice the sizes of the one before, and
    half its resolution, so that none is too coarse for its anchors.

    Raises
    ------
    EmptyInputError
        If there is no box.

    Examples
    --------
    >>> import numpy as np
    >>> octave_sizes(np.full((3, 2), 8.0), 3)
    ((8.0, 11.31), (16.0, 22.63), (32.0, 45.25))
    """
    if not len(extents):
        raise EmptyInputError("anchors: the training images hold no defect to fit sizes to")
    first = float(np.quantile(np.sqrt(extents.prod(axis=1)), 0.1))
    return tuple((round(first * 2**k, 2), round(first * 2 ** (k + 0.5), 2)) for k in range(levels))
