from __future__ import annotations

import math
import subprocess
import sys
import time
from pathlib import Path

import pint
import pytest
from hypothesis import given, strategies as st

from defectkit.errors import UncertaintyWarning, UnitError
from defectkit.units import as_measured, as_pixel_size, as_quantity, ureg


def test_a_bare_length_is_the_edge_of_one_pixel() -> None:
    assert as_pixel_size("0.2554 nm") == as_pixel_size("0.2554 nm/px")
    assert as_pixel_size("0.2554 nm").units == ureg.Unit("nanometer / pixel")


def test_px_is_a_pixel_and_not_the_css_pixel() -> None:
    assert as_quantity("3 px", "pixel", what="width").magnitude == 3.0


@pytest.mark.parametrize(
    ("text", "unit", "magnitude"),
    [
        ("2.5 angstrom", "nanometer", 0.25),
        ("1e22 1/m^3", "1 / meter ** 3", 1e22),
        ("300 degC", "kelvin", 573.15),
        ("0.8 dpa", "dpa", 0.8),
        ("0.5nm/px", "nanometer / pixel", 0.5),
        ("82 GPa", "megapascal", 82000.0),
    ],
)
def test_text_with_a_unit_is_read(text: str, unit: str, magnitude: float) -> None:
    assert as_quantity(text, unit, what="value").magnitude == pytest.approx(magnitude)


@pytest.mark.parametrize("bad", ["0.25", "abc", "", "nan nm", "1 2 nm", "0.25 blorp", "3 kg", 0.25, None])
def test_what_is_no_pixel_size_is_refused(bad: object) -> None:
    with pytest.raises(UnitError, match="pixel size"):
        as_pixel_size(bad)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize("bad", ["0 nm", "-1 nm/px"])
def test_a_pixel_has_a_positive_size(bad: str) -> None:
    with pytest.raises(UnitError, match="not positive"):
        as_pixel_size(bad)


def test_a_number_that_overflows_is_refused() -> None:
    with pytest.raises(UnitError, match="not a finite number"):
        as_quantity("1e999 nm", "nanometer", what="size")


def test_quantities_of_another_registry_are_understood() -> None:
    foreign = pint.UnitRegistry()
    size = as_pixel_size(foreign.Quantity(2.5, "angstrom"))
    assert size.magnitude == pytest.approx(0.25)
    assert (size + as_pixel_size("1 nm")).magnitude == pytest.approx(1.25)


def test_an_areal_density_is_no_number_density() -> None:
    with pytest.raises(UnitError, match="cannot be converted"):
        as_quantity("2e-4 1/nm^2", "1 / meter ** 3", what="number density")


def test_a_dose_is_no_bare_number() -> None:
    with pytest.raises(UnitError):
        as_quantity(ureg.Quantity(1.0, ""), "dpa", what="dose")


SHOW = (
    "import pathlib, sys, platformdirs\n"
    "platformdirs.user_cache_path = lambda **_: pathlib.Path(sys.argv[1])\n"
    "from defectkit.units import as_quantity, ureg\n"
    "print(as_quantity('2 dpa', 'displacements_per_atom', what='dose').magnitude, ureg.cache_folder)\n"
)


