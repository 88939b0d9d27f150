from __future__ import annotations

import numpy as np
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as hnp

from defectkit.statistics import percentile_interval
from defectkit.statistics.drawing import image_weights
from defectkit.studies.results.ranking import normalize, ranks
from defectkit.studies.results.variance import main_effects

numbers = st.floats(-1e6, 1e6)
with_gaps = st.one_of(numbers, st.just(float("nan")))


@given(hnp.arrays(float, st.integers(1, 60), elements=with_gaps), st.floats(0.05, 0.99))
def test_an_interval_leaves_out_no_more_than_it_says(values: np.ndarray, confidence: float) -> None:
    low, high, n_degenerate = percentile_interval(values, confidence)
    assert n_degenerate == np.isnan(values).sum()
    below = (values < low).sum() if not np.isnan(low) else 0
    above = (values > high).sum() if not np.isnan(high) else 0
    most = (1 - confidence) / 2 * len(values) + 1e-9
    assert below + (n_degenerate if not np.isnan(low) else 0) <= most
    assert above + (n_degenerate if not np.isnan(high) else 0) <= most


@given(st.integers(1, 40), st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_every_resample_has_as_many_images_as_there_are(n_images: int, n_resamples: int, seed: int) -> None:
    weights = image_weights(n_images, n_resamples, seed=seed)
    assert weights.shape == (n_resamples, n_images)
    assert (weights.sum(axis=1) == n_images).all()
    assert (weights >= 0).all()
    np.testing.assert_array_equal(weights, image_weights(n_images, n_resamples, seed=seed))


@given(hnp.arrays(float, st.tuples(st.integers(1, 4), st.integers(1, 6)), elements=with_gaps))
def test_ranks_are_a_permutation_of_the_places(norms: np.ndarray) -> None:
    for row, place in zip(norms, ranks(norms), strict=True):
        n = (~np.isnan(row)).sum()
        assert np.nansum(place) == n * (n + 1) / 2
        assert np.array_equal(np.isnan(place), np.isnan(row))


@given(hnp.arrays(float, st.integers(1, 8), elements=with_gaps))
def test_stretched_values_keep_their_order_within_0_and_1(values: np.ndarray) -> None:
    stretched = normalize(values)
    defined = ~np.isnan(values)
    assert ((stretched[defined] >= 0) & (stretched[defined] <= 1)).all()
    assert np.isnan(stretched[~defined]).all()
    order = np.argsort(values[defined])
    assert (np.diff(stretched[defined][order]) >= 0).all()


@given(hnp.arrays(float, hnp.array_shapes(min_dims=1, max_dims=4, max_side=4), elements=st.floats(-100, 100)))
def test_sums_of_squares_add_up(values: np.ndarray) -> None:
    effects, rest = main_effects(values)
    total = ((values - values.mean()) ** 2).sum()
    assert (effects >= 0).all()
    assert rest >= 0
    np.testing.assert_allclose(effects.sum() + rest, total, atol=1e-6)
