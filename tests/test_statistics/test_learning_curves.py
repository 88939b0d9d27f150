"""Learning curves: exact laws are found again, bounds hold, and intervals cover."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray
from scipy.optimize import least_squares

from defectkit.errors import EmptyInputError
from defectkit.statistics import fit_learning_curve
from defectkit.statistics.learning_curves import EXPONENTS

N = np.array([100.0, 250, 500, 1000, 2000, 4000, 8000])


@settings(deadline=None)
@given(
    limit=st.floats(0.3, 1.0),
    share=st.floats(0.1, 0.9),
    exponent=st.sampled_from(EXPONENTS[5:40].tolist()),
)
def test_an_exact_law_is_found_again(limit: float, share: float, exponent: float) -> None:
    amplitude = share * limit * N[0] ** exponent
    curve = fit_learning_curve(N, limit - amplitude * N**-exponent, n_resamples=20)
    assert curve.limit == pytest.approx(limit, abs=1e-6)
    assert curve.exponent == pytest.approx(exponent)
    assert curve.at(50_000).value == pytest.approx(limit - amplitude * 50_000**-exponent, abs=1e-6)
    reached = curve.at(20_000).value
    assert curve.needed(reached).value == pytest.approx(20_000, rel=1e-3)


def test_it_is_the_least_squares_of_a_general_solver() -> None:
    rng = np.random.default_rng(3)
    scores = 0.8 - 3 * N**-0.55 + rng.normal(0, 0.02, len(N))
    curve = fit_learning_curve(N, scores, n_resamples=10)

    def residuals(parameters: NDArray[np.float64]) -> NDArray[np.float64]:
        limit, amplitude, exponent = parameters
        return np.asarray(limit - amplitude * N**-exponent - scores)

    bounds = ([0, 0, 0.05], [1, np.inf, 2])
    solved = min(
        (least_squares(residuals, (0.8, 3.0, exponent), bounds=bounds) for exponent in (0.1, 0.5, 1.0)),
        key=lambda found: float(found.cost),
    )
    ours = 0.5 * ((curve.limit - curve.amplitude * N**-curve.exponent - scores) ** 2).sum()
    assert ours == pytest.approx(solved.cost, rel=1e-3)


def test_no_score_is_above_one_and_no_curve_falls() -> None:
    steep = fit_learning_curve(N, np.linspace(0.2, 0.999, len(N)), n_resamples=50)
    assert steep.limit <= 1
    falling = fit_learning_curve(N, np.linspace(0.9, 0.5, len(N)), n_resamples=50)
    assert (falling.amplitude, falling.limit) == (0, pytest.approx(0.7))
    assert falling.needed(0.6).value == 0
    assert falling.needed(0.8).value == np.inf


def test_a_score_beyond_the_limit_needs_infinitely_many() -> None:
    curve = fit_learning_curve(N, 0.8 - 2 * N**-0.5)
    found = curve.needed(0.85)
    assert (found.value, found.low, found.high) == (np.inf, np.inf, np.inf)


def test_intervals_hold_what_they_say() -> None:
    rng = np.random.default_rng(0)
    n = np.repeat(N, 3)
    law = 0.85 - 4 * n**-0.5
    inside = 0
    for seed in range(100):
        curve = fit_learning_curve(n, law + rng.normal(0, 0.02, len(n)), n_resamples=200, confidence=0.9, seed=seed)
        found = curve.at(4000)
        inside += found.low <= 0.85 - 4 * 4000**-0.5 <= found.high
    assert 75 <= inside <= 99


def test_the_seed_decides_and_points_without_a_score_are_left_out() -> None:
    scores = np.array([0.4, 0.5, 0.55, np.nan, 0.66, 0.7, 0.71])
    one, again = (fit_learning_curve(N, scores, seed=4) for _ in range(2))
    assert one.at(1e5) == again.at(1e5)
    kept = ~np.isnan(scores)
    assert fit_learning_curve(N[kept], scores[kept], seed=4).at(1e5) == one.at(1e5)
    assert 0 < fit_learning_curve(N[:3], scores[:3], seed=4).n_degenerate < 1000


@pytest.mark.parametrize("n", [[], [100, 200], [100, 100, 200], [0, 100, 200]])
def test_too_few_points_are_an_error(n: list[float]) -> None:
    with pytest.raises(EmptyInputError, match=r"at 3 different numbers of training defects; there are [02]"):
        fit_learning_curve(n, [0.5] * len(n))
