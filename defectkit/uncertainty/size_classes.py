"""Size classes: number densities by type and size as cluster dynamics takes them, with their covariance."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from defectkit.errors import ConventionError
from defectkit.statistics import Bootstrap, percentile_interval
from defectkit.statistics.intervals import HIGH, LOW
from defectkit.uncertainty.draws import Sampled
from defectkit.uncertainty.propagate import Inputs
from defectkit.uncertainty.sampling import sampled
from defectkit.uncertainty.sources import factors

if TYPE_CHECKING:
    import xarray

Floats = NDArray[np.float64]

PER_M3 = 1e27


def size_classes(inputs: Inputs, edges_nm: Floats, *, bootstrap: Bootstrap | None = None) -> xarray.Dataset:
    r"""Return how many defects of each type and size class there are in a volume, and how these are correlated.

    Parameters
    ----------
    inputs : Inputs
        Of a condition whose foils all have a thickness.
    edges_nm : numpy.ndarray, shape (K + 1,)
        Increasing. Sizes below the first or above the last edge are in ``outside``; a size on an edge belongs to the
        class above it, one on the last edge to the last class.
    bootstrap : Bootstrap, optional
        Number of states, confidence and seed.

    Returns
    -------
    xarray.Dataset
        Dimensions ``defect_type`` (T) and ``size_class`` (K): ``number_density`` with ``_low`` and ``_high``, in 1/m^3;
        ``count``; by class ``size_low`` and ``size_high``; by type ``outside``, the number of defects that are in no
        class; and ``covariance`` in 1/m^6, of dimensions ``row`` and ``column``, which run over classes within types.

    Raises
    ------
    ConventionError
        If the edges do not increase.

    Notes
    -----
    The covariance is that of the Monte Carlo states, in which a thickness is one for all classes and a pixel size
    shifts defects from class to class.
    """
    import xarray

    edges = np.asarray(edges_nm, dtype=np.float64)
    if edges.size < 2 or not (np.diff(edges) > 0).all():
        raise ConventionError(f"size classes: the edges {edges.tolist()} are not two or more increasing numbers")
    how = bootstrap or Bootstrap()
    condition = inputs.condition
    n_types, n_classes = len(condition.types), edges.size - 1
    volume = float(condition.areas_nm2 @ condition.thicknesses_nm)
    cells = condition.type_codes * n_classes
    detector = inputs.declared.detector
    sizes_nm = condition.sizes_nm * (1.0 if detector is None else detector.size_factor)
    classes = class_numbers(sizes_nm, edges)
    inside = classes >= 0
    counts = np.bincount((cells + classes)[inside], minlength=n_types * n_classes).astype(np.int64)
    stand_for = condition.weights_in_volume(sizes_nm[None], condition.thicknesses_nm[None])[0]
    numbers = np.bincount((cells + classes)[inside], stand_for[inside], n_types * n_classes)
    draws = class_densities(inputs, edges, sampled(condition, how.n_resamples, how.seed), inputs.normals(how))
    low, high, _ = percentile_interval(draws, how.confidence)
    values = numbers / volume * PER_M3 * (1.0 if detector is None else detector.number_factor)
    names = [f"{name}: {a:g} to {b:g} nm" for name in condition.types for a, b in itertools.pairwise(edges)]
    table, per_volume = ("defect_type", "size_class"), {"units": "1 / meter ** 3"}
    shape = (n_types, n_classes)
    outside = np.bincount(condition.type_codes[~inside], minlength=n_types)
    return xarray.Dataset(
        {
            "count": (table, counts.reshape(shape), {"units": ""}),
            "number_density": (table, values.reshape(shape), per_volume),
            f"number_density{LOW}": (table, low.reshape(shape), per_volume | {"level": how.confidence}),
            f"number_density{HIGH}": (table, high.reshape(shape), per_volume | {"level": how.confidence}),
            "size_low": ("size_class", edges[:-1], {"units": "nanometer"}),
            "size_high": ("size_class", edges[1:], {"units": "nanometer"}),
            "outside": ("defect_type", outside, {"units": ""}),
            "covariance": (("row", "column"), np.atleast_2d(np.cov(draws, rowvar=False)), {"units": "1 / meter ** 6"}),
        },
        coords={
            "defect_type": np.array(condition.types, dtype=str),
            "size_class": np.arange(n_classes),
            "row": np.array(names, dtype=str),
            "column": np.array(names, dtype=str),
        },
        attrs={"level": how.confidence, "convention": condition.convention},
    )


def class_densities(inputs: Inputs, edges_nm: Floats, states: Iterable[Sampled], normals: Floats) -> Floats:
    """Return the number density of each class in B states, in 1/m^3, shape (B, T K); classes run within types.

    Parameters
    ----------
    inputs : Inputs
    edges_nm : numpy.ndarray, shape (K + 1,)
    states : iterable of Sampled
        Of defects and images, B states in all.
    normals : numpy.ndarray, shape (B, S)
        Of the S sources of ``inputs``.
    """
    condition = inputs.condition
    n_types, n_classes = len(condition.types), edges_nm.size - 1
    parts = []
    first = 0
    for some in states:
        off = factors(
            condition,
            inputs.measures.strengthening,
            inputs.declared,
            inputs.chosen,
            normals[first : first + len(some)],
        )
        first += len(some)
        sizes = condition.sizes_nm * off.pixel_size[:, condition.image_codes] * off.size[:, None]
        sizes = np.maximum(sizes + off.size_shift_nm[:, None], 0.0)
        found = class_numbers(sizes, edges_nm)
        depths = condition.thicknesses_nm * off.foil_thickness
        volumes = (some.image_weights * condition.areas_nm2 * depths * off.pixel_size**2).sum(axis=1)
        present = some.repeats @ condition.members
        scale = np.divide(some.numbers, present, out=np.zeros(present.shape), where=present > 0)
        weights = some.repeats * scale[:, condition.type_codes] * off.number[:, None] / volumes[:, None]
        weights = weights * condition.weights_in_volume(sizes, depths)
        rows = np.arange(len(some))[:, None] * n_types * n_classes
        taken = found >= 0
        places = (rows + condition.type_codes * n_classes + found)[taken]
        parts.append(
            np.bincount(places, weights[taken], minlength=len(some) * n_types * n_classes).reshape(len(some), -1)
        )
    densities: Floats = PER_M3 * np.concatenate(parts).astype(np.float64)
    return densities


def class_numbers(sizes_nm: Floats, edges_nm: Floats) -> NDArray[np.int64]:
    """Return the class of each size, -1 for one that is in none; shape as ``sizes_nm``.

    Examples
    --------
    >>> class_numbers(np.array([1.0, 2.0, 4.0, 9.0, np.nan]), np.array([2.0, 3.0, 4.0]))
    array([-1,  0,  1, -1, -1])
    """
    found = np.searchsorted(edges_nm, sizes_nm, side="right") - 1
    found = np.where(sizes_nm == edges_nm[-1], edges_nm.size - 2, found)
    return np.where((found < edges_nm.size - 1) & ~np.isnan(sizes_nm), found, -1).astype(np.int64)


def freedman_diaconis_edges(sizes_nm: Floats) -> Floats:
    r"""Return edges from the smallest size to the largest, as far apart as Freedman and Diaconis say.

    Parameters
    ----------
    sizes_nm : numpy.ndarray, shape (N,)
        At least one; NaN are left out.

    Notes
    -----
    The width is :math:`2\, IQR\, N^{-1/3}`: D. Freedman and P. Diaconis, Zeitschrift fuer
    Wahrscheinlichkeitstheorie und verwandte Gebiete 57 (1981) 453, doi 10.1007/BF01025868.

    Examples
    --------
    >>> freedman_diaconis_edges(np.arange(1.0, 9.0))
    array([1. , 4.5, 8. ])
    """
    known = sizes_nm[~np.isnan(sizes_nm)]
    edges: Floats = np.histogram_bin_edges(known, bins="fd")
    return edges


def fixed_edges(sizes_nm: Floats, width_nm: float) -> Floats:
    """Return edges from 0 on, as far as the largest size, ``width_nm`` apart.

    Parameters
    ----------
    sizes_nm : numpy.ndarray, shape (N,)
        At least one; NaN are left out.
    width_nm : float
        Positive.

    Examples
    --------
    >>> fixed_edges(np.array([1.0, 5.0]), 2.0)
    array([0., 2., 4., 6.])
    """
    if not 0 < width_nm < np.inf:
        raise ConventionError(f"size classes: the width {width_nm:g} nm is not positive")
    n = max(int(np.ceil(np.nanmax(sizes_nm) / width_nm)), 1)
    edges: Floats = np.arange(n + 1, dtype=np.float64) * width_nm
    return edges
