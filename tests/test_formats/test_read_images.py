from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import tifffile

from defectkit.errors import (
    CalibrationConflictError,
    EmptyInputError,
    ImageReadError,
    ImplausibleSizeError,
    MissingCalibrationError,
    PairingError,
    RecordError,
    UnitError,
    UnknownPluginError,
)
from defectkit.formats import CalibrationEntry, CalibrationTable, OnConflict, read_image, read_images
from defectkit.formats.images.tiff import TiffFormat
from defectkit.formats.lookup import image_suffixes
from defectkit.records import Calibration, Source, Specimen

Save = Callable[..., Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """A file of that name, its pixel size in its tags where one is given (nm)."""

    def run(name: str, tag: float | None = None) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.arange(24, dtype=np.uint8).reshape(4, 6)
        if path.suffix == ".tif" and tag is not None:
            tifffile.imwrite(path, pixels, imagej=True, resolution=(1 / tag, 1 / tag), metadata={"unit": "nm"})
        elif path.suffix == ".tif":
            tifffile.imwrite(path, pixels)
        else:
            PIL.Image.fromarray(pixels).save(path)
        return path

    return run


def sizes(calibration: Calibration | None) -> tuple[float, float, str]:
    assert calibration is not None
    return *calibration.pixel_size_nm, str(calibration.pixel_size_source)


def test_one_image(save: Save) -> None:
    image = read_image(save("one.png"), pixel_size="0.25 nm", foil_thickness="0.1 um", specimen=Specimen(alloy="Ti"))
    assert (image.name, image.shape, image.specimen.alloy) == ("one", (4, 6), "Ti")
    assert sizes(image.calibration) == (0.25, 0.25, "given")
    assert str(image.required_calibration().required_thickness("one")) == "100.0 nanometer"
    assert image.path is not None


def test_an_image_without_a_pixel_size_has_no_calibration(save: Save) -> None:
    assert read_image(str(save("one.png"))).calibration is None
    with pytest.raises(MissingCalibrationError, match="'one'"):
        read_image(save("one.png"), foil_thickness="100 nm")


def test_what_is_given_comes_before_what_the_file_says(save: Save) -> None:
    path = save("one.tif", 0.2554)
    assert sizes(read_image(path).calibration) == (pytest.approx(0.2554), pytest.approx(0.2554), "file tag")
    assert sizes(read_image(path, pixel_size="0.2570 nm").calibration) == (0.257, 0.257, "given")
    with_thickness = read_image(path, foil_thickness="170 nm").required_calibration()
    assert (sizes(with_thickness)[2], with_thickness.foil_thickness_source) == ("file tag", Source.GIVEN)


def test_sizes_more_than_one_percent_apart_must_be_confirmed(save: Save) -> None:
    path = save("one.tif", 0.2554)
    with pytest.raises(
        CalibrationConflictError, match=r"0\.259 nm/px by the given.*0\.2554 nm/px by the tags.*confirm-pixel-size"
    ):
        read_image(path, pixel_size="0.259 nm")
    image = read_image(path, pixel_size="0.259 nm", on_conflict=OnConflict.USE_GIVEN)
    assert sizes(image.calibration) == (0.259, 0.259, "given")
    assert "disagree" in image.notes[-1]
    assert sizes(read_image(path, pixel_size="0.259 nm", on_conflict="use-given").calibration)[0] == 0.259


def test_pixels_that_are_not_square_conflict_by_either_side(save: Save) -> None:
    given = Calibration(pixel_size_y="0.2554 nm", pixel_size_x="0.3 nm")
    with pytest.raises(CalibrationConflictError, match=r"0\.3 x 0\.2554 nm/px"):
        read_image(save("one.tif", 0.2554), calibration=given)


def test_the_table_of_the_folder_comes_before_the_tags(save: Save) -> None:
    path = save("one.tif", 0.2554)
    (path.parent / "calibration.csv").write_text(
        "name,pixel_size,foil_thickness,assumed\none,0.255 nm,90 nm,foil_thickness\n"
    )
    image = read_image(path)
    assert sizes(image.calibration) == (0.255, 0.255, "sidecar")
    assert image.is_assumed
    (path.parent / "calibration.csv").write_text("name,pixel_size\none,0.3 nm\n")
    with pytest.raises(CalibrationConflictError, match=r"0\.3 nm/px by .*calibration\.csv"):
        read_image(path)
    with pytest.raises(CalibrationConflictError, match="given"):
        read_image(path, pixel_size="0.2554 nm")


def test_a_further_table_comes_after_that_of_the_folder(save: Save) -> None:
    path = save("one.png")
    table = CalibrationTable(
        entries=[CalibrationEntry(prefix="o", pixel_size="2 nm", foil_thickness="50 nm")],
        origin="prefixes",
        source=Source.PREFIX_TABLE,
    )
    assert sizes(read_image(path, tables=[table]).calibration) == (2.0, 2.0, "prefix table")
    (path.parent / "calibration.csv").write_text("pixel_size,foil_thickness\n2.001 nm,60 nm\n")
    image = read_image(path, tables=[table])
    calibration = image.required_calibration()
    assert sizes(calibration) == (2.001, 2.001, "sidecar")
    assert str(calibration.foil_thickness) == "60.0 nanometer"
    assert "foil thicknesses disagree: 60 nm" in image.notes[-1]
    assert "given" in read_image(path, tables=[table], foil_thickness="70 nm").notes[-1]


def test_a_thickness_may_come_from_elsewhere_than_the_size(save: Save) -> None:
    path = save("one.tif", 0.25)
    (path.parent / "calibration.csv").write_text("foil_thickness\n60 nm\n")
    calibration = read_image(path).required_calibration()
    assert (calibration.pixel_size_source, calibration.foil_thickness_source) == (Source.FILE_TAG, Source.SIDECAR)
    path = save("two.png")
    assert read_image(path).calibration is None


def test_a_whole_calibration_may_be_given(save: Save) -> None:
    given = Calibration.square(
        "1 nm", foil_thickness="90 nm", source=Source.ASSUMED, foil_thickness_source=Source.ASSUMED
    )
    assert read_image(save("one.png"), calibration=given).calibration == given
    with pytest.raises(RecordError, match="not both"):
        read_image(save("one.png"), calibration=given, pixel_size="1 nm")


def test_numbers_without_a_unit_are_refused(save: Save) -> None:
    with pytest.raises(UnitError, match="not a number with a unit"):
        read_image(save("one.png"), pixel_size="0.25")


def test_what_cannot_be_read(save: Save, tmp_path: Path) -> None:
    with pytest.raises(ImageReadError, match="no such file"):
        read_image(tmp_path / "gone.png")
    with pytest.raises(ImageReadError, match="folder"):
        read_image(tmp_path)
    with pytest.raises(ImageReadError, match=r"no format reads \.xyz; read are .*\.tif"):
        read_image(save("one.png").rename(tmp_path / "one.xyz"))


def test_files_that_a_plugin_would_read_name_it(tmp_path: Path) -> None:
    if ".dm3" in image_suffixes():
        pytest.skip("a plugin that reads .dm3 is installed")
    (tmp_path / "one.DM3").write_bytes(b"")
    with pytest.raises(ImageReadError, match=r"pip install \./plugins/defectkit-rosettasciio"):
        read_image(tmp_path / "one.DM3")


def test_formats_by_name(save: Save) -> None:
    path = save("one.tif").rename(save("x.tif").parent / "one.odd")
    assert read_image(path, format="tiff").shape == (4, 6)
    assert read_image(path, format=TiffFormat(frame=0)).shape == (4, 6)
    with pytest.raises(UnknownPluginError, match="pillow"):
        read_image(path, format="pilow")


def test_a_folder_in_the_order_that_people_count_in(save: Save, tmp_path: Path) -> None:
    for name in ("f-10.png", "f-9.tif", "f-1.PNG", ".hidden.png", "sub/f-2.png"):
        save(name)
    (tmp_path / "notes.txt").write_text("x")
    images = read_images(tmp_path, pixel_size="1 nm")
    assert list(images) == ["f-1", "f-9", "f-10"]
    assert [image.name for image in images.values()] == list(images)
    assert {sizes(image.calibration)[0] for image in images.values()} == {1.0}
    assert list(read_images([tmp_path / "sub", tmp_path / "f-10.png"])) == ["f-2", "f-10"]


def test_the_same_file_twice_is_one_image(save: Save, tmp_path: Path) -> None:
    path = save("one.png")
    assert list(read_images([path, tmp_path, str(path)])) == ["one"]


def test_two_files_of_one_name_are_an_error(save: Save, tmp_path: Path) -> None:
    save("one.png")
    save("one.tif")
    with pytest.raises(PairingError, match=r"one\.(png|tif) and .*one\.(png|tif)"):
        read_images(tmp_path)


def test_damaged_images_of_a_folder_are_an_error(save: Save, tmp_path: Path) -> None:
    save("one.png")
    (tmp_path / "two.png").write_text("x")
    with pytest.raises(ImageReadError, match=r"two\.png"):
        read_images(tmp_path)


def test_nothing_to_read(save: Save, tmp_path: Path) -> None:
    with pytest.raises(EmptyInputError, match="no image file or folder"):
        read_images([])
    with pytest.raises(EmptyInputError, match=r"read are \.bmp.*\.tiff"):
        read_images(tmp_path)
    save("deep/er/one.png")
    with pytest.raises(EmptyInputError, match="sub-folders deep/er do"):
        read_images(tmp_path)
    with pytest.raises(ImageReadError, match="no such file"):
        read_images(tmp_path / "gone")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"pixel_size": "0.25 m"}, "a pixel of 250 mm"),
        ({"pixel_size": "0.1 fm"}, "a pixel of 0.1 fm"),
        ({"pixel_size": "0.1 pm"}, "a frame of 6 x 4 pixels that is 600 fm long"),
        ({"pixel_size": "1 nm", "foil_thickness": "100 mm"}, "a foil of 100 mm"),
    ],
)
def test_a_given_size_that_no_micrograph_has_must_be_confirmed(given: dict[str, str], said: str, save: Save) -> None:
    path = save("one.png")
    with pytest.raises(ImplausibleSizeError, match=rf"'one'.*{said}.*--confirm-pixel-size"):
        read_image(path, **given)  # type: ignore[arg-type]  # texts are sizes
    confirmed = read_image(path, on_conflict="use-given", **given)  # type: ignore[arg-type]
    assert said in confirmed.notes[0]


def test_a_size_in_a_table_that_no_micrograph_has_is_an_error(save: Save, tmp_path: Path) -> None:
    path = save("one.png")
    for line, said in (
        ('pixel_size = "0.25 m"', "a pixel of 250 mm"),
        ('foil_thickness = "100 mm"', "a foil of 100 mm"),
        ('pixel_size = "1 nm**9**9**9"', "not a number with a unit"),
    ):
        (tmp_path / "calibration.toml").write_text(f"[[calibration]]\n{line}\n", encoding="utf-8")
        with pytest.raises(RecordError, match=rf"calibration\.toml.*{said}"):
            read_image(path, pixel_size="1 nm")


def test_a_size_in_the_tags_that_no_micrograph_has_is_an_error_unless_another_counts(save: Save) -> None:
    path = save("one.tif", 2.5e8)
    with pytest.raises(ImageReadError, match=r"one\.tif.*a pixel of 250 mm.*--pixel-size"):
        read_image(path)
    image = read_image(path, pixel_size="0.25 nm")
    assert sizes(image.calibration) == (0.25, 0.25, "given")
    assert any("left out" in note and "250 mm" in note for note in image.notes)
