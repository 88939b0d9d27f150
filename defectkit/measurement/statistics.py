"""Statistics of the sizes and shapes of groups of defects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from defectkit.measurement.columns import COLUMN, MEASURES

if TYPE_CHECKING:
    import xarray

Floats = NDArray[np.float64]


def mean_and_sd(values: Floats, groups: NDArray[np.int64], n_groups: int, ddof: int) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of the values of each group; NaN among the values is left out.

    Parameters
    ----------
    values : numpy.ndarray, shape (N,)
    groups : numpy.ndarray, shape (N,)
        The group of each value, 0 .. ``n_groups`` - 1.
    n_groups : int
    ddof : int
        Delta degrees of freedom of the standard deviation.

    Returns
    -------
    mean, sd : numpy.ndarray, shape (n_groups,)
        The mean is NaN for an empty group, the deviation for one of at most ``ddof`` values.

    Examples
    --------
    >>> mean_and_sd(np.array([1.0, 3.0, np.nan, 5.0]), np.array([0, 0, 0, 1]), 3, ddof=0)
    (array([ 2.,  5., nan]), array([ 1.,  0., nan]))
    """
    known = ~np.isnan(values)
    values, groups = values[known], groups[known]
    n = np.bincount(groups, minlength=n_groups)
    mean = np.full(n_groups, np.nan)
    np.divide(np.bincount(groups, values, n_groups), n, out=mean, where=n > 0)
    squares = np.bincount(groups, (values - mean[groups]) ** 2, n_groups)
    variance = np.full(n_groups, np.nan)
    np.divide(squares, n - ddof, out=variance, where=n > ddof)
    return mean, np.sqrt(variance)


def counts_and_statistics(
    defects: xarray.Dataset, types: Sequence[str], ddof: int, images: Sequence[str] | None = None
) -> tuple[NDArray[np.int64], dict[str, Floats]]:
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

    Returns
    -------
    counts : numpy.ndarray, shape (I, T + 1) or (T + 1,)
        The last entry is that of all types.
    statistics : dict of str to numpy.ndarray, of the same shape
        ``<measure>_mean`` and ``<measure>_sd`` for each of :data:`~defectkit.measurement.columns.MEASURES`.
    """
    shape = (len(types) + 1,) if images is None else (len(images), len(types) + 1)
    n_groups = int(np.prod(shape))
    codes = _codes(defects["defect_type"].values, types)
    first = 0 if images is None else _codes(defects["image"].values, images) * shape[-1]
    groups = np.concatenate([first + codes, first + np.full(len(codes), len(types))])
    counts = np.bincount(groups, minlength=n_groups).astype(np.int64).reshape(shape)
    statistics: dict[str, Floats] = {}
    for name in MEASURES:
        values = np.tile(defects[name].values.astype(np.float64), 2)
        mean, sd = mean_and_sd(values, groups, n_groups, ddof)
        statistics |= {f"{name}_mean": mean.reshape(shape), f"{name}_sd": sd.reshape(shape)}
    return counts, statistics


def attributes_of(name: str) -> dict[str, str]:
    """Return the attributes of a variable such as ``axis_major_sd``."""
    measure, _, statistic = name.rpartition("_")
    column = COLUMN[measure]
    word = {"mean": "mean", "sd": "standard deviation"}[statistic]
    return column.attributes | {"long_name": f"{word} of: {column.description}"}


def _codes(names: NDArray[np.str_], known: Sequence[str]) -> NDArray[np.int64]:
    place = {name: k for k, name in enumerate(known)}
    return np.array([place[name] for name in names.tolist()], dtype=np.int64)
