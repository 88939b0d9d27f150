from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import shapely
from rasterio.enums import MergeAlg
from rasterio.features import rasterize

from defectkit.errors import GeometryError
from defectkit.geometry.masks import masks_to_runs
from defectkit.geometry.polygons import Polygons, polygons_to_runs, rings_to_runs
from defectkit.geometry.runs import Runs


def by_gdal(rings, shape):
    """Fill one defect with GDAL: (x, y) coordinates, pixel centers, even-odd over all rings."""
    closed = [[(x, y) for y, x in [*ring, ring[0]]] for ring in rings]
    return rasterize([{"type": "Polygon", "coordinates": closed}], out_shape=shape).astype(bool)


def star(rng, k, center, radius):
    """A simple polygon: vertices at ascending angles around a center."""
    angle = np.sort(rng.uniform(0, 2 * np.pi, k))
    length = radius * rng.uniform(0.3, 1, k)
    return center + np.stack([length * np.sin(angle), length * np.cos(angle)], axis=1)


@pytest.mark.parametrize("crossing", [False, True])
def test_fill_equals_gdal_on_float_vertices(crossing):
    rng = np.random.default_rng(1)
    shape = (48, 61)
    polygons = [
        rng.uniform(-8, 66, (rng.integers(3, 40), 2)) if crossing else star(rng, 25, rng.uniform(0, 55, 2), 20)
        for _ in range(150)
    ]
    runs = polygons_to_runs(Polygons.from_list(polygons), shape)
    runs.validate(shape)
    for i, polygon in enumerate(polygons):
        assert np.array_equal(runs.to_mask(i, shape), by_gdal([polygon], shape))


def test_fill_equals_gdal_on_integer_vertices_whose_edges_pass_through_pixel_centers():
    rng = np.random.default_rng(2)
    polygons = [rng.integers(-3, 25, (rng.integers(3, 9), 2)).astype(float) for _ in range(300)]
    runs = polygons_to_runs(Polygons.from_list(polygons), (22, 22))
    for i, polygon in enumerate(polygons):
        assert np.array_equal(runs.to_mask(i, (22, 22)), by_gdal([polygon], (22, 22)))


def test_fill_equals_gdal_on_vertices_in_tenths_whichever_way_they_are_drawn():
    """Edges that pass a pixel center by less than a rounding error must be computed one way only."""
    rng = np.random.default_rng(14)
    polygons = [rng.integers(0, 200, (3, 2)) / 10 for _ in range(1500)]
    runs = polygons_to_runs(Polygons.from_list(polygons), (20, 20))
    assert polygons_to_runs(Polygons.from_list([ring[::-1] for ring in polygons]), (20, 20)) == runs
    for i, polygon in enumerate(polygons):
        if np.unique(polygon[:, 0]).size == 3:  # GDAL treats level edges on center lines in a way of its own
            assert np.array_equal(runs.to_mask(i, (20, 20)), by_gdal([polygon], (20, 20)))


def test_fill_of_rows_with_very_many_crossings():
    rng = np.random.default_rng(3)
    polygon = rng.uniform(0, 40, (400, 2))
    runs = polygons_to_runs(Polygons.from_list([polygon]), (40, 40))
    runs.validate((40, 40))
    assert np.array_equal(runs.to_mask(0, (40, 40)), by_gdal([polygon], (40, 40)))


def test_fill_equals_gdal_on_labels_people_drew(ti_frames):
    label = min(ti_frames.rglob("*Annotation Data New*/**/*.txt"), default=None)
    assert label is not None
    lines = [np.array(line.split()[1:], float) for line in label.read_text().splitlines()]
    polygons = [line.reshape(-1, 2)[:, ::-1] * 2048 for line in lines if line.size >= 6]
    assert len(polygons) > 50
    covered = np.zeros((2048, 2048), np.uint8)
    runs = polygons_to_runs(Polygons.from_list(polygons), covered.shape)
    for row, start, end in zip(runs.row, runs.start, runs.end, strict=True):
        covered[row, start:end] += 1
    closed = [[(x, y) for y, x in [*ring, ring[0]]] for ring in polygons]
    by_gdal_together = rasterize(
        [({"type": "Polygon", "coordinates": [ring]}, 1) for ring in closed],
        out_shape=covered.shape,
        merge_alg=MergeAlg.add,
        dtype="uint8",
    )
    assert covered.max() > 1
    assert np.array_equal(covered, by_gdal_together)


@pytest.mark.parametrize("turn", [1, -1])
@pytest.mark.parametrize("first", [0, 1, 2, 3])
def test_a_square_on_pixel_centers_does_not_depend_on_how_it_is_drawn(turn, first):
    square = np.roll(np.array([(0.5, 0.5), (0.5, 2.5), (2.5, 2.5), (2.5, 0.5)]), first, axis=0)[::turn]
    mask = polygons_to_runs(Polygons.from_list([square]), (4, 4)).to_mask(0, (4, 4))
    assert mask.astype(int).tolist() == [[0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]]


