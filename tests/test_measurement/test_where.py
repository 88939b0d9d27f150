"""Which defects count, as an expression: against Python, and what is no expression."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import xarray
from hypothesis import given, strategies as st

import defectkit as dk
from defectkit.errors import FilterError, UnknownDefectTypeError
from defectkit.measurement import Counting, Where
from defectkit.measurement.where import DEEPEST, KNOWN, LONGEST
from defectkit.records import Image, Instances
from defectkit.testing.synthetic import synthetic_dataset

N = 40


def table() -> xarray.Dataset:
    rng = np.random.default_rng(0)
    size = rng.integers(1, 9, N).astype(float)
    size[::7] = np.nan
    return xarray.Dataset(
        {
            "size": ("defect", size, {"units": "nanometer"}),
            "heywood_circularity": ("defect", rng.integers(10, 15, N) / 10),
            "score": ("defect", np.full(N, np.nan)),
            "defect_type": ("defect", rng.choice(["bdot", "loop_111"], N)),
            "touches_border": ("defect", rng.random(N) < 0.3),
        }
    )


TABLE = table()
ROWS: list[dict[str, Any]] = [{str(k): v for k, v in row.items()} for row in TABLE.to_dataframe().to_dict("records")]
SIGNS = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
SIZES = st.builds(lambda s, n: (f"size {s} {n} nm", f"(size {s} {n} and size == size)"), SIGNS, st.integers(0, 9))
SHAPES = st.builds(lambda s, n: (f"heywood_circularity {s} {n / 10}",) * 2, SIGNS, st.integers(9, 16))
TYPES = st.builds(
    lambda s, n: (f"defect_type {s} {n}", f"defect_type {s} '{n}'"),
    st.sampled_from(["==", "!="]),
    st.sampled_from(["bdot", "loop_111", "cavity"]),
)
LEAVES = SIZES | SHAPES | TYPES | st.just(("touches_border", "touches_border"))


def joined(inner: st.SearchStrategy[tuple[str, str]]) -> st.SearchStrategy[tuple[str, str]]:
    def join(word: str, parts: list[tuple[str, str]]) -> tuple[str, str]:
        ours = f" {word} ".join(f"({a})" for a, _ in parts)
        return ours, f" {word} ".join(f"({b})" for _, b in parts)

    negated = inner.map(lambda pair: (f"not ({pair[0]})", f"not ({pair[1]})"))
    return negated | st.builds(join, st.sampled_from(["and", "or"]), st.lists(inner, min_size=1, max_size=3))


@given(st.recursive(LEAVES, joined, max_leaves=6))
def test_it_holds_where_python_says_so(pair: tuple[str, str]) -> None:
    ours, theirs = pair
    expected = [bool(eval(theirs, {}, row)) for row in ROWS]
    np.testing.assert_array_equal(Where(ours).holds(TABLE), expected)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("size>4.5nm", "size > 0.0045 um"),
        ("size > 5 nm and size < 8 nm or touches_border", "(size > 5 nm and size < 8 nm) or touches_border"),
        ("touches_border or size > 5 nm and size < 8 nm", "touches_border or (size > 5 nm and size < 8 nm)"),
        ("not touches_border and size > 5 nm", "(not touches_border) and size > 5 nm"),
        ("not not touches_border", "touches_border"),
        ("defect_type == 'bdot'", 'defect_type == "bdot"'),
        ("( ( size>4.5 nm ) )", "size > 45 angstrom"),
        ("defect_type==bdot", "defect_type == bdot"),
    ],
)
def test_what_is_the_same(text: str, same: str) -> None:
    np.testing.assert_array_equal(Where(text).holds(TABLE), Where(same).holds(TABLE))
    assert Where(text) == Where.of(text) and str(Where(text)) == text


def test_what_has_no_value_fulfils_no_comparison() -> None:
    for sign in ("<", ">", "==", "!="):
        assert not Where(f"score {sign} 0.5").holds(TABLE).any()
    assert Where("not score > 0.5").holds(TABLE).all()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "character 1, at the end: expected a column"),
        ("sise > 5 nm", "character 1, before 'sise > 5 nm': no column is named 'sise'; did you mean 'size'?"),
        ("size > 5", "character 8, before '5': '5' has no unit, for instance '5 nanometer'"),
        ("size > 5 nmm", "character 8, before '5 nmm': .* has the unit 'nmm', which is not known"),
        ("size > 5 nm^2", "cannot be converted to nanometer"),
        ("size > 5 +/- 1 nm", "is not one finite number"),
        ("size > -inf nm", "is not a number with a unit"),
        ("heywood_circularity < 1.2 nm", "'1.2 nm' is no number, and 'heywood_circularity' has no unit"),
        ("heywood_circularity < nan", "is not one finite number"),
        ("size = 5 nm", "expected one of <, <=, >, >=, ==, != after 'size'"),
        ("size", "at the end: expected one of"),
        ("size > 5 nm and", "character 16, at the end: expected a column"),
        ("size > 5 nm touches_border", "has the unit 'touches_border'"),
        ("(size > 5 nm", r"at the end: expected '\)'"),
        ("size > 5 nm)", r"character 12, before '\)': expected 'and', 'or' or the end"),
        ("touches_border == 1", "is true or false and stands by itself"),
        ("defect_type > bdot", "is text and is compared by == or !="),
        ("defect_type == ", "expected a text after defect_type =="),
        ("weight > 1", "no column is named 'weight'"),
        ("__import__('os')", "no column is named '__import__'"),
        ("not " * DEEPEST + "touches_border", f"more than {DEEPEST} parentheses"),
        ("(" * 500 + "touches_border", f"more than {DEEPEST} parentheses"),
        ("size > 5 nm " * LONGEST, f"at most {LONGEST} characters"),
    ],
)
def test_what_is_no_expression(text: str, words: str) -> None:
    with pytest.raises(FilterError, match=words):
        Where(text)


@given(st.text("size><=!()andornot5 .'\"_touches_border\n", max_size=40))
def test_no_text_ends_otherwise(text: str) -> None:
    try:
        found = Where(text).holds(TABLE)
    except FilterError:
        return
    assert found.shape == (N,)


def test_a_table_without_polygons() -> None:
    with pytest.raises(FilterError, match="no column 'polygon_area': no defect was drawn"):
        Where("polygon_area > 5 nm^2").holds(TABLE)


def test_each_known_column_is_one_of_the_table() -> None:
    image = Image.from_array("one", np.zeros((40, 40)), pixel_size="1 nm")
    drawn = Instances.from_polygons([[(5, 5), (5, 15), (15, 15)]], types=["bdot"], shape=(40, 40))
    made = dk.measure([image], {"one": drawn})
    assert set(KNOWN) == set(map(str, made)) - {"weight"}


# What is left out is left out of everything --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scene() -> tuple[Any, Any]:
    return synthetic_dataset(2, 2, shape=(256, 256), counts={"bdot": 6, "loop_111": 5})


def test_an_analysis_holds_only_what_counts(scene: tuple[Any, Any]) -> None:
    images, truth = scene
    text = "defect_type == loop_111 and size > 10 nm"
    whole = dk.measure_labels(truth, images)
    some = dk.measure_labels(truth, images, counting=Counting(where=text))
    held = Where(text).holds(whole.defects)
    assert 0 < held.sum() < len(held)
    np.testing.assert_array_equal(some.defects["defect_id"], whole.defects["defect_id"][held])
    assert sum(map(len, some.instances.values())) == some.n_defects == held.sum()
    assert some.settings["counting"]["where"] == some.defects.attrs["where"] == some.summary.attrs["where"] == text
    assert int(some.summary["count"].sel(defect_type="all").sum()) == held.sum()
    masks = [here.areas.sum() / here.shape[0] / here.shape[1] for here in some.instances.values()]
    assert (some.summary["area_fraction"].sel(defect_type="all").values <= np.array(masks) + 1e-12).all()
    (told,) = [caution for caution in some.cautions if "this does not hold" in caution]
    assert told.startswith(f"{len(held) - held.sum()} defects are not counted") and text in told


def test_a_condition_is_filtered_like_its_analysis(scene: tuple[Any, Any]) -> None:
    images, truth = scene
    once = dk.harden_condition(dk.measure_labels(truth, images, counting=Counting(where="size > 5 nm")))
    whole = dk.measure_labels(truth, images)
    again = dk.harden_condition(whole, counting=Counting(where="size > 5 nm"))
    for name in ("count", "number_density", "hardening", "hardening_low"):
        np.testing.assert_array_equal(once[name], again[name])
    twice = dk.harden_condition(
        dk.measure_labels(truth, images, counting=Counting(where="size > 5 nm")),
        counting=Counting(where="not touches_border"),
    )
    assert twice.attrs["where"] == "(size > 5 nm) and (not touches_border)"


def test_a_type_that_is_nowhere(scene: tuple[Any, Any]) -> None:
    images, truth = scene
    with pytest.raises(UnknownDefectTypeError, match=re.escape("did you mean 'loop_111'")):
        dk.measure(images, truth, counting=Counting(where="defect_type != loop111"))
