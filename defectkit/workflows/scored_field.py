"""Scored field: the defects of both sides that are compared, where part of an image does not count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import attrs
import numpy as np

from defectkit.geometry.overlap import intersections
from defectkit.matching.overlaps import check_shapes
from defectkit.records.field import Field
from defectkit.records.instances import Instances


def in_field(field: Field, truth: Instances, predicted: Instances) -> tuple[Instances, Instances]:
    """Return the true and the predicted defects that are compared.

    Parameters
    ----------
    field : Field
    truth, predicted : Instances
        N and M defects.

    Returns
    -------
    truth, predicted : Instances

    Raises
    ------
    PairingError
        If the two sides are of frames of different shapes.

    Notes
    -----
    A true defect counts if its centroid lies in the field. A predicted one goes with the true defect with which it
    shares most pixels, so that no pair is split at the border of the field; one that shares none goes by its own
    centroid.

    Examples
    --------
    >>> from defectkit.records.exclusion import Exclusion
    >>> field = Field(shape=(8, 8), excluded=(Exclusion.box((4, 0, 8, 8), reason="information strip"),))
    >>> masks = np.zeros((2, 8, 8), bool)
    >>> masks[0, 1:6, 1:3] = masks[1, 3:7, 1:3] = True  # the second reaches further down
    >>> one, other = (Instances.from_masks(masks[[k]], types=["bdot"], shape=(8, 8)) for k in (0, 1))
    >>> [len(side) for side in in_field(field, one, other)], [len(side) for side in in_field(field, other, one)]
    ([1, 1], [0, 0])
    """
    if field.is_whole:
        return truth, predicted
    check_shapes(truth, predicted)
    counts = field.counts(truth)
    counts_predicted = field.counts(predicted)
    pairs = intersections(predicted.runs, truth.runs)
    order = np.lexsort((pairs.intersection, pairs.first))  # the largest of each predicted defect last
    counts_predicted[pairs.first[order]] = counts[pairs.second[order]]
    return truth.take(counts), predicted.take(counts_predicted)


@attrs.frozen
class LeftOut:
    """How many defects were not compared, by the reasons of the places that do not count.

    Parameters
    ----------
    true, predicted : Counter
    """

    true: Counter[str] = attrs.field(factory=Counter)
    predicted: Counter[str] = attrs.field(factory=Counter)

    def add(self, field: Field, *, true: int, predicted: int) -> None:
        """Add the defects of an image that were not compared."""
        reasons = ", ".join(dict.fromkeys(place.reason for place in field.excluded))
        self.true[reasons] += true
        self.predicted[reasons] += predicted

    def sentences(self) -> Iterator[str]:
        """Yield what was left out, one sentence for each kind of place where anything was."""
        for reasons in sorted({*self.true, *self.predicted}):
            true, predicted = self.true[reasons], self.predicted[reasons]
            if true or predicted:
                yield (
                    f"{true} true and {predicted} predicted defects lie where nothing counts ({reasons}); they are "
                    "left out of all scores"
                )
