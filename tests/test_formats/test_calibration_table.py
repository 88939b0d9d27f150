from __future__ import annotations

import time
from pathlib import Path

import pytest

from defectkit.errors import RecordError
from defectkit.formats import CalibrationEntry, CalibrationTable, read_calibration_table
from defectkit.formats.images.calibration_table import find_calibration_table
from defectkit.records import Source

TOML = """
[[calibration]]
foil_thickness = "100 nm"
assumed = ["foil_thickness"]

[[calibration]]
prefix = "BF"
pixel_size = "0.5 nm"

[[calibration]]
prefix = "BF X500K"
pixel_size = "0.1416 nm/px"

[[calibration]]
name = "BF X500K 03"
pixel_size_y = "2 angstrom"
pixel_size_x = "0.3 nm"
foil_thickness = "85 nm"
"""
CSV = """name, prefix, pixel_size, pixel_size_y, pixel_size_x, foil_thickness, assumed
,,,,,100 nm,foil_thickness
,BF,0.5 nm,,,,
,BF X500K,0.1416 nm/px,,,,

BF X500K 03,,,2 angstrom,0.3 nm,85 nm,
"""


@pytest.fixture(params=[("calibration.toml", TOML), ("calibration.csv", CSV)], ids=["toml", "csv"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> CalibrationTable:
    name, text = request.param
    (tmp_path / name).write_text(text)
    found = find_calibration_table(tmp_path)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("image", "size", "thickness", "source"),
    [
        ("BF X500K 03", (0.2, 0.3), "85 nm", Source.SIDECAR),
        ("BF X500K 04", (0.1416, 0.1416), "100 nm", Source.ASSUMED),
        ("day 2/BF X500K 04", (0.1416, 0.1416), "100 nm", Source.ASSUMED),
        ("BF one", (0.5, 0.5), "100 nm", Source.ASSUMED),
        ("DF one", None, "100 nm", Source.ASSUMED),
    ],
)
def test_the_closest_entry_counts(
    image: str, size: tuple[float, float] | None, thickness: str, source: Source, table: CalibrationTable
) -> None:
    known = table.of(image)
    assert (known.calibration and known.calibration.pixel_size_nm) == (size and pytest.approx(size))
    assert (known.foil_thickness, known.foil_thickness_source) == (thickness, source)
    assert known.calibration is None or known.calibration.pixel_size_source is Source.SIDECAR


def test_no_table(tmp_path: Path) -> None:
    assert find_calibration_table(tmp_path) is None
    assert CalibrationTable(entries=[], origin="none").of("one").calibration is None


def test_a_table_may_be_a_prefix_table(tmp_path: Path) -> None:
    (tmp_path / "any.toml").write_text(TOML)
    known = read_calibration_table(tmp_path / "any.toml", source=Source.PREFIX_TABLE).of("BF one")
    assert known.calibration is not None
    assert known.calibration.pixel_size_source is Source.PREFIX_TABLE


def test_an_assumed_pixel_size_says_so() -> None:
    entry = CalibrationEntry(pixel_size="1 nm", assumed=["pixel_size"])
    known = CalibrationTable(entries=[entry], origin="mine").of("one")
    assert known.calibration is not None
    assert known.calibration.pixel_size_source is Source.ASSUMED


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("not toml", "calibration.toml"),
        ("[other]", r"\[\[calibration\]\]"),
        ("calibration = 5", r"\[\[calibration\]\]"),
        ("calibration = [5]", "entry 1 is not a table"),
        ('[[calibration]]\nsize = "1 nm"', "entry 1: unknown keys size"),
        ("[[calibration]]\npixel_size = 1.0", "text"),
        ('[[calibration]]\npixel_size = "1 nm"\nassumed = "pixel_size"', "assumed is a list"),
        ('[[calibration]]\npixel_size = "1 nm"\nassumed = ["dose"]', "not dose"),
        ('[[calibration]]\npixel_size = "1 nm"\nassumed = [2147483648]', "not 2147483648"),
        ('[[calibration]]\npixel_size = "1 nm"\nassumed = [["dose"]]', "not .'dose'"),
        ('[[calibration]]\nname = "a"\nprefix = "b"\npixel_size = "1 nm"', "not both"),
        ('[[calibration]]\npixel_size_y = "1 nm"', "belong together"),
        ('[[calibration]]\npixel_size = "1 nm"\npixel_size_y = "1 nm"\npixel_size_x = "1 nm"', "pixel_size, or"),
        ('[[calibration]]\nname = "a"', "neither"),
        (
            '[[calibration]]\npixel_size = "1 nm"\n[[calibration]]\npixel_size = "2 nm"',
            "two entries are for every image",
        ),
    ],
)
def test_tables_that_contradict_themselves_are_refused(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "calibration.toml").write_text(text)
    with pytest.raises(RecordError, match=words):
        find_calibration_table(tmp_path)


def test_sizes_without_a_unit_are_refused_with_their_place() -> None:
    table = CalibrationTable(entries=[CalibrationEntry(pixel_size="0.5")], origin="beside.toml")
    with pytest.raises(RecordError, match=r"beside\.toml, for the image 'one'"):
        table.of("one")


def test_csv_lines_that_are_too_long_are_refused(tmp_path: Path) -> None:
    (tmp_path / "calibration.csv").write_text("name,pixel_size\na,1 nm,5\n")
    with pytest.raises(RecordError, match="more columns"):
        find_calibration_table(tmp_path)


def test_two_tables_in_a_folder_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "calibration.toml").write_text(TOML)
    (tmp_path / "calibration.csv").write_text(CSV)
    with pytest.raises(RecordError, match="keep one"):
        find_calibration_table(tmp_path)


def test_a_table_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"gone\.csv"):
        read_calibration_table(tmp_path / "gone.csv")


def test_a_table_of_many_entries_is_read_quickly(tmp_path: Path) -> None:
    path = tmp_path / "calibration.csv"
    path.write_text("name,pixel_size\n" + "".join(f"image {n},1 nm\n" for n in range(50_000)))
    begun = time.process_time()
    assert read_calibration_table(path).of("image 77").calibration is not None
    assert time.process_time() - begun < 10


@pytest.mark.parametrize("text", ["a = " + "[" * 5000, "a = 1979-13-99", "\x00", "a = " + "9" * 5000])
def test_a_table_that_is_no_toml_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "calibration.toml"
    path.write_text(text)
    with pytest.raises(RecordError, match=r"calibration\.toml"):
        read_calibration_table(path)
