"""Foreground: which share of an image is defect, whichever and however many."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.metrics.interface import Metric
from defectkit.statistics.comparison import Comparison, Part
from defectkit.statistics.scores import percent_error
from defectkit.statistics.variables import Variable, dataset

if TYPE_CHECKING:
    import xarray


def foreground(comparison: Comparison) -> xarray.Dataset:
    """Return the fraction of pixels in any mask, on both sides, and how far the two agree pixel by pixel.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    xarray.Dataset
        ``true_foreground_fraction``, ``predicted_foreground_fraction``, ``foreground_fraction_error`` (percent) and
        ``foreground_iou``, pooled over the pixels of all images, and each with ``image_`` (image).

    Notes
    -----
    A pixel in several masks counts once. The percent error is NaN where the truth has no foreground; the IoU is 1 where
    neither side has any.
    """
    columns = {
        "true": [i.true_foreground for i in comparison.images],
        "predicted": [i.predicted_foreground for i in comparison.images],
        "shared": [i.shared_foreground for i in comparison.images],
        "pixels": [i.n_pixels for i in comparison.images],
    }
    each = {name: np.array(values, np.float64) for name, values in columns.items()}
    pooled = {name: np.asarray(values.sum()) for name, values in each.items()}
    return dataset(comparison, {**_variables(pooled, (), ""), **_variables(each, ("image",), "image_")})


def _variables(counts: dict[str, NDArray[np.float64]], dims: tuple[str, ...], prefix: str) -> dict[str, Variable]:
    either = counts["true"] + counts["predicted"] - counts["shared"]
    with np.errstate(divide="ignore", invalid="ignore"):  # no pixels at all are NaN; no foreground is treated below
        fractions = {side: counts[side] / counts["pixels"] for side in ("true", "predicted")}
        iou = np.where(either == 0, 1.0, counts["shared"] / either)
    variables = {
        f"{prefix}{side}_foreground_fraction": Variable(
            dims=dims, values=values, long_name=f"{side} fraction of pixels in any defect"
        )
        for side, values in fractions.items()
    }
    variables[f"{prefix}foreground_fraction_error"] = Variable(
        dims=dims,
        values=percent_error(fractions["predicted"], fractions["true"]),
        long_name="percent error of the fraction of pixels in any defect",
        units="percent",
    )
    variables[f"{prefix}foreground_iou"] = Variable(
        dims=dims, values=iou, long_name="intersection over union of the pixels in any defect"
    )
    return variables


@attrs.frozen(kw_only=True)
class Foreground(Metric):
    """The metric of :func:`foreground`."""

    name: ClassVar[str] = "foreground-fraction"
    description: ClassVar[str] = "Fraction of pixels in any defect on both sides, and their overlap."
    needs: ClassVar[frozenset[Part]] = frozenset({Part.FOREGROUND})

    def compute(self, comparison: Comparison) -> xarray.Dataset:
        """Return :func:`foreground` of the comparison."""
        return foreground(comparison)
