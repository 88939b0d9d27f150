"""Nearest matching: by how far centers lie apart, so that small and thin defects need not overlap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.matching.matchings import Matchings
from defectkit.matching.optimal import optimal
from defectkit.matching.overlaps import Overlaps
from defectkit.measurement.stacking import Stack

Floats = NDArray[np.float64]


def nearest(truth: Stack, predicted: Stack, overlaps: Overlaps, closenesses: Sequence[float]) -> Matchings:
    """Return the matching of each threshold in which centers lie closest, whether or not the masks overlap.

    Parameters
    ----------
    truth, predicted : Stack
        The defects of one image, or of several side by side.
    overlaps : Overlaps
        Of the same defects; a pair keeps its IoU, which is 0 where masks do not overlap.
    closenesses : sequence of float
        Least closeness of a pair, in place of an IoU, in any order.

    Returns
    -------
    Matchings
        One for each threshold, with the most pairs and, among those, the largest sum of closeness.

    Notes
    -----
    The closeness of a pair is ``1 - d / D``, with the distance ``d`` of the centers of its masks and the equivalent
    diameter ``D`` of the true one. At 0.5 the center of the prediction is within the radius of the true defect; at 0.3
    within 0.7 of its diameter.

    Examples
    --------
    >>> from defectkit.conventions import DEFECTKIT
    >>> from defectkit.matching import match
    >>> from defectkit.records import Instances
    >>> masks = np.zeros((2, 3, 9), bool)
    >>> masks[0, :, 0:3], masks[1, :, 3:6] = True, True
    >>> ours, theirs = (Instances.from_masks(masks[k : k + 1], types=["bdot"], shape=(3, 9)) for k in (0, 1))
    >>> by_distance = attrs.evolve(DEFECTKIT, name="by-distance", matcher="nearest")
    >>> [match(ours, theirs, convention=rule, iou_threshold=0.1).n_found for rule in (DEFECTKIT, by_distance)]
    [0, 1]
    """
    true, other, closeness = _close_pairs(truth, predicted)
    size = max(overlaps.n_predicted, 1)
    both = np.union1d(true * size + other, overlaps.truth * size + overlaps.predicted)
    weighed = Overlaps(
        truth=both // size,
        predicted=both % size,
        iou=_placed(both, true * size + other, closeness),
        n_true=overlaps.n_true,
        n_predicted=overlaps.n_predicted,
    )
    iou = _placed(both, overlaps.truth * size + overlaps.predicted, overlaps.iou)
    return attrs.evolve(optimal(weighed, closenesses), overlaps=attrs.evolve(weighed, iou=iou))


def _placed(keys: NDArray[np.int64], of_values: NDArray[np.int64], values: Floats) -> Floats:
    """Return the value of each of the sorted keys, 0 for those without."""
    placed = np.zeros(len(keys))
    placed[np.searchsorted(keys, of_values)] = values
    return placed


def _close_pairs(truth: Stack, predicted: Stack) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Return pairs with a closeness above 0, and their closeness; defects are counted through."""
    parts = list(_of_images(truth, predicted))
    none = np.zeros(0, np.int64)
    return (
        np.concatenate([none, *(true for true, _, _ in parts)]),
        np.concatenate([none, *(other for _, other, _ in parts)]),
        np.concatenate([np.zeros(0), *(closeness for _, _, closeness in parts)]),
    )


def _of_images(truth: Stack, predicted: Stack) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], Floats]]:
    from scipy.spatial import KDTree

    from defectkit.geometry.shape import centroids

    for k, (ours, theirs) in enumerate(zip(truth.parts, predicted.parts, strict=True)):
        own, other = np.flatnonzero(ours.areas > 0), np.flatnonzero(theirs.areas > 0)
        if not (len(own) and len(other)):
            continue
        centers, others = centroids(ours.runs.take(own)), centroids(theirs.runs.take(other))
        diameters = 2 * np.sqrt(ours.areas[own] / np.pi)
        near = KDTree(others).query_ball_point(centers, diameters)
        first = np.repeat(np.arange(len(own)), [len(found) for found in near])
        second = np.concatenate([np.zeros(0, np.int64), *(np.array(found, np.int64) for found in near)])
        distances = np.hypot(*(centers[first] - others[second]).T)
        closeness = 1 - distances / diameters[first]
        yield (
            own[first] + truth.frames[k],
            other[second] + predicted.frames[k],
            np.maximum(closeness, 0),
        )
