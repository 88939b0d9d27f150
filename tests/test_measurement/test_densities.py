from __future__ import annotations

import pytest

from defectkit.errors import UnitError
from defectkit.measurement import areal_density, number_density
from defectkit.records import Calibration
from defectkit.units import ureg


def test_fifty_defects_in_the_field_of_the_paper() -> None:
    field = Calibration.square("0.478516 nm/px").field_area((1024, 1024))
    density = areal_density(50, field)
    assert f"{density.to('1/nm^2').magnitude:.3e}" == "2.082e-04"
    assert f"{density.to('1/m^2').magnitude:.3e}" == "2.082e+14"


def test_number_density_is_areal_density_over_thickness() -> None:
    density = number_density("2e-4 1/nm^2", "100 nm")
    assert density.magnitude == pytest.approx(2e21)
    assert str(density.units) == "1 / meter ** 3"
    assert number_density(ureg.Quantity(2e14, "1/m^2"), "0.1 um").magnitude == pytest.approx(2e21)


def test_the_two_densities_cannot_be_confused() -> None:
    volumic = number_density("2e-4 1/nm^2", "100 nm")
    with pytest.raises(UnitError, match="areal density"):
        number_density(volumic, "100 nm")
    with pytest.raises(UnitError, match="field area"):
        areal_density(50, "490 nm")
    with pytest.raises(UnitError, match="foil thickness"):
        number_density("2e-4 1/nm^2", "100 nm^2")
    with pytest.raises(UnitError, match="has no unit"):
        number_density(2e-4, "100 nm")  # type: ignore[arg-type]  # what the message is for


@pytest.mark.parametrize("area", ["0 nm^2", "-1 nm^2"])
def test_an_area_is_positive(area: str) -> None:
    with pytest.raises(UnitError, match="not positive"):
        areal_density(1, area)


@pytest.mark.parametrize("count", [-1, float("nan"), float("inf")])
def test_a_count_is_a_number_of_defects(count: float) -> None:
    with pytest.raises(UnitError, match="count"):
        areal_density(count, "1 nm^2")


def test_densities_are_not_negative_and_foils_not_flat() -> None:
    with pytest.raises(UnitError, match="negative"):
        number_density("-1 1/nm^2", "100 nm")
    with pytest.raises(UnitError, match="not positive"):
        number_density("1 1/nm^2", "0 nm")


def test_no_defect_is_density_zero() -> None:
    assert areal_density(0, "1 nm^2").magnitude == 0
    assert number_density(areal_density(0, "1 nm^2"), "1 nm").magnitude == 0
