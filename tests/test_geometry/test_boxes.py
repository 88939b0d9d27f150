from __future__ import annotations

import numpy as np
import pytest
import shapely
from pycocotools import mask as coco

from defectkit.errors import GeometryError
from defectkit.geometry.boxes import box_iou
from defectkit.geometry.polygons import Polygons, polygons_to_runs


def random_boxes(rng, n):
    corner = rng.uniform(0, 20, (n, 2))
    return np.hstack([corner, corner + rng.uniform(0.1, 15, (n, 2))])


def test_equals_shapely_and_pycocotools():
    rng = np.random.default_rng(9)
    a, b = random_boxes(rng, 23), random_boxes(rng, 31)
    rectangles_a, rectangles_b = (shapely.box(*boxes[:, [1, 0, 3, 2]].T) for boxes in (a, b))
    common = shapely.area(shapely.intersection(rectangles_a[:, None], rectangles_b))
    joint = shapely.area(shapely.union(rectangles_a[:, None], rectangles_b))
    iou = box_iou(a, b)
    assert np.allclose(iou, common / joint)
    as_coco = [np.hstack([boxes[:, 1::-1], boxes[:, 3:1:-1] - boxes[:, 1::-1]]) for boxes in (a, b)]
    assert np.allclose(iou, coco.iou(*as_coco, [0] * len(b)))


def test_two_parallel_edge_on_loops_share_a_box_but_no_pixel():
    """60 x 6 px at 45 degrees, 8 px apart: the trap that box matching falls into."""
    loop = np.array([(-30, -3), (-30, 3), (30, 3), (30, -3)]) @ (np.array([(1, 1), (-1, 1)]) / np.sqrt(2))
    apart = 8 / np.sqrt(2) * np.array([-1, 1])
    boxes = polygons_to_runs(Polygons.from_list([loop + 50, loop + 50 + apart]), (110, 110)).boxes()
    assert box_iou(boxes[:1], boxes[1:])[0, 0] == pytest.approx(0.61, abs=0.005)


@pytest.mark.parametrize("empty", [[0, 0, 0, 0], [5, 5, 5, 9], [5, 5, 9, 5], [9, 9, 1, 1], [np.nan] * 4])
def test_boxes_without_area_overlap_nothing(empty):
    assert box_iou([empty, [0, 0, 10, 10]], [empty, [0, 0, 10, 10]]).tolist() == [[0, 0], [0, 1]]


@pytest.mark.parametrize(("n", "m"), [(0, 0), (0, 3), (2, 0)])
def test_no_boxes(n, m):
    assert box_iou(np.zeros((n, 4)), np.zeros((m, 4))).shape == (n, m)
    assert box_iou([], np.zeros((m, 4))).shape == (0, m)


@pytest.mark.parametrize(
    ("boxes", "says"), [([[1, 2, 3]], "the boxes b have shape"), (["x"], "not an array of numbers")]
)
def test_refuses(boxes, says):
    with pytest.raises(GeometryError, match=says):
        box_iou(np.zeros((1, 4)), boxes)
