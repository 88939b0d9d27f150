from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from defectkit.errors import RecordError, UnitError
from defectkit.records.foil_thickness import FoilThickness
from defectkit.units import ureg


@pytest.mark.parametrize(
    ("value", "nm", "uncertainty", "half"),
    [
        ("100 nm", 100, 0, 0),
        ("0.1 um", 100, 0, 0),
        ("100 +/- 20 nm", 100, 20, 0),
        ("80-120 nm", 100, 0, 20),
        ("80 - 120 nm", 100, 0, 20),
        ("80\u2013120nm", 100, 0, 20),
        ("0.08 to 0.12 um", 100, 0, 20),
        ("1e-7-2e-7 m", 150, 0, 50),
        (ureg.Quantity(100.0, "nm"), 100, 0, 0),
    ],
)
def test_a_thickness_in_any_form(value: object, nm: float, uncertainty: float, half: float) -> None:
    found = FoilThickness.of(value)
    assert (found.nm, found.uncertainty_nm, found.half_range_nm) == pytest.approx((nm, uncertainty, half))
    assert FoilThickness.of(found) is found


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        ("100", UnitError, "not a number with a unit"),
        ("100 mV", UnitError, "cannot be converted"),
        ("120-80 nm", RecordError, "does not rise"),
        ("80-80 nm", RecordError, "does not rise"),
        ("-5 nm", RecordError, "is not positive"),
        ("0 nm", RecordError, "is not positive"),
        ("10 +/- 20 nm", RecordError, "its uncertainty is not less than it"),
        ("0-100 nm", RecordError, "its uncertainty is not less than it"),
    ],
)
def test_what_is_no_thickness(value: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        FoilThickness.of(value)


@given(st.floats(1, 1e4), st.floats(1e-3, 0.99), st.booleans())
def test_the_text_says_all(nm: float, share: float, is_range: bool) -> None:
    one = FoilThickness(nm=nm, **{"half_range_nm" if is_range else "uncertainty_nm": share * nm})
    again = FoilThickness.of(str(one))
    assert (again.nm, again.uncertainty_nm) == pytest.approx((one.nm, one.uncertainty_nm))
    assert again.half_range_nm == pytest.approx(one.half_range_nm, abs=1e-9 * nm)


def test_the_standard_uncertainty_of_a_range_is_that_of_equal_chances() -> None:
    drawn = np.random.default_rng(0).uniform(80, 120, 200_000)
    assert FoilThickness.of("80-120 nm").relative_uncertainty == pytest.approx(drawn.std() / 100, rel=0.01)
