"""Foreground: which share of an image is defect, whichever and however many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.metrics.interface import Metric
from defectkit.statistics.comparison import Part
from defectkit.statistics.scores import percent_error
from defectkit.statistics.totals import Totals
from defectkit.statistics.units import Sum, Units
from defectkit.statistics.variables import Variable

if TYPE_CHECKING:
    pass


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
    """The fraction of pixels in any mask, on both sides, and how far the two agree pixel by pixel.

    Notes
    -----
    Variables ``true_foreground_fraction``, ``predicted_foreground_fraction``, ``foreground_fraction_error`` (percent)
    and ``foreground_iou``, pooled over the pixels of all images, and each with ``image_`` (image). A pixel in several
    masks counts once. The percent error is NaN where the truth has no foreground; the IoU is 1 where neither side has
    any. Pixels are those of images, whichever of their defects are drawn.
    """

    name: ClassVar[str] = "foreground-fraction"
    description: ClassVar[str] = "Fraction of pixels in any defect on both sides, and their overlap."
    needs: ClassVar[frozenset[Part]] = frozenset({Part.FOREGROUND})

    def sums(self, units: Units) -> Mapping[str, Sum]:
        """Return the pixels of each image: all, and those in a true mask, in a predicted one and in both."""
        images = units.comparison.images
        columns = {
            "pixels": [i.n_pixels for i in images],
            "true": [i.true_foreground for i in images],
            "predicted": [i.predicted_foreground for i in images],
            "shared": [i.shared_foreground for i in images],
        }
        return {name: units.over_images(np.array(values, np.float64)) for name, values in columns.items()}

    def values(self, totals: Totals) -> Mapping[str, Variable]:
        """Return fractions and overlap."""
        pooled = {name: totals[name] for name in totals.sums}
        each = {name: totals.of_images(name) for name in totals.sums}
        return {**_variables(pooled, (), ""), **_variables(each, ("image",), "image_")}
