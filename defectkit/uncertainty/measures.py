"""Measures: densities, mean sizes, swelling and hardening in every state of the inputs."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.hardening.superposition import power_sum
from defectkit.records.defect_type import Taxonomy
from defectkit.uncertainty.condition import Condition
from defectkit.uncertainty.draws import Factors, Sampled
from defectkit.uncertainty.strengthening import Strengthening

Floats = NDArray[np.float64]

PER_M3 = 1e27
PER_M2 = 1e18
"""Of a density in 1 / nm^3, and of a length in nm / nm^3."""

UNITS = {
    "areal_density": "1 / nanometer ** 2",
    "number_density": "1 / meter ** 3",
    "size_mean": "nanometer",
    "line_length_density": "1 / meter ** 2",
    "swelling": "percent",
    "hardening": "megapascal",
}
"""The measures and their units, in order."""

NEGLIGIBLE = 1e-9
"""Fewer defects than this are none."""

LOOPS = ("loop", "bdot", "loop_111", "loop_100")
"""Types, with those below them, whose circumference is length of dislocation."""

CAVITIES = ("cavity",)
"""Types, with those below them, whose volume is swelling."""


@attrs.frozen(kw_only=True, eq=False)
class Measures:
    """What is computed of a condition.

    Parameters
    ----------
    condition : Condition
    strengthening : Strengthening
    taxonomy : Taxonomy
        Says which types are loops and which cavities.
    """

    condition: Condition
    strengthening: Strengthening
    taxonomy: Taxonomy

    def values(self, sampled: Sampled, factors: Factors) -> dict[str, Floats]:
        """Return every measure in each of B states, shape (B, T + 1); the last column is of all types.

        One state of ``sampled`` goes with many of ``factors``, and one of ``factors`` with many of ``sampled``.
        """
        n = max(len(sampled), len(factors))
        condition = self.condition
        members, codes = condition.members, condition.image_codes
        sizes = condition.sizes_nm * factors.pixel_size[:, codes] * factors.size[:, None]
        sizes = np.broadcast_to(np.maximum(sizes + factors.size_shift_nm[:, None], 0.0), (n, len(codes)))
        repeats = np.broadcast_to(sampled.repeats, (n, len(codes)))
        known = ~np.isnan(sizes)
        held = np.where(known, sizes, 0.0)
        depths = condition.thicknesses_nm * factors.foil_thickness
        weights = repeats * condition.weights_in_volume(sizes, depths)
        sized = (weights * known) @ members
        lengths, cubes = (weights * held) @ members, (weights * held**3) @ members
        seen = sampled.numbers * factors.number[:, None]
        per_area = seen * self._mean_weights(repeats * condition.weights, repeats)
        numbers = seen * self._mean_weights(weights, repeats)
        areas = sampled.image_weights * condition.areas_nm2 * factors.pixel_size**2
        area = areas.sum(axis=1)[:, None]
        volume = (areas * depths).sum(axis=1)[:, None]
        with np.errstate(invalid="ignore", divide="ignore"):  # no defect has no mean size: the NaN that is meant
            means = lengths / sized
            cubic = cubes / sized
            mean = np.concatenate([means, _weighted(means, numbers)], axis=1)
        absent = np.where(np.isnan(condition.sizes_nm) @ members == 0, 0.0, np.nan)
        line = np.where(sized > 0, np.pi * numbers * means, absent) / volume * PER_M2
        cavities = np.where(sized > 0, np.pi / 6 * numbers * cubic, absent) / volume
        return {
            "areal_density": _with_sum(per_area) / area,
            "number_density": _with_sum(numbers) / volume * PER_M3,
            "size_mean": mean,
            "line_length_density": _of(self._are(LOOPS), line),
            "swelling": _percent(_of(self._are(CAVITIES), cavities)),
            "hardening": self._hardening(sizes, weights, repeats, seen, volume[:, 0], factors),
        }

    def _mean_weights(self, weights: Floats, repeats: NDArray[np.int64]) -> Floats:
        """Return the mean weight of the defects of each type in each state, shape (B, T)."""
        members = self.condition.members
        present = repeats @ members
        unseen = np.broadcast_to(self.condition.unseen_weights, present.shape).copy()
        return np.divide(weights @ members, present, out=unseen, where=present > 0)

    def _are(self, roots: tuple[str, ...]) -> NDArray[np.bool_]:
        """Return which types are one of ``roots`` or below one, shape (T,)."""
        known = self.taxonomy.with_types(self.condition.types)
        return np.array([known.canonical(name, roots) is not None for name in self.condition.types], dtype=np.bool_)

    def _hardening(
        self,
        sizes: Floats,
        weights: Floats,
        repeats: NDArray[np.int64],
        numbers: Floats,
        volume: Floats,
        factors: Factors,
    ) -> Floats:
        """Return the hardening by each type alone and by all together, shape (B, T + 1)."""
        rules = self.strengthening
        n, n_types = len(sizes), len(rules.types)
        numbers = np.broadcast_to(numbers, (n, n_types))
        volume = np.broadcast_to(volume, (n,))
        shared = {
            "strength": np.broadcast_to(factors.barrier_strength, (n, len(rules.obstacles))),
            "burgers": np.broadcast_to(factors.burgers_vector, (n,)),
        }
        kinds = np.arange(n_types)
        alone = self._stress(sizes, weights, repeats, numbers, volume, shared, kinds, kinds, rules.obstacle_codes)
        if len(rules.obstacles) == n_types:
            by_obstacle = alone
        else:
            codes = rules.obstacle_codes
            by_obstacle = self._stress(
                sizes,
                weights,
                repeats,
                numbers,
                volume,
                shared,
                codes,
                rules.first_of_obstacle,
                np.arange(len(rules.obstacles)),
            )
        alone = np.where(rules.has_constants, alone, np.nan)
        stress = np.broadcast_to(factors.stress, (n,))[:, None]
        total = power_sum(np.nan_to_num(by_obstacle), np.broadcast_to(factors.exponent, (n,)))
        total[np.isnan(by_obstacle).any(axis=1)] = np.nan
        if n_types and not rules.has_constants.any():
            total[:] = np.nan
        hardening: Floats = stress * np.concatenate([alone, total[:, None]], axis=1)
        return hardening

    def _stress(
        self,
        sizes: Floats,
        weights: Floats,
        repeats: NDArray[np.int64],
        numbers: Floats,
        volume: Floats,
        shared: dict[str, Floats],
        kind_of_type: NDArray[np.int64],
        type_of_kind: NDArray[np.int64],
        obstacle_of_kind: NDArray[np.int64],
    ) -> Floats:
        """Return the hardening by each of K kinds of obstacles, shape (B, K); types of one kind are taken together."""
        n, n_kinds = len(sizes), len(type_of_kind)
        kind_of_defect = kind_of_type[self.condition.type_codes]
        to_kind = np.eye(n_kinds)[kind_of_type]
        number, present = numbers @ to_kind, repeats @ np.eye(n_kinds)[kind_of_defect]
        no_size = np.bincount(kind_of_defect, np.isnan(self.condition.sizes_nm), n_kinds) > 0
        wanted = self.strengthening.has_constants[type_of_kind] & ~no_size
        rows, columns = np.nonzero(repeats * wanted[kind_of_defect])
        computed = (present > 0) & (number > NEGLIGIBLE) & wanted & ~np.isnan(volume)[:, None]
        place = np.full(computed.shape, -1)
        place[computed] = np.arange(computed.sum())
        members = place[rows, kind_of_defect[columns]]
        taken = members >= 0
        state, kind = np.nonzero(computed)
        result = np.where(wanted | (self.condition.totals[:-1] @ to_kind == 0), 0.0, np.nan) * np.ones((n, 1))
        result[np.isnan(volume)] = np.nan
        if len(state):
            result[computed] = self.strengthening.contributions(
                sizes[rows, columns][taken],
                members[taken],
                weights=weights[rows, columns][taken],
                types=type_of_kind[kind],
                volumes_nm3=volume[state] * present[state, kind] / number[state, kind],
                strength_factors=shared["strength"][state, obstacle_of_kind[kind]],
                burgers_factors=shared["burgers"][state],
            )
        return result


def _with_sum(values: Floats) -> Floats:
    return np.concatenate([values, values.sum(axis=1, keepdims=True)], axis=1)


def _weighted(means: Floats, numbers: Floats) -> Floats:
    weights = np.where(np.isnan(means), 0.0, np.broadcast_to(numbers, means.shape))
    total = weights.sum(axis=1, keepdims=True)
    mean: Floats = (np.nan_to_num(means) * weights).sum(axis=1, keepdims=True) / total
    return mean


def _of(are: NDArray[np.bool_], values: Floats) -> Floats:
    """Return a measure and its sum, (B, T + 1), of types that have it: NaN for others, and in all where none has it."""
    total = np.where(are, values, 0.0).sum(axis=1, keepdims=True)
    return np.concatenate([np.where(are, values, np.nan), np.where(are.any(), total, np.nan)], axis=1)


def _percent(shares: Floats) -> Floats:
    """Return the volume of cavities in percent of the metal between them; NaN where they fill the foil."""
    metal = 1 - shares
    percent: Floats = np.full(shares.shape, np.nan)
    return np.divide(100 * shares, metal, out=percent, where=metal > 0)
