"""What is decided after the network has spoken: fusing, suppression, how many, which pixels, which rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from defectkit.detectors.loopnet.candidates import Candidates
from defectkit.detectors.loopnet.fusing import IMAGE_TERMS, TERMS, Fusion, image_terms, terms
from defectkit.detectors.loopnet.linking import NO_SCALE, partners
from defectkit.detectors.loopnet.masks import masks
from defectkit.detectors.loopnet.naming import types_together
from defectkit.detectors.loopnet.operating_point import LEAST, Aim, OperatingPoint, expected_f1
from defectkit.detectors.loopnet.pyramid import SMALL_PX, needs_finer, scales_of
from defectkit.detectors.loopnet.suppression import suppress
from defectkit.errors import DetectorError


def circles(rows: list[tuple[float, float, float, float]], view: int = 0) -> Candidates:
    """Candidates of (row, column, radius, score)."""
    at = np.array(rows, np.float64).reshape(-1, 4)
    return Candidates(
        centers=at[:, :2],
        shapes=np.eye(2) * at[:, 2, None, None] ** 2,
        scores=at[:, 3],
        types=np.ones((len(at), 1)),
        views=np.full(len(at), view),
    )


def test_of_two_that_overlap_the_better_one_stays() -> None:
    found = suppress(circles([(10, 10, 5, 0.4), (11, 10, 5, 0.9), (40, 10, 5, 0.1)]))
    assert found.scores.tolist() == [0.9, 0.1]


@pytest.mark.parametrize(("shift", "stay"), [(2.0, 1), (9.0, 2)])
def test_neighbors_that_barely_overlap_both_stay(shift: float, stay: int) -> None:
    assert len(suppress(circles([(10, 10, 5, 0.9), (10, 10 + shift, 5, 0.8)]))) == stay


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_small_one_within_a_large_one_is_the_same(order: tuple[int, int]) -> None:
    both = circles([(10, 10, 20, 0.9), (12, 12, 4, 0.5)])
    assert len(suppress(both.take(np.array(order)))) == 1


def test_overlap_is_that_of_the_drawn_ellipses() -> None:
    rng = np.random.default_rng(0)
    for _ in range(30):
        a, b = (rng.uniform(8, 20, 2) for _ in range(2))
        radii = rng.uniform(4, 12, 2)
        rows, cols = (np.arange(0, 40, 0.1) + 0.05 for _ in range(2))
        first, second = (np.hypot(rows[:, None] - c[0], cols - c[1]) <= r for c, r in zip((a, b), radii, strict=True))
        shared = (first & second).sum()
        iou, part = shared / (first | second).sum(), shared / min(first.sum(), second.sum())
        if min(abs(iou - 0.25), abs(part - 0.7)) < 0.03:
            continue
        pair = circles([(*a, radii[0], 0.9), (*b, radii[1], 0.8)])
        assert len(suppress(pair)) == (1 if iou > 0.25 or part > 0.7 else 2)


def test_no_candidates_stay_none() -> None:
    empty = Candidates.empty(3)
    assert len(suppress(empty)) == 0
    runs, kept = masks(empty, [np.ones((4, 4), np.float32)], [(1.0, 1.0)], (8, 8))
    assert len(runs) == len(kept) == 0
    assert expected_f1(empty.scores) == 0


def test_partners_are_those_of_like_place_and_size() -> None:
    fine = circles([(10, 10, 5, 0.3), (50, 50, 5, 0.4)])
    coarse = circles([(10.5, 10, 6, 0.8), (50, 50, 12, 0.9)])
    linked = partners([fine, coarse])
    assert linked[0].tolist() == [[NO_SCALE, 0.8, NO_SCALE, NO_SCALE], [NO_SCALE, 0.0, NO_SCALE, NO_SCALE]]
    assert linked[1][:, 0].tolist() == [0.3, 0.0]


def test_fusion_is_a_weighted_sum_of_its_terms() -> None:
    found = [circles([(10, 10, 8, 0.6)]), circles([(10, 10, 8, 0.9)], view=1)]
    columns = terms(found, [1.0, 0.5], 16.0)
    assert columns.shape == (2, len(TERMS))
    assert columns[0, TERMS.index("size")] == pytest.approx(0)
    assert columns[1, TERMS.index("size")] == pytest.approx(np.log(0.5))
    assert columns[0, TERMS.index("coarser")] == pytest.approx(np.log(9))
    assert columns[0, TERMS.index("has_finer")] == 0
    weights = np.zeros(len(TERMS))
    weights[TERMS.index("score")] = 1
    assert Fusion(weights=tuple(weights)).fuse(found, [1.0, 0.5]).scores == pytest.approx([0.6, 0.9])
    with pytest.raises(ValueError, match="2 weights"):
        Fusion(weights=(1.0, 2.0))


@pytest.mark.parametrize("text", ["f1=0.3", "precision", "precision=1", "precision=high", "recall=0.9", ""])
def test_what_is_no_operating_point_is_refused(text: str) -> None:
    with pytest.raises(DetectorError, match="operating point"):
        OperatingPoint.of(text)


@given(st.lists(st.floats(0.01, 0.99), min_size=1, max_size=30))
def test_operating_points_do_what_they_say(probabilities: list[float]) -> None:
    ranked = np.sort(probabilities)[::-1]
    n = len(ranked)

    def f1(k: int) -> float:
        return 2 * ranked[:k].sum() / (k + ranked.sum())

    best = max(range(1, n + 1), key=f1)
    assert OperatingPoint.of("f1").calls(ranked) == min(best, (ranked >= LEAST).sum())
    assert f1(best) == pytest.approx(expected_f1(np.array(probabilities)))
    assert abs(OperatingPoint(Aim.COUNT).calls(ranked) - ranked.sum()) <= 0.5 + 1e-9
    k = OperatingPoint.of("precision=0.5").calls(ranked)
    assert k == 0 or ranked[:k].mean() >= 0.5
    assert k == n or ranked[: k + 1].mean() < 0.5


def test_nothing_is_called_of_nothing() -> None:
    assert [OperatingPoint.of(text).calls(np.zeros(0)) for text in ("f1", "count", "precision=0.9")] == [0, 0, 0]


def test_a_mask_follows_the_foreground() -> None:
    foreground = np.zeros((20, 20), np.float32)
    foreground[:, :12] = 1  # columns 0 to 23 of the image
    runs, kept = masks(circles([(20, 20, 10, 0.9)]), [foreground], [(1.0, 1.0)], (40, 40))
    mask = runs.to_mask(0, (40, 40))
    assert kept.tolist() == [0]
    rows, cols = np.nonzero(mask)
    assert np.hypot(rows + 0.5 - 20, cols + 0.5 - 20).max() < 12.6
    assert mask[20, 8:26].all()  # to the left beyond the outline, to the right no farther than the core
    assert not mask[20, 27:].any()
    whole, _ = masks(circles([(20, 20, 10, 0.9)]), [0.7 * foreground], [(1.0, 1.0)], (40, 40))
    assert whole.areas()[0] == pytest.approx(np.pi * 100, rel=0.02)  # it is not sure, so the ellipse is painted


def test_masks_share_no_pixel() -> None:
    both = circles([(20, 14, 8, 0.9), (20, 26, 8, 0.8)])
    runs, _ = masks(both, [np.ones((20, 20), np.float32)], [(1.0, 1.0)], (40, 40))
    first, second = (runs.to_mask(i, (40, 40)) for i in (0, 1))
    assert not (first & second).any()
    assert first.sum() == second.sum()


def test_a_pixel_is_asked_in_the_view_where_its_defect_was_found() -> None:
    nothing, everything = (np.full((10, 10), value, np.float32) for value in (0, 1))
    nothing[4:6, 4:6] = 1  # but the center
    found = circles([(20, 20, 10, 0.9)], view=1)
    small, _ = masks(found, [everything, nothing], [(1.0, 1.0), (0.5, 0.5)], (40, 40))
    large, _ = masks(found, [nothing, everything], [(1.0, 1.0), (0.5, 0.5)], (40, 40))
    assert small.areas()[0] < 0.5 * large.areas()[0]


@pytest.mark.parametrize("shape", [(1, 1), (10, 500), (300, 400), (2048, 2048), (3000, 3000), (5000, 30)])
def test_scales_fall_by_steps(shape: tuple[int, int]) -> None:
    scales = np.array(scales_of(shape))
    enlarged = 1.0 if shape == (3000, 3000) else 2.0 if shape[0] * shape[1] < 6e5 else 2**0.5
    assert scales[0] == pytest.approx(enlarged)
    np.testing.assert_allclose(scales[1:] / scales[:-1], 2**-0.5)
    assert len(scales) == 1 or min(shape) * scales[-1] >= 24


def test_calibration_by_image_keeps_the_order_and_looks_at_the_others() -> None:
    fusion = Fusion(weights=(0.0,) * len(TERMS), image_weights=(1.2, 0.8, -1.0, -2.0, 0.3))
    alone = fusion.calibrate(circles([(10, 10, 5, 0.5)])).scores
    many = fusion.calibrate(circles([(20 * i, 10, 5, p) for i, p in enumerate([0.5, 0.6, 0.7, 0.8])])).scores
    assert many[-1] > alone[0]
    assert (np.diff(many) < 0).all()
    assert len(fusion.calibrate(Candidates.empty(1))) == 0
    unchanged = Fusion(weights=fusion.weights).calibrate(circles([(10, 10, 5, 0.3)]))
    assert unchanged.scores == pytest.approx([0.3])
    with pytest.raises(ValueError, match="the first above 0"):
        Fusion(weights=fusion.weights, image_weights=(0.0, 1.0, 1.0, 1.0, 1.0))


def test_terms_of_an_image() -> None:
    columns = image_terms(np.array([0.5, 0.9]), np.array([10.0, 20.0]))
    assert columns[:, IMAGE_TERMS.index("score")] == pytest.approx([0, np.log(9)], abs=1e-6)
    certainty = (0.25 + 0.81) / 1.4
    assert columns[:, IMAGE_TERMS.index("certainty")] == pytest.approx(np.log(certainty / (1 - certainty)))
    mean = np.average(np.log([10, 20]), weights=[0.25, 0.81])
    unusual = (np.log([10, 20]) - mean) ** 2
    assert columns[:, IMAGE_TERMS.index("unusual_size")] == pytest.approx(unusual)
    spread = np.sqrt(np.average(unusual, weights=[0.25, 0.81]))
    assert columns[:, IMAGE_TERMS.index("spread_of_sizes")] == pytest.approx(spread)
    assert image_terms(np.zeros(0), np.zeros(0)).shape == (0, len(IMAGE_TERMS))


def test_of_equal_scores_the_one_of_an_unusual_size_is_less_probable() -> None:
    fusion = Fusion(weights=(0.0,) * len(TERMS), image_weights=(1.0, 0.0, 0.0, -1.0, 0.0))
    found = fusion.calibrate(circles([(0, 0, 20, 0.5), *((20 * i, 40, 5, 0.5) for i in range(4))]))
    assert found.diameters.argmax() == 4
    assert found.scores[4] < found.scores[3]


def test_types_of_one_image_agree() -> None:
    alone = np.array([[0.8, 0.1, 0.1]] * 6 + [[0.3, 0.4, 0.3], [0.02, 0.02, 0.96]])
    together = types_together(alone, np.ones(8))
    assert together.argmax(axis=1).tolist() == [0] * 7 + [2]
    np.testing.assert_allclose(together.sum(axis=1), 1)
    weak = types_together(alone, np.array([0.01] * 6 + [1.0, 0.01]))
    assert weak[6].argmax() == 1
    assert types_together(np.zeros((0, 3)), np.zeros(0)).shape == (0, 3)


def test_images_of_small_defects_or_none_that_are_sure_are_enlarged() -> None:
    small, large = SMALL_PX / 2 - 1, SMALL_PX / 2 + 1

    def of(n_small: int, n_large: int, score: float) -> Candidates:
        return circles([(0, 100 * k, small if k < n_small else large, score) for k in range(n_small + n_large)])

    assert needs_finer(of(1, 3, 0.9), 1.0)
    assert not needs_finer(of(1, 9, 0.9), 1.0)
    assert needs_finer(of(1, 9, 0.9), 0.5)
    assert needs_finer(of(0, 9, 0.2), 1.0)
    assert needs_finer(Candidates.empty(1), 1.0)