def test_pixels_on_a_shared_edge_belong_to_exactly_one_polygon():
    rng = np.random.default_rng(4)
    frame = np.array([(0, 0), (0, 12), (12, 12), (12, 0)], float)
    for _ in range(50):
        middle = rng.integers(1, 24, 2) / 2
        wedges = [np.stack([frame[k], frame[(k + 1) % 4], middle]) for k in range(4)]
        runs = polygons_to_runs(Polygons.from_list(wedges), (12, 12))
        masks = [runs.to_mask(k, (12, 12)) for k in range(4)]
        assert np.sum(masks, axis=0).tolist() == np.ones((12, 12)).tolist()


def test_fill_is_clipped_to_the_frame():
    shape = (10, 12)
    whole = polygons_to_runs(Polygons.from_list([[(-1e6, -1e6), (-1e6, 1e6), (1e6, 1e6), (1e6, -1e6)]]), shape)
    assert whole == masks_to_runs([np.ones(shape, bool)])
    outside = [[(20, 2), (25, 2), (22, 6)], [(2, -9), (6, -3), (3, -1)], [(2, 13), (6, 14), (3, 19)]]
    assert polygons_to_runs(Polygons.from_list(outside), shape) == Runs.empty(3)


@pytest.mark.parametrize(
    "ring", [[(2, 2)], [(2, 2), (7, 7)], [(3, 1), (3, 5), (3, 8)], [(2.6, 2.6), (2.6, 2.9), (2.9, 2.9)]]
)
def test_a_polygon_without_a_pixel_center_has_an_empty_mask(ring):
    assert polygons_to_runs(Polygons.from_list([ring]), (9, 9)) == Runs.empty(1)


def test_defects_without_a_polygon_get_an_empty_mask():
    polygons = Polygons.from_list([None, [(0, 0), (0, 2), (2, 2), (2, 0)], None])
    assert polygons_to_runs(polygons, (3, 3)).areas().tolist() == [0, 4, 0]
    assert polygons_to_runs(Polygons.empty(), (3, 3)) == Runs.empty()
    assert polygons_to_runs(polygons, (0, 0)) == Runs.empty(3)


def test_even_odd_leaves_the_doubly_wound_part_out():
    twice = [(0, 0), (0, 6), (6, 6), (6, 0), (0, 0), (0, 3), (3, 3), (3, 0)]
    assert polygons_to_runs(Polygons.from_list([twice]), (6, 6)).areas().tolist() == [27]


def test_runs_that_meet_are_joined():
    rings = [[(0, 0), (0, 3), (3, 3), (3, 0)], [(0, 3), (0, 7), (3, 7), (3, 3)]]
    runs = rings_to_runs([rings], (3, 9))
    assert runs == masks_to_runs([np.arange(9) < np.full((3, 1), 7)])


def test_rings_equal_gdal_with_holes():
    rng = np.random.default_rng(5)
    for _ in range(40):
        outer, hole = star(rng, 20, (20, 20), 19), star(rng, 12, (20, 20), 5)
        runs = rings_to_runs([[outer, hole], []], (40, 40))
        assert np.array_equal(runs.to_mask(0, (40, 40)), by_gdal([outer, hole], (40, 40)))
        assert runs.areas()[1] == 0


@pytest.mark.parametrize("shape", [(3,), (3, -1), "ab"])
def test_fill_refuses_a_shape(shape):
    with pytest.raises(GeometryError, match="shape is"):
        polygons_to_runs(Polygons.empty(1), shape)


def test_areas_and_lengths_equal_shapely():
    rng = np.random.default_rng(6)
    rings = [star(rng, rng.integers(3, 30), rng.uniform(0, 5000, 2), 40) for _ in range(50)]
    polygons = Polygons.from_list([*rings, None])
    expected = [shapely.Polygon(ring) for ring in rings]
    assert np.allclose(polygons.areas()[:-1], [p.area for p in expected], rtol=1e-12)
    assert np.allclose(polygons.perimeters()[:-1], [p.length for p in expected], rtol=1e-12)
    assert np.allclose(polygons.boxes()[:-1], [p.bounds for p in expected], rtol=0)
    hulls = polygons.convex_hulls()
    assert np.allclose(hulls.areas()[:-1], [p.convex_hull.area for p in expected], rtol=1e-12)
    assert np.allclose(hulls.perimeters()[:-1], [p.convex_hull.length for p in expected], rtol=1e-12)
    assert np.diff(hulls.offsets)[:-1].tolist() == [shapely.get_num_coordinates(p.convex_hull) - 1 for p in expected]
    farthest = [np.hypot(*(ring[:, None] - ring).T).max() for ring in rings]
    assert np.allclose(polygons.max_vertex_distances()[:-1], farthest, rtol=1e-14)


def test_measures_where_there_is_no_polygon():
    nothing = Polygons.empty(2)
    assert nothing.areas().tolist() == [0, 0]
    assert nothing.perimeters().tolist() == [0, 0]
    assert np.isnan(nothing.boxes()).all()
    assert np.isnan(nothing.max_vertex_distances()).all()
    assert nothing.convex_hulls() == nothing
    assert Polygons.empty().max_vertex_distances().shape == (0,)


