"""Errors: percent errors of size, shape and density, by type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import attrs

from defectkit.metrics.class_means import MEASURES, QUANTITIES, SIDES, Floats, class_mean, class_sums
from defectkit.metrics.interface import Metric
from defectkit.statistics.comparison import Comparison, Part
from defectkit.statistics.scores import percent_error, signed_percent_error
from defectkit.statistics.totals import Totals
from defectkit.statistics.units import Sum, Units
from defectkit.statistics.variables import Variable, average_over_images, overall

if TYPE_CHECKING:
    pass

POOLED = ("subset", "defect_type")
IMAGE = ("image", *POOLED)


def quantity_units(comparison: Comparison) -> dict[str, str]:
    """Return the unit of each quantity: size, shape and density."""
    return {"size": comparison.length_unit, "shape": "", "density": f"1 / {comparison.length_unit} ** 2"}


def errors(totals: Totals) -> dict[str, Variable]:
    """Return the percent errors of mean size, mean shape and areal density.

    Parameters
    ----------
    totals : Totals
        Of :func:`~defectkit.metrics.class_means.class_sums`.

    Returns
    -------
    dict of str to Variable
        For each of ``size``, ``shape`` and ``density``, over (subset, defect_type) and, with ``image_``, over
        (image, subset, defect_type):

        - ``true_X``, ``predicted_X``: means of the defects, or number over area;
        - ``X_error``: percent error of these; with ``averaged_`` the mean over images, ``averaged_X_error_sd`` its
          standard deviation over images, ``undefined_X_error`` the number of images left out;
        - ``X_signed_error``, the same with its sign, also with ``image_``, ``averaged_`` and ``overall_``: errors of
          both signs cancel out in its means;
        - ``overall_X_error``, ``overall_averaged_X_error`` (subset) and the number of types left out of each.

        ``true_count`` and ``predicted_count``, and ``undefined_true_X`` and ``undefined_predicted_X``, the number of
        defects without a size or shape.

    Notes
    -----
    ``100 |predicted - true| / true`` [1]_. Pooled means are over the defects of all images together ("full
    distribution"); pooled densities are the sum of numbers over the sum of areas. Each side is sorted by its own types:
    a found defect counts under its predicted type on the predicted side, also where its true type is another. Without a
    true defect of a type there is no error: it is NaN and counted. Without a predicted one the error of the density is
    100 %, that of size and shape NaN.

    References
    ----------
    .. [1] Jacobs et al. (2022), Table 3, https://doi.org/10.1016/j.xcrp.2022.100876
    """
    comparison = totals.comparison
    units = quantity_units(comparison)
    titles = {"size": "size", "shape": "shape factor", "density": "areal density"}
    variables: dict[str, Variable] = {}
    for side in SIDES:
        title, count = f"{side} defects", f"{side}_count"
        variables[count] = Variable(dims=POOLED, values=totals[count], long_name=title)
        variables[f"image_{count}"] = Variable(dims=IMAGE, values=totals.of_images(count).copy(), long_name=title)
        for measure in MEASURES:
            variables[f"undefined_{side}_{measure}"] = Variable(
                dims=POOLED,
                values=totals[f"{side}_{measure}_undefined"],
                long_name=f"{side} defects without a {titles[measure]}",
                has_interval=False,
            )
    for quantity in QUANTITIES:
        pooled = {side: class_mean(totals.__getitem__, side, quantity) for side in SIDES}
        each = {side: class_mean(totals.of_images, side, quantity) for side in SIDES}
        for side in SIDES:
            title = f"{side} {titles[quantity]}"
            variables[f"{side}_{quantity}"] = Variable(
                dims=POOLED, values=pooled[side], long_name=title, units=units[quantity]
            )
            variables[f"image_{side}_{quantity}"] = Variable(
                dims=IMAGE, values=each[side], long_name=title, units=units[quantity]
            )
        variables |= _error_variables(totals, quantity, titles[quantity], pooled, each)
    return variables


def _error_variables(
    totals: Totals, quantity: str, title: str, pooled: dict[str, Floats], each: dict[str, Floats]
) -> dict[str, Variable]:
    name = f"{quantity}_error"
    long_name = f"percent error of the {title}"
    of_all = Variable(
        dims=POOLED, values=percent_error(pooled["predicted"], pooled["true"]), long_name=long_name, units="percent"
    )
    errors_of_images = percent_error(each["predicted"], each["true"])
    of_images = Variable(dims=IMAGE, values=errors_of_images, long_name=long_name, units="percent")
    means = average_over_images(totals, name, of_images)
    signed = f"{quantity}_signed_error"
    signed_name = f"{long_name} with its sign"
    signed_of_all, signed_of_images = (
        Variable(
            dims=dims,
            values=signed_percent_error(side["predicted"], side["true"]),
            long_name=signed_name,
            units="percent",
        )
        for dims, side in ((POOLED, pooled), (IMAGE, each))
    )
    return {
        signed: signed_of_all,
        f"image_{signed}": signed_of_images,
        f"averaged_{signed}": average_over_images(totals, signed, signed_of_images)[f"averaged_{signed}"],
        f"overall_{signed}": overall(totals.comparison, signed, signed_of_all)[f"overall_{signed}"],
        name: of_all,
        f"image_{name}": of_images,
        **means,
        f"averaged_{name}_sd": Variable(
            dims=POOLED,
            values=totals.sd_over_images(errors_of_images, totals.comparison.convention.image_ddof),
            long_name=f"{long_name}, standard deviation over images",
            units="percent",
        ),
        **overall(totals.comparison, name, of_all),
        **overall(totals.comparison, f"averaged_{name}", means[f"averaged_{name}"]),
    }


@attrs.frozen(kw_only=True)
class Errors(Metric):
    """The metric of :func:`errors`."""

    name: ClassVar[str] = "errors"
    description: ClassVar[str] = "Percent errors of size, shape and areal density, of all and of found defects."
    needs: ClassVar[frozenset[Part]] = frozenset({Part.MEASURES})

    def sums(self, units: Units) -> Mapping[str, Sum]:
        """Return counts and sums of sizes and shapes, by side, subset and type."""
        return class_sums(units)

    def values(self, totals: Totals) -> Mapping[str, Variable]:
        """Return :func:`errors` of the totals."""
        return errors(totals)
