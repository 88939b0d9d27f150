from __future__ import annotations

import contextlib
import io
import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as npst
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from defectkit.matching.greedy import greedy
from defectkit.matching.lexicographic import lexicographic
from defectkit.matching.matching import Matching
from defectkit.matching.matchings import FramedMatchings, Matchings
from defectkit.matching.optimal import optimal
from defectkit.matching.overlaps import Overlaps, box_overlaps, mask_overlaps
from defectkit.matching.score_ordered import score_ordered
from defectkit.records import Instances

SIDE = 24
THRESHOLDS = tuple(np.linspace(0.05, 0.95, 19).tolist())

matrices = npst.arrays(
    np.float64,
    st.tuples(st.integers(0, 5), st.integers(0, 5)),
    elements=st.integers(0, 20).map(lambda k: k / 20),
)
thresholds = st.lists(st.sampled_from([0.05, 0.3, 0.5, 0.75, 1.0]), min_size=1, unique=True)


@st.composite
def ellipse(draw: st.DrawFn) -> np.ndarray:
    row, col = np.indices((SIDE, SIDE)) + 0.5
    center = draw(st.tuples(st.integers(2, SIDE - 2), st.integers(2, SIDE - 2)))
    radii = draw(st.tuples(st.integers(1, 8), st.integers(1, 8)))
    return ((row - center[0]) / radii[0]) ** 2 + ((col - center[1]) / radii[1]) ** 2 <= 1


@st.composite
def instances(draw: st.DrawFn, scored: bool) -> Instances:
    masks = draw(st.lists(ellipse(), max_size=7))
    scores = draw(st.lists(st.integers(0, 4).map(lambda k: k / 4), min_size=len(masks), max_size=len(masks)))
    return Instances.from_masks(
        masks,
        types=["bdot"] * len(masks),
        shape=(SIDE, SIDE),
        known_types=("bdot",),
        **({"scores": np.array(scores, float)} if scored else {}),
    )


def coco_matches(truth: Instances, predicted: Instances, kind: str) -> list[list[tuple[int, int]]]:
    """Pairs (truth, prediction) of pycocotools at each of the thresholds."""

    def rows(side: Instances) -> list[dict[str, Any]]:
        return [
            {
                "image_id": 1,
                "category_id": 1,
                "segmentation": (rle := coco_mask.encode(np.asfortranarray(d.mask(), np.uint8))),
                "bbox": coco_mask.toBbox(rle).tolist(),
                "area": float(d.area_px),
                "iscrowd": 0,
                "id": k + 1,
                **({"score": d.score} if not np.isnan(d.score) else {}),
            }
            for k, d in enumerate(side)
        ]

    with contextlib.redirect_stdout(io.StringIO()):
        ground = COCO()
        ground.dataset = {
            "images": [{"id": 1, "height": SIDE, "width": SIDE}],
            "categories": [{"id": 1}],
            "annotations": rows(truth),
            "info": {},
        }
        ground.createIndex()
        evaluation = COCOeval(ground, ground.loadRes(rows(predicted)), kind)
        evaluation.params.iouThrs = np.array(THRESHOLDS)
        evaluation.params.maxDets = [1000]
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
        evaluation.evaluate()
    (result,) = evaluation.evalImgs
    return [
        [(int(gt) - 1, int(dt) - 1) for dt, gt in zip(result["dtIds"], row, strict=True) if gt > 0]
        for row in result["dtMatches"]
    ]


def pairs_of(matching: Matching) -> list[tuple[int, int]]:
    return list(zip(matching.truth.tolist(), matching.predicted.tolist(), strict=True))


@pytest.mark.parametrize(("kind", "compute"), [("segm", mask_overlaps), ("bbox", box_overlaps)])
@given(truth=instances(scored=False), predicted=instances(scored=True))
def test_score_ordered_is_pycocotools(kind: str, compute, truth: Instances, predicted: Instances) -> None:
    ours = score_ordered(compute(truth, predicted), predicted.scores, THRESHOLDS)
    if not len(predicted):  # pycocotools loads no empty list of results
        assert all(m.n_found == 0 for m in ours)
        return
    assert [pairs_of(m) for m in ours] == [sorted(m) for m in coco_matches(truth, predicted, kind)]


@given(truth=instances(scored=False), predicted=instances(scored=True))
def test_mask_iou_is_pycocotools_to_the_bit(truth: Instances, predicted: Instances) -> None:
    encoded = [[coco_mask.encode(np.asfortranarray(d.mask(), np.uint8)) for d in s] for s in (predicted, truth)]
    theirs = coco_mask.iou(*encoded, [0] * len(truth))
    expected = np.zeros((len(predicted), len(truth))) if len(theirs) == 0 else theirs
    assert mask_overlaps(truth, predicted).to_dense().T.tolist() == expected.tolist()


def best_by_brute_force(matrix: np.ndarray, threshold: float) -> tuple[int, float]:
    """The most pairs, and the largest sum of IoU among matchings of that many."""
    n, m = matrix.shape
    wide = matrix if n <= m else matrix.T
    best = (0, 0.0)
    for columns in itertools.permutations(range(wide.shape[1]), wide.shape[0]):
        iou = wide[range(wide.shape[0]), columns] if wide.size else np.zeros(0)
        kept = iou[(iou >= threshold) & (iou > 0)]
        best = max(best, (len(kept), float(kept.sum())))
    return best


