"""Match: the defects of one image under a convention."""

from __future__ import annotations

from collections.abc import Sequence

from defectkit.conventions import Convention, check_iou_threshold, convention as find_convention
from defectkit.matching.matchers import matcher
from defectkit.matching.matching import Matching
from defectkit.matching.matchings import Matchings
from defectkit.matching.overlaps import overlaps
from defectkit.measurement.stacking import Stack
from defectkit.records.instances import Instances


def match(
    truth: Instances,
    predicted: Instances,
    *,
    convention: Convention | str = "defectkit",
    iou_threshold: float | None = None,
) -> Matching:
    """Return which predicted defect stands for which true one.

    Parameters
    ----------
    truth, predicted : Instances
        N and M defects of one frame; either may be empty, which gives no pair.
    convention : Convention or str
        Names the matcher, the kind of IoU and the threshold.
    iou_threshold : float, optional
        In place of the convention's.

    Raises
    ------
    PairingError
        If the two are of frames of different shapes.
    ConventionError
        If the threshold is not above 0 and at most 1.

    Examples
    --------
    >>> import numpy as np
    >>> masks = np.zeros((2, 6, 6), bool)
    >>> masks[0, :3], masks[1, :4] = True, True
    >>> truth = Instances.from_masks(masks[:1], types=["bdot"], shape=(6, 6))
    >>> predicted = Instances.from_masks(masks[1:], types=["bdot"], shape=(6, 6))
    >>> match(truth, predicted).iou.tolist()
    [0.75]
    """
    rule = find_convention(convention)
    return sweep(
        truth,
        predicted,
        convention=rule,
        iou_thresholds=[rule.iou_threshold if iou_threshold is None else iou_threshold],
    )[0]


def sweep(
    truth: Instances,
    predicted: Instances,
    *,
    convention: Convention | str = "defectkit",
    iou_thresholds: Sequence[float],
) -> Matchings:
    """Return the matching for each of several thresholds; overlaps are computed once.

    Parameters
    ----------
    truth, predicted : Instances
        N and M defects of one frame.
    convention : Convention or str
        Names the matcher and the kind of IoU.
    iou_thresholds : sequence of float
        In any order.

    Returns
    -------
    Matchings
        A :class:`Matching` for each threshold, made when it is asked for.

    Raises
    ------
    PairingError
        If the two are of frames of different shapes.
    ConventionError
        If a threshold is not above 0 and at most 1.
    """
    rule = find_convention(convention)
    thresholds = [check_iou_threshold(t) for t in iou_thresholds]
    pairs = overlaps(truth, predicted, rule)
    return matcher(rule.matcher).rule(Stack(parts=[truth]), Stack(parts=[predicted]), pairs, thresholds)