def test_area_of_a_small_polygon_far_away():
    square = np.array([(0, 0), (0, 0.5), (0.5, 0.5), (0.5, 0)]) + 2.0**30
    assert Polygons.from_list([square]).areas().tolist() == [0.25]


@pytest.mark.parametrize(
    ("ring", "hull"),
    [
        ([(2, 3)], [(2, 3)]),
        ([(2, 3), (2, 3), (2, 3)], [(2, 3)]),
        ([(0, 0), (2, 2), (1, 1), (0, 0)], [(0, 0), (2, 2)]),
        ([(0, 4), (0, 1), (0, 2)], [(0, 1), (0, 4)]),
        ([(0, 0), (0, 2), (2, 2), (2, 0), (1, 1), (0, 1)], [(0, 0), (2, 0), (2, 2), (0, 2)]),
    ],
)
def test_hulls_of_few_or_aligned_points(ring, hull):
    polygons = Polygons.from_list([ring])
    assert polygons.convex_hulls().ring(0).tolist() == [list(map(float, point)) for point in hull]
    expected = max(np.hypot(a - c, b - d) for a, b in ring for c, d in ring)
    assert polygons.max_vertex_distances()[0] == pytest.approx(expected)


def test_take_concatenate_and_ring():
    a, b = [(0, 0), (0, 2), (2, 2)], [(1, 1), (1, 5), (5, 5), (5, 1)]
    polygons = Polygons.from_list([a, None, b])
    assert polygons.take([2, 0]) == Polygons.from_list([b, a])
    assert polygons.take([True, True, False]) == Polygons.from_list([a, None])
    assert Polygons.concatenate([polygons.take([0]), polygons.take([1, 2])]) == polygons
    assert Polygons.concatenate([]) == Polygons.empty() == polygons.take([])
    assert polygons.ring(-1).tolist() == np.array(b, float).tolist()
    assert polygons.ring(1).shape == (0, 2)
    with pytest.raises(GeometryError, match="3 is out of range for 3"):
        polygons.ring(3)


def test_vertices_are_read_only_also_after_a_copy():
    polygons = Polygons.from_list([[(0, 0), (0, 2), (2, 2)]])
    for one in (polygons, pickle.loads(pickle.dumps(polygons)), copy.deepcopy(polygons)):
        assert one == polygons
        with pytest.raises(ValueError, match="read-only"):
            one.vertices[0] = 1


@pytest.mark.parametrize(
    ("rings", "says"),
    [
        ([[(0, 0), (0, np.nan), (1, 1)]], r"polygon 0, vertex 1 is \(0.0, nan\)"),
        ([None, [(0, 0), (1, 1), (np.inf, 1)]], r"polygon 1, vertex 2 .*finite"),
        ([[(0, 0), (1e10, 0), (1, 1)]], "within 2.14748e"),
        ([[(0, 0, 0), (1, 1, 1)]], r"polygon 0 has shape \(2, 3\)"),
        ([[1, 2, 3]], r"polygon 0 has shape \(3,\)"),
        ([[(0, 0), (1,)]], "polygon 0 is not an array of numbers"),
        ([["a", "b"]], "polygon 0 is not an array of numbers"),
    ],
)
def test_from_list_refuses(rings, says):
    with pytest.raises(GeometryError, match=says):
        Polygons.from_list(rings)


@pytest.mark.parametrize(
    ("vertices", "offsets", "says"),
    [
        (np.zeros((2, 3)), np.array([0, 2]), r"\(V, 2\)"),
        (np.zeros((2, 2), np.float32), np.array([0, 2]), "float32, but float64"),
        (np.zeros((2, 2)), np.array([0, 1]), "number of vertices, 2"),
        (np.zeros(2), np.array([0, 1]), "1 dimensions, but 2"),
    ],
)
def test_construction_refuses(vertices, offsets, says):
    with pytest.raises(GeometryError, match=says):
        Polygons(vertices=vertices, offsets=offsets)


def test_polygons_from_columns_are_those_from_lists():
    rings: list[list[tuple[float, float]]] = [
        [(0.5, 1.0), (2.0, 3.25), (4.0, 0.0)],
        [],
        [(1, 2), (3, 4), (5, 9), (0, 7)],
    ]
    rows, cols = [[p[0] for p in ring] for ring in rings], [[p[1] for p in ring] for ring in rings]
    assert Polygons.from_columns(rows, cols) == Polygons.from_list(rings)
    assert len(Polygons.from_columns([], [])) == 0


@pytest.mark.parametrize(
    ("rows", "cols", "message"),
    [
        ([[1.0, 2.0]], [[1.0]], "differ in their number"),
        ([[1.0]], [], "differ in their number"),
        ([[1.0, "x"]], [[1.0, 2.0]], "polygon 0 is not made of lists of numbers"),
        ([(1.0, 2.0)], [[1.0, 2.0]], "polygon 0 is not made of lists of numbers"),
    ],
)
def test_columns_that_are_no_polygons_are_refused(rows, cols, message):
    with pytest.raises(GeometryError, match=message):
        Polygons.from_columns(rows, cols)
