from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from defectkit.errors import RecordError
from defectkit.series import LinkRule, link

RULE = LinkRule(max_distance=2.0, max_gap=1)


def linked(frames: list[list[tuple[float, float]]], rule: LinkRule = RULE) -> list[list[int]]:
    positions = [np.array(frame, np.float64).reshape(-1, 2) for frame in frames]
    return [t.tolist() for t in link(positions, [np.ones(len(p)) for p in positions], rule)]


def test_a_defect_that_stays_where_it_is_keeps_its_track() -> None:
    assert linked([[(1, 1), (5, 5)]] * 3) == [[0, 1]] * 3


def test_the_sum_of_squared_distances_decides_not_the_nearest_neighbor() -> None:
    # the nearest neighbor of the first at 0 is the one at 0.9; linking it would leave 1 without a partner
    assert linked([[(0, 0), (0, 1.5)], [(0, 1.0), (0, 2.8)]]) == [[0, 1], [0, 1]]


def test_what_moved_further_than_allowed_is_another_defect() -> None:
    assert linked([[(0, 0)], [(0, 2.1)]]) == [[0], [1]]
    assert linked([[(0, 0)], [(0, 1.9)]]) == [[0], [0]]


def test_gaps_up_to_the_longest_are_closed() -> None:
    missing: list[list[tuple[float, float]]] = [[(0, 0)], [], [(0, 1)]]
    assert linked(missing) == [[0], [], [0]]
    assert linked(missing, LinkRule(max_distance=2.0, max_gap=0)) == [[0], [], [1]]
    assert linked([[(0, 0)], [], [], [(0, 1)]]) == [[0], [], [], [1]]
    assert linked([[(0, 0)], [], [], [(0, 1)]], LinkRule(max_distance=2.0, max_gap=2)) == [[0], [], [], [0]]


def test_several_gaps_of_one_track_are_closed() -> None:
    assert linked([[(0, 0)], [], [(0, 1)], [], [(0, 1)]]) == [[0], [], [0], [], [0]]


def test_defects_of_very_different_size_are_not_one() -> None:
    positions = [np.zeros((1, 2))] * 2
    for sizes, same in (((1.0, 2.9), True), ((3.1, 1.0), False), ((1.0, np.nan), True)):
        tracks = link(positions, [np.array([size]) for size in sizes], RULE)
        assert bool(tracks[0][0] == tracks[1][0]) is same


def test_frames_without_a_defect_and_no_frame_at_all() -> None:
    assert linked([]) == []
    assert linked([[], []]) == [[], []]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"max_distance": 0.0}, "max_distance is 0"),
        ({"max_distance": float("nan")}, "max_distance is nan"),
        ({"max_distance": 1.0, "max_gap": -1}, "max_gap is -1"),
        ({"max_distance": 1.0, "max_size_ratio": 0.5}, "max_size_ratio is 0.5"),
    ],
)
def test_limits_out_of_bounds_are_refused(rule: dict[str, float], said: str) -> None:
    with pytest.raises(RecordError, match=said):
        LinkRule(**rule)  # type: ignore[arg-type]  # what is tested


points = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=7, unique=True)


@given(st.lists(points, min_size=1, max_size=4))
def test_each_defect_has_one_track_and_a_track_one_defect_a_frame(frames: list[list[tuple[float, float]]]) -> None:
    tracks = linked(frames)
    assert [len(t) for t in tracks] == [len(f) for f in frames]
    assert all(len(set(t)) == len(t) for t in tracks)
    numbers = sorted({n for t in tracks for n in t})
    assert numbers == list(range(len(numbers)))
    firsts = [n for t in tracks for n in t]
    assert list(dict.fromkeys(firsts)) == sorted(dict.fromkeys(firsts))


@given(points, points)
def test_two_frames_are_linked_at_the_least_cost(
    one: list[tuple[float, float]], other: list[tuple[float, float]]
) -> None:
    """Against all assignments of the whole matrix, which the product solves group by group."""
    from scipy.optimize import linear_sum_assignment

    a, b = (np.array(p, np.float64).reshape(-1, 2) for p in (one, other))
    squared = ((a[:, None] - b[None]) ** 2).sum(axis=2)
    none = 1.05 * RULE.max_distance**2
    padded = np.full((len(a) + len(b), len(a) + len(b)), none)
    padded[: len(a), : len(b)] = np.where(squared <= RULE.max_distance**2, squared, 1e6)
    padded[len(a) :, len(b) :] = 0
    least = padded[linear_sum_assignment(padded)].sum()
    tracks = link([a, b], [np.ones(len(a)), np.ones(len(b))], LinkRule(max_distance=2.0, max_gap=0))
    pairs = [(i, j) for i, t in enumerate(tracks[0]) for j, u in enumerate(tracks[1]) if t == u]
    cost = sum(squared[i, j] for i, j in pairs) + none * (len(a) + len(b) - 2 * len(pairs))
    assert cost == pytest.approx(least)
    assert all(squared[i, j] <= RULE.max_distance**2 for i, j in pairs)


def test_laptrack_links_the_same() -> None:
    pandas = pytest.importorskip("pandas")
    laptrack = pytest.importorskip("laptrack", reason="the peer is not installed")
    draw = np.random.default_rng(5)
    first = draw.uniform(0, 60, (40, 2))
    frames = [first + draw.normal(0, 0.4, first.shape) * t for t in range(4)]
    ours = link(frames, [np.ones(len(f)) for f in frames], LinkRule(max_distance=3.0, max_gap=0))
    table = pandas.concat(
        [pandas.DataFrame({"frame": t, "y": f[:, 0], "x": f[:, 1]}) for t, f in enumerate(frames)], ignore_index=True
    )
    theirs = laptrack.LapTrack(
        cutoff=9.0, gap_closing_cutoff=False, splitting_cutoff=False, merging_cutoff=False
    ).predict_dataframe(table, coordinate_cols=["y", "x"], only_coordinate_cols=False)[0]
    theirs_by_row = theirs.reset_index().sort_values(["frame", "index"])["track_id"].to_numpy()
    groups = lambda numbers: {frozenset(np.flatnonzero(numbers == n)) for n in np.unique(numbers)}  # noqa: E731
    assert groups(np.concatenate(ours)) == groups(theirs_by_row)
