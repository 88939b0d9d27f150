"""The compiled matchers are the plain ones: every rule written down twice."""

from __future__ import annotations

import numpy as np
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as npst
from scipy.optimize import linear_sum_assignment

from defectkit.matching import Matchings, Overlaps
from defectkit.matching.greedy import greedy
from defectkit.matching.lexicographic import lexicographic
from defectkit.matching.optimal import optimal
from defectkit.matching.score_ordered import HIGHEST_THRESHOLD, score_ordered

THRESHOLDS = tuple(np.linspace(0.05, 0.95, 19).tolist())

Pairs = list[tuple[int, int]]


def iou_matrices(elements: st.SearchStrategy[float], side: int = 7) -> st.SearchStrategy[np.ndarray]:
    return npst.arrays(np.float64, st.tuples(st.integers(0, side), st.integers(0, side)), elements=elements)


tied = iou_matrices(st.integers(0, 10).map(lambda k: k / 10))
"""Few values, so that equal ones are the rule."""

seeds = st.integers(0, 2**32 - 1)
levels = st.lists(st.sampled_from([0.05, 0.3, 0.5, 0.7, 0.95, 1.0]), min_size=1, unique=True)


def sparse_overlaps(seed: int, n_true: int, n_predicted: int, density: float) -> np.ndarray:
    """A matrix of IoUs of which no two are equal."""
    rng = np.random.default_rng(seed)
    matrix = 1 - rng.random((n_true, n_predicted))
    matrix[rng.random(matrix.shape) >= density] = 0
    return matrix


def found(matchings: Matchings) -> list[Pairs]:
    return [list(zip(m.truth.tolist(), m.predicted.tolist(), strict=True)) for m in matchings]


def plain_greedy(matrix: np.ndarray, threshold: float) -> Pairs:
    pairs: Pairs = []
    truth, predicted = np.nonzero(matrix)
    for i, j in sorted(zip(truth.tolist(), predicted.tolist(), strict=True), key=lambda p: (-matrix[p], p)):
        if matrix[i, j] >= threshold and all(i != a and j != b for a, b in pairs):
            pairs.append((i, j))
    return sorted(pairs)


def plain_score_ordered(matrix: np.ndarray, scores: np.ndarray, threshold: float) -> Pairs:
    pairs: Pairs = []
    for j in np.argsort(-scores, kind="stable").tolist():
        free = [i for i in range(len(matrix)) if matrix[i, j] > 0 and all(i != a for a, _ in pairs)]
        best = max(free, key=lambda i: (matrix[i, j], i), default=None)
        if best is not None and matrix[best, j] >= min(threshold, HIGHEST_THRESHOLD):
            pairs.append((best, j))
    return sorted(pairs)


def plain_lexicographic(matrix: np.ndarray, truths: np.ndarray, predictions: np.ndarray, threshold: float) -> Pairs:
    pairs: Pairs = []
    for i in truths.tolist():
        free = [j for j in predictions.tolist() if matrix[i, j] > 0 and all(j != b for _, b in pairs)]
        best = max(free, key=lambda j: matrix[i, j], default=None)  # the first of equal ones
        if best is not None and matrix[i, best] >= threshold:
            pairs.append((i, best))
    return sorted(pairs)


def plain_optimal(matrix: np.ndarray, threshold: float) -> Pairs:
    reaching = np.where(matrix >= threshold, matrix, 0.0)
    weights = np.where(reaching > 0, reaching + min(matrix.shape) + 1, 0.0)
    rows, columns = linear_sum_assignment(weights, maximize=True)
    return [(i, j) for i, j in zip(rows.tolist(), columns.tolist(), strict=True) if reaching[i, j] > 0]


@given(matrix=tied, thresholds=levels)
def test_greedy(matrix: np.ndarray, thresholds: list[float]) -> None:
    assert found(greedy(Overlaps.from_dense(matrix), thresholds)) == [plain_greedy(matrix, t) for t in thresholds]


@given(matrix=tied, thresholds=levels, seed=seeds)
def test_score_ordered(matrix: np.ndarray, thresholds: list[float], seed: int) -> None:
    scores = np.random.default_rng(seed).choice([0.2, 0.5, 0.9, np.nan], size=matrix.shape[1])
    ours = score_ordered(Overlaps.from_dense(matrix), scores, thresholds)
    assert found(ours) == [plain_score_ordered(matrix, scores, t) for t in thresholds]


@given(matrix=tied, thresholds=levels, seed=seeds)
def test_lexicographic(matrix: np.ndarray, thresholds: list[float], seed: int) -> None:
    rng = np.random.default_rng(seed)
    orders = rng.permutation(matrix.shape[0]), rng.permutation(matrix.shape[1])
    ours = lexicographic(Overlaps.from_dense(matrix), *orders, thresholds)
    assert found(ours) == [plain_lexicographic(matrix, *orders, t) for t in thresholds]


@given(matrix=tied, thresholds=levels)
def test_optimal_of_equal_overlaps_is_as_good(matrix: np.ndarray, thresholds: list[float]) -> None:
    for t, ours in zip(thresholds, found(optimal(Overlaps.from_dense(matrix), thresholds)), strict=True):
        theirs = plain_optimal(matrix, t)
        assert len(ours) == len(theirs)
        assert np.isclose(sum(matrix[p] for p in ours), sum(matrix[p] for p in theirs), rtol=0, atol=1e-12)


@given(
    seed=seeds,
    n_true=st.integers(0, 30),
    n_predicted=st.integers(0, 30),
    density=st.sampled_from([0.03, 0.08, 0.2, 0.6, 1.0]),
)
def test_optimal_without_equal_overlaps_is_the_assignment(
    seed: int, n_true: int, n_predicted: int, density: float
) -> None:
    matrix = sparse_overlaps(seed, n_true, n_predicted, density)
    ours = found(optimal(Overlaps.from_dense(matrix), THRESHOLDS))
    assert ours == [plain_optimal(matrix, t) for t in THRESHOLDS]


@given(seed=seeds, density=st.sampled_from([0.05, 0.3]))
def test_optimal_does_not_depend_on_the_order_of_defects(seed: int, density: float) -> None:
    matrix = sparse_overlaps(seed, 20, 25, density)
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(20), rng.permutation(25)
    turned = found(optimal(Overlaps.from_dense(matrix[np.ix_(rows, columns)]), [0.3]))[0]
    (straight,) = found(optimal(Overlaps.from_dense(matrix), [0.3]))
    assert sorted((int(rows[i]), int(columns[j])) for i, j in turned) == straight
