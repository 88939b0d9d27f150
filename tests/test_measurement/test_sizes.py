from __future__ import annotations

import attrs
import numpy as np
import pytest

from defectkit.conventions import DEFECTKIT, JACOBS2022
from defectkit.geometry.polygons import Polygons
from defectkit.measurement.outlines import Side, outlines
from defectkit.measurement.size_rules import equal_area_diameters, vertex_diameters
from defectkit.measurement.sizes import hull_circularities, shape_factors, sizes
from defectkit.records import DefectType, Instances, Taxonomy

SHAPE = (64, 64)
N_ELLIPSES = 3000


def ellipses(diameter_px: float, *, n_vertices: int = 24, seed: int = 0) -> list[np.ndarray]:
    """Nearly round ellipses of one area, anywhere on the grid and turned by any angle."""
    rng = np.random.default_rng(seed)
    angle = np.linspace(0, 2 * np.pi, n_vertices, endpoint=False)
    aspect = rng.uniform(1.0, 1.1, (N_ELLIPSES, 1))
    turn = rng.uniform(0, np.pi, (N_ELLIPSES, 1))
    center = 32 + rng.uniform(0, 1, (N_ELLIPSES, 2, 1))
    x = diameter_px / 2 * np.sqrt(aspect) * np.cos(angle)
    y = diameter_px / 2 / np.sqrt(aspect) * np.sin(angle)
    row = center[:, 0] + x * np.sin(turn) + y * np.cos(turn)
    col = center[:, 1] + x * np.cos(turn) - y * np.sin(turn)
    return list(np.stack([row, col], axis=-1))


@pytest.mark.parametrize(("diameter_px", "percent"), [(6, 8.3), (8, 6.3), (12, 4.5), (20, 2.3)])
def test_the_vertex_rule_alone_makes_perfect_black_dots_too_small(diameter_px: float, percent: float) -> None:
    perfect = Instances.from_polygons(ellipses(diameter_px), types=["bdot"] * N_ELLIPSES, shape=SHAPE)
    drawn = sizes(perfect, (1.0, 1.0), JACOBS2022, side=Side.TRUTH).mean()
    predicted = sizes(perfect, (1.0, 1.0), JACOBS2022, side=Side.PREDICTION).mean()
    assert 100 * (1 - predicted / drawn) == pytest.approx(percent, abs=0.4)


def test_the_equal_area_rule_is_fair_on_the_same_dots() -> None:
    perfect = Instances.from_polygons(ellipses(6, n_vertices=200), types=["bdot"] * N_ELLIPSES, shape=SHAPE)
    assert sizes(perfect, (1.0, 1.0), DEFECTKIT).mean() == pytest.approx(6.0, rel=0.005)


def test_vertex_rule_by_hand() -> None:
    kite = Polygons.from_list([[(0, 3), (2, 0), (4, 3), (2, 6)]] * 2)
    assert vertex_diameters(kite, np.array([True, False])).tolist() == pytest.approx([2 * np.sqrt(2 * 3), 6])
    assert vertex_diameters(kite, np.array([True, False]), (1.0, 0.5)).tolist() == pytest.approx([2 * np.sqrt(3), 4])


def test_truth_is_its_polygon_cut_to_integers_and_a_prediction_the_hull_of_its_pixel_indices() -> None:
    drawn = Instances.from_polygons([[(10.9, 20.6), (10.9, 30.2), (18.7, 30.2)]], types=["bdot"], shape=SHAPE)
    assert outlines(drawn).vertices.tolist() == [[10, 20], [10, 30], [18, 30]]
    hull = outlines(drawn, Side.PREDICTION).vertices
    mask = drawn[0].mask()
    assert hull[:, 0].min() == np.flatnonzero(mask.any(axis=1))[0]
    assert hull[:, 1].max() == np.flatnonzero(mask.any(axis=0))[-1]
    scored = attrs.evolve(drawn, scores=np.array([0.5]))
    assert outlines(scored).vertices.tolist() == hull.tolist()


