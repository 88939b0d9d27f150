from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, bootstrap

from defectkit.errors import RecordError
from defectkit.metrics.bootstrap import bootstrapped, image_weights


def mean_of(values: np.ndarray):  # type: ignore[no-untyped-def]  # a callable of arrays
    return lambda weights: weights @ values / weights.sum(axis=1)


def test_the_interval_is_that_of_scipy() -> None:
    values = np.random.default_rng(0).gamma(2.0, 3.0, 40)
    ours = bootstrapped(mean_of(values), 40, n_resamples=20000, seed=1)
    theirs = bootstrap((values,), np.mean, n_resamples=20000, method="percentile", random_state=2)
    assert float(ours.value) == pytest.approx(values.mean())
    assert float(ours.low) == pytest.approx(theirs.confidence_interval.low, rel=0.01)
    assert float(ours.high) == pytest.approx(theirs.confidence_interval.high, rel=0.01)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    n = 300
    covered = 0
    for k in range(n):
        values = rng.normal(5, 2, 60)
        found = bootstrapped(mean_of(values), 60, n_resamples=400, level=0.9, seed=k)
        covered += bool(found.low <= 5 <= found.high)
    low, high = binom.interval(0.999, n, 0.9)
    assert low - 0.02 * n <= covered <= high


def test_an_undefined_resample_is_counted_and_not_part_of_the_interval() -> None:
    counts = np.array([0.0, 0.0, 4.0])

    def ratio(weights: np.ndarray) -> np.ndarray:
        total = weights @ counts
        return np.divide(8.0, total, out=np.full(total.shape, np.nan), where=total > 0)[:, None]

    found = bootstrapped(ratio, 3, n_resamples=3000, seed=0)
    assert found.n_undefined[0] == pytest.approx(3000 * (2 / 3) ** 3, rel=0.1)
    assert np.isfinite([found.low[0], found.high[0]]).all()


def test_a_figure_that_is_never_defined() -> None:
    found = bootstrapped(lambda weights: np.full(len(weights), np.nan), 2, n_resamples=10, seed=0)
    assert np.isnan([found.value, found.low, found.high]).all()
    assert found.n_undefined == 10


def test_a_seed_draws_the_same_images() -> None:
    assert np.array_equal(image_weights(5, 7, seed=1), image_weights(5, 7, seed=1))
    assert not np.array_equal(image_weights(5, 7, seed=1), image_weights(5, 7, seed=2))


@pytest.mark.parametrize("arguments", [{"n_images": 0}, {"n_images": 2, "n_resamples": 0}, {"n_images": 2, "level": 1}])
def test_what_cannot_be_drawn(arguments: dict[str, float]) -> None:
    with pytest.raises(RecordError, match="bootstrap"):
        bootstrapped(lambda weights: weights.sum(axis=1), **arguments)  # type: ignore[arg-type]  # wrong on purpose