def shown(cache: Path) -> list[str]:
    command = [sys.executable, "-W", "error", "-c", SHOW, str(cache)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


def test_definitions_are_read_from_the_cache_of_pint_where_that_can_be_written(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert shown(cache) == ["2.0", str(cache)]
    kept = {path.name: path.stat().st_mtime_ns for path in cache.iterdir()}
    assert kept
    assert shown(cache) == ["2.0", str(cache)]
    assert {path.name: path.stat().st_mtime_ns for path in cache.iterdir()} == kept


def test_units_work_without_the_cache(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert shown(tmp_path / "file" / "cache") == ["2.0", "None"]


def test_units_work_beside_a_damaged_cache(tmp_path: Path) -> None:
    shown(tmp_path)
    for path in tmp_path.glob("*.pickle"):
        path.write_bytes(path.read_bytes()[:100])
    assert shown(tmp_path) == ["2.0", "None"]


def test_an_application_registry_of_the_caller_is_used_as_it_is() -> None:
    code = (
        "import pint\n"
        "mine = pint.UnitRegistry()\n"
        "pint.set_application_registry(mine)\n"
        "from defectkit.units import ureg\n"
        "assert ureg.get() is mine and 'dpa' in mine\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


@pytest.mark.parametrize(
    "text",
    [
        "1 nm**9**9**9",
        "1 nm^99",
        "1 nm**(9**9)",
        "1 " + "n" * 5000,
        "9" * 5000 + " nm",
        "1 nm\x1b[31m",
        "1e99999 nm",
        "1 nm/",
    ],
)
def test_a_unit_is_read_by_a_grammar_and_never_evaluated(text: str) -> None:
    begun = time.monotonic()
    with pytest.raises(UnitError) as caught:
        as_quantity(text, "nanometer", what="size")
    assert time.monotonic() - begun < 1
    assert len(str(caught.value)) < 400
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("text", ["1 nm/px", "1 nm px^-1", "1 nm·px⁻¹", "0.001 um / pixel", "10 Å/px", "1.0e0nm"])
def test_one_size_in_several_spellings(text: str) -> None:
    assert as_pixel_size(text).magnitude == pytest.approx(1)


@pytest.mark.parametrize("text", ["100 +/- 20 nm", "100±20nm", "100 +- 20 nm"])
def test_an_uncertainty_is_read_and_said_not_to_be_carried_on(text: str) -> None:
    with pytest.warns(UncertaintyWarning, match=r"foil.*20.*not carried"):
        assert as_quantity(text, "nanometer", what="foil").magnitude == 100


def test_a_unit_that_is_not_known_is_named_with_the_known_ones() -> None:
    with pytest.raises(UnitError, match=r"unit 'blorp', which is not known; known are pm, angstrom, nm, um"):
        as_pixel_size("0.25 blorp")


@given(st.text(max_size=60) | st.from_regex(r"[0-9.]{1,5} ?[a-z/*^ 0-9µÅ-]{1,20}", fullmatch=True))
def test_any_text_is_a_quantity_or_a_unit_error(text: str) -> None:
    try:
        quantity = as_quantity(text, "nanometer", what="size")
    except UnitError as error:
        assert str(error).startswith("size: ")
    else:
        assert math.isfinite(quantity.magnitude)


class Number:
    """What the package ``uncertainties`` makes, as far as it is looked at."""

    nominal_value, std_dev = 1000.0, 200.0


class Measurement:
    """What pint's ``plus_minus`` makes, as far as it is looked at."""

    magnitude, units = Number(), "angstrom"


@pytest.mark.parametrize("value", ["100 +/- 20 nm", "0.1 ± 0.02 um", Measurement()])
def test_a_measured_value_keeps_its_uncertainty(value):
    best, uncertainty = as_measured(value, "nanometer", what="foil thickness")
    assert (best.magnitude, uncertainty.magnitude) == pytest.approx((100.0, 20.0))


def test_what_states_no_uncertainty_has_none_and_a_wrong_one_is_refused():
    for exact in ("100 nm", ureg.Quantity(100, "nm")):
        assert as_measured(exact, "nanometer", what="foil thickness")[1].magnitude == 0
    for wrong in ("100 +/- 20 nm^2", 100.0, "100 +/- -1 nm"):
        with pytest.raises(UnitError, match="foil thickness"):
            as_measured(wrong, "nanometer", what="foil thickness")


@pytest.mark.parametrize("text", ["2 nm^0", "2 +/- 1 nm/nm", "2 nm^0 * nm/nm"])
def test_units_that_cancel_are_none(text: str) -> None:
    with pytest.raises(UnitError, match="cannot be converted to nanometer"):
        as_measured(text, "nanometer", what="size")
    assert as_measured(f"{text} * angstrom", "nanometer", what="size")[0].magnitude == pytest.approx(0.2)
