from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from defectkit_rosettasciio import RosettaSciIOFormat
from defectkit_rosettasciio.metadata import calibration_of

from defectkit.errors import CalibrationConflictError, ImageReadError
from defectkit.formats import read_image, read_images
from defectkit.records import Source
from defectkit.testing import ImageFormatSuite

Write = Callable[..., Path]

RAMP = np.arange(24, dtype=np.int16).reshape(4, 6)


class SuiteOfOneKind(ImageFormatSuite):
    cls = RosettaSciIOFormat
    own_suffix = ".mrc"
    writer: Write

    @property
    def suffix(self) -> str:
        return self.own_suffix

    def write(self, path: Path, pixels: np.ndarray) -> None:
        self.writer(path, pixels)


class TestMrc(SuiteOfOneKind):
    dtypes = ("int16", "uint16", "float32")

    @pytest.fixture(autouse=True)
    def use(self, write_mrc: Write) -> None:
        self.writer = write_mrc


class TestDm3(SuiteOfOneKind):
    own_suffix = ".dm3"
    dtypes = ("int16", "uint8", "uint16", "int32", "uint32", "float32")

    @pytest.fixture(autouse=True)
    def use(self, write_dm3: Write) -> None:
        self.writer = write_dm3


class TestSer(SuiteOfOneKind):
    own_suffix = ".ser"
    dtypes = ("uint16", "uint8", "int32", "float32")

    @pytest.fixture(autouse=True)
    def use(self, write_ser: Write) -> None:
        self.writer = write_ser


class TestEmd(SuiteOfOneKind):
    own_suffix = ".emd"
    dtypes = ("uint16", "uint8", "float32", "float64")

    @pytest.fixture(autouse=True)
    def use(self, write_emd: Write) -> None:
        self.writer = write_emd


def test_the_pixel_size_is_that_of_the_axes(
    write_dm3: Write, write_mrc: Write, write_ser: Write, write_emd: Write, tmp_path: Path
) -> None:
    expected = {
        write_dm3(tmp_path / "a.dm3", RAMP, scale=0.25): (0.25, 0.25),
        write_dm3(tmp_path / "b.dm3", RAMP, scale=2.5, units="Å"): (0.25, 0.25),
        write_dm3(tmp_path / "c.dm3", RAMP, scale=0.002, units="µm"): (2.0, 2.0),
        write_mrc(tmp_path / "d.mrc", RAMP): (0.5, 0.25),
        write_ser(tmp_path / "e.ser", RAMP): (0.25, 0.25),
        write_emd(tmp_path / "f.emd", RAMP): (0.25, 0.5),
    }
    for path, size in expected.items():
        calibration = read_image(path, foil_thickness="100 nm").required_calibration()
        assert calibration.pixel_size_nm == pytest.approx(size, rel=1e-6)
        assert calibration.pixel_size_source is Source.FILE_TAG
    assert list(read_images(tmp_path)) == list("abcdef")
    with pytest.raises(CalibrationConflictError, match=r"0\.3 nm/px"):
        read_image(tmp_path / "a.dm3", pixel_size="0.3 nm")


@pytest.mark.parametrize(("scale", "units"), [(0.25, "1/nm"), (0.25, ""), (0.25, "px"), (0.0, "nm"), (0.25, "mrad")])
def test_axes_that_are_no_length_calibrate_nothing(scale: float, units: str, write_dm3: Write, tmp_path: Path) -> None:
    image = RosettaSciIOFormat().read(write_dm3(tmp_path / "a.dm3", RAMP, scale=scale, units=units))
    assert image.calibration is None
    assert "no pixel size" in image.notes[0]


def test_facts_of_the_microscope_are_kept(write_dm3: Write, tmp_path: Path) -> None:
    specimen = read_image(write_dm3(tmp_path / "a.dm3", RAMP)).specimen
    assert (specimen.microscope, specimen.imaging_mode, specimen.magnification) == ("FEI Titan", "TEM", "5000x")


def test_of_a_stack_one_frame_must_be_chosen(write_mrc: Write, tmp_path: Path) -> None:
    path = write_mrc(tmp_path / "a.mrc", np.stack([RAMP, RAMP + 100, RAMP + 200]))
    with pytest.raises(ImageReadError, match=r"stack of 3 frames.*--frame 0, --frame all or --frame mean"):
        RosettaSciIOFormat().read(path)
    second = RosettaSciIOFormat(frame=1).read(path)
    assert np.array_equal(second.pixels, RAMP + 100)
    assert np.array_equal(pickle.loads(pickle.dumps(second)).pixels, RAMP + 100)
    with pytest.raises(ImageReadError, match="no frame 3"):
        RosettaSciIOFormat(frame=3).read(path)


