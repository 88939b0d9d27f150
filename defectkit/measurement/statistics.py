"""Statistics of the sizes and shapes of groups of defects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.measurement.columns import COLUMN, MEASURES
from defectkit.measurement.counting import volume_weights_of, weights_of

if TYPE_CHECKING:
    import xarray

Floats = NDArray[np.float64]

STANDS_FOR = {"long_name": "number of defects of the specimen that these stand for", "units": ""}
"""The attributes of the sum of the weights."""


def mean_and_sd(
    values: Floats, groups: NDArray[np.int64], n_groups: int, ddof: int, *, weights: Floats | None = None
) -> tuple[Floats, Floats]:
    r"""Return mean and standard deviation of the values of each group; NaN among the values is left out.

    Parameters
    ----------
    values : numpy.ndarray, shape (N,)
    groups : numpy.ndarray, shape (N,)
        The group of each value, 0 .. ``n_groups`` - 1.
    n_groups : int
    ddof : int
        Delta degrees of freedom of the standard deviation.
    weights : numpy.ndarray, shape (N,), optional
        How often each value counts; by default all count alike. One that counts 0 is left out.

    Returns
    -------
    mean, sd : numpy.ndarray, shape (n_groups,)
        The mean is NaN for an empty group, the deviation for one of at most ``ddof`` values.

    Notes
    -----
    With *n* values and the weighted mean *m*, the variance is
    :math:`\frac{n}{n - ddof} \sum_i w_i (x_i - m)^2 / \sum_i w_i`.

    Examples
    --------
    >>> mean_and_sd(np.array([1.0, 3.0, np.nan, 5.0]), np.array([0, 0, 0, 1]), 3, ddof=0)
    (array([ 2.,  5., nan]), array([ 1.,  0., nan]))
    """
    weights = np.ones(values.shape) if weights is None else weights
    known = ~np.isnan(values) & (weights > 0)
    values, groups, weights = values[known], groups[known], weights[known]
    n, total = np.bincount(groups, minlength=n_groups), np.bincount(groups, weights, n_groups)
    mean = np.full(n_groups, np.nan)
    np.divide(np.bincount(groups, weights * values, n_groups), total, out=mean, where=n > 0)
    squares = np.bincount(groups, weights * (values - mean[groups]) ** 2, n_groups)
    variance = np.full(n_groups, np.nan)
    np.divide(squares, (n - ddof) * total / np.maximum(n, 1), out=variance, where=n > ddof)
    return mean, np.sqrt(variance)


@attrs.frozen(kw_only=True, eq=False)
class Statistics:
    """What groups of defects hold, each array of shape (I, T + 1) or (T + 1,); the last entry is of all types.

    Parameters
    ----------
    counts : numpy.ndarray of int64
        How many defects there are in the table.
    stands_for : numpy.ndarray
        How many defects of the specimen they stand for: the sum of the weights.
    in_volume : numpy.ndarray
        The same of numbers in a volume, which are corrected for the surfaces of the foil where that was asked for.
    of_measures : dict of str to numpy.ndarray
        ``<measure>_mean`` and ``<measure>_sd`` for each of :data:`~defectkit.measurement.columns.MEASURES`.
    """

    counts: NDArray[np.int64]
    stands_for: Floats
    in_volume: Floats
    of_measures: dict[str, Floats]


def statistics_of(
    defects: xarray.Dataset, types: Sequence[str], ddof: int, images: Sequence[str] | None = None
) -> Statistics:
    """Return counts and, of every measure, mean and standard deviation: by type and of all, and by image where wanted.

    Parameters
    ----------
    defects : xarray.Dataset
        As :func:`~defectkit.measurement.measure.measure` makes it.
    types : sequence of str
        T names, every type that occurs among them.
    ddof : int
    images : sequence of str, optional
        I names, every image that occurs among them; by default all defects are taken together.
    """
    shape = (len(types) + 1,) if images is None else (len(images), len(types) + 1)
    n_groups = int(np.prod(shape))
    codes = _codes(defects["defect_type"].values, types)
    first = 0 if images is None else _codes(defects["image"].values, images) * shape[-1]
    groups = np.concatenate([first + codes, first + np.full(len(codes), len(types))])
    weights, in_volume = np.tile(weights_of(defects), 2), np.tile(volume_weights_of(defects), 2)
    statistics: dict[str, Floats] = {}
    for name in MEASURES:
        values = np.tile(defects[name].values.astype(np.float64), 2)
        mean, sd = mean_and_sd(values, groups, n_groups, ddof, weights=in_volume)
        statistics |= {f"{name}_mean": mean.reshape(shape), f"{name}_sd": sd.reshape(shape)}
    return Statistics(
        counts=np.bincount(groups, minlength=n_groups).astype(np.int64).reshape(shape),
        stands_for=np.bincount(groups, weights, n_groups).astype(np.float64).reshape(shape),
        in_volume=np.bincount(groups, in_volume, n_groups).astype(np.float64).reshape(shape),
        of_measures=statistics,
    )


def attributes_of(name: str) -> dict[str, str]:
    """Return the attributes of a variable such as ``axis_major_sd``."""
    measure, _, statistic = name.rpartition("_")
    column = COLUMN[measure]
    word = {"mean": "mean", "sd": "standard deviation"}[statistic]
    return column.attributes | {"long_name": f"{word} of: {column.description}"}


def _codes(names: NDArray[np.str_], known: Sequence[str]) -> NDArray[np.int64]:
    place = {name: k for k, name in enumerate(known)}
    return np.array([place[name] for name in names.tolist()], dtype=np.int64)
