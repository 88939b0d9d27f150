"""Statistic: what is summed over truth and prediction, and what is made of the sums."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import ArrayLike

from defectkit.statistics.drawing import Sample
from defectkit.statistics.totals import Totals
from defectkit.statistics.units import Sum, Units
from defectkit.statistics.variables import Variable, dataset

if TYPE_CHECKING:
    import xarray


class Statistic(Protocol):
    """What :class:`defectkit.metrics.Metric` asks of a metric, and all that a bootstrap needs to know of one."""

    def sums(self, units: Units) -> Mapping[str, Sum]:
        """Return what each unit adds to each sum."""

    def values(self, totals: Totals) -> Mapping[str, Variable]:
        """Return the variables, made of the sums; their values have the resamples as their first axis."""

    def labels(self, units: Units) -> Mapping[str, ArrayLike]:
        """Return the labels of dimensions that the comparison does not have."""


def value_of(statistic: Statistic, units: Units) -> xarray.Dataset:
    """Return the value of a statistic: that of its sums over all images, each once.

    Parameters
    ----------
    statistic : Statistic
    units : Units
        Each image is one; see :meth:`~defectkit.statistics.Units.images`.
    """
    variables = sample_variables(statistic, units)
    own = {name: _first(variable) for name, variable in variables.items()}
    return dataset(units.comparison, own).assign_coords(dict(statistic.labels(units)))


def sample_variables(statistic: Statistic, units: Units) -> Mapping[str, Variable]:
    """Return the variables of a statistic for the images as they are, with one resample as their first axis."""
    sample = Sample(n_images=len(units.comparison.images))
    return statistic.values(Totals(units=units, sums=statistic.sums(units), drawn=sample))


def _first(variable: Variable) -> Variable:
    import attrs

    return attrs.evolve(variable, values=np.asarray(variable.values)[0])
