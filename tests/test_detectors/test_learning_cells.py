from __future__ import annotations

import numpy as np
from hypothesis import given, strategies as st

from defectkit.detectors.learning.cells import CELL, best_in_cells


def boxes(seed: int, n: int, shape: tuple[int, int] = (256, 320)) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    corners = rng.uniform((0, 0), shape, (n, 2))
    return np.hstack([corners, corners + rng.uniform(1, 40, (n, 2))]), rng.permutation(n) / n


def cells_of(given_boxes: np.ndarray) -> list[tuple[int, int]]:
    return [(int(a), int(b)) for a, b in (given_boxes[:, :2] + given_boxes[:, 2:]) / 2 // CELL]


def test_the_best_of_each_cell_stay_in_falling_order() -> None:
    given_boxes, scores = boxes(1, 500)
    kept = best_in_cells(given_boxes, scores, limit=7)
    assert (np.diff(scores[kept]) <= 0).all()
    cells = cells_of(given_boxes)
    for cell in set(cells):
        of_cell = [k for k in range(500) if cells[k] == cell]
        best = sorted(of_cell, key=lambda k: -scores[k])[:7]
        assert set(best) == {k for k in kept if cells[k] == cell}


def test_no_box_and_no_limit_that_binds() -> None:
    assert best_in_cells(np.zeros((0, 4)), np.zeros(0), limit=3).shape == (0,)
    given_boxes, scores = boxes(2, 50)
    assert best_in_cells(given_boxes, scores, limit=50).tolist() == np.argsort(-scores).tolist()


@given(st.integers(0, 2**16), st.integers(1, 9), st.integers(0, 3), st.integers(0, 3))
def test_a_part_of_an_image_keeps_what_the_whole_keeps_there(seed: int, limit: int, row: int, column: int) -> None:
    given_boxes, scores = boxes(seed, 200)
    begin = np.array([row, column]) * CELL
    inside = np.flatnonzero((((given_boxes[:, :2] + given_boxes[:, 2:]) / 2) >= begin).all(axis=1))
    in_part = best_in_cells(given_boxes[inside] - np.tile(begin, 2), scores[inside], limit=limit)
    whole = best_in_cells(given_boxes, scores, limit=limit)
    assert inside[in_part].tolist() == [k for k in whole if k in set(inside.tolist())]
