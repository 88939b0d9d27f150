from __future__ import annotations

import attrs
import numpy as np
import pytest

from defectkit.conventions import DEFECTKIT, BoxRule, IoUKind
from defectkit.errors import PairingError
from defectkit.matching.overlaps import (
    Overlaps,
    box_overlaps,
    boxes,
    mask_overlaps,
    overlaps,
    polygon_overlaps,
)
from defectkit.measurement.outlines import Side
from defectkit.records import Instances

SHAPE = (96, 96)


def drawn(*polygons: list[tuple[float, float]], shape: tuple[int, int] = SHAPE) -> Instances:
    return Instances.from_polygons(polygons, types=["loop_111"] * len(polygons), shape=shape)


def edge_on_loop(shift_px: float) -> list[tuple[float, float]]:
    """A bar of 60 x 6 px at 45 degrees, moved across its length."""
    along, across = np.array([1.0, 1.0]) / np.sqrt(2), np.array([1.0, -1.0]) / np.sqrt(2)
    center = np.array([48.0, 48.0]) + shift_px * across
    return [tuple(center + a * 30 * along + b * 3 * across) for a, b in ((-1, -1), (-1, 1), (1, 1), (1, -1))]


def test_parallel_edge_on_loops_are_one_to_boxes_and_two_to_masks() -> None:
    truth, predicted = drawn(edge_on_loop(-4)), drawn(edge_on_loop(4))
    assert box_overlaps(truth, predicted).iou[0] == pytest.approx(0.61, abs=0.005)
    assert len(mask_overlaps(truth, predicted)) == 0
    assert len(polygon_overlaps(truth, predicted)) == 0


def test_the_convention_names_the_kind() -> None:
    truth = drawn([(10, 10), (10, 20), (20, 20), (20, 10)])
    predicted = drawn([(10, 10), (10, 20), (20, 10)])
    for kind, compute in (
        (IoUKind.MASK, mask_overlaps),
        (IoUKind.BOX, box_overlaps),
        (IoUKind.POLYGON, polygon_overlaps),
    ):
        rule = attrs.evolve(DEFECTKIT, name="test", iou_kind=kind)
        assert overlaps(truth, predicted, rule).iou.tolist() == compute(truth, predicted).iou.tolist()
    assert polygon_overlaps(truth, predicted).iou[0] == pytest.approx(0.5)
    assert box_overlaps(truth, predicted).iou[0] == 1.0
    assert mask_overlaps(truth, predicted).iou[0] == 0.55  # the diagonal goes through ten pixel centers


def test_frames_of_two_shapes_are_refused() -> None:
    with pytest.raises(PairingError, match="96 x 96 pixels, the prediction of 10 x 96"):
        overlaps(drawn(), drawn(shape=(10, 96)), DEFECTKIT)


def test_drawn_boxes_cut_vertices_to_integers_and_take_the_box_a_detector_gave() -> None:
    truth = drawn([(10.9, 20.9), (10.9, 30.2), (18.7, 30.2)])
    assert boxes(truth, Side.TRUTH, BoxRule.DRAWN).tolist() == [[10, 20, 18, 30]]
    assert boxes(truth, Side.TRUTH, BoxRule.MASK).tolist() == truth.boxes.tolist()
    given = attrs.evolve(truth, given_boxes=np.array([[9.5, 20.25, 19.0, 31.0]]))
    assert boxes(given, Side.PREDICTION, BoxRule.DRAWN).tolist() == [[9.5, 20.25, 19.0, 31.0]]
    assert boxes(given, Side.PREDICTION, BoxRule.MASK).tolist() == truth.boxes.tolist()


def test_a_defect_without_its_kind_of_box_has_that_of_its_mask() -> None:
    mask = np.zeros(SHAPE, bool)
    mask[3:7, 5:6] = True
    defect = Instances.from_masks([mask], types=["bdot"], shape=SHAPE)
    for side in Side:
        assert boxes(defect, side, BoxRule.DRAWN).tolist() == [[3, 5, 7, 6]]


def test_polygon_overlap_of_masks_without_polygons_is_the_mask_overlap() -> None:
    ring = np.zeros((2, *SHAPE), bool)
    ring[0, 10:30, 10:30] = True
    ring[0, 15:25, 15:25] = False
    ring[1, 5:22, 5:22] = True
    a, b = (Instances.from_masks([m], types=["bdot"], shape=SHAPE) for m in ring)
    assert polygon_overlaps(a, b).iou == pytest.approx(mask_overlaps(a, b).iou, rel=1e-12)


def test_a_polygon_that_crosses_itself_covers_what_its_mask_covers() -> None:
    bow = drawn([(10, 10), (30, 30), (10, 30), (30, 10)])
    square = drawn([(10, 10), (10, 30), (30, 30), (30, 10)])
    assert polygon_overlaps(bow, square).iou[0] == pytest.approx(0.5)
    assert mask_overlaps(bow, square).iou[0] == pytest.approx(0.5, abs=0.03)


def test_degenerate_polygons_overlap_nothing() -> None:
    line = drawn([(10, 10), (30, 30)], [(10, 10)])
    square = drawn([(5, 5), (5, 40), (40, 40), (40, 5)])
    assert len(polygon_overlaps(line, square)) == 0
    assert len(polygon_overlaps(square, line)) == 0


@pytest.mark.parametrize("compute", [mask_overlaps, box_overlaps, polygon_overlaps])
def test_an_empty_side_overlaps_nothing(compute) -> None:
    square = drawn([(5, 5), (5, 40), (40, 40), (40, 5)])
    for truth, predicted in ((drawn(), square), (square, drawn()), (drawn(), drawn())):
        result = compute(truth, predicted)
        assert result.to_dense().shape == (len(truth), len(predicted))
        assert len(result) == 0


def test_dense_and_sparse_are_the_same() -> None:
    matrix = np.array([[0.0, 0.2, 0.0], [0.7, 0.0, 0.1]])
    pairs = Overlaps.from_dense(matrix)
    assert pairs.to_dense().tolist() == matrix.tolist()
    assert pairs.take(pairs.iou > 0.15).to_dense().tolist() == [[0.0, 0.2, 0.0], [0.7, 0.0, 0.0]]
