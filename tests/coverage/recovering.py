"""Recovering: what is found of foils that are not wholly seen, over the truth, and how often intervals hold it."""

from __future__ import annotations

import numpy as np

from defectkit.conventions import EdgeRule
from defectkit.measurement.truncation import Truncation
from defectkit.statistics import Bootstrap, percentile_interval
from defectkit.uncertainty.propagate import Inputs, monte_carlo
from tests.coverage.foils import strengthening, truth
from tests.coverage.losses import Lossy

MEASURES = ("number_density", "size_mean", "line_length_density", "hardening")

CASES: dict[str, Lossy] = {
    "borders, `all`": Lossy(n_images=6, edges=EdgeRule.ALL),
    "borders, `exclude`": Lossy(n_images=6, edges=EdgeRule.EXCLUDE),
    "borders, `half`": Lossy(n_images=6, edges=EdgeRule.HALF),
    "borders, `guard`": Lossy(n_images=6, edges=EdgeRule.GUARD),
    "borders, `horvitz-thompson`": Lossy(n_images=6, edges=EdgeRule.HORVITZ_THOMPSON),
    "invisible variants": Lossy(n_images=6, variants=True),
    "surfaces, `spheres`": Lossy(n_images=6, truncation=Truncation.SPHERES),
    "misses and false finds": Lossy(n_images=6, detector=True),
    "borders, variants, misses and false finds": Lossy(
        n_images=6, edges=EdgeRule.HORVITZ_THOMPSON, variants=True, detector=True
    ),
}
"""What is lost, corrected by name."""


def recovering(
    foil: Lossy, *, n_foils: int, n_resamples: int = 400, seed: int = 0
) -> dict[str, tuple[float, float, float]]:
    """Return of each measure the mean of found over true, its standard error, and the share of intervals that hold."""
    rng = np.random.default_rng([seed, 7])
    known = truth()
    found: dict[str, list[float]] = {name: [] for name in MEASURES}
    held = dict.fromkeys(MEASURES, 0)
    for k in range(n_foils):
        inputs = Inputs.of(foil.condition(rng), strengthening(), foil.declared)
        values, draws = inputs.values(), monte_carlo(inputs, Bootstrap(n_resamples=n_resamples, seed=k, confidence=0.9))
        for name in MEASURES:
            found[name].append(float(values[name][-1]) / known[name])
            low, high, _ = percentile_interval(draws[name][:, -1], 0.9)
            held[name] += bool(low <= known[name] <= high)
    return {
        name: (float(np.mean(ratios)), float(np.std(ratios) / np.sqrt(n_foils)), held[name] / n_foils)
        for name, ratios in found.items()
    }
