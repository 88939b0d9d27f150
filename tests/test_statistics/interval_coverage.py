"""How often nominal 90 % intervals hold the truth; run as a script, it prints the table of the docs."""

from __future__ import annotations

import numpy as np

from defectkit.metrics import Find
from defectkit.statistics import Bootstrap, percentile_interval, resample
from defectkit.testing.finds import comparison_of_finds

N_DEFECTS = 40
"""True defects in each image."""

RECALL = 0.7
FALSE_FINDS = 8.0
"""Mean number of false finds in an image."""

SCORES = {"find_recall": RECALL, "find_f1_score": 2 * RECALL * N_DEFECTS / (N_DEFECTS * (1 + RECALL) + FALSE_FINDS)}
"""What either score is over endlessly many images."""

LEVELS = ("images", "images-and-defects")
N_IMAGES = (3, 5, 10, 20, 40)
SPREADS = (0.0, 0.1, 0.2)
"""Standard deviation of the recall between images."""


def coverage(
    n_images: int, spread: float, *, n_trials: int, n_resamples: int, seed: int
) -> dict[str, dict[str, float]]:
    """Return the share of 90 % intervals that hold the truth, by level and score."""
    rng = np.random.default_rng(seed)
    holding = {level: dict.fromkeys(SCORES, 0) for level in LEVELS}
    for trial in range(n_trials):
        recalls = np.full(n_images, RECALL)
        if spread:
            size = RECALL * (1 - RECALL) / spread**2 - 1
            recalls = rng.beta(RECALL * size, (1 - RECALL) * size, n_images)
        found = [rng.random(N_DEFECTS) < p for p in recalls]
        comparison = comparison_of_finds(found, rng.poisson(FALSE_FINDS, n_images).tolist())
        for level in LEVELS:
            how = Bootstrap(n_resamples=n_resamples, level=level, seed=trial, confidence=0.9)
            (drawn,) = resample([Find()], [comparison], how, names=SCORES)
            for name, truth in SCORES.items():
                low, high, _ = percentile_interval(drawn[name][:, 0], how.confidence)
                holding[level][name] += bool(low <= truth <= high)
    return {level: {name: n / n_trials for name, n in each.items()} for level, each in holding.items()}


if __name__ == "__main__":
    print("| images | SD of recall between them | " + " | ".join(f"{s}, {v}" for v in LEVELS for s in SCORES) + " |")
    for spread in SPREADS:
        for n in N_IMAGES:
            found = coverage(n, spread, n_trials=400, n_resamples=500, seed=n)
            cells = [f"{100 * found[level][name]:.1f}" for level in LEVELS for name in SCORES]
            print(f"| {n} | {spread:g} | " + " | ".join(cells) + " |", flush=True)
