"""Spatial: whether the defects of all images lie at random, in clusters or apart, beside what chance alone does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import EmptyInputError
from defectkit.measurement import ALL
from defectkit.measurement.spatial import nearest_neighbour_distances, pair_sums
from defectkit.measurement.window import Window
from defectkit.workflows.analysis import Analysis

if TYPE_CHECKING:
    import xarray

Floats = NDArray[np.float64]

N_RADII = 20
REACH = 3.0
"""How far pairs are looked at by default, in mean distances of defects."""


@attrs.frozen(kw_only=True, eq=False)
class PointPattern:
    """Centroids of defects in one image.

    Parameters
    ----------
    points_nm : numpy.ndarray, shape (N, 2)
        Row and column.
    types : numpy.ndarray of str, shape (N,)
    window : Window
        In nm.
    """

    points_nm: Floats
    types: NDArray[np.str_]
    window: Window


def point_patterns(analysis: Analysis) -> dict[str, PointPattern]:
    """Return where the defects of each image lie, by image name.

    Defects without a pixel have no place and are left out, and so are images that are not fully read.
    """
    summary, defects = analysis.summary, analysis.defects
    out = summary["left_out"].to_series() if "left_out" in summary else None
    names = defects["image"].values.astype(str)
    centers = np.stack([defects["centroid_row"].values, defects["centroid_col"].values], axis=1).astype(np.float64)
    found = {}
    for image in analysis.images:
        if out is not None and bool(out[image.name]):
            continue
        pixel = image.required_calibration().pixel_size_nm
        own = (names == image.name) & ~np.isnan(centers).any(axis=1)
        found[image.name] = PointPattern(
            points_nm=centers[own] * np.array(pixel),
            types=defects["defect_type"].values[own].astype(str),
            window=Window.of_field(image.field, pixel),
        )
    return found


def spatial_statistics(
    analysis: Analysis,
    *,
    radii_nm: Floats | None = None,
    n_simulations: int = 99,
    level: float = 0.9,
    seed: int = 0,
) -> xarray.Dataset:
    r"""Return Ripley's K, pair correlation and nearest neighbours of all images together, beside those of chance.

    Parameters
    ----------
    analysis : Analysis
    radii_nm : numpy.ndarray, shape (R,), optional
        Rising from above 0, at most half the shorter side of the smallest image. By default 20 up to three mean
        distances of defects (a quarter of the shorter side at most).
    n_simulations : int
        How often as many defects of each type are put at random into the field of each image.
    level : float
        The share of these simulations that lies between ``_random_low`` and ``_random_high``, at each radius by itself.
    seed : int

    Returns
    -------
    xarray.Dataset
        Dimensions ``defect_type`` (T + 1, the last one ``"all"``) and ``radius`` (R): ``ripley_k`` and
        ``pair_correlation`` (in the ring that ends at the radius); by type ``nearest_neighbour_mean``, among defects of
        that type; each with ``_random_low`` and ``_random_high``. NaN where no image holds two defects.

    Raises
    ------
    EmptyInputError
        If no image is fully read.
    RecordError
        If radii do not rise or are too large.

    Notes
    -----
    Edges are corrected by translation (:func:`defectkit.measurement.spatial.ripley_k`) with the field of each image, so
    that excluded places are no edge either; K of all images is the sum of their pairs over the sum of those that are
    expected. Nearest neighbours are not corrected for edges; those of chance are seen through the same field. Defects
    have a size and do not overlap at random, so that the smallest radii lie below chance for every large defect.
    """
    import xarray

    patterns = tuple(point_patterns(analysis).values())
    if not patterns:
        raise EmptyInputError("there is no image to look for patterns in; give at least one that is fully read")
    radii = _radii(patterns) if radii_nm is None else np.asarray(radii_nm, np.float64)
    names = (*analysis.types, ALL)
    rows = [_of_type(patterns, name, radii, n_simulations, level, seed) for name in names]
    kinds = {"ripley_k": "nanometer ** 2", "pair_correlation": "", "nearest_neighbour_mean": "nanometer"}
    titles = {
        "ripley_k": "Ripley's K",
        "pair_correlation": "pair correlation in the ring that ends at the radius",
        "nearest_neighbour_mean": "mean distance to the nearest defect of the type",
    }
    variables: dict[str, tuple[object, ...]] = {}
    for name, unit in kinds.items():
        dims = ("defect_type",) if name == "nearest_neighbour_mean" else ("defect_type", "radius")
        for k, end in enumerate(("", "_random_low", "_random_high")):
            about = {"units": unit, "long_name": titles[name] + ("", ", low of chance", ", high of chance")[k]}
            variables[f"{name}{end}"] = (dims, np.array([row[name][k] for row in rows]), about)
    return xarray.Dataset(
        variables,
        coords={
            "defect_type": np.array(names, dtype=str),
            "radius": ("radius", radii, {"units": "nanometer"}),
        },
        attrs={"level": level, "n_simulations": n_simulations, "n_images": len(patterns)},
    )


def _radii(patterns: Sequence[PointPattern]) -> Floats:
    n = sum(len(pattern.points_nm) for pattern in patterns)
    area = sum(pattern.window.area for pattern in patterns)
    quarter = min(min(pattern.window.frame) for pattern in patterns) / 4
    farthest = min(REACH * np.sqrt(area / n), quarter) if n else quarter
    return np.linspace(farthest / N_RADII, farthest, N_RADII)


def _of_type(
    patterns: Sequence[PointPattern], name: str, radii: Floats, n_simulations: int, level: float, seed: int
) -> dict[str, tuple[Floats, Floats, Floats]]:
    """Return each statistic of a type with the low and high end of chance."""
    windows = [pattern.window for pattern in patterns]
    points = [p.points_nm if name == ALL else p.points_nm[p.types == name] for p in patterns]
    rng = np.random.default_rng(seed)
    drawn = [
        [w.random_points(len(own), rng) for w, own in zip(windows, points, strict=True)] for _ in range(n_simulations)
    ]
    k, chance_k = _pooled_k(points, windows, radii), np.array([_pooled_k(sets, windows, radii) for sets in drawn])
    near, chance_near = _mean_distance(points), np.array([_mean_distance(sets) for sets in drawn])
    found = {
        "ripley_k": (k, chance_k),
        "pair_correlation": (_rings(k, radii), _rings(chance_k, radii)),
        "nearest_neighbour_mean": (near, chance_near),
    }
    ends = [(1 - level) / 2, (1 + level) / 2]
    return {name: (own, *np.quantile(chance, ends, axis=0)) for name, (own, chance) in found.items()}


def _pooled_k(points: Sequence[Floats], windows: Sequence[Window], radii: Floats) -> Floats:
    expected = sum(len(own) * (len(own) - 1) / w.area**2 for own, w in zip(points, windows, strict=True))
    sums = np.array([pair_sums(own, w, radii) for own, w in zip(points, windows, strict=True)]).sum(axis=0)
    k: Floats = sums / expected if expected else np.full(len(radii), np.nan)
    return k


def _rings(k: Floats, radii: Floats) -> Floats:
    rings: Floats = np.diff(k, prepend=0.0) / (np.pi * np.diff(np.square(radii), prepend=0.0))
    return rings


def _mean_distance(points: Sequence[Floats]) -> Floats:
    distances = np.concatenate([nearest_neighbour_distances(own) for own in points])
    known = distances[~np.isnan(distances)]
    return np.array(known.mean() if known.size else np.nan)
