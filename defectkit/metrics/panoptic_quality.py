"""Panoptic quality: how many defects were found, times how well they were outlined."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.matching.optimal import optimal
from defectkit.metrics.interface import Metric
from defectkit.statistics.comparison import Comparison, Part
from defectkit.statistics.selection import of_type
from defectkit.statistics.variables import Variable, dataset, overall

if TYPE_CHECKING:
    import xarray

ABOVE_HALF = float(np.nextafter(0.5, 1.0))
"""The lowest IoU above one half, from which on defects that do not overlap on their side match in one way only."""


def panoptic_quality(comparison: Comparison) -> xarray.Dataset:
    """Return the panoptic, segmentation and recognition quality of each type, pooled over images.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    xarray.Dataset
        ``panoptic_quality``, ``segmentation_quality`` and ``recognition_quality`` (defect_type), each with ``overall_``
        and ``undefined_overall_``; ``all`` disregards types.

    Notes
    -----
    ``PQ = SQ * RQ`` with the mean IoU of the pairs of an IoU above one half, and
    ``RQ = 2 pairs / (true + predicted)`` [1]_. The IoU is that of the convention. Where masks of one side overlap, a
    pair above one half need not be unique; the matching is then the optimal one. Without a pair SQ is NaN and PQ 0; a
    type that is on neither side is NaN.

    References
    ----------
    .. [1] A. Kirillov et al., Panoptic segmentation, CVPR 2019, https://doi.org/10.1109/CVPR.2019.00963
    """
    table = np.array([_counts(comparison, t) for t in (*comparison.types, None)], np.float64).reshape(-1, 3)
    iou, pairs, defects = table.T
    qualities = {
        "panoptic_quality": _ratio(2 * iou, defects),
        "segmentation_quality": _ratio(iou, pairs),
        "recognition_quality": _ratio(2 * pairs, defects),
    }
    variables: dict[str, Variable] = {}
    for name, values in qualities.items():
        variable = Variable(dims=("defect_type",), values=values, long_name=name.replace("_", " "))
        variables |= {name: variable, **overall(comparison, name, variable)}
    return dataset(comparison, variables)


def _counts(comparison: Comparison, defect_type: str | None) -> tuple[float, int, int]:
    """Return the sum of IoU of the pairs, the number of pairs and the number of defects of both sides."""
    overlaps = of_type(comparison, defect_type).overlaps
    taken = optimal(overlaps, [ABOVE_HALF]).pairs
    return float(overlaps.iou[taken].sum()), len(taken), overlaps.n_true + overlaps.n_predicted


def _ratio(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore", invalid="ignore"):  # nothing over nothing is NaN
        return np.asarray(above / below)


@attrs.frozen(kw_only=True)
class PanopticQuality(Metric):
    """The metric of :func:`panoptic_quality`."""

    name: ClassVar[str] = "panoptic-quality"
    description: ClassVar[str] = "Panoptic, segmentation and recognition quality of each type."
    needs: ClassVar[frozenset[Part]] = frozenset()

    def compute(self, comparison: Comparison) -> xarray.Dataset:
        """Return :func:`panoptic_quality` of the comparison."""
        return panoptic_quality(comparison)
