"""Numbers that were rounded for print never contradict what was computed from the unrounded ones."""

from __future__ import annotations

import statistics
from decimal import Decimal

from defectkit_jacobs2022.audit.finding import FindingKind
from defectkit_jacobs2022.audit.rounding import extent, half_unit, mean, spread
from hypothesis import given, strategies as st

values = st.lists(st.decimals(0, 100, places=5), min_size=2, max_size=8)
places = st.integers(1, 3)


def printed(value, digits):
    return round(Decimal(value), digits)


@given(values, places, places)
def test_means_and_ranges(true, digits, digits_of_result):
    inputs = [printed(v, digits) for v in true]
    average = printed(sum(true) / len(true), digits_of_result)
    assert mean(inputs).verdict(average) is not FindingKind.CONTRADICTION
    width = printed(max(true) - min(true), digits_of_result)
    assert extent(inputs).verdict(width) is not FindingKind.CONTRADICTION


@given(values, places, st.sampled_from([0, 1]))
def test_standard_deviations(true, digits, ddof):
    inputs = [printed(v, digits) for v in true]
    of = statistics.stdev if ddof else statistics.pstdev
    sd = printed(of(true), 2)
    kind = spread(inputs, ddof).verdict(sd)
    assert kind is not FindingKind.CONTRADICTION


@given(values, places)
def test_numbers_beyond_any_rounding_contradict(true, digits):
    inputs = [printed(v, digits) for v in true]
    computed = mean(inputs)
    far = round(computed.value + computed.reach + 2 * half_unit(inputs[0]), digits + 4)
    assert computed.verdict(far) is FindingKind.CONTRADICTION


@given(st.lists(st.integers(0, 5000), min_size=2, max_size=8))
def test_counts_are_exact(counts):
    inputs = [Decimal(c) for c in counts]
    assert mean(inputs).reach == 0
    assert extent(inputs).reach == 0
    assert spread(inputs, 0).reach == 0
