"""Paired hardening: how far the hardening of each image by predicted defects is from that by the true ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from defectkit.errors import ConventionError, PairingError
from defectkit.hardening import harden
from defectkit.statistics import Bootstrap, percentile_interval
from defectkit.statistics.drawing import drawn_images
from defectkit.statistics.intervals import HIGH, LOW
from defectkit.workflows.analysis import Analysis
from defectkit.workflows.condition import bin_free

if TYPE_CHECKING:
    import xarray

    from defectkit.hardening import HardeningModel, Material

Floats = NDArray[np.float64]

TOTALS = ("total_linear", "total_quadrature")
ERRORS = {"mae": "megapascal", "mape": "percent"}


def paired_hardening(
    truth: Analysis,
    predicted: Analysis,
    *,
    material: Material | str | Path = "fecral",
    model: HardeningModel | str = "dispersed-barrier",
    barrier_strengths: Mapping[str, Any] | None = None,
    bootstrap: Bootstrap | None = None,
) -> xarray.Dataset:
    r"""Return the hardening of each image by truth and by prediction, and the mean errors with their intervals.

    Parameters
    ----------
    truth, predicted : Analysis
        Of the same images under one convention; images that only one of them has are left out.
    material, model, barrier_strengths
        As :func:`defectkit.workflows.condition.harden_condition` takes them.
    bootstrap : Bootstrap, optional
        Of whole images: number of resamples, confidence and seed.

    Returns
    -------
    xarray.Dataset
        Dimensions ``image`` and ``obstacles`` (the types of both, ``total_linear`` and ``total_quadrature``):
        ``hardening_true`` and ``hardening_predicted``; by ``obstacles`` ``mae``, the mean absolute error, and ``mape``,
        the mean absolute percent error, with ``_low``, ``_high`` and ``_n_images``, how many images are in them. The
        attribute ``left_out`` lists images of one side.

    Raises
    ------
    ConventionError
        If the two were measured under different conventions.
    PairingError
        If they have no image in common.

    Notes
    -----
    .. math:: \mathrm{MAE} = \frac{1}{n} \sum_i |p_i - t_i|, \qquad
        \mathrm{MAPE} = \frac{100}{n} \sum_i \frac{|p_i - t_i|}{t_i}

    over images in which both are known, and for the second those in which the truth is not 0. The bootstrap draws
    images with both of their values. Constants of the material are the same on both sides, so that their uncertainty
    is not in these intervals: MAPE does not depend on them where all obstacles are of one type.
    """
    import xarray

    rules = [analysis.settings["convention"]["name"] for analysis in (truth, predicted)]
    if rules[0] != rules[1]:
        raise ConventionError(
            f"the truth was measured under the convention {rules[0]!r}, the prediction under {rules[1]!r}; measure one "
            "of them again"
        )
    names = [{image.name: image for image in analysis.images} for analysis in (truth, predicted)]
    shared = [name for name in names[0] if name in names[1]]
    if not shared:
        raise PairingError("truth and prediction have no image in common; they are paired by the names of their images")
    types = tuple(dict.fromkeys((*truth.types, *predicted.types)))
    obstacles = (*types, *TOTALS)
    values = []
    for analysis in (truth, predicted):
        table = harden(
            analysis.defects,
            analysis.images,
            model=bin_free(model),
            material=material,
            barrier_strengths=barrier_strengths,
            taxonomy=analysis.taxonomy,
            types=types,
        ).sel(image=shared)
        values.append(np.column_stack([table["hardening"].values, *(table[name].values for name in TOTALS)]))
    how = bootstrap or Bootstrap()
    errors = {"mae": np.abs(values[1] - values[0]), "mape": _percent(values[0], values[1])}
    weights = np.concatenate([d.image_weights for d in drawn_images(len(shared), how.n_resamples, seed=how.seed)])
    variables: dict[str, tuple[object, ...]] = {}
    for side, own in zip(("true", "predicted"), values, strict=True):
        variables[f"hardening_{side}"] = (("image", "obstacles"), own, {"units": "megapascal"})
    for name, unit in ERRORS.items():
        low, high, _ = percentile_interval(_mean(errors[name], weights), how.confidence)
        one = np.ones((1, len(shared)))
        for end, found in (("", _mean(errors[name], one)[0]), (LOW, low), (HIGH, high)):
            variables[f"{name}{end}"] = ("obstacles", found, {"units": unit})
        variables[f"{name}_n_images"] = ("obstacles", (~np.isnan(errors[name])).sum(axis=0), {"units": ""})
    return xarray.Dataset(
        variables,
        coords={"image": np.array(shared, dtype=str), "obstacles": np.array(obstacles, dtype=str)},
        attrs={
            "level": how.confidence,
            "convention": rules[0],
            "left_out": sorted(set(names[0]) ^ set(names[1])),
        },
    )


def _percent(true: Floats, predicted: Floats) -> Floats:
    shares: Floats = np.full(true.shape, np.nan)
    np.divide(100 * np.abs(predicted - true), true, out=shares, where=true > 0)
    return shares


def _mean(errors: Floats, weights: Floats) -> Floats:
    """Return the mean over known errors, (I, K), in each of B resamples, (B, I): shape (B, K)."""
    known = ~np.isnan(errors)
    sums, numbers = weights @ np.where(known, errors, 0.0), weights @ known
    means: Floats = np.full(sums.shape, np.nan)
    np.divide(sums, numbers, out=means, where=numbers > 0)
    return means
