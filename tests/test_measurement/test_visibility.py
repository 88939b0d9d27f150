"""Visible shares of loops, against tables that can be made by hand."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from defectkit.errors import RecordError
from defectkit.measurement.visibility import LoopFamily, burgers_vectors, visible_fraction


@pytest.mark.parametrize(
    ("family", "g", "share"),
    [
        ("a/2<111> in bcc", (1, 1, 0), Fraction(1, 2)),
        ("a/2<111> in bcc", (2, 0, 0), Fraction(1)),
        ("a/2<111> in bcc", (2, 1, 1), Fraction(3, 4)),
        ("a<100> in bcc", (1, 1, 0), Fraction(2, 3)),
        ("a<100> in bcc", (2, 0, 0), Fraction(1, 3)),
        ("a/3<111> in fcc", (2, 0, 0), Fraction(1)),
        ("a/3<111> in fcc", (2, 2, 0), Fraction(1, 2)),
        ("a/3<111> in fcc", (1, 1, 1), Fraction(1)),
        ("a/2<110> in fcc", (2, 0, 0), Fraction(2, 3)),
        ("a/3<11-20> in hcp", (1, 0, -1, 0), Fraction(2, 3)),
        ("a/3<11-20> in hcp", (1, 1, -2, 0), Fraction(1)),
        ("a/3<11-20> in hcp", (0, 0, 0, 2), Fraction(0)),
        ("c<0001> in hcp", (0, 0, 0, 2), Fraction(1)),
        ("c<0001> in hcp", (1, 0, -1, 0), Fraction(0)),
        ("1/6<20-23> in hcp", (0, 0, 0, 2), Fraction(1)),
    ],
)
def test_two_beam_conditions(family: str, g: tuple[int, ...], share: Fraction) -> None:
    assert visible_fraction(family, [g]) == share


def test_the_variants() -> None:
    numbers = {family: len(burgers_vectors(family)) for family in LoopFamily}
    assert list(numbers.values()) == [4, 3, 4, 6, 3, 1, 1, 6]


def test_on_zone_100_of_bcc_shows_all_but_the_loops_along_the_beam() -> None:
    on_zone = [(0, 1, 1), (0, 1, -1), (0, 2, 0), (0, 0, 2)]
    assert visible_fraction("a/2<111> in bcc", on_zone) == 1
    assert visible_fraction("a<100> in bcc", on_zone) == Fraction(2, 3)


cubic = st.sampled_from([f for f in LoopFamily if "hcp" not in f])
reflections = st.tuples(*(st.integers(-4, 4),) * 3).filter(any)


@given(cubic, reflections, st.permutations(range(3)), st.tuples(*(st.sampled_from([1, -1]),) * 3))
def test_symmetric_reflections_show_the_same_share(
    family: LoopFamily, g: tuple[int, ...], order: list[int], signs: tuple[int, ...]
) -> None:
    turned = tuple(signs[k] * g[order[k]] for k in range(3))
    assert visible_fraction(family, [g]) == visible_fraction(family, [turned])


@given(cubic, st.lists(reflections, min_size=1, max_size=4))
def test_more_reflections_never_show_less(family: LoopFamily, many: list[tuple[int, ...]]) -> None:
    assert visible_fraction(family, many[:1]) <= visible_fraction(family, many) <= 1


@pytest.mark.parametrize("vectors", [[], [(1, 0, -1, 0)], [(0, 0, 0)]])
def test_vectors_that_are_none(vectors: list[tuple[int, ...]]) -> None:
    with pytest.raises(RecordError, match="diffraction vector"):
        visible_fraction("a<100> in bcc", vectors)


def test_the_table_of_the_docs() -> None:
    text = (Path(__file__).parents[2] / "docs" / "materials.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:-1] for line in text.splitlines() if re.match(r"\| \S+<.*\| *\d+/?\d* \|$", line)]
    checked = 0
    for names, *cells in rows:
        lattice = names.split(" in ")[1].strip()
        for name in names.split(" in ")[0].split(","):
            for g, seen in zip(cells[::2], cells[1::2], strict=True):
                indices = tuple(map(int, re.findall(r"-?\d", g)))
                assert visible_fraction(f"{name.strip()} in {lattice}", [indices]) == Fraction(seen.strip()), (name, g)
                checked += 1
    assert checked == 24
