"""Panoptic quality: how many defects were found, times how well they were outlined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.matching.optimal import optimal
from defectkit.metrics.interface import Metric
from defectkit.statistics.cached import cached
from defectkit.statistics.comparison import Part
from defectkit.statistics.selection import of_type
from defectkit.statistics.totals import Totals
from defectkit.statistics.units import Sum, Units
from defectkit.statistics.variables import Variable, overall

if TYPE_CHECKING:
    pass

ABOVE_HALF = float(np.nextafter(0.5, 1.0))
"""The lowest IoU above one half, from which on defects that do not overlap on their side match in one way only."""


@cached
def panoptic_sums(units: Units) -> Sum:
    """Return the sum of IoU of the pairs, the number of pairs and that of the defects of both sides, by type, then all.

    Parameters
    ----------
    units : Units

    Returns
    -------
    Sum
        Of shape (U, types + 1, 3).
    """
    comparison = units.comparison
    columns = []
    for defect_type in (*comparison.types, None):
        own = of_type(comparison, defect_type)
        taken = optimal(own.overlaps, [ABOVE_HALF]).pairs
        unit = units.of_predicted[own.predicted[own.overlaps.predicted[taken]]]
        both = np.concatenate([units.of_true[own.true], units.of_predicted[own.predicted]])
        iou, pairs, defects = (
            np.bincount(unit, own.overlaps.iou[taken], minlength=len(units)),
            np.bincount(unit, minlength=len(units)),
            np.bincount(both, minlength=len(units)),
        )
        columns.append(np.stack([iou, pairs, defects], axis=-1))
    return Sum(values=np.stack(columns, axis=1))


def _ratio(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore", invalid="ignore"):  # nothing over nothing is NaN
        return np.asarray(above / below)


@attrs.frozen(kw_only=True)
class PanopticQuality(Metric):
    """The panoptic, segmentation and recognition quality of each type, pooled over images.

    Notes
    -----
    Variables ``panoptic_quality``, ``segmentation_quality`` and ``recognition_quality`` (defect_type), each with
    ``overall_`` and ``undefined_overall_``; ``all`` disregards types.

    ``PQ = SQ * RQ`` with the mean IoU of the pairs of an IoU above one half, and
    ``RQ = 2 pairs / (true + predicted)`` [1]_. The IoU is that of the convention. Where masks of one side overlap, a
    pair above one half need not be unique; the matching is then the optimal one. Without a pair SQ is NaN and PQ 0; a
    type that is on neither side is NaN.

    References
    ----------
    .. [1] A. Kirillov et al., Panoptic segmentation, CVPR 2019, https://doi.org/10.1109/CVPR.2019.00963
    """

    name: ClassVar[str] = "panoptic-quality"
    description: ClassVar[str] = "Panoptic, segmentation and recognition quality of each type."
    needs: ClassVar[frozenset[Part]] = frozenset()

    def sums(self, units: Units) -> Mapping[str, Sum]:
        """Return what each unit adds to IoU, pairs and defects."""
        return {"panoptic": panoptic_sums(units)}

    def values(self, totals: Totals) -> Mapping[str, Variable]:
        """Return the three qualities."""
        iou, pairs, defects = np.moveaxis(totals["panoptic"], -1, 0)
        qualities = {
            "panoptic_quality": _ratio(2 * iou, defects),
            "segmentation_quality": _ratio(iou, pairs),
            "recognition_quality": _ratio(2 * pairs, defects),
        }
        variables: dict[str, Variable] = {}
        for name, values in qualities.items():
            variable = Variable(dims=("defect_type",), values=values, long_name=name.replace("_", " "))
            variables |= {name: variable, **overall(totals.comparison, name, variable)}
        return variables
