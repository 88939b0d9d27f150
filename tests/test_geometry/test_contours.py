from __future__ import annotations

import numpy as np
import pytest
import shapely
from scipy.ndimage import label

from defectkit.errors import GeometryError
from defectkit.geometry.contours import join_rings, runs_to_polygons
from defectkit.geometry.masks import masks_to_runs
from defectkit.geometry.polygons import Polygons, polygons_to_runs, rings_to_runs
from defectkit.geometry.runs import Runs


def signed_area(ring):
    row, col = ring.T
    return (row * np.roll(col, -1) - np.roll(row, -1) * col).sum() / 2


def test_outlines_give_the_masks_back(blobs, blob_runs):
    assert rings_to_runs(runs_to_polygons(blob_runs), blobs.shape[1:]) == blob_runs


def test_joined_outlines_give_the_masks_and_their_areas_back(blobs, blob_runs):
    joined = Polygons.from_list([join_rings(rings) for rings in runs_to_polygons(blob_runs)])
    assert polygons_to_runs(joined, blobs.shape[1:]) == blob_runs
    assert np.allclose(joined.areas(), blob_runs.areas())


def test_signed_areas_add_up(blob_runs):
    for area, rings in zip(blob_runs.areas(), runs_to_polygons(blob_runs), strict=True):
        assert sum(signed_area(ring) for ring in rings) == area


def test_there_is_an_outer_ring_for_each_part_and_its_holes_follow(blobs, blob_runs):
    for mask, rings in zip(blobs, runs_to_polygons(blob_runs), strict=True):
        parts, n_parts = label(mask)
        _, n_background = label(np.pad(~mask, 1, constant_values=True), structure=np.ones((3, 3)))
        outer = [signed_area(ring) > 0 for ring in rings]
        assert sum(outer) == n_parts
        assert len(rings) - sum(outer) == n_background - 1
        part_of_ring = []
        for ring, is_outer in zip(rings, outer, strict=True):
            (top, left), (bottom, _) = ring[np.lexsort((ring[:, 1], ring[:, 0]))[0]], ring[0]
            del bottom
            pixel = (int(top), int(left)) if is_outer else (int(top), int(left) - 1)
            part_of_ring.append(parts[pixel])
        changes = [part_of_ring[k] for k in range(len(rings)) if outer[k]]
        assert part_of_ring == [part for part in changes for _ in range(part_of_ring.count(part))]


def test_every_hole_follows_its_own_part_even_beside_another_hole():
    mask = np.array([[1, 1, 1, 1, 1, 0, 1], [1, 0, 1, 0, 1, 0, 1], [1, 1, 1, 1, 1, 0, 1]], bool)
    rings = runs_to_polygons(masks_to_runs([mask]))[0]
    assert [signed_area(ring) for ring in rings] == [15, -1, -1, 3]


def test_rings_turn_at_every_vertex_and_never_cross(blob_runs):
    for rings in runs_to_polygons(blob_runs):
        for ring in rings:
            steps = np.roll(ring, -1, axis=0) - ring
            assert ((steps != 0).sum(axis=1) == 1).all()
            assert ((steps != 0) != (np.roll(steps, 1, axis=0) != 0)).all()
            corners, visits = np.unique(ring, axis=0, return_counts=True)
            nodes = shapely.get_coordinates(shapely.node(shapely.LinearRing(ring)))
            assert {tuple(node) for node in nodes} == {tuple(corner) for corner in corners}  # no new one by crossing
            assert visits.max() <= 2


def test_pixels_that_touch_at_a_corner_stay_apart():
    rings = runs_to_polygons(masks_to_runs([np.eye(2, dtype=bool)]))[0]
    assert [len(ring) for ring in rings] == [4, 4]
    assert [signed_area(ring) for ring in rings] == [1, 1]


def test_empty_masks_have_no_ring():
    assert runs_to_polygons(Runs.empty()) == []
    assert runs_to_polygons(Runs.empty(2)) == [[], []]


def test_join_rings_of_none_and_of_one():
    assert join_rings([]).shape == (0, 2)
    assert join_rings([[(0, 0), (0, 1), (1, 1)]]).tolist() == [[0, 0], [0, 1], [1, 1]]


def test_join_rings_refuses_what_is_no_ring():
    with pytest.raises(GeometryError, match="polygon 0 has shape"):
        join_rings([[1, 2, 3]])
