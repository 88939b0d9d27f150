"""Propagate: intervals by Monte Carlo, and to first order the share of each source in the variance."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.records.defect_type import Taxonomy
from defectkit.statistics import Bootstrap, percentile_interval
from defectkit.uncertainty.condition import Condition
from defectkit.uncertainty.declared import Uncertainties
from defectkit.uncertainty.draws import Sampled
from defectkit.uncertainty.measures import Measures
from defectkit.uncertainty.sampling import left_out, sampled
from defectkit.uncertainty.sources import COUNTING, NAMES, Source, factors, sources
from defectkit.uncertainty.strengthening import Strengthening

Floats = NDArray[np.float64]

STEP = 1e-3
"""Of the central differences of first-order propagation, in standard uncertainties."""


@attrs.frozen(kw_only=True, eq=False)
class Propagation:
    """What is known of the measures of a condition, with the last entry of each being that of all types.

    Parameters
    ----------
    counts : numpy.ndarray, shape (T + 1,)
        How many defects there are.
    values : mapping of str to numpy.ndarray, shape (T + 1,)
        As measured and declared.
    draws : mapping of str to numpy.ndarray, shape (B, T + 1)
        In B states of the inputs.
    variances : mapping of str to numpy.ndarray, shape (S, T + 1)
        To first order, of each of the sources :data:`~defectkit.uncertainty.sources.NAMES`.
    confidence : float
        Of the intervals.
    """

    counts: NDArray[np.int64]
    values: Mapping[str, Floats]
    draws: Mapping[str, Floats]
    variances: Mapping[str, Floats]
    confidence: float

    def interval(self, name: str) -> tuple[Floats, Floats]:
        """Return the ends of the interval of a measure by Monte Carlo, each of shape (T + 1,).

        A density that was measured as 0 has a low end of 0. Both ends are NaN where the defects cannot say: of what
        depends on sizes, where there is no defect; of a mean size, where there is one.
        """
        low, high, _ = percentile_interval(self.draws[name], self.confidence)
        fewest = {"areal_density": 0, "number_density": 0, "size_mean": 2}.get(name, 1)
        unknown = (self.counts < fewest) | np.isnan(self.values[name])
        low = np.where(self.values[name] == 0, np.minimum(low, 0.0), low)
        return np.where(unknown, np.nan, low), np.where(unknown, np.nan, high)

    def standard_uncertainty(self, name: str) -> Floats:
        """Return the standard uncertainty of a measure to first order, shape (T + 1,)."""
        uncertainty: Floats = np.sqrt(self.variances[name].sum(axis=0))
        return uncertainty

    def shares(self, name: str) -> Floats:
        """Return the share of each source in the variance of a measure, shape (S, T + 1): the budget.

        It sums to 1, and is NaN where nothing is uncertain.
        """
        variances = self.variances[name]
        total = variances.sum(axis=0)
        shares: Floats = np.full(variances.shape, np.nan)
        np.divide(variances, total, out=shares, where=total > 0)
        return shares


def propagate(
    condition: Condition,
    strengthening: Strengthening,
    declared: Uncertainties | None = None,
    *,
    taxonomy: Taxonomy | None = None,
    bootstrap: Bootstrap | None = None,
    specimen: str = "",
) -> Propagation:
    r"""Return values, states and variances of all measures of a condition.

    Parameters
    ----------
    condition : Condition
    strengthening : Strengthening
        For the types of ``condition``.
    declared : Uncertainties, optional
        Of the inputs; by default those of the material, and of what is assumed.
    taxonomy : Taxonomy, optional
        The built-in one by default.
    bootstrap : Bootstrap, optional
        Number of states, confidence and seed.
    specimen : str
        Tells the foils of this condition from those of another: what two conditions share is off by the same.

    Notes
    -----
    Monte Carlo draws the defects and images (:func:`~defectkit.uncertainty.sampling.sampled`) and every declared input
    at once, and computes each measure anew. Inputs that are positive are log-normal around their declared value, and an
    input is one number for all that share it, so that what is correlated stays so. To first order, the variance
    is :math:`u^2 = \sum_s (\partial y / \partial x_s)^2 u_s^2`, with derivatives by central differences, and the
    contribution of counting by leaving out defects or images: JCGM 100:2008 and JCGM 101:2008,
    doi 10.59161/JCGM100-2008E and 10.59161/JCGM101-2008.
    """
    inputs = Inputs.of(condition, strengthening, declared, taxonomy=taxonomy, specimen=specimen)
    return propagated(inputs, bootstrap or Bootstrap())


def propagated(inputs: Inputs, how: Bootstrap) -> Propagation:
    """Return the same as :func:`propagate` of inputs that are ready."""
    return Propagation(
        counts=inputs.condition.totals,
        values=inputs.values(),
        draws=monte_carlo(inputs, how),
        variances=first_order(inputs, how.seed),
        confidence=how.confidence,
    )


@attrs.frozen(kw_only=True, eq=False)
class Inputs:
    """A condition with the S sources of its uncertainty, ready to be computed in many states.

    Parameters
    ----------
    measures : Measures
    declared : Uncertainties
    chosen : tuple of Source
    specimen : str
    """

    measures: Measures
    declared: Uncertainties
    chosen: tuple[Source, ...]
    specimen: str

    @classmethod
    def of(
        cls,
        condition: Condition,
        strengthening: Strengthening,
        declared: Uncertainties | None = None,
        *,
        taxonomy: Taxonomy | None = None,
        specimen: str = "",
    ) -> Inputs:
        """Return the inputs; the parameters are those of :func:`propagate`."""
        given = declared or Uncertainties()
        known = taxonomy or Taxonomy.standard()
        return cls(
            measures=Measures(condition=condition, strengthening=strengthening, taxonomy=known),
            declared=given,
            chosen=sources(condition, strengthening, given, specimen=specimen),
            specimen=specimen,
        )

    @property
    def condition(self) -> Condition:
        """The defects and images."""
        return self.measures.condition

    def at(self, normals: Floats, states: Sampled) -> dict[str, Floats]:
        """Return the measures in B states, each of shape (B, T + 1), for normal numbers of shape (B or 1, S)."""
        rules = self.measures.strengthening
        return self.measures.values(states, factors(self.condition, rules, self.declared, self.chosen, normals))

    @property
    def still(self) -> Floats:
        """The normal numbers of inputs that are as declared, shape (1, S)."""
        return np.zeros((1, len(self.chosen)))

    def values(self) -> dict[str, Floats]:
        """Return the measures as measured and declared, each of shape (T + 1,)."""
        return {name: found[0] for name, found in self.at(self.still, Sampled.as_counted(self.condition)).items()}

    def normals(self, how: Bootstrap) -> Floats:
        """Return normal numbers of all sources, shape (B, S)."""
        columns = [source.normals(how.n_resamples, how.seed) for source in self.chosen]
        return np.stack(columns, axis=1) if columns else np.zeros((how.n_resamples, 0))


def monte_carlo(inputs: Inputs, how: Bootstrap) -> dict[str, Floats]:
    """Return the measures in B states of all inputs at once, each of shape (B, T + 1)."""
    normals = inputs.normals(how)
    parts: list[dict[str, Floats]] = []
    first = 0
    for states in sampled(inputs.condition, how.n_resamples, drawing_seed(how.seed, inputs.specimen)):
        parts.append(inputs.at(normals[first : first + len(states)], states))
        first += len(states)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def first_order(inputs: Inputs, seed: int) -> dict[str, Floats]:
    """Return the variance that each source gives each measure, shape (S, T + 1) in the order of the names."""
    values = inputs.values()
    variances = {name: np.zeros((len(NAMES), len(found))) for name, found in values.items()}
    for left in left_out(inputs.condition, seed):
        for name, found in inputs.at(inputs.still, left.states).items():
            variances[name][NAMES.index(COUNTING)] += left.weights @ (found - values[name]) ** 2
    counted = Sampled.as_counted(inputs.condition)
    for k, source in enumerate(inputs.chosen):
        both = np.zeros((2, len(inputs.chosen)))
        both[:, k] = STEP, -STEP
        for name, found in inputs.at(both, counted).items():
            slope = (found[0] - found[1]) / (2 * STEP)
            variances[name][NAMES.index(source.name)] += source.variance_of_slope * slope**2
    return variances


def drawing_seed(seed: int, specimen: str) -> int:
    """Return a seed of what is drawn anew for each specimen."""
    return seed if not specimen else seed + zlib.crc32(specimen.encode())
