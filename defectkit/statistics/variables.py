"""Dataset: how the variables of a metric are laid out in xarray."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import attrs
import numpy as np
from numpy.typing import ArrayLike

from defectkit.records.names import as_names
from defectkit.statistics.comparison import Comparison
from defectkit.statistics.scores import mean_of_defined
from defectkit.statistics.totals import Totals

if TYPE_CHECKING:
    import xarray

ALL = "all"
"""Label of ``subset`` for every defect, and of ``defect_type`` for the defects of all types together."""

FOUND = "found"
"""Label of ``subset`` for the defects of matched pairs only."""

BACKGROUND = "background"
"""Label of ``true_type`` for what is not there, and of ``predicted_type`` for what was missed."""

SUBSETS = (ALL, FOUND)


@attrs.frozen(kw_only=True, eq=False)
class Variable:
    """One variable of a metric.

    Parameters
    ----------
    dims : tuple of str
    values : array_like
        Of the shape of ``dims``; where a metric gives it, with the resamples before these.
    long_name : str
        What it is, for people.
    units : str
        What pint reads; empty for a number without a dimension.
    has_interval : bool
        False for what is no estimate: the number of values that a mean leaves out, a table of defects. A variable of
        each image has none whatever this says.
    """

    dims: tuple[str, ...] = attrs.field(converter=as_names)
    values: ArrayLike
    long_name: str
    units: str = ""
    has_interval: bool = True

    @property
    def is_resampled(self) -> bool:
        """Whether a bootstrap computes it again in each resample."""
        return self.has_interval and "image" not in self.dims


def dataset(comparison: Comparison, variables: Mapping[str, Variable]) -> xarray.Dataset:
    """Return variables as a data set with the labels of the comparison on its dimensions.

    Parameters
    ----------
    comparison : Comparison
    variables : mapping of str to Variable
    """
    import xarray

    labels = labels_of(comparison)
    used = {dim for variable in variables.values() for dim in variable.dims}
    return xarray.Dataset(
        {
            name: (v.dims, np.asarray(v.values), {"long_name": v.long_name, "units": v.units})
            for name, v in variables.items()
        },
        coords={dim: labels[dim] for dim in labels if dim in used},
    )


def labels_of(comparison: Comparison) -> dict[str, np.ndarray[tuple[int], np.dtype[np.generic]]]:
    """Return the labels of each dimension that a comparison gives metrics."""
    types = list(comparison.types)

    def texts(values: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.generic]]:
        return np.array(values, dtype=str)

    return {
        "image": texts(comparison.names),
        "iou_threshold": np.array(comparison.iou_thresholds, np.float64),
        "subset": texts(SUBSETS),
        "defect_type": texts([*types, ALL]),
        "true_type": texts([*types, BACKGROUND]),
        "predicted_type": texts([*types, BACKGROUND]),
    }


def overall(comparison: Comparison, name: str, variable: Variable) -> dict[str, Variable]:
    """Return ``overall_NAME``, the mean of a variable over the overall types, and how many types that leaves out.

    Parameters
    ----------
    comparison : Comparison
    name : str
        The name of the variable.
    variable : Variable
        Its last dimension is ``defect_type``.
    """
    picked = [comparison.types.index(t) for t in comparison.overall_types]
    mean, n_undefined = mean_of_defined(np.asarray(variable.values, np.float64)[..., picked], axis=-1)
    dims = variable.dims[:-1]
    return {
        f"overall_{name}": Variable(
            dims=dims,
            values=mean,
            long_name=f"{variable.long_name}, unweighted mean over types",
            units=variable.units,
        ),
        f"undefined_overall_{name}": Variable(
            dims=dims,
            values=n_undefined,
            long_name=f"types without a value in the mean of: {variable.long_name}",
            has_interval=False,
        ),
    }


def average_over_images(totals: Totals, name: str, variable: Variable) -> dict[str, Variable]:
    """Return ``averaged_NAME``, the mean of a variable over images, and how many images that leaves out.

    Parameters
    ----------
    totals : Totals
    name : str
        The name, without ``image_``.
    variable : Variable
        Its first dimension is ``image``.
    """
    mean, n_undefined = totals.mean_over_images(np.asarray(variable.values, np.float64))
    return {
        f"averaged_{name}": Variable(
            dims=variable.dims[1:],
            values=mean,
            long_name=f"{variable.long_name}, mean over images",
            units=variable.units,
        ),
        f"undefined_{name}": Variable(
            dims=variable.dims[1:],
            values=n_undefined,
            long_name=f"images without a value in the mean of: {variable.long_name}",
            has_interval=False,
        ),
    }
