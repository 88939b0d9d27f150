from __future__ import annotations

import numpy as np
import shapely
from hypothesis import assume, given, strategies as st
from hypothesis.extra import numpy as hnp
from pycocotools import mask as coco
from rasterio.features import rasterize
from skimage.measure import perimeter_crofton

from defectkit.geometry import shape
from defectkit.geometry.boxes import box_iou
from defectkit.geometry.contours import join_rings, runs_to_polygons
from defectkit.geometry.masks import crops_to_runs, label_image_to_runs, masks_to_runs, runs_to_label_image
from defectkit.geometry.overlap import intersections, iou_pairs, iou_pairs_by_frame, mask_iou
from defectkit.geometry.polygons import Polygons, polygons_to_runs, rings_to_runs
from defectkit.geometry.runs import Runs
from defectkit.geometry.sets import covered_areas, covered_areas_by_frame, crop, shift, union, union_area

stacks = st.tuples(st.integers(0, 5), st.integers(1, 12), st.integers(1, 12)).flatmap(
    lambda size: hnp.arrays(bool, size)
)
pairs_of_stacks = st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(1, 10), st.integers(1, 10)).flatmap(
    lambda n: st.tuples(hnp.arrays(bool, (n[0], n[2], n[3])), hnp.arrays(bool, (n[1], n[2], n[3])))
)
edges = st.floats(0.1, 10)
spacings = st.tuples(edges, edges)
directions = st.sampled_from([4, 8])
coordinates = st.floats(-6, 26, allow_subnormal=False)
rings = st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=9)
SHAPE = (20, 20)


def measures(runs, spacing=(1.0, 1.0), along=4):
    """All that does not know where a mask lies, nor how it is turned by quarters."""
    shapes = shape.measure_shapes(runs, spacing, along)
    return np.stack(
        [
            shapes.areas,
            shapes.equivalent_diameters,
            shapes.axes_major,
            shapes.axes_minor,
            shapes.perimeters,
            shapes.heywood_circularities,
            shapes.max_feret_diameters,
            shapes.min_feret_diameters,
            shape.hull_areas(runs, spacing),
            shape.hull_perimeters(runs, spacing),
        ]
    )


@given(stacks)
def test_masks_to_runs_and_back(masks):
    runs = masks_to_runs(masks)
    runs.validate(masks.shape[1:])
    assert all(np.array_equal(runs.to_mask(i, mask.shape), mask) for i, mask in enumerate(masks))


@given(stacks)
def test_runs_to_outlines_and_back(masks):
    runs = masks_to_runs(masks)
    outlines = runs_to_polygons(runs)
    assert rings_to_runs(outlines, masks.shape[1:]) == runs
    assert polygons_to_runs(Polygons.from_list([join_rings(rings) for rings in outlines]), masks.shape[1:]) == runs


@given(pairs_of_stacks)
def test_covered_areas_are_those_of_the_joined_masks(pair):
    in_a, in_b = (masks.any(axis=0) for masks in pair)
    expected = tuple(np.count_nonzero(mask) for mask in (in_a, in_b, in_a & in_b))
    assert covered_areas(*(masks_to_runs(masks) for masks in pair)) == expected


@given(st.lists(pairs_of_stacks, max_size=4))
def test_masks_of_several_frames_are_compared_as_each_frame_alone(frames):
    a, b = ([masks_to_runs(pair[side]) for pair in frames] for side in (0, 1))
    a_frames, b_frames = (np.cumsum([0, *map(len, side)], dtype=np.int64) for side in (a, b))
    joined = Runs.concatenate(a), a_frames, Runs.concatenate(b), b_frames
    alone = [iou_pairs(*pair) for pair in zip(a, b, strict=True)]
    pairs = iou_pairs_by_frame(*joined)
    assert pairs.first.tolist() == [i + n for p, n in zip(alone, a_frames[:-1], strict=True) for i in p.first]
    assert pairs.second.tolist() == [j + n for p, n in zip(alone, b_frames[:-1], strict=True) for j in p.second]
    assert pairs.intersection.tolist() == [n for p in alone for n in p.intersection]
    assert pairs.iou.tolist() == [iou for p in alone for iou in p.iou]
    covered = [covered_areas(*pair) for pair in zip(a, b, strict=True)]
    assert covered_areas_by_frame(*joined).tolist() == [list(areas) for areas in covered]


