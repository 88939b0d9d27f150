"""Holding: the share of simulated foils whose intervals hold the truth."""

from __future__ import annotations

import numpy as np

from defectkit.statistics import Bootstrap, percentile_interval
from defectkit.uncertainty.propagate import Inputs, monte_carlo
from tests.coverage.foils import DECLARED, Foil, strengthening, truth


def holding(foil: Foil, *, n_foils: int, n_resamples: int = 400, seed: int = 0) -> dict[str, float]:
    """Return the share of 90 % intervals that hold the truth, by measure."""
    rng = np.random.default_rng([seed, foil.n_images, round(100 * foil.spread_between)])
    known = truth()
    held = dict.fromkeys(known, 0)
    for k in range(n_foils):
        inputs = Inputs.of(foil.condition(rng), strengthening(), DECLARED)
        draws = monte_carlo(inputs, Bootstrap(n_resamples=n_resamples, seed=k, confidence=0.9))
        for name, value in known.items():
            low, high, _ = percentile_interval(draws[name][:, -1], 0.9)
            held[name] += bool(low <= value <= high)
    return {name: count / n_foils for name, count in held.items()}
