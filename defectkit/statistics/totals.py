"""Totals: the sums of a statistic over what was drawn, from which its value is computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.short_repr import short_repr
from defectkit.statistics.comparison import Comparison
from defectkit.statistics.drawing import Drawn
from defectkit.statistics.units import Sum, Units

Floats = NDArray[np.float64]
Values = NDArray[Any]


@attrs.frozen(kw_only=True, eq=False)
class Totals:
    """The sums of one statistic in B resamples; the sample itself is one resample in which each image is once.

    Parameters
    ----------
    units : Units
    sums : mapping of str to Sum
        What each unit adds.
    drawn : Drawn
        How often each unit is there.

    Examples
    --------
    >>> import numpy as np
    >>> from defectkit.statistics.drawing import DrawnImages
    >>> from defectkit.testing.compared import comparison_of, example_pairs
    >>> units = Units.images(comparison_of(example_pairs()))
    >>> drawn = DrawnImages(image_weights=np.array([[1.0, 1, 1], [0, 2, 1]]))
    >>> totals = Totals(units=units, sums={"true": units.over_true()}, drawn=drawn)
    >>> totals["true"].tolist()
    [2.0, 4.0]
    """

    units: Units
    sums: Mapping[str, Sum]
    drawn: Drawn

    __repr__ = short_repr

    @property
    def comparison(self) -> Comparison:
        """What is compared."""
        return self.units.comparison

    def __getitem__(self, name: str) -> Values:
        """Return a sum over all that was drawn, shape (B, ...)."""
        return self.drawn.total(self.sums[name])

    def of_images(self, name: str) -> Values:
        """Return a sum of each image, shape (B, images, ...), or (1, images, ...) where resamples share them."""
        return self.drawn.of_images(self.sums[name])

    def over_images(self, values: Values) -> Values:
        """Return the sum over images of values of each, shape (B, ...)."""
        return self.drawn.over_images(values)

    def mean_over_images(self, values: Values) -> tuple[Floats, Values]:
        """Return the mean over images of the values that are not NaN, and how many images that leaves out.

        Parameters
        ----------
        values : numpy.ndarray, shape (B or 1, images, ...)
        """
        undefined = np.isnan(values)
        n = self.drawn.over_images(~undefined)
        total = self.drawn.over_images(np.where(undefined, 0.0, values))
        with np.errstate(invalid="ignore"):  # no value at all is NaN
            return total / n, self.drawn.over_images(undefined)

    def sd_over_images(self, values: Values, ddof: int) -> Floats:
        """Return the standard deviation over images of the values that are not NaN; NaN for ``ddof`` or fewer."""
        undefined = np.isnan(values)
        n = self.drawn.over_images(~undefined)
        mean, _ = self.mean_over_images(values)
        squares = np.where(undefined, 0.0, values - mean[:, None]) ** 2
        with np.errstate(divide="ignore", invalid="ignore"):  # too few values are the NaN below
            deviation = np.sqrt(self.drawn.over_images(np.where(np.isnan(squares), 0.0, squares)) / (n - ddof))
        return np.asarray(np.where(n > ddof, deviation, np.nan))
