from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

from defectkit.conventions import (
    DEFECTKIT,
    JACOBS2022,
    BinRepresentative,
    BoxRule,
    Combination,
    Convention,
    EdgeRule,
    IoUKind,
    ShapeRule,
    check_iou_threshold,
    convention,
    known_conventions,
    read_convention,
)
from defectkit.errors import ConventionError, UnknownConventionError
from defectkit.hardening import harden, load_material
from defectkit.matching import matcher
from defectkit.measurement import measure, summarize
from defectkit.measurement.size_rules import size_rule
from defectkit.records import Image, Instances
from defectkit.reports.evaluation_plots import histogram_figure
from defectkit.resources import registry_path
from defectkit.workflows import evaluate


def test_built_in_conventions_are_found_by_name() -> None:
    assert convention("defectkit") is DEFECTKIT
    assert convention("jacobs2022") is JACOBS2022
    assert convention(JACOBS2022) is JACOBS2022


def test_unknown_convention_names_the_known_ones() -> None:
    with pytest.raises(UnknownConventionError, match=r"did you mean 'jacobs2022'\? Known: defectkit, jacobs2022"):
        convention("jacobs2020")


@pytest.mark.parametrize("name", known_conventions())
def test_built_in_conventions_name_matchers_that_exist(name: str) -> None:
    rule = convention(name)
    assert matcher(rule.matcher).name == rule.matcher
    assert size_rule(rule.size_rule).name == rule.size_rule


def test_jacobs2022_is_the_paper() -> None:
    c = JACOBS2022
    assert (c.matcher, c.iou_kind, c.box_rule, c.iou_threshold) == ("lexicographic", IoUKind.BOX, BoxRule.DRAWN, 0.3)
    assert (c.size_rule, c.shape_rule) == ("vertex", ShapeRule.HULL)
    assert c.types == ("bdot", "loop_111", "loop_100")
    assert c.size_edges_nm("bdot") == (0, 2, 4, 6, 8, 10, 12, 14, 16, 18)
    assert c.size_edges_nm("loop_100") == c.size_edges_nm("all") == (0, 10, 20, 30, 40, 50, 60, 70, 80, 90)
    assert c.shape_bin_edges == (1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9)
    assert (c.summary_ddof, c.image_ddof) == (0, 0)
    assert c.hardening_bin_combination is Combination.LINEAR
    assert c.hardening_bin_representative is BinRepresentative.CENTER


def test_defectkit_is_the_corrected_default() -> None:
    c = DEFECTKIT
    assert (c.matcher, c.iou_kind, c.iou_threshold) == ("optimal", IoUKind.MASK, 0.3)
    assert (c.size_rule, c.shape_rule) == ("equal-area", ShapeRule.MASK)
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
        ({"shape_rule": "square"}, "'square' is no ShapeRule"),
        ({"shape_bin_edges": (1.0,)}, "at least two"),
        ({"shape_bin_edges": (1.0, 1.0)}, "increasing"),
        ({"size_bin_edges_nm": {"bdot": (0, float("inf"))}}, "size of bdot"),
        ({"image_ddof": 2}, "image_ddof is 2"),
    ],
)
def test_contradictions_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConventionError, match=message):
        attrs.evolve(DEFECTKIT, **change)


@pytest.mark.parametrize("threshold", [0, -0.1, 1.0001])
def test_thresholds_outside_their_range_are_refused(threshold: float) -> None:
    with pytest.raises(ConventionError, match="IoU threshold"):
        check_iou_threshold(threshold)


@pytest.mark.parametrize("rule", [DEFECTKIT, JACOBS2022])
def test_settings_survive_json_and_pickle(rule: Convention) -> None:
    assert Convention.from_settings(json.loads(json.dumps(rule.settings()))) == rule
    assert pickle.loads(pickle.dumps(rule)) == rule
    assert hash(rule) == hash(pickle.loads(pickle.dumps(rule)))


def test_a_file_of_ones_own_is_a_convention(tmp_path: Path) -> None:
    file = tmp_path / "strict.toml"
    text = "\n".join(
        line for line in Path(known_file("defectkit")).read_text().splitlines() if not line.startswith("iou_threshold")
    )
    file.write_text(f"iou_threshold = 0.75\n{text}\n")
    strict = convention(file)
    assert strict == attrs.evolve(DEFECTKIT, name="strict", iou_threshold=0.75)
    assert convention(str(file)) == strict
    with pytest.raises(ConventionError, match=r"strict.toml: .*unknown settings: perimetre; known are"):
        file.write_text(f"perimetre = 1\n{text}")
        convention(file)
    with pytest.raises(ConventionError, match="missing settings: iou_threshold"):
        file.write_text(text)
        convention(file)
    with pytest.raises(ConventionError, match="not TOML"):
        file.write_text("matcher = ")
        convention(file)
    with pytest.raises(UnknownConventionError, match="no convention file"):
        convention(tmp_path / "other.toml")


def known_file(name: str) -> Path:
    return registry_path() / "conventions" / f"{name}.toml"


def test_settings_of_older_versions_are_read() -> None:
    old = DEFECTKIT.settings() | {"perimeter": "crofton-4", "run_ddof": 1}
    assert Convention.from_settings(old) == DEFECTKIT


BY_CENTER = {"hardening_bin_combination": "linear", "hardening_bin_representative": "center"}

