from __future__ import annotations

import numpy as np
import pytest
from skimage.measure import regionprops

from defectkit.errors import GeometryError
from defectkit.geometry.masks import masks_to_runs
from defectkit.geometry.moments import areas, axes, centroids, equivalent_diameters, orientations, second_moments
from defectkit.geometry.polygons import Polygons, polygons_to_runs
from defectkit.geometry.runs import Runs
from defectkit.geometry.sets import shift

SPACINGS = [(1.0, 1.0), (0.25, 0.25), (2.0, 0.7)]


def ellipse(center, major, minor, degrees, n=2000):
    """A fine polygon of semi-axes (major, minor), its major axis turned from the rows towards the columns."""
    angle, turn = np.linspace(0, 2 * np.pi, n, endpoint=False), np.radians(degrees)
    along, across = major * np.cos(angle), minor * np.sin(angle)
    row = along * np.cos(turn) - across * np.sin(turn)
    col = along * np.sin(turn) + across * np.cos(turn)
    return np.stack([row, col], axis=1) + center


@pytest.mark.parametrize("spacing", SPACINGS)
def test_equals_scikit_image_where_definitions_coincide(blobs, blob_runs, spacing):
    height, width = spacing
    for i, mask in enumerate(blobs):
        if not mask.any():
            continue
        one = blob_runs.take([i])
        theirs = regionprops(mask.astype(np.uint8), spacing=spacing)[0]
        rr, rc, cc = second_moments(one, spacing)[0]
        assert areas(one, spacing)[0] == pytest.approx(theirs.area)
        assert equivalent_diameters(one, spacing)[0] == pytest.approx(theirs.equivalent_diameter_area)
        assert np.allclose(centroids(one, spacing)[0] - np.multiply(0.5, spacing), theirs.centroid)
        spread = theirs.moments_central / theirs.moments_central[0, 0]
        assert rr - height**2 / 12 == pytest.approx(spread[2, 0], abs=1e-9)
        assert rc == pytest.approx(spread[1, 1], abs=1e-9)
        assert cc - width**2 / 12 == pytest.approx(spread[0, 2], abs=1e-9)


def test_axes_are_those_of_scikit_image_and_the_pixel_square(blobs, blob_runs):
    filled = np.flatnonzero(blobs.any(axis=(1, 2)))
    theirs = [regionprops(blobs[i].astype(np.uint8))[0] for i in filled]
    major, minor = axes(blob_runs.take(filled))
    assert np.allclose(major**2, np.square([p.axis_major_length for p in theirs]) + 4 / 3)
    assert np.allclose(minor**2, np.square([p.axis_minor_length for p in theirs]) + 4 / 3)


def test_orientations_are_those_of_scikit_image(blobs, blob_runs):
    filled = np.flatnonzero(blobs.any(axis=(1, 2)))
    ours = orientations(blob_runs.take(filled))
    theirs = np.array([regionprops(blobs[i].astype(np.uint8))[0].orientation for i in filled])
    known = ~np.isnan(ours)
    assert known.sum() > 30
    difference = (ours - theirs)[known]
    assert np.allclose(np.sin(difference), 0, atol=1e-6)  # an axis has no head: half a turn is no difference


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (5, 2), (8, 8)])
@pytest.mark.parametrize("spacing", SPACINGS)
def test_rectangles_have_the_moments_of_rectangles(shape, spacing):
    runs = masks_to_runs([np.ones(shape, bool)])
    sides = np.multiply(shape, spacing)
    rr, rc, cc = second_moments(runs, spacing)[0]
    assert (rr, cc) == pytest.approx(tuple(sides**2 / 12))
    assert rc == 0
    assert areas(runs, spacing)[0] == pytest.approx(sides.prod())
    assert np.allclose(centroids(runs, spacing)[0], sides / 2)


@pytest.mark.parametrize("degrees", [0, 17, 45, 80, 90, 135])
def test_ellipses_have_their_own_axes(degrees):
    runs = polygons_to_runs(Polygons.from_list([ellipse((100.3, 99.6), 70, 30, degrees)]), (200, 200))
    major, minor = axes(runs)
    assert (major[0], minor[0]) == pytest.approx((140, 60), rel=2e-3)
    assert areas(runs)[0] == pytest.approx(np.pi * 70 * 30, rel=2e-3)
    assert np.allclose(centroids(runs)[0], (100.3, 99.6), atol=0.08)
    assert np.sin(orientations(runs)[0] - np.radians(degrees)) == pytest.approx(0, abs=2e-3)
    assert -np.pi / 2 < orientations(runs)[0] <= np.pi / 2


def test_an_ellipse_on_flat_pixels_is_measured_in_length(disc):
    runs = masks_to_runs([disc((60, 30), (18, 27), shape=(120, 60), spacing=(0.5, 2.0))])
    major, minor = axes(runs, (0.5, 2.0))
    assert (major[0], minor[0]) == pytest.approx((54, 36), rel=1e-2)


def test_squares_and_discs_have_no_orientation(disc):
    masks = [disc((32, 32), 20), np.pad(np.ones((8, 8), bool), 3)]
    assert np.isnan(orientations(masks_to_runs(masks))).all()


def test_level_is_plus_a_quarter_turn_whatever_the_rounding():
    trapezoid = np.ones((2, 11), bool)
    trapezoid[0, [0, -1]] = False
    runs = masks_to_runs([np.ones((1, 9), bool), trapezoid])
    assert second_moments(runs)[1, 1] < 0  # a rounding error below the exact 0, which turns arctan2 around
    assert orientations(runs).tolist() == [np.pi / 2] * 2


def test_shifting_by_pixels_changes_no_digit(blob_runs):
    assert np.array_equal(second_moments(shift(blob_runs, 12345, 678)), second_moments(blob_runs), equal_nan=True)


def test_a_small_mask_far_from_the_origin_keeps_its_digits():
    far = shift(masks_to_runs([np.ones((6, 12), bool)]), 2_000_000_000, 2_000_000_000)
    assert second_moments(far)[0] == pytest.approx([3, 0, 12])


def test_masks_beyond_int32():
    side = 2**31 - 1
    wide = Runs(
        row=np.arange(2, dtype=np.int32),
        start=np.zeros(2, np.int32),
        end=np.full(2, side, np.int32),
        offsets=np.array([0, 2]),
    )
    assert areas(wide).tolist() == [2 * side]
    assert centroids(wide)[0] == pytest.approx([1, side / 2])
    assert second_moments(wide)[0] == pytest.approx([4 / 12, 0, side**2 / 12])


@pytest.mark.parametrize("n", [0, 2])
def test_empty_masks(n):
    runs = Runs.empty(n)
    assert areas(runs).tolist() == equivalent_diameters(runs).tolist() == [0] * n
    assert centroids(runs).shape == (n, 2)
    assert second_moments(runs).shape == (n, 3)
    for values in (centroids(runs), second_moments(runs), *axes(runs), orientations(runs)):
        assert len(values) == n
        assert np.isnan(values).all()


@pytest.mark.parametrize("spacing", [(1,), (0, 1), (1, -1), (np.nan, 1), (1, np.inf), None, ("a", "b")])
@pytest.mark.parametrize("measure", [areas, equivalent_diameters, centroids, second_moments, axes, orientations])
def test_spacing_must_be_two_positive_numbers(measure, spacing):
    with pytest.raises(GeometryError, match="spacing is"):
        measure(Runs.empty(1), spacing)
