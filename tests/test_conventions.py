from __future__ import annotations

import json
import pickle

import attrs
import pytest

from defectkit.conventions import (
    BUILT_IN,
    DEFECTKIT,
    JACOBS2022,
    BinRepresentative,
    BoxRule,
    Combination,
    Convention,
    IoUKind,
    Perimeter,
    ShapeRule,
    SizeRule,
    check_iou_threshold,
    convention,
)
from defectkit.errors import ConventionError, UnknownConventionError
from defectkit.matching import matcher


def test_built_in_conventions_are_found_by_name() -> None:
    assert convention("defectkit") is DEFECTKIT
    assert convention("jacobs2022") is JACOBS2022
    assert convention(JACOBS2022) is JACOBS2022


def test_unknown_convention_names_the_known_ones() -> None:
    with pytest.raises(UnknownConventionError, match=r"did you mean 'jacobs2022'\? Known: defectkit, jacobs2022"):
        convention("jacobs2020")


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_conventions_name_matchers_that_exist(name: str) -> None:
    assert matcher(BUILT_IN[name].matcher).name == BUILT_IN[name].matcher


def test_jacobs2022_is_the_paper() -> None:
    c = JACOBS2022
    assert (c.matcher, c.iou_kind, c.box_rule, c.iou_threshold) == ("lexicographic", IoUKind.BOX, BoxRule.DRAWN, 0.3)
    assert (c.size_rule, c.shape_rule, c.perimeter) == (SizeRule.VERTEX, ShapeRule.HULL, Perimeter.POLYGON)
    assert c.types == ("bdot", "loop_111", "loop_100")
    assert c.size_edges_nm("bdot") == (0, 2, 4, 6, 8, 10, 12, 14, 16, 18)
    assert c.size_edges_nm("loop_100") == c.size_edges_nm("all") == (0, 10, 20, 30, 40, 50, 60, 70, 80, 90)
    assert c.shape_bin_edges == (1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9)
    assert (c.image_ddof, c.run_ddof) == (0, 1)
    assert c.hardening_bin_combination is Combination.LINEAR
    assert c.hardening_bin_representative is BinRepresentative.CENTER


def test_defectkit_is_the_corrected_default() -> None:
    c = DEFECTKIT
    assert (c.matcher, c.iou_kind, c.iou_threshold) == ("optimal", IoUKind.MASK, 0.3)
    assert (c.size_rule, c.shape_rule, c.perimeter) == (SizeRule.EQUAL_AREA, ShapeRule.MASK, Perimeter.CROFTON_4)
    assert c.types == ()
    assert c.hardening_bin_combination is Combination.QUADRATURE


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "two words"}, "one word"),
        ({"name": ""}, "one word"),
        ({"iou_threshold": 0.0}, "above 0 and at most 1"),
        ({"iou_threshold": 1.5}, "above 0 and at most 1"),
        ({"iou_threshold": float("nan")}, "above 0 and at most 1"),
        ({"iou_kind": "circle"}, "'circle' is no IoUKind; allowed are mask, box, polygon"),
        ({"size_rule": "radius"}, "no SizeRule"),
        ({"shape_rule": "hull"}, "contradict"),
        ({"perimeter": "polygon"}, "contradict"),
        ({"shape_bin_edges": (1.0,)}, "at least two"),
        ({"shape_bin_edges": (1.0, 1.0)}, "increasing"),
        ({"size_bin_edges_nm": {"bdot": (0, float("inf"))}}, "size of bdot"),
        ({"image_ddof": 2}, "image_ddof is 2"),
    ],
)
def test_contradictions_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ConventionError, match=message):
        attrs.evolve(DEFECTKIT, **change)


@pytest.mark.parametrize("threshold", [0, -0.1, 1.0001])
def test_thresholds_outside_their_range_are_refused(threshold: float) -> None:
    with pytest.raises(ConventionError, match="IoU threshold"):
        check_iou_threshold(threshold)


@pytest.mark.parametrize("rule", [DEFECTKIT, JACOBS2022])
def test_settings_survive_json_and_pickle(rule: Convention) -> None:
    assert Convention(**json.loads(json.dumps(rule.settings()))) == rule
    assert pickle.loads(pickle.dumps(rule)) == rule
    assert hash(rule) == hash(pickle.loads(pickle.dumps(rule)))
