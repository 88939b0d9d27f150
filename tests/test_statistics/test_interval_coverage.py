from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from scipy.stats import binom

SCRIPT = Path(__file__).parent / "interval_coverage.py"
N_TRIALS = 120


@pytest.fixture(scope="module")
def simulation():
    spec = importlib.util.spec_from_file_location("interval_coverage", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("level", "n_images", "spread", "expected"),
    [("images", 40, 0.2, 0.88), ("images", 3, 0.2, 0.65), ("images-and-defects", 10, 0.2, 0.87)],
)
def test_intervals_hold_the_truth_as_often_as_documented(
    simulation, level: str, n_images: int, spread: float, expected: float
) -> None:
    found = simulation.coverage(n_images, spread, n_trials=N_TRIALS, n_resamples=400, seed=7)[level]
    low, high = binom.interval(0.999, N_TRIALS, expected)
    for score, share in found.items():
        assert low <= share * N_TRIALS <= high, score
