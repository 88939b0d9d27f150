"""Suppression: of ellipses that overlap the best stays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from defectkit.detectors.loopnet.candidates import Candidates

MAX_IOU, MAX_SHARE = 0.25, 0.7
"""The largest IoU of two defects, and the largest part of the smaller one that may lie in the larger."""
POINTS = 13
"""Overlaps are counted at the points of a grid of so many by so many over the smaller ellipse."""


def suppress(found: Candidates, *, max_iou: float = MAX_IOU, max_share: float = MAX_SHARE) -> Candidates:
    """Return the candidates of which no better one covers too much, from the best to the worst.

    Parameters
    ----------
    found : Candidates
        In any order: of equal scores the larger stays, of equal ones the upper, then the left one.
    max_iou, max_share : float
    """
    from defectkit.detectors.loopnet.kernels import suppress

    order = np.lexsort((found.centers[:, 1], found.centers[:, 0], -found.diameters, -found.scores))
    ranked = found.take(order)
    inverses, roots, reaches = frames(ranked.shapes)
    areas = np.pi * (ranked.diameters / 2) ** 2
    gone = suppress(
        ranked.centers, reaches, roots, inverses, areas, _disc(), np.array([max_iou, max_share], np.float64)
    )
    return ranked.take(~gone)


def frames(
    shapes: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return inverses and square roots of ellipses (N, 2, 2), and their reach along rows and columns (N, 2)."""
    if not len(shapes):
        return np.zeros((0, 2, 2)), np.zeros((0, 2, 2)), np.zeros((0, 2))
    values, vectors = np.linalg.eigh(shapes)
    values = np.maximum(values, 1e-6)
    inverses = np.einsum("nij,nj,nkj->nik", vectors, 1 / values, vectors)
    roots = np.einsum("nij,nj,nkj->nik", vectors, np.sqrt(values), vectors)
    return inverses, roots, np.sqrt(shapes[:, [0, 1], [0, 1]])


def _disc() -> NDArray[np.float64]:
    line = (np.arange(POINTS) + 0.5) / POINTS * 2 - 1
    grid = np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2)
    inside: NDArray[np.float64] = grid[(grid**2).sum(axis=1) <= 1]
    return inside
