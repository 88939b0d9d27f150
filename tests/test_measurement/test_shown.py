"""What an imaging condition shows of a type, as text and numbers."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from defectkit.errors import RecordError
from defectkit.measurement import Shown
from defectkit.measurement.visibility import LoopFamily, burgers_vectors, visible_fraction, visible_on_zone


@pytest.mark.parametrize(
    ("text", "fraction"),
    [
        (0.25, 0.25),
        ("0.25", 0.25),
        ("50%", 0.5),
        ("50 %", 0.5),
        ("a/2<111> in bcc, g=110", 1 / 2),
        ("a/2<111> in bcc, g=1-10, g=110", 1),
        ("a<100> in bcc,g = 2 0 0", 1 / 3),
        ("a<100> in bcc, zone=001", 2 / 3),
        ("a/3<111> in fcc, g=200", 1),
        ("a/3<11-20> in hcp, g=10-10", 2 / 3),
        ("c/2<0001> in hcp, zone=11-20", 1),
    ],
)
def test_what_is_shown(text: str | float, fraction: float) -> None:
    shown = Shown.of(text)
    assert shown.fraction == pytest.approx(fraction)
    assert Shown(**shown.settings()) == shown == Shown.of(shown)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0", "is not above 0.*shows none"),
        ("1.5", "is not above 0 and at most 1"),
        ("nan", "is not above 0 and at most 1"),
        ("a/2<112> in bcc, g=110", "families are a/2<111> in bcc"),
        ("a/2<111> in bcc", "names no imaging condition"),
        ("a/2<111> in bcc, g=11", "names no imaging condition"),
        ("a/2<111> in bcc, g=110, zone=001", "names no imaging condition"),
        ("a/2<111> in bcc, zone=001, zone=011", "two zone axes"),
        ("a/2<111> in bcc, g=000", "direct beam"),
        ("a/2<111> in bcc, g=11-20", "has 4 indices"),
        ("a/3<11-20> in hcp, g=1120", "the first three indices add up to 0"),
        ("a/3<11-20> in hcp, zone=110", "needs 4 indices"),
        ("c<0001> in hcp, zone=0001", "shows none"),
        ("c<0001> in hcp, g=10-10", "shows none"),
        ("", "families are"),
    ],
)
def test_what_is_none(text: str, words: str) -> None:
    with pytest.raises(RecordError, match=words):
        Shown.of(text)


axes = st.tuples(*(st.integers(-2, 2),) * 3).filter(any)


@given(st.sampled_from([f for f in LoopFamily if "hcp" not in f]), axes)
def test_a_zone_shows_what_its_reflections_show(family: LoopFamily, axis: tuple[int, int, int]) -> None:
    u, v, w = axis
    on_zone = [g for g in ((0, w, -v), (-w, 0, u), (v, -u, 0)) if any(g)]
    assert visible_on_zone(family, axis) == visible_fraction(family, on_zone)


def test_along_the_burgers_vector_nothing_is_seen_of_that_variant() -> None:
    for family in LoopFamily:
        for b in burgers_vectors(family):
            axis = tuple(int(6 * i) for i in b)
            n = len(burgers_vectors(family))
            assert visible_on_zone(family, axis) == Fraction(n - 1, n)
