"""Points: true and predicted values of each image and type, as parity plots show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.metrics import ParityStatistics, parity_statistics
from defectkit.metrics.class_means import SIDES
from defectkit.statistics.scores import mean_of_defined, sd_of_defined
from defectkit_jacobs2022.artifact import Outcome
from defectkit_jacobs2022.figures.subject import Subject

Floats = NDArray[np.float64]


@attrs.frozen(kw_only=True)
class Quantity:
    """What a parity plot compares.

    Parameters
    ----------
    variable : str
        The evaluation has it as ``image_true_X`` and ``image_predicted_X``.
    title : str
    unit : str
        With a place for the symbol of the unit of length.
    factor : float
        Values are multiplied by it to be in the unit.
    per_pixel : bool
        Whether lengths are divided by the size of a pixel of their image.
    """

    variable: str
    title: str
    unit: str = ""
    factor: float = 1.0
    per_pixel: bool = False

    def label(self, length: str) -> str:
        """Return title and unit, for an axis.

        Examples
        --------
        >>> QUANTITIES["size"].label("nm")
        'mean size / nm'
        """
        return f"{self.title} / {self.unit.format(length=length)}" if self.unit else self.title

    def plain_unit(self, length: str) -> str:
        """Return the unit for text without formulas.

        Examples
        --------
        >>> QUANTITIES["density"].plain_unit("nm")
        '10⁻⁴ nm⁻²'
        """
        return self.unit.format(length=length).replace("$^{-4}$", "⁻⁴").replace("$^{-2}$", "⁻²")


QUANTITIES: Mapping[str, Quantity] = MappingProxyType(
    {
        "size": Quantity(variable="size", title="mean size", unit="{length}"),
        "shape": Quantity(variable="shape", title="mean shape factor"),
        "density": Quantity(
            variable="density", title="areal density", unit="10$^{{-4}}$ {length}$^{{-2}}$", factor=1e4
        ),
        "size in pixels": Quantity(variable="size", title="mean size", unit="px", per_pixel=True),
        "count": Quantity(variable="count", title="defects per image"),
    }
)


@attrs.frozen(kw_only=True)
class Regime:
    """A part of the range of true values, for which statistics are given apart.

    Parameters
    ----------
    limit : float
        In the unit of the plot.
    holds_limit : bool
        Whether a value at the limit lies inside.
    """

    limit: float
    holds_limit: bool = False

    def holds(self, true: Floats) -> NDArray[np.bool_]:
        """Return which true values lie inside; NaN does not.

        Examples
        --------
        >>> Regime(limit=50, holds_limit=True).holds(np.array([49.0, 50.0, 51.0])).tolist()
        [True, True, False]
        """
        return np.asarray(true <= self.limit if self.holds_limit else true < self.limit)

    @property
    def inside(self) -> str:
        """What lies inside, in words."""
        return f"true {'≤' if self.holds_limit else '<'} {self.limit:g}"

    @property
    def outside(self) -> str:
        """What lies outside, in words."""
        return f"true {'>' if self.holds_limit else '≥'} {self.limit:g}"


@attrs.frozen(kw_only=True, eq=False)
class Points:
    """Values of I images and T types.

    Parameters
    ----------
    quantity : Quantity
    types : tuple of str, length T
    true, predicted : numpy.ndarray, shape (I, T)
        In the unit of the plot; NaN where an image has no defect of the type to take a mean of.
    """

    quantity: Quantity
    types: tuple[str, ...]
    true: Floats
    predicted: Floats

    def of_type(self, name: str) -> tuple[Floats, Floats]:
        """Return true and predicted values of one type, shape (I,) each."""
        k = self.types.index(name)
        return self.true[:, k], self.predicted[:, k]

    def statistics(self) -> ParityStatistics:
        """Return R2, MAE and RMSE over all points."""
        return parity_statistics(self.true, self.predicted)

    def apart(self, regime: Regime) -> tuple[ParityStatistics, ParityStatistics]:
        """Return the statistics of the points inside and outside of a regime; those without a truth are in neither."""
        inside = regime.holds(self.true)
        outside = ~inside & ~np.isnan(self.true)
        return (
            parity_statistics(self.true[inside], self.predicted[inside]),
            parity_statistics(self.true[outside], self.predicted[outside]),
        )

    def averages(self, ddof: int) -> tuple[Floats, Floats]:
        """Return mean and standard deviation over the images that have a value, shape (2, T): true, then predicted."""
        both = np.stack([self.true, self.predicted])
        return mean_of_defined(both, axis=1)[0], sd_of_defined(both, ddof, axis=1)

    def undefined(self) -> tuple[int, int, int]:
        """Return how many points lack the truth alone, the prediction alone, and both."""
        no_true, no_predicted = np.isnan(self.true), np.isnan(self.predicted)
        return (
            int((no_true & ~no_predicted).sum()),
            int((~no_true & no_predicted).sum()),
            int((no_true & no_predicted).sum()),
        )


def points(outcome: Outcome, about: Subject, name: str) -> Points:
    """Return the points of one run.

    Parameters
    ----------
    outcome : Outcome
        For the sizes of pixels.
    about : Subject
    name : str
        One of :data:`QUANTITIES`.
    """
    quantity = QUANTITIES[name]
    types = tuple(about.types)
    here = about.evaluation.sel(subset="all", defect_type=list(types))
    scale = quantity.factor / _lengths(outcome, about, quantity)
    true, predicted = (
        here[f"image_{side}_{quantity.variable}"].transpose("image", "defect_type").values * scale[:, None]
        for side in SIDES
    )
    return Points(quantity=quantity, types=types, true=true, predicted=predicted)


def joined_points(parts: Iterable[Points]) -> Points:
    """Return the points of several runs together, over every type that any of them has.

    Parameters
    ----------
    parts : iterable of Points
        At least one, of one quantity. A type that a run does not have is NaN in it.
    """
    every = list(parts)
    types = tuple(dict.fromkeys(name for part in every for name in part.types))

    def widened(part: Points, values: Floats) -> Floats:
        wide = np.full((len(values), len(types)), np.nan)
        wide[:, [types.index(name) for name in part.types]] = values
        return wide

    return Points(
        quantity=every[0].quantity,
        types=types,
        true=np.concatenate([widened(part, part.true) for part in every]),
        predicted=np.concatenate([widened(part, part.predicted) for part in every]),
    )


def _lengths(outcome: Outcome, about: Subject, quantity: Quantity) -> Floats:
    """Return what the lengths of each image are divided by: the side of a pixel, or 1."""
    images = [outcome.data.images[str(name)] for name in about.evaluation["image"].values]
    if not (quantity.per_pixel and about.in_nm):
        return np.ones(len(images))
    sides = np.array([image.required_calibration().pixel_size_nm for image in images]).reshape(len(images), 2)
    return np.asarray(np.sqrt(sides[:, 0] * sides[:, 1]))