@given(hnp.arrays(np.uint8, st.tuples(st.integers(0, 9), st.integers(0, 9)), elements=st.integers(0, 4)))
def test_label_images_to_runs_and_back(labels):
    runs, values = label_image_to_runs(labels)
    assert np.array_equal(runs_to_label_image(runs, labels.shape, values), labels)
    assert runs.areas().sum() == np.count_nonzero(labels) == union_area(runs)


@given(stacks, st.integers(-8, 8), st.integers(-8, 8))
def test_crops_are_shifted_masks_in_a_window(masks, top, left):
    n = len(masks)
    placed = crops_to_runs(list(masks), [top] * n, [left] * n, (10, 10))
    windowed, kept = crop(shift(masks_to_runs(masks), top, left), 0, 0, 10, 10)
    assert placed.take(kept) == windowed
    assert placed.areas().sum() == windowed.areas().sum()


@given(rings)
def test_fill_equals_gdal(ring):
    on_center_line = [row for row, _ in ring if row % 1 == 0.5]
    assume(len(set(on_center_line)) == len(on_center_line))  # GDAL adds level edges on center lines one way only
    mask = polygons_to_runs(Polygons.from_list([ring]), SHAPE).to_mask(0, SHAPE)
    theirs = rasterize(
        [{"type": "Polygon", "coordinates": [[(col, row) for row, col in [*ring, ring[0]]]]}], out_shape=SHAPE
    )
    assert np.array_equal(mask, theirs.astype(bool))


@given(rings, st.integers(0, 8))
def test_fill_does_not_depend_on_where_and_which_way_the_polygon_is_drawn(ring, first):
    turned = [*ring[first:], *ring[:first]]
    runs = polygons_to_runs(Polygons.from_list([ring, turned, turned[::-1]]), SHAPE)
    assert runs.take([0]) == runs.take([1]) == runs.take([2])


@given(rings, rings)
def test_fill_of_two_rings_is_the_exclusive_or(a, b):
    one = polygons_to_runs(Polygons.from_list([a, b]), SHAPE)
    both = rings_to_runs([[a, b]], SHAPE)
    assert np.array_equal(both.to_mask(0, SHAPE), one.to_mask(0, SHAPE) ^ one.to_mask(1, SHAPE))


@given(pairs_of_stacks)
def test_iou_equals_pycocotools_to_the_bit(pair):
    a, b = pair
    ours = mask_iou(masks_to_runs(a), masks_to_runs(b))
    assert ours.shape == (len(a), len(b))
    if len(a) and len(b):
        encoded = [coco.encode(np.asfortranarray(masks.transpose(1, 2, 0).astype(np.uint8))) for masks in pair]
        assert np.array_equal(ours, coco.iou(*encoded, [0] * len(b)))


@given(pairs_of_stacks)
def test_iou_is_symmetric_and_bounded(pair):
    a, b = (masks_to_runs(masks) for masks in pair)
    iou = mask_iou(a, b)
    assert np.array_equal(iou, mask_iou(b, a).T)
    assert ((iou >= 0) & (iou <= 1)).all()
    assert np.array_equal(np.diag(mask_iou(a, a)), a.areas() > 0)
    sparse = iou_pairs(a, b)
    assert (sparse.iou > 0).all()
    assert (box_iou(a.boxes(), b.boxes())[sparse.first, sparse.second] > 0).all()


@given(pairs_of_stacks)
def test_union_and_intersection_add_up(pair):
    a, b = (union(masks_to_runs(masks), [0] * len(masks), 1) for masks in pair)
    common = intersections(a, b).intersection.sum()
    both = union(masks_to_runs(np.concatenate(pair)), [0] * (len(pair[0]) + len(pair[1])), 1)
    assert both.areas()[0] + common == a.areas()[0] + b.areas()[0]
    assert union(both, [0]) == both


@given(stacks, st.integers(0, 12), st.integers(0, 12))
def test_four_crops_hold_every_pixel_once(masks, row, col):
    runs = masks_to_runs(masks)
    windows = [(0, 0, row, col), (0, col, row, 12), (row, 0, 12, col), (row, col, 12, 12)]
    parts = [crop(runs, *window) for window in windows]
    total = np.zeros(len(masks), np.int64)
    for part, kept in parts:
        assert (part.areas() > 0).all()
        total[kept] += part.areas()
    assert np.array_equal(total, runs.areas())


