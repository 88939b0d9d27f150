from __future__ import annotations

import pytest

from defectkit import Calibration, Image, Specimen
from defectkit.errors import MissingCalibrationError, RecordError, UnitError
from defectkit.records import Irradiation, Source, from_json, to_json


def test_a_square_pixel() -> None:
    calibration = Calibration.square("0.2554 nm", foil_thickness="0.17 um")
    assert calibration.pixel_size_nm == (0.2554, 0.2554)
    assert calibration.pixel_area.to("nanometer ** 2").magnitude == pytest.approx(0.2554**2)
    assert calibration.required_thickness("x").to("nm").magnitude == pytest.approx(170)
    assert calibration.foil_thickness_source is Source.GIVEN


def test_pixels_that_are_not_square() -> None:
    calibration = Calibration(pixel_size_y="0.5 nm/px", pixel_size_x="0.25 nm/px")
    assert calibration.field_area((100, 200)).magnitude == pytest.approx(100 * 0.5 * 200 * 0.25)


def test_fifty_defects_in_the_frame_of_the_paper() -> None:
    area = Calibration.square("0.478516 nm/px").field_area((1024, 1024))
    assert (50 / area).to("1 / nanometer ** 2").magnitude == pytest.approx(2.082e-4, abs=5e-8)


def test_a_missing_thickness_says_what_to_do() -> None:
    with pytest.raises(MissingCalibrationError, match=r"'a' has no foil thickness.*foil_thickness="):
        Calibration.square("1 nm").required_thickness("a")


def test_a_missing_pixel_size_says_what_to_do() -> None:
    import numpy as np

    with pytest.raises(MissingCalibrationError, match=r"'a' has no pixel size.*pixel_size="):
        Image.from_array("a", np.zeros((2, 2))).required_calibration()


def test_a_thickness_is_positive_and_a_length() -> None:
    with pytest.raises(RecordError, match="not positive"):
        Calibration.square("1 nm", foil_thickness="0 nm")
    with pytest.raises(UnitError, match="foil thickness"):
        Calibration.square("1 nm", foil_thickness="3 kg")


def test_a_source_without_a_thickness_is_refused() -> None:
    with pytest.raises(RecordError, match="no thickness"):
        Calibration.square("1 nm", foil_thickness_source=Source.ASSUMED)


@pytest.mark.parametrize("source", list(Source))
def test_json_keeps_units_and_sources(source: Source) -> None:
    calibration = Calibration(
        pixel_size_y="0.1 nm/px",
        pixel_size_x="0.30000000000000004 nm/px",
        pixel_size_source=source,
        foil_thickness="100 nm",
        foil_thickness_source=source,
    )
    assert from_json(to_json(calibration), Calibration) == calibration


def test_a_specimen_keeps_its_facts() -> None:
    specimen = Specimen(alloy="FeCrAl", dose="0.8 dpa", temperature="320 degC", irradiation=Irradiation.NEUTRON)
    again = from_json(to_json(specimen), Specimen)
    assert again == specimen
    assert again.temperature is not None
    assert again.temperature.to("degC").magnitude == pytest.approx(320)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", "not JSON"),
        ('{"alloi": "Ti"}', "unknown keys: alloi @ Specimen"),
        ('{"dose": 3}', r"3 is not text with a number and a unit @ Specimen\.dose"),
        ('{"dose": "3 nm"}', r"cannot be converted to dpa"),
    ],
)
def test_a_fault_in_json_is_named_with_its_path(text: str, fault: str) -> None:
    with pytest.raises(RecordError, match=fault):
        from_json(text, Specimen)


def test_a_missing_key_is_named() -> None:
    with pytest.raises(RecordError, match=r"missing key: pixel_size_y @ Calibration"):
        from_json('{"pixel_size_x": "1 nm/px"}', Calibration)