@given(matrix=matrices, levels=thresholds)
def test_optimal_is_the_best_of_all_matchings(matrix: np.ndarray, levels: list[float]) -> None:
    for level, matching in zip(levels, optimal(Overlaps.from_dense(matrix), levels), strict=True):
        n_found, iou = best_by_brute_force(matrix, level)
        assert matching.n_found == n_found
        assert float(matching.iou.sum()) == pytest.approx(iou, abs=1e-9)


@given(matrix=matrices, levels=thresholds)
def test_one_greedy_pass_is_a_pass_for_each_threshold(matrix: np.ndarray, levels: list[float]) -> None:
    pairs = Overlaps.from_dense(matrix)
    for level, matching in zip(levels, greedy(pairs, levels), strict=True):
        left = np.where(matrix >= level, matrix, 0.0)
        expected = []
        while left.size and left.max() > 0:
            i, j = np.unravel_index(np.argmax(left), left.shape)
            expected.append((int(i), int(j)))
            left[i, :] = left[:, j] = 0
        assert pairs_of(matching) == sorted(expected)


@given(matrix=matrices, levels=thresholds, seed=st.integers(0, 2**32 - 1))
def test_lexicographic_is_the_rule_in_words(matrix: np.ndarray, levels: list[float], seed: int) -> None:
    rng = np.random.default_rng(seed)
    truths, predictions = rng.permutation(matrix.shape[0]), rng.permutation(matrix.shape[1])
    found = lexicographic(Overlaps.from_dense(matrix), truths, predictions, levels)
    for level, matching in zip(levels, found, strict=True):
        used: set[int] = set()
        expected = []
        for i in truths.tolist():
            free = [j for j in predictions.tolist() if j not in used]
            best = max(free, key=lambda j: matrix[i, j], default=None)
            if best is not None and matrix[i, best] >= level:
                used.add(best)
                expected.append((i, best))
        assert pairs_of(matching) == sorted(expected)


@given(matrix=matrices, levels=thresholds, seed=st.integers(0, 2**32 - 1))
def test_every_matcher_is_one_to_one_and_never_beats_optimal(
    matrix: np.ndarray, levels: list[float], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    pairs = Overlaps.from_dense(matrix)
    orders = rng.permutation(matrix.shape[0]), rng.permutation(matrix.shape[1])
    others = (
        greedy(pairs, levels),
        score_ordered(pairs, rng.random((matrix.shape[1],)), levels),
        lexicographic(pairs, *orders, levels),
    )
    for k, best in enumerate(optimal(pairs, levels)):
        for matchings in others:
            m = matchings[k]
            assert best.n_found / 2 <= m.n_found <= best.n_found
            assert (m.iou >= min(m.iou_threshold, 1 - 1e-10)).all()
            assert m.iou.tolist() == matrix[m.truth, m.predicted].tolist()
            assert sorted([*m.truth, *m.missed]) == list(range(m.n_true))
            assert sorted([*m.predicted, *m.false_finds]) == list(range(m.n_predicted))


@given(matrix=matrices)
def test_no_matcher_finds_more_at_a_higher_threshold(matrix: np.ndarray) -> None:
    pairs = Overlaps.from_dense(matrix)
    for matchings in (greedy(pairs, THRESHOLDS), optimal(pairs, THRESHOLDS)):
        counts = [m.n_found for m in matchings]
        assert counts == sorted(counts, reverse=True)


RULES = {
    "optimal": lambda overlaps, levels, scores, order: optimal(overlaps, levels),
    "greedy": lambda overlaps, levels, scores, order: greedy(overlaps, levels),
    "score-ordered": lambda overlaps, levels, scores, order: score_ordered(overlaps, scores, levels),
    "lexicographic": lambda overlaps, levels, scores, order: lexicographic(
        overlaps, order, np.arange(overlaps.n_predicted), levels
    ),
}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
@given(images=st.lists(matrices, max_size=5), levels=thresholds, seed=st.integers(0, 9))
def test_images_side_by_side_are_matched_as_each_alone(rule, images, levels, seed):
    rng = np.random.default_rng(seed)
    parts = [Overlaps.from_dense(matrix) for matrix in images]
    scores = [rng.integers(0, 3, part.n_predicted) / 2 for part in parts]
    orders = [rng.permutation(part.n_true) for part in parts]
    frames = [np.cumsum([0, *n], dtype=np.int64) for n in ([p.n_true for p in parts], [p.n_predicted for p in parts])]
    together = rule(
        Overlaps.side_by_side(parts),
        levels,
        np.concatenate([np.zeros(0), *scores]),
        np.concatenate([np.zeros(0, np.int64), *(o + n for o, n in zip(orders, frames[0][:-1], strict=True))]),
    )
    alone = [rule(*each) for each in zip(parts, [levels] * len(parts), scores, orders, strict=True)]
    framed = FramedMatchings(matchings=together, true_frames=frames[0], predicted_frames=frames[1])
    assert framed.n_found.tolist() == [own.n_found.tolist() for own in alone]
    for found, own in zip(framed.by_frame, alone, strict=True):
        assert found.pairs.tolist() == own.pairs.tolist()
        assert found.offsets.tolist() == own.offsets.tolist()
        assert found.overlaps.to_dense().tolist() == own.overlaps.to_dense().tolist()
    again = Matchings.side_by_side(alone, tuple(levels))
    assert again.pairs.tolist() == together.pairs.tolist()
    assert again.n_found.tolist() == together.n_found.tolist()
    assert again.overlaps.iou.tolist() == together.overlaps.iou.tolist()