VARIED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "name": ({}, {"name": "another"}),
    "matcher": ({}, {"matcher": "lexicographic"}),
    "iou_kind": ({}, {"iou_kind": "box"}),
    "box_rule": ({"iou_kind": "box"}, {"box_rule": "drawn"}),
    "iou_threshold": ({}, {"iou_threshold": 0.6}),
    "size_rule": ({}, {"size_rule": "vertex"}),
    "shape_rule": ({}, {"shape_rule": "hull"}),
    "edge_rule": ({}, {"edge_rule": "all"}),
    "types": ({}, {"types": ("loop_111",)}),
    "size_bin_edges_nm": (BY_CENTER, {"size_bin_edges_nm": {"bdot": (0, 7, 30)}}),
    "other_size_bin_edges_nm": (BY_CENTER, {"other_size_bin_edges_nm": (0, 8, 40)}),
    "shape_bin_edges": ({}, {"shape_bin_edges": (1, 1.01, 3)}),
    "summary_ddof": ({}, {"summary_ddof": 0}),
    "image_ddof": ({}, {"image_ddof": 0}),
    "hardening_bin_combination": ({}, {"hardening_bin_combination": "linear"}),
    "hardening_bin_representative": (
        {"hardening_bin_combination": "linear"},
        {"hardening_bin_representative": "center"},
    ),
    "description": ({}, {"description": "in other words"}),
}
"""For each field, what goes with it and another value of it."""

SHAPE = (64, 64)


def drawn(*rows: tuple[float, float, float, float, str], **columns: Any) -> Instances:
    corners = [[(t, left), (t, left + w), (t + h, left + w + 0.7), (t + h, left)] for t, left, h, w, _ in rows]
    return Instances.from_polygons(corners, types=[r[4] for r in rows], shape=SHAPE, **columns)


TRUTH = {
    "a": drawn((2.4, 2.6, 9, 7, "bdot"), (12, 12, 12, 20, "loop_111"), (13, 30, 12, 15, "loop_111")),
    "b": drawn((5, 5, 8, 8, "bdot"), (30, 30, 6, 5, "bdot"), (40, 0, 20, 9, "loop_100")),
}
PREDICTED = {
    "a": drawn((4, 3, 8, 7, "bdot"), (12, 22, 13, 19, "loop_111"), scores=np.array([0.8, 0.7])),
    "b": drawn((6, 5, 7, 9, "bdot"), (30, 31, 6, 7, "loop_111"), (41, 6, 15, 9, "loop_100"), scores=np.full(3, 0.5)),
}
IMAGES = [Image.from_array(n, np.zeros(SHAPE), pixel_size="1 nm", foil_thickness="90 nm") for n in TRUTH]


def results(rule: Convention) -> dict[str, bytes]:
    """What is computed, drawn and written under a convention."""
    evaluation = evaluate(TRUTH, PREDICTED, IMAGES, convention=rule)
    table = measure(IMAGES, TRUTH, convention=rule)
    summary = summarize(table, IMAGES, TRUTH, convention=rule)
    hardening = harden(table, IMAGES, material=load_material("fecral"), convention=rule)
    figures = [histogram_figure(evaluation, what) for what in ("size", "shape")]
    bars = [[p.get_extents().bounds for p in axes.patches] for figure in figures for axes in figure.axes]
    return {
        "numbers": b"".join(v.values.tobytes() for v in evaluation.data_vars.values() if v.dtype.kind in "fi"),
        "found": repr(evaluation.attrs["iou_threshold"]).encode(),
        "summary": b"".join(v.values.tobytes() for v in summary.data_vars.values() if v.dtype.kind == "f"),
        "hardening": b"".join(v.values.tobytes() for v in hardening.data_vars.values() if v.dtype.kind == "f"),
        "figures": repr(bars).encode(),
    }


def test_every_field_is_varied() -> None:
    assert set(VARIED) == {field.name for field in attrs.fields(Convention)}


@pytest.mark.parametrize("field", VARIED)
def test_another_value_of_a_field_gives_another_result_and_digest(field: str) -> None:
    first, change = VARIED[field]
    one = attrs.evolve(DEFECTKIT, **first)
    other = attrs.evolve(one, **change)
    settings = [evaluate(TRUTH, PREDICTED, convention=rule).attrs["convention_settings"] for rule in (one, other)]
    assert settings[0] != settings[1]
    if field not in ("name", "description"):  # words, which change no number
        assert results(one) != results(other), f"no result depends on {field}"


def test_results_of_before_there_were_edge_rules_counted_all() -> None:
    old = {name: value for name, value in DEFECTKIT.settings().items() if name != "edge_rule"}
    assert Convention.from_settings(old) == attrs.evolve(DEFECTKIT, edge_rule="all")
    assert JACOBS2022.edge_rule is EdgeRule.ALL and DEFECTKIT.edge_rule.is_unbiased


def test_a_file_that_names_no_edge_rule_has_the_unbiased_one(tmp_path: Path) -> None:
    lines = (registry_path() / "conventions" / "jacobs2022.toml").read_text(encoding="utf-8").splitlines()
    own = tmp_path / "mine.toml"
    own.write_text("\n".join(line for line in lines if not line.startswith("edge_rule")), encoding="utf-8")
    assert read_convention(own).edge_rule is EdgeRule.HORVITZ_THOMPSON
