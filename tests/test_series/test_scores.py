from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from defectkit.errors import PairingError
from defectkit.records import Instances
from defectkit.series import TrackScores, score_tracks
from defectkit.series.scores import similarities

ONE = np.ones((1, 1))


def test_tracks_that_agree_in_all_have_the_best_scores() -> None:
    scores = score_tracks([[3, 8]] * 4, [[1, 0]] * 4, [np.eye(2)] * 4)
    assert scores == TrackScores(
        hota=1.0, detection_accuracy=1.0, association_accuracy=1.0, idf1=1.0, mota=1.0, n_switches=0
    )


def test_a_track_that_is_broken_in_two_by_hand() -> None:
    """One true track of 4 frames, followed by one number for 3 frames and by another for the last."""
    scores = score_tracks([[0]] * 4, [[0], [0], [0], [1]], [ONE] * 4)
    assert scores.detection_accuracy == 1.0
    # the association of 3 defects is 3 / (4 + 3 - 3), of one it is 1 / (4 + 1 - 1)
    assert scores.association_accuracy == pytest.approx((3 * 3 / 4 + 1 * 1 / 4) / 4)
    assert scores.hota == pytest.approx(math.sqrt((3 * 3 / 4 + 1 / 4) / 4))
    assert scores.idf1 == pytest.approx(2 * 3 / 8)
    assert scores.mota == pytest.approx(1 - 1 / 4)
    assert scores.n_switches == 1


def test_misses_and_false_finds_by_hand() -> None:
    """Two true tracks of 2 frames: one is found in both, the other never; one defect is found where there is none."""
    scores = score_tracks([[0, 1], [0, 1]], [[0, 7], [0]], [np.array([[1.0, 0], [0, 0]]), np.array([[1.0], [0]])])
    assert scores.detection_accuracy == pytest.approx(2 / 5)
    assert scores.association_accuracy == 1.0
    assert scores.hota == pytest.approx(math.sqrt(2 / 5))
    assert scores.idf1 == pytest.approx(2 * 2 / (4 + 3))
    assert scores.mota == pytest.approx(1 - (2 + 1 + 0) / 4)


def test_the_threshold_counts_from_its_own_value_on() -> None:
    at = score_tracks([[0]], [[0]], [[[0.5]]])
    assert (at.idf1, at.mota) == (1.0, 1.0)
    assert at.hota == pytest.approx(10 / 19)
    below = score_tracks([[0]], [[0]], [[[0.49]]])
    assert (below.idf1, below.mota) == (0.0, -1.0)


def test_a_track_that_is_followed_is_kept_although_another_fits_better() -> None:
    similar = [[[0.9, 0.0]], [[0.6, 0.9]]]
    assert score_tracks([[0], [0]], [[1, 2], [1, 2]], similar).n_switches == 0


def test_nothing_on_either_side_has_no_score() -> None:
    scores = score_tracks([[], []], [[], []], [np.zeros((0, 0))] * 2)
    assert all(math.isnan(value) for value in (scores.hota, scores.idf1, scores.mota))
    assert math.isnan(score_tracks([], [], []).hota)


def test_nothing_found_and_nothing_to_be_found() -> None:
    missed = score_tracks([[0]], [[]], [np.zeros((1, 0))])
    assert (missed.hota, missed.idf1, missed.mota) == (0.0, 0.0, 0.0)
    invented = score_tracks([[]], [[0]], [np.zeros((0, 1))])
    assert (invented.hota, invented.idf1) == (0.0, 0.0)
    assert math.isnan(invented.mota)


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        (([[0]], [[0], [1]], [ONE]), "1 frames of true tracks, 2 of predicted"),
        (([[0]], [[0, 1]], [ONE]), r"frame 0: similarities have shape \(1, 1\), for 1 true and 2 predicted"),
        (([[0, 0]], [[1]], [np.ones((2, 1))]), "frame 0: a track is there twice"),
    ],
)
def test_what_does_not_fit_together_is_refused(given_: Any, said: str) -> None:
    with pytest.raises(PairingError, match=said):
        score_tracks(*given_)


def test_similarity_is_the_iou_of_masks() -> None:
    masks = np.zeros((2, 8, 8), bool)
    masks[0, 0:4, 0:4] = masks[1, 0:4, 2:6] = True
    one, other = (Instances.from_masks([mask], types=["loop"], shape=(8, 8)) for mask in masks)
    assert similarities([one], [other])[0].tolist() == [[pytest.approx(8 / 24)]]
    with pytest.raises(PairingError, match="1 true and 0 predicted frames"):
        similarities([one], [])


@st.composite
def tracked(draw: st.DrawFn) -> tuple[list[list[int]], list[list[int]], list[np.ndarray]]:
    sides: list[list[list[int]]] = [[], []]
    similar = []
    for _ in range(draw(st.integers(1, 5))):
        sizes = []
        for side in sides:
            side.append(draw(st.lists(st.integers(0, 4), max_size=4, unique=True)))
            sizes.append(len(side[-1]))
        values = draw(st.lists(st.integers(0, 20), min_size=sizes[0] * sizes[1], max_size=sizes[0] * sizes[1]))
        similar.append(np.array(values, np.float64).reshape(sizes) / 20)
    return sides[0], sides[1], similar


@given(tracked())
def test_trackeval_gives_the_same(case: tuple[list[list[int]], list[list[int]], list[np.ndarray]]) -> None:
    trackeval = pytest.importorskip("trackeval", reason="the peer is not installed")
    true, predicted, similar = case
    n_true, n_predicted = (sum(map(len, side)) for side in (true, predicted))
    if not n_true or not n_predicted:
        return  # it leaves out sequences without defects
    codes = [{t: k for k, t in enumerate(sorted({t for frame in side for t in frame}))} for side in (true, predicted)]
    data = {
        "num_timesteps": len(true),
        "num_gt_ids": len(codes[0]),
        "num_tracker_ids": len(codes[1]),
        "num_gt_dets": n_true,
        "num_tracker_dets": n_predicted,
        "gt_ids": [np.array([codes[0][t] for t in frame], int) for frame in true],
        "tracker_ids": [np.array([codes[1][t] for t in frame], int) for frame in predicted],
        "similarity_scores": similar,
    }
    ours = score_tracks(true, predicted, similar)
    quiet = {"PRINT_CONFIG": False}
    hota = trackeval.metrics.HOTA().eval_sequence(data)
    clear = trackeval.metrics.CLEAR(quiet).eval_sequence(data)
    identity = trackeval.metrics.Identity(quiet).eval_sequence(data)
    assert ours.hota == pytest.approx(float(np.mean(hota["HOTA"])))
    assert ours.detection_accuracy == pytest.approx(float(np.mean(hota["DetA"])))
    assert ours.association_accuracy == pytest.approx(float(np.mean(hota["AssA"])))
    assert ours.idf1 == pytest.approx(float(identity["IDF1"]))
    assert ours.mota == pytest.approx(float(clear["MOTA"]))
    assert ours.n_switches == int(clear["IDSW"])
