"""Simulation: a simulated distribution of sizes beside a measured one, through what the microscope shows of it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from defectkit.conventions import Convention
from defectkit.errors import EmptyInputError, MissingCalibrationError, RecordError, UnknownDefectTypeError
from defectkit.matching import match
from defectkit.measurement import ALL, measure
from defectkit.records.inputs import Images, InstanceSets, images_by_name, instances_by_image
from defectkit.statistics.intervals import HIGH, LOW
from defectkit.uncertainty.condition import Condition
from defectkit.uncertainty.detection_limit import DetectionLimit, HitRate
from defectkit.uncertainty.draws import Sampled
from defectkit.uncertainty.sampling import CHUNK, Between
from defectkit.uncertainty.size_classes import class_densities, class_numbers, freedman_diaconis_edges
from defectkit.uncertainty.size_tables import SimulatedClass
from defectkit.workflows.condition import Assessment

if TYPE_CHECKING:
    import xarray

Floats = NDArray[np.float64]

PER_M3 = 1e27

FEWEST_IN_CLASS = 5
"""Defects that have to be expected in a class; smaller classes are joined with the next."""


def compare_simulation(
    assessment: Assessment,
    simulated: Sequence[SimulatedClass],
    limit: DetectionLimit,
    *,
    class_width_nm: float | None = None,
) -> xarray.Dataset:
    r"""Return what would be seen of a simulated distribution, beside what was measured, with chi-square.

    Parameters
    ----------
    assessment : Assessment
        Of the measured condition, as :func:`defectkit.workflows.condition.assess` returns it.
    simulated : sequence of SimulatedClass
        For instance of :func:`defectkit.uncertainty.size_tables.read_simulated_sizes`. Types of the condition that the
        simulation does not name are left out.
    limit : DetectionLimit
        What the microscope and the detector show.
    class_width_nm : float, optional
        Of the classes of measured sizes; by default by the rule of Freedman and Diaconis.

    Returns
    -------
    xarray.Dataset
        Dimension ``size_class``, which runs over classes within types: ``defect_type``, ``size_low``, ``size_high``,
        ``count``, ``number_density`` (measured) with ``_low`` and ``_high``, ``seen_density`` (of the simulation),
        ``residual`` (measured less seen) and ``pull`` (residual over its standard uncertainty). Dimension ``type`` (the
        last one ``"all"``): ``simulated_density``, ``unseen_fraction``, ``chi_square``, ``degrees_of_freedom`` and
        ``p_value``. ``covariance`` of the residuals has the dimensions ``row`` and ``column``.

    Raises
    ------
    EmptyInputError
        If nothing is simulated, or no defect has a size.
    MissingCalibrationError
        If a foil has no thickness.
    UnknownDefectTypeError
        If the simulation names a type that the condition does not know.
    RecordError
        If a visible fraction is given of a type whose densities are corrected for one already.

    Notes
    -----
    With residuals *r* and their covariance *C*, :math:`\chi^2 = r^T C^{-1} r`. *C* is the sum of what is declared
    (thickness, pixel size, sizes and detector, one thickness for all classes), of how much densities differ between
    images, and of the variance of the numbers that are expected, of one defect at least, as in Pearson's test; where
    counting rules give defects weights, the number of weighted defects varies by the sum of their squares. Classes
    are joined until :data:`FEWEST_IN_CLASS` defects are expected in each. The intervals of the measured densities come
    from the same *C*.
    """
    import xarray
    from scipy import stats

    condition = assessment.condition
    if not simulated:
        raise EmptyInputError("nothing is simulated: there is no size class")
    types = tuple(dict.fromkeys(row.defect_type for row in simulated))
    for name in types:
        if name not in condition.types:
            raise UnknownDefectTypeError.of("defect type of the simulation", name, condition.types)
    if np.isnan(condition.thicknesses_nm).any():
        raise MissingCalibrationError("a foil has no thickness, so that nothing is known per volume; give one")
    edges = _edges(condition.sizes_nm, simulated, limit, class_width_nm)
    measured = assessment.size_classes(edges)
    volume = float(condition.areas_nm2 @ condition.thicknesses_nm) / PER_M3
    corrected = [name for name in limit.visible_fractions if condition.visible_fractions.get(name, 1) != 1]
    if corrected:
        raise RecordError(
            f"the densities of {', '.join(corrected)} were corrected already for what the imaging condition does not "
            "show; leave away its visible fraction here (--visible)"
        )
    stands_for = {name: _mean_weight(condition, name) for name in types}
    seen = {name: _seen(name, simulated, limit, edges) for name in types}
    n_classes = len(edges) - 1
    joining, labels = [], []
    for name in types:
        first = condition.types.index(name) * n_classes
        counts = measured["count"].sel(defect_type=name).values
        for start, end in _joined(seen[name] * volume / stands_for[name]):
            if not counts[start:end].any() and not seen[name][start:end].any():
                continue
            row = np.zeros(len(condition.types) * n_classes)
            row[first + start : first + end] = 1
            joining.append(row)
            labels.append((name, start, end))
    join = np.array(joining).reshape(len(labels), -1)
    counts, density = (join @ measured[name].values.ravel() for name in ("count", "number_density"))
    expected = np.array([seen[name][start:end].sum() for name, start, end in labels], dtype=np.float64)
    covariance = join @ _shared_covariance(assessment, edges) @ join.T
    covariance += Between.of(condition).excess * np.square(_area_shares(condition)).sum() * np.outer(expected, expected)
    weights = np.array([stands_for[name] for name, _, _ in labels], dtype=np.float64)
    covariance += np.diag(np.maximum(expected * volume, weights) * weights / volume**2)
    residual = density - expected
    error = np.sqrt(np.diag(covariance))
    z = stats.norm.ppf((1 + assessment.known.confidence) / 2)
    of_type = np.array([name for name, _, _ in labels], dtype=str)
    groups = [*(of_type == name for name in types), np.ones(len(labels), np.bool_)]
    chi = [_chi_square(residual[own], covariance[np.ix_(own, own)]) for own in groups]
    n_free = [int(own.sum()) for own in groups]
    total = [sum(r.number_density_per_m3 for r in simulated if r.defect_type == name) for name in types]
    total.append(sum(total))
    shown = [float(expected[own].sum()) for own in groups]
    unseen = [max(1 - part / whole, 0.0) if whole else np.nan for part, whole in zip(shown, total, strict=True)]
    per_m3, number = {"units": "1 / meter ** 3"}, {"units": ""}
    level = {"level": assessment.known.confidence}
    return xarray.Dataset(
        {
            "defect_type": ("size_class", of_type, {"long_name": "type"}),
            "size_low": ("size_class", np.array([edges[start] for _, start, _ in labels]), {"units": "nanometer"}),
            "size_high": ("size_class", np.array([edges[end] for _, _, end in labels]), {"units": "nanometer"}),
            "count": ("size_class", counts.astype(np.int64), number),
            "number_density": ("size_class", density, per_m3 | {"long_name": "measured"}),
            f"number_density{LOW}": ("size_class", np.maximum(density - z * error, 0), per_m3 | level),
            f"number_density{HIGH}": ("size_class", density + z * error, per_m3 | level),
            "seen_density": ("size_class", expected, per_m3 | {"long_name": "what is seen of the simulation"}),
            "residual": ("size_class", residual, per_m3 | {"long_name": "measured less seen"}),
            "pull": ("size_class", residual / error, number | {"long_name": "residual over its uncertainty"}),
            "simulated_density": ("type", np.array(total), per_m3),
            "unseen_fraction": ("type", np.array(unseen), number),
            "chi_square": ("type", np.array(chi), number),
            "degrees_of_freedom": ("type", np.array(n_free), number),
            "p_value": (
                "type",
                [stats.chi2.sf(x, n) if n else np.nan for x, n in zip(chi, n_free, strict=True)],
                number,
            ),
            "covariance": (("row", "column"), covariance, {"units": "1 / meter ** 6"}),
        },
        coords={"type": np.array([*types, ALL], dtype=str)},
        attrs={
            "level": assessment.known.confidence,
            "left_out": [name for name in condition.types if name not in types],
            "resolution": str(limit.resolution),
            "size_spread": str(limit.size_spread),
            "cautions": list(assessment.cautions),
        },
    )


def hit_rates(
    truth: InstanceSets,
    predicted: InstanceSets,
    images: Images,
    *,
    edges_nm: Sequence[float],
    convention: Convention | str = "defectkit",
) -> tuple[HitRate, ...]:
    """Return which share of the true defects of each range of sizes is found, whatever type it is called.

    Parameters
    ----------
    truth, predicted : LabelSet, mapping of str to Instances, or iterable of Prediction
        Of the same images.
    images : iterable or mapping of Image
    edges_nm : sequence of float
        Ends of the ranges, rising.
    convention : Convention or str
        Gives the sizes and the rule by which a defect counts as found.

    Raises
    ------
    EmptyInputError
        If a range holds no true defect; nothing is known of it.
    PairingError
        If an image lacks truth or prediction.
    """
    given = images_by_name(images)
    true, found = instances_by_image(truth), instances_by_image(predicted)
    sizes = measure(given.values(), true, convention=convention)["size"].values.astype(np.float64)
    hit = []
    for name in given:
        own = np.zeros(len(true[name]), np.bool_)
        own[match(true[name], found[name], convention=convention).truth] = True
        hit.append(own)
    classes = class_numbers(sizes, np.asarray(edges_nm, np.float64))
    hits = np.concatenate(hit)
    rates = []
    for k, (low, high) in enumerate(itertools.pairwise(edges_nm)):
        own = classes == k
        if not own.any():
            raise EmptyInputError(f"no true defect has a size from {low:g} to {high:g} nm; take wider ranges")
        rates.append(HitRate(size_low_nm=low, size_high_nm=high, rate=float(hits[own].mean())))
    return tuple(rates)


def _edges(sizes: Floats, simulated: Sequence[SimulatedClass], limit: DetectionLimit, width_nm: float | None) -> Floats:
    """Return edges as far apart as asked for, from 0 to the largest size that is measured or may be seen."""
    known = sizes[~np.isnan(sizes)]
    if width_nm is None and not len(known):
        raise EmptyInputError("no defect has a size, so that nothing says how wide classes are; give a width")
    width = float(np.diff(freedman_diaconis_edges(sizes))[0]) if width_nm is None else width_nm
    simulated_to = max((row.size_high_nm for row in simulated if row.number_density_per_m3), default=0.0)
    largest = max(simulated_to + 4 * float(limit.size_spread.magnitude), float(known.max(initial=0.0)))
    edges: Floats = np.arange(int(np.ceil(largest / width)) + 2, dtype=np.float64) * width
    return edges


def _seen(name: str, simulated: Sequence[SimulatedClass], limit: DetectionLimit, edges: Floats) -> Floats:
    """Return the density that is seen of a type in each class, in 1/m^3."""
    total = np.zeros(len(edges) - 1)
    for row in simulated:
        if row.defect_type == name:
            own = np.array([row.size_low_nm, row.size_high_nm])
            total += limit.response(own, edges, name)[:, 0] * row.number_density_per_m3
    return total


def _joined(expected: Floats) -> list[tuple[int, int]]:
    """Return first and last class of each group of classes, of which enough defects are expected."""
    groups: list[tuple[int, int]] = []
    start = 0
    for end in range(1, len(expected) + 1):
        if expected[start:end].sum() >= FEWEST_IN_CLASS:
            groups.append((start, end))
            start = end
    if start < len(expected):
        first = groups.pop()[0] if groups else 0
        groups.append((first, len(expected)))
    return groups


def _chi_square(residual: Floats, covariance: Floats) -> float:
    return float(residual @ np.linalg.solve(covariance, residual))


def _mean_weight(condition: Condition, name: str) -> float:
    """Return how many defects of the specimen one stands for, in the mean by which their number varies."""
    weights = condition.weights_of(name)
    if not weights.size:
        return float(condition.unseen_weights[condition.types.index(name)])
    return float(np.square(weights).sum() / weights.sum())


def _area_shares(condition: Condition) -> Floats:
    shares: Floats = condition.areas_nm2 / condition.areas_nm2.sum()
    return shares


def _shared_covariance(assessment: Assessment, edges: Floats) -> Floats:
    """Return the covariance of all classes by what is declared alone, with the same defects in every state."""
    inputs, how = assessment.inputs, assessment.bootstrap
    chunks = [slice(k, min(k + CHUNK, how.n_resamples)) for k in range(0, how.n_resamples, CHUNK)]
    states = (Sampled.as_counted(inputs.condition, part.stop - part.start) for part in chunks)
    draws = class_densities(inputs, edges, states, inputs.normals(how))
    return np.atleast_2d(np.cov(draws, rowvar=False)).astype(np.float64)