def test_of_several_images_one_must_be_chosen(write_emd: Write, tmp_path: Path) -> None:
    path = write_emd(tmp_path / "a.emd", RAMP, RAMP + 100)
    with pytest.raises(ImageReadError, match=r"several images: .*'loops'.*'other'"):
        RosettaSciIOFormat().read(path)
    assert np.array_equal(RosettaSciIOFormat(signal="other").read(path).pixels, RAMP + 100)
    firsts = {int(RosettaSciIOFormat(signal=n).read(path).pixels[0, 0]) for n in (0, 1)}
    assert firsts == {0, 100}
    with pytest.raises(ImageReadError, match="no image 'third'"):
        RosettaSciIOFormat(signal="third").read(path)


def test_a_single_image_beside_a_stack_is_taken(write_emd: Write, tmp_path: Path) -> None:
    path = write_emd(tmp_path / "a.emd", RAMP, np.stack([RAMP] * 3))
    assert np.array_equal(RosettaSciIOFormat().read(path).pixels, RAMP)


@pytest.mark.parametrize("array", [np.ones((4, 6), np.complex64), np.ones(6, np.float32)])
def test_what_is_no_image_of_real_numbers_is_refused(array: Any, write_emd: Write, tmp_path: Path) -> None:
    path = write_emd(tmp_path / "a.emd", array)
    with pytest.raises(ImageReadError, match="no image of real numbers"):
        RosettaSciIOFormat().read(path)


def test_other_suffixes_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xyz").write_bytes(b"")
    with pytest.raises(ImageReadError, match=r"reads \.dm3"):
        RosettaSciIOFormat().read(tmp_path / "a.xyz")


@pytest.mark.parametrize("kind", ["dm3", "mrc", "emd"])
def test_frames_of_a_stack(kind: str, write_dm3: Write, write_mrc: Write, write_emd: Write, tmp_path: Path) -> None:
    write = {"dm3": write_dm3, "mrc": write_mrc, "emd": write_emd}[kind]
    path = write(tmp_path / f"a.{kind}", np.stack([RAMP, RAMP + 100, RAMP + 200]))
    each = read_images(path, frame="all", format=RosettaSciIOFormat())
    assert list(each) == ["a-0000", "a-0001", "a-0002"]
    for n, image in enumerate(each.values()):
        assert np.array_equal(image.pixels, RAMP + 100 * n)
    assert np.array_equal(read_image(path, frame=1, format=RosettaSciIOFormat()).pixels, RAMP + 100)
    assert np.array_equal(read_image(path, frame="mean", format=RosettaSciIOFormat()).pixels, RAMP + 100)


@pytest.mark.parametrize("angstrom", [(0.0, 0.0), (-2.5, -2.5)])
def test_a_cell_that_is_not_positive_calibrates_nothing(
    angstrom: tuple[float, float], write_mrc: Write, tmp_path: Path
) -> None:
    image = RosettaSciIOFormat().read(write_mrc(tmp_path / "a.mrc", RAMP, angstrom=angstrom))
    assert image.calibration is None
    assert "no pixel size" in image.notes[0]


@pytest.mark.parametrize(("name", "units"), [("Wavelength", "nm"), ("Energy loss", "eV")])
def test_axes_of_a_spectrum_calibrate_nothing(name: str, units: str) -> None:
    axes = [{"name": "y", "scale": 0.25, "units": "nm"}, {"name": name, "scale": 0.25, "units": units}]
    assert calibration_of({"axes": axes})[0] is None


def test_a_colour_picture_and_spectra_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "a.dm3").write_bytes(b"read by the stub")
    rgb = np.zeros((4, 6), np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")]))
    spectra = {"data": np.ones((2, 3, 4, 5)), "metadata": {"Signal": {"signal_type": "EDS_TEM"}}}
    for signals, said in (([{"data": rgb}], "colour picture"), ([spectra], "X-ray spectra"), ([], "nothing")):
        monkeypatch.setattr("defectkit_rosettasciio.format._signals", lambda _, signals=signals: signals)
        with pytest.raises(ImageReadError, match=rf"no image of real numbers, but .*{said}"):
            RosettaSciIOFormat().read(tmp_path / "a.dm3")
