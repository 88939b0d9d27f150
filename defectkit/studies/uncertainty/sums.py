"""Sums: what each group of defects adds to the counts and totals that statistics are made of."""

from __future__ import annotations

import math
from functools import cached_property

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.metrics.class_means import MEASURES, SIDES
from defectkit.statistics.variables import SUBSETS
from defectkit.studies.uncertainty.drawing import Draws
from defectkit.studies.uncertainty.evidence import Column, Evidence, Groups, Integers

Floats = NDArray[np.float64]

PARTS = ("count", *(f"{measure}_{part}" for measure in MEASURES for part in ("sum", "undefined")))
"""What is summed of the defects of one side, subset and type."""


@attrs.frozen(kw_only=True, eq=False)
class Tables:
    """What each of U groups adds, for K types and T thresholds.

    Parameters
    ----------
    confusion : numpy.ndarray, shape (U, T, K + 1, K + 1)
        Pairs, missed and falsely found defects.
    measures : numpy.ndarray, shape (U, 2, 2, K, 5)
        By side, subset, type and :data:`PARTS`.
    panoptic : numpy.ndarray, shape (U, K + 1, 3)
        Sum of IoU, pairs, and defects of both sides, by type, then all.
    """

    confusion: Floats
    measures: Floats
    panoptic: Floats


def tables(evidence: Evidence, groups: Groups, of_predicted: Integers) -> Tables:
    """Return what each group adds to the sums of one evaluation.

    Parameters
    ----------
    evidence : Evidence
    groups : Groups
    of_predicted : numpy.ndarray, shape (M,), int64
        The group of each predicted defect.
    """
    n_groups = len(groups.image)
    sides = {"true": (evidence.true, groups.of_true), "predicted": (evidence.predicted, of_predicted)}
    partner = evidence.partner_at[:, evidence.primary]
    found = {"true": np.isin(np.arange(len(evidence.true.code)), partner), "predicted": partner >= 0}
    k = len(evidence.types)
    measures = np.zeros((n_groups, len(SIDES), len(SUBSETS), k, len(PARTS)))
    for s, side in enumerate(SIDES):
        column, group = sides[side]
        values = _parts(column)
        for subset, picked in enumerate((np.ones(len(group), bool), found[side])):
            np.add.at(measures[:, s, subset], (group[picked], column.code[picked]), values[picked])
    return Tables(
        confusion=_confusion(evidence, groups, of_predicted),
        measures=measures,
        panoptic=_panoptic(evidence, groups, of_predicted),
    )


def _parts(column: Column) -> Floats:
    columns = [np.ones(len(column.code))]
    for values in (column.size, column.shape):
        undefined = np.isnan(values)
        columns += [np.where(undefined, 0.0, values), undefined.astype(np.float64)]
    return np.stack(columns, axis=1)


def _confusion(evidence: Evidence, groups: Groups, of_predicted: Integers) -> Floats:
    n_thresholds, k = evidence.partner_at.shape[1], len(evidence.types)
    counts = np.zeros((len(groups.image), n_thresholds, k + 1, k + 1))
    true, predicted = evidence.true.code, evidence.predicted.code
    for t, partner in enumerate(evidence.partner_at.T):
        paired = np.flatnonzero(partner >= 0)
        np.add.at(counts[:, t], (of_predicted[paired], true[partner[paired]], predicted[paired]), 1)
        false = np.flatnonzero(partner < 0)
        np.add.at(counts[:, t, k], (of_predicted[false], predicted[false]), 1)
        missed = np.setdiff1d(np.arange(len(true)), partner)
        np.add.at(counts[:, t, :, k], (groups.of_true[missed], true[missed]), 1)
    return counts


def _panoptic(evidence: Evidence, groups: Groups, of_predicted: Integers) -> Floats:
    k = len(evidence.types)
    sums = np.zeros((len(groups.image), k + 1, 3))
    iou, pairs, defects = sums[..., 0], sums[..., 1], sums[..., 2]
    for codes, group in ((evidence.true.code, groups.of_true), (evidence.predicted.code, of_predicted)):
        np.add.at(defects, (group, codes), 1)
        np.add.at(defects[:, k], group, 1)
    of_rule: tuple[Integers, ...] = (np.full(len(of_predicted), k), evidence.predicted.code)
    for rule, codes in enumerate(of_rule):
        paired = evidence.panoptic_partner[rule] >= 0
        np.add.at(iou, (of_predicted[paired], codes[paired]), evidence.panoptic_iou[rule][paired])
        np.add.at(pairs, (of_predicted[paired], codes[paired]), 1)
    return sums


@attrs.frozen(kw_only=True, eq=False, slots=False)
class Sums:
    """The sums over B resamples of I images, each made when it is asked for.

    Parameters
    ----------
    evidence : Evidence
    groups : Groups
    of_predicted : numpy.ndarray, shape (M,), int64
        The group of each predicted defect.
    added : Tables
        Of the same evaluation.
    drawn : Draws
    """

    evidence: Evidence
    groups: Groups
    of_predicted: Integers
    added: Tables
    drawn: Draws

    @cached_property
    def weights(self) -> Floats:
        """How often each group is in each resample, shape (B, U)."""
        return self.drawn.group_weights()

    @property
    def true_weights(self) -> Floats:
        """How often each true defect is in each resample, shape (B, N)."""
        return self.weights[:, self.groups.of_true]

    @property
    def predicted_weights(self) -> Floats:
        """How often each predicted defect is in each resample, shape (B, M)."""
        return self.weights[:, self.of_predicted]

    @cached_property
    def confusion(self) -> Floats:
        """Confusion matrices, shape (B, T, K + 1, K + 1)."""
        return _over(self.weights, self.added.confusion)

    @cached_property
    def image_finds(self) -> Floats:
        """True, predicted and found defects of each place, shape (B, I, T, 3)."""
        counts = self.added.confusion
        finds = (counts[:, :, :-1], counts[..., :-1], counts[:, :, :-1, :-1])
        return _by_place(self.drawn, np.stack([part.sum(axis=(2, 3)) for part in finds], axis=-1))

    @cached_property
    def measures(self) -> Floats:
        """Counts and sums of size and shape, shape (B, 2, 2, K + 1, 5)."""
        return _with_all(_over(self.weights, self.added.measures))

    @cached_property
    def image_measures(self) -> Floats:
        """The same for each place, shape (B, I, 2, 2, K + 1, 5)."""
        return _with_all(_by_place(self.drawn, self.added.measures))

    @property
    def panoptic(self) -> Floats:
        """Sum of IoU, pairs and defects of both sides, shape (B, K + 1, 3)."""
        return _over(self.weights, self.added.panoptic)

    @property
    def field_areas(self) -> Floats:
        """The area of the image in each place, shape (B, I)."""
        return self.evidence.field_areas[self.drawn.images]

    @property
    def pixels(self) -> Floats:
        """All pixels, those in true masks, in predicted ones, and in both, shape (B, 4)."""
        return self.drawn.image_weights() @ self.evidence.pixels


def _over(weights: Floats, values: Floats) -> Floats:
    return (weights @ _flat(values)).reshape(len(weights), *values.shape[1:])


def _by_place(drawn: Draws, values: Floats) -> Floats:
    return drawn.by_place(_flat(values)).reshape(*drawn.images.shape, *values.shape[1:])


def _flat(values: Floats) -> Floats:
    return values.reshape(len(values), math.prod(values.shape[1:]))


def _with_all(values: Floats) -> Floats:
    """Append the sum over types."""
    return np.concatenate([values, values.sum(axis=-2, keepdims=True)], axis=-2)
