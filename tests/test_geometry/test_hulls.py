from __future__ import annotations

import numpy as np
import pytest
import shapely

from defectkit.errors import GeometryError
from defectkit.geometry.hulls import (
    convex_hulls,
    feret_diameters,
    hull_areas,
    hull_perimeters,
    index_hulls,
    max_feret_diameters,
    min_feret_diameters,
)
from defectkit.geometry.masks import masks_to_runs
from defectkit.geometry.runs import Runs
from defectkit.geometry.sets import shift

SPACINGS = [(1.0, 1.0), (0.5, 0.5), (1.0, 3.0), (2.5, 0.4)]


def corner_points(mask, spacing=(1.0, 1.0)):
    rows, columns = np.nonzero(mask)
    corners = [np.stack([rows + i, columns + j], axis=1) for i in (0, 1) for j in (0, 1)]
    return np.unique(np.concatenate(corners), axis=0) * spacing


def shapely_hull(points, spacing=(1.0, 1.0)):
    return shapely.transform(shapely.convex_hull(shapely.MultiPoint(points)), lambda xy: xy * spacing)


@pytest.mark.parametrize("spacing", SPACINGS)
def test_hulls_equal_shapely(blobs, blob_runs, spacing):
    hulls = convex_hulls(blob_runs, spacing)
    sizes, lengths = hull_areas(blob_runs, spacing), hull_perimeters(blob_runs, spacing)
    for i, mask in enumerate(blobs):
        if not mask.any():
            assert hulls.ring(i).shape == (0, 2)
            continue
        expected = shapely_hull(corner_points(mask), spacing)
        assert {tuple(v) for v in hulls.ring(i)} == set(expected.exterior.coords)
        assert sizes[i] == pytest.approx(expected.area)
        assert lengths[i] == pytest.approx(expected.length)


@pytest.mark.parametrize("spacing", SPACINGS)
def test_feret_diameters_equal_brute_force(blobs, blob_runs, spacing):
    largest, smallest = feret_diameters(blob_runs, spacing)
    for i, mask in enumerate(blobs):
        if not mask.any():
            assert np.isnan(largest[i])
            assert np.isnan(smallest[i])
            continue
        ring = np.array(shapely_hull(corner_points(mask), spacing).exterior.coords)
        assert largest[i] == pytest.approx(np.hypot(*(ring[:, None] - ring).T).max(), rel=1e-14)
        edges = np.diff(ring, axis=0)
        normals = edges[:, ::-1] * (1, -1) / np.hypot(*edges.T)[:, None]
        assert smallest[i] == pytest.approx(np.ptp(ring @ normals.T, axis=0).min(), rel=1e-12)


def test_the_smallest_feret_diameter_is_the_least_extent_over_all_angles(blobs, blob_runs):
    angle = np.linspace(0, np.pi, 7200)
    direction = np.stack([np.sin(angle), np.cos(angle)])
    for i in (0, 7, 20, 35):
        extent = np.ptp(corner_points(blobs[i]) @ direction, axis=0)
        largest, smallest = feret_diameters(blob_runs.take([i]))
        assert smallest[0] <= extent.min() * (1 + 1e-12)
        assert smallest[0] == pytest.approx(extent.min(), rel=1e-3)
        assert largest[0] == pytest.approx(extent.max(), rel=1e-3)


def test_one_pixel():
    runs = masks_to_runs([np.ones((1, 1), bool)])
    assert max_feret_diameters(runs).tolist() == [np.sqrt(2)]
    assert min_feret_diameters(runs).tolist() == [1]
    assert hull_areas(runs).tolist() == [1]
    assert hull_perimeters(runs).tolist() == [4]
    assert max_feret_diameters(runs, (3, 4)).tolist() == [5]
    assert min_feret_diameters(runs, (3, 4)).tolist() == [3]


def test_a_gap_between_rows_is_bridged():
    mask = np.zeros((9, 9), bool)
    mask[0, 4] = mask[8, 0] = mask[8, 8] = True
    hull = convex_hulls(masks_to_runs([mask]))
    assert hull.ring(0).tolist() == [[0, 4], [8, 0], [9, 0], [9, 9], [8, 9], [0, 5]]


def test_index_hulls_are_those_of_the_pixel_indices(blobs, blob_runs):
    hulls = index_hulls(blob_runs)
    for i, mask in enumerate(blobs):
        indices = np.argwhere(mask).astype(float)
        if not indices.size:
            assert hulls.ring(i).shape == (0, 2)
            continue
        expected = shapely_hull(indices)
        coords = expected.exterior.coords if expected.geom_type == "Polygon" else expected.coords
        ring = [tuple(v) for v in hulls.ring(i)]
        assert set(ring) == set(coords)
        assert len(ring) == len(set(ring))


@pytest.mark.parametrize(
    ("mask", "hull"),
    [
        ([[1]], [(0, 0)]),
        ([[1, 1, 1]], [(0, 0), (0, 2)]),
        ([[1], [1], [1]], [(0, 0), (2, 0)]),
        ([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [(0, 0), (2, 2)]),
        ([[1, 1], [1, 0]], [(0, 0), (1, 0), (0, 1)]),
        ([[0, 1], [1, 1]], [(0, 1), (1, 0), (1, 1)]),
    ],
)
def test_index_hulls_of_few_pixels(mask, hull):
    runs = masks_to_runs([np.array(mask, bool)])
    assert index_hulls(runs).ring(0).tolist() == [list(map(float, point)) for point in hull]


def test_hulls_bulge_one_way(blob_runs):
    hulls = convex_hulls(blob_runs)
    for i in range(len(hulls)):
        ring = hulls.ring(i)
        edge = np.roll(ring, -1, axis=0) - ring
        following = np.roll(edge, -1, axis=0)
        assert (edge[:, 0] * following[:, 1] - edge[:, 1] * following[:, 0] > 0).all()


def test_masks_at_the_limits_of_int32():
    side = 2**31 - 1
    corners = Runs(
        row=np.array([0, 0, side - 1, side - 1], np.int32),
        start=np.array([0, side - 1, 0, side - 1], np.int32),
        end=np.array([1, side, 1, side], np.int32),
        offsets=np.array([0, 4]),
    )
    largest, smallest = feret_diameters(corners)
    assert largest[0] == pytest.approx(side * np.sqrt(2))
    assert smallest[0] == pytest.approx(side)
    assert hull_areas(corners)[0] == pytest.approx(float(side) ** 2)


def test_shifting_by_pixels_changes_no_digit(blob_runs):
    for ours, moved in zip(feret_diameters(blob_runs), feret_diameters(shift(blob_runs, 999, 4321)), strict=True):
        assert np.array_equal(ours, moved, equal_nan=True)


@pytest.mark.parametrize("n", [0, 3])
def test_empty_masks(n):
    runs = Runs.empty(n)
    assert len(convex_hulls(runs)) == len(index_hulls(runs)) == n
    assert hull_areas(runs).tolist() == hull_perimeters(runs).tolist() == [0] * n
    for diameters in (*feret_diameters(runs), max_feret_diameters(runs), min_feret_diameters(runs)):
        assert diameters.shape == (n,)
        assert np.isnan(diameters).all()


@pytest.mark.parametrize("measure", [convex_hulls, hull_areas, hull_perimeters, feret_diameters])
def test_spacing_must_be_two_positive_numbers(measure):
    with pytest.raises(GeometryError, match="spacing is"):
        measure(Runs.empty(1), (1.0, 0.0))