def test_truth_without_a_polygon_is_treated_as_a_prediction() -> None:
    corner = np.pad(np.ones((3, 3), bool), ((0, 61), (0, 61)))
    both = Instances.from_polygons([[(10, 10), (10, 20), (20, 20)]], types=["bdot"], shape=SHAPE)
    mixed = attrs.evolve(
        Instances.from_masks([corner, both[0].mask()], types=["bdot"] * 2, shape=SHAPE),
        polygons=Polygons.concatenate([Polygons.empty(1), both.polygons]),
    )
    rings = outlines(mixed, Side.TRUTH)
    assert rings.ring(0).tolist() == [[0, 0], [2, 0], [2, 2], [0, 2]]
    assert rings.ring(1).tolist() == [[10, 10], [10, 20], [20, 20]]


def test_only_black_dots_and_their_sub_types_have_the_geometric_mean() -> None:
    taxonomy = Taxonomy(
        types=(DefectType(name="bdot"), DefectType(name="tiny", parent="bdot"), DefectType(name="line"))
    )
    bar = np.pad(np.ones((3, 9), bool), ((0, 61), (0, 55)))
    three = Instances.from_masks([bar] * 3, types=["bdot", "tiny", "line"], shape=SHAPE)
    corner = np.hypot(1, 4)
    assert sizes(three, (1, 1), JACOBS2022, taxonomy=taxonomy).tolist() == pytest.approx([2 * corner] * 3)
    oblong = Instances.from_polygons(
        [[(0, 0), (4, -4), (8, 0), (4, 20)]] * 3, types=list(three.type_names), shape=SHAPE
    )
    dot, tiny, line = sizes(oblong, (1, 1), JACOBS2022, taxonomy=taxonomy)
    assert dot == tiny < line
    assert sizes(oblong, (1, 1), JACOBS2022)[1] == line


def test_shape_is_of_the_mask_or_of_the_hull() -> None:
    row, col = np.indices(SHAPE)
    corner = np.zeros(SHAPE, bool)
    corner[10:30, 10:30] = True
    corner[15:30, 15:30] = False
    shapes = Instances.from_masks([np.hypot(row - 32, col - 32) < 25, corner], types=["bdot"] * 2, shape=SHAPE)
    of_mask, of_hull = (shape_factors(shapes, (1.0, 1.0), rule) for rule in (DEFECTKIT, JACOBS2022))
    assert of_mask[0] == pytest.approx(1.0, abs=0.01)
    assert of_hull[0] == pytest.approx(1.0, abs=0.01)
    assert of_mask[1] > 1.5
    hull = np.array([[10, 10], [10, 29], [14, 29], [29, 14], [29, 10]])
    perimeter = 19 + 4 + np.hypot(15, 15) + 4 + 19
    area = 19 * 19 - 15 * 15 / 2
    assert of_hull[1] == pytest.approx(perimeter / (2 * np.sqrt(np.pi * area)))
    assert hull_circularities(Polygons.from_list([hull])).tolist() == pytest.approx([of_hull[1]])


def test_what_has_no_extent_has_no_size_or_shape() -> None:
    masks = np.zeros((3, *SHAPE), bool)
    masks[1, 5, 5] = True
    masks[2, 5, 5:9] = True
    degenerate = Instances.from_masks(masks, types=["bdot"] * 3, shape=SHAPE)
    assert np.isnan(equal_area_diameters(degenerate)).tolist() == [True, False, False]
    assert sizes(degenerate, (1, 1), JACOBS2022).tolist() == pytest.approx(
        [np.nan, 0, np.sqrt(1.5 * 1.5) * 2], nan_ok=True
    )
    assert np.isnan(shape_factors(degenerate, (1, 1), JACOBS2022)).all()


@pytest.mark.parametrize("rule", [DEFECTKIT, JACOBS2022])
@pytest.mark.parametrize("side", [None, *Side])
def test_no_defects_have_no_sizes(rule, side) -> None:
    nothing = Instances.empty(SHAPE)
    assert sizes(nothing, (1.0, 1.0), rule, side=side).shape == (0,)
    assert shape_factors(nothing, (1.0, 1.0), rule, side=side).shape == (0,)