@given(stacks, spacings, directions, st.randoms(use_true_random=False))
def test_measures_do_not_know_the_other_defects(masks, spacing, along, random):
    order = list(range(len(masks)))
    random.shuffle(order)
    runs = masks_to_runs(masks)
    assert np.array_equal(
        measures(runs.take(order), spacing, along), measures(runs, spacing, along)[:, order], equal_nan=True
    )


@given(stacks, spacings, directions, st.integers(-1000, 1000), st.integers(-1000, 1000))
def test_measures_do_not_know_the_place(masks, spacing, along, rows, columns):
    runs = masks_to_runs(masks)
    moved = shift(runs, rows, columns)
    assert np.allclose(measures(moved, spacing, along), measures(runs, spacing, along), rtol=1e-9, equal_nan=True)
    there = shape.centroids(moved, spacing) - np.multiply((rows, columns), spacing)
    assert np.allclose(there, shape.centroids(runs, spacing), atol=1e-8, equal_nan=True)


@given(stacks, spacings, directions)
def test_measures_turn_with_the_image(masks, spacing, along):
    runs = masks_to_runs(masks)
    expected = measures(runs, spacing, along)
    for turned in (masks.transpose(0, 2, 1), np.rot90(masks, axes=(1, 2)), np.rot90(masks, 3, axes=(1, 2))):
        assert np.allclose(measures(masks_to_runs(turned), spacing[::-1], along), expected, rtol=1e-9, equal_nan=True)
    for flipped in (masks[:, ::-1], masks[:, :, ::-1], masks[:, ::-1, ::-1]):
        assert np.allclose(measures(masks_to_runs(flipped), spacing, along), expected, rtol=1e-9, equal_nan=True)


@given(stacks, spacings, directions, edges)
def test_measures_scale_with_the_pixel(masks, spacing, along, factor):
    runs = masks_to_runs(masks)
    powers = np.array([2, 1, 1, 1, 1, 0, 1, 1, 2, 1])[:, None]
    scaled = measures(runs, (spacing[0] * factor, spacing[1] * factor), along)
    assert np.allclose(scaled, measures(runs, spacing, along) * factor**powers, rtol=1e-9, equal_nan=True)


@given(stacks, spacings)
def test_orders_that_always_hold(masks, spacing):
    runs = masks_to_runs(masks)
    runs = runs.take(runs.areas() > 0)
    shapes = shape.measure_shapes(runs, spacing)
    ulps = 1 + 1e-9
    assert (shapes.axes_minor <= shapes.axes_major * ulps).all()
    assert (shapes.min_feret_diameters <= shapes.max_feret_diameters * ulps).all()
    assert (shapes.areas <= shape.hull_areas(runs, spacing) * ulps).all()
    assert (2 * shapes.max_feret_diameters <= shape.hull_perimeters(runs, spacing) * ulps).all()
    assert (shapes.equivalent_diameters <= shapes.max_feret_diameters * ulps).all()  # isodiametric inequality
    assert ((shape.orientations(runs) > -np.pi / 2) | np.isnan(shape.orientations(runs))).all()


@given(stacks)
def test_crofton_equals_scikit_image(masks):
    ours = shape.perimeters(masks_to_runs(masks))
    assert np.allclose(ours, [perimeter_crofton(mask, directions=4) for mask in masks], rtol=1e-12)


@given(st.lists(st.none() | rings, max_size=5))
def test_polygon_hulls_enclose(polygons):
    given_polygons = Polygons.from_list(polygons)
    hulls = given_polygons.convex_hulls()
    # a vertex that stands out by less than rounding may be taken to lie on an edge
    assert np.allclose(hulls.boxes(), given_polygons.boxes(), rtol=1e-12, atol=1e-12, equal_nan=True)
    points = [[] if ring is None else ring for ring in polygons]
    assert np.allclose(hulls.areas(), [shapely.MultiPoint(ring).convex_hull.area for ring in points])
    assert (hulls.perimeters() <= given_polygons.perimeters() * (1 + 1e-12)).all()
    assert np.allclose(hulls.max_vertex_distances(), given_polygons.max_vertex_distances(), rtol=1e-14, equal_nan=True)
