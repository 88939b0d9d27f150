from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import attrs
import numpy as np
import pytest

from defectkit.errors import GeometryError
from defectkit.geometry import shape
from defectkit.geometry.masks import masks_to_runs
from defectkit.geometry.overlap import mask_iou
from defectkit.geometry.runs import Runs


@pytest.mark.parametrize("directions", [4, 8])
@pytest.mark.parametrize("spacing", [(1.0, 1.0), (0.3, 0.7)])
def test_measures_together_are_those_taken_alone(blob_runs, spacing, directions):
    together = shape.measure_shapes(blob_runs, spacing, directions)
    major, minor = shape.axes(blob_runs, spacing)
    alone = {
        "areas": shape.areas(blob_runs, spacing),
        "equivalent_diameters": shape.equivalent_diameters(blob_runs, spacing),
        "centroids": shape.centroids(blob_runs, spacing),
        "axes_major": major,
        "axes_minor": minor,
        "orientations": shape.orientations(blob_runs, spacing),
        "perimeters": shape.perimeters(blob_runs, spacing, directions),
        "heywood_circularities": shape.heywood_circularities(blob_runs, spacing, directions),
        "max_feret_diameters": shape.max_feret_diameters(blob_runs, spacing),
        "min_feret_diameters": shape.min_feret_diameters(blob_runs, spacing),
    }
    assert set(alone) == {field.name for field in attrs.fields(shape.Shapes)}
    for name, values in alone.items():
        assert np.array_equal(getattr(together, name), values, equal_nan=True), name


@pytest.mark.parametrize("n", [0, 2])
def test_measures_of_empty_masks(n):
    shapes = shape.measure_shapes(Runs.empty(n))
    for field in attrs.fields(shape.Shapes):
        values = getattr(shapes, field.name)
        assert len(values) == n
        expected = 0 if field.name in ("areas", "equivalent_diameters", "perimeters") else np.nan
        assert np.array_equal(values, np.full_like(values, expected), equal_nan=True), field.name


def test_heywood_is_the_perimeter_over_that_of_the_disc_of_equal_area(blob_runs):
    runs = blob_runs.take(blob_runs.areas() > 0)
    disc_of_equal_area = np.pi * shape.equivalent_diameters(runs, (0.5, 2.0))
    expected = shape.perimeters(runs, (0.5, 2.0), 8) / disc_of_equal_area
    assert np.allclose(shape.heywood_circularities(runs, (0.5, 2.0), 8), expected)


def test_heywood_does_not_know_the_unit_and_grows_with_length(disc):
    runs = masks_to_runs([disc((32, 32), (r, 15)) for r in (15, 20, 25, 30)])
    factors = shape.heywood_circularities(runs)
    assert np.allclose(factors, shape.heywood_circularities(runs, (0.2554, 0.2554)))
    assert (np.diff(factors) > 0).all()


@pytest.mark.parametrize(
    ("row", "col", "touching"), [(0, 4, True), (6, 4, True), (3, 0, True), (3, 8, True), (3, 4, False)]
)
def test_touches_border(row, col, touching):
    mask = np.zeros((7, 9), bool)
    mask[row, col] = True
    assert shape.touches_border(masks_to_runs([mask]), (7, 9)).tolist() == [touching]


def test_an_empty_mask_touches_nothing():
    assert shape.touches_border(Runs.empty(2), (7, 9)).tolist() == [False, False]
    assert shape.touches_border(Runs.empty(), (7, 9)).shape == (0,)
    with pytest.raises(GeometryError, match="shape is"):
        shape.touches_border(Runs.empty(1), (7,))  # type: ignore[arg-type]  # one number is no shape


def test_threads_do_not_change_a_bit(blob_runs):
    def work(_):
        shapes = shape.measure_shapes(blob_runs, (0.3, 0.7), 8)
        return [mask_iou(blob_runs, blob_runs), *(getattr(shapes, f.name) for f in attrs.fields(shape.Shapes))]

    expected = work(0)
    with ThreadPoolExecutor(4) as pool:
        for result in pool.map(work, range(24)):
            assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(result, expected, strict=True))
