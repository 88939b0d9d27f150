from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from defectkit.formats.images.tiff import TiffFormat
from defectkit.records import Image

RAMP = np.arange(24, dtype=np.uint8).reshape(4, 6) * 10


def read(path: Path) -> Image:
    return TiffFormat().read(path)


def saved(path: Path, **options: Any) -> Path:
    tifffile.imwrite(path, RAMP, **options)
    return path


def sizes(image: Image) -> tuple[float, float]:
    return image.required_calibration().pixel_size_nm


def tvips(path: Path, **facts: Any) -> Path:
    """A file with a header of EM-MENU, by the layout that tifffile states."""
    first = np.zeros(1, np.dtype(tifffile.TIFF.TVIPS_HEADER_V1))
    second = np.zeros(1, np.dtype(tifffile.TIFF.TVIPS_HEADER_V2))
    first["Version"], second["Magic"] = 2, 0xAAAAAAAA
    for name, value in facts.items():
        second[name] = value
    header = first.tobytes() + second.tobytes()
    return saved(path, extratags=[(37706, "B", len(header), header, True)])


def test_tvips(tmp_path: Path) -> None:
    image = read(tvips(tmp_path / "one.tif", PixelSizeX=0.25, PixelSizeY=0.5))
    assert sizes(image) == pytest.approx((0.5, 0.25))
    assert image.notes == ("pixel size from TVIPS tag 37706, PixelSizeX",)


def test_tvips_of_a_diffraction_pattern_and_without_a_size(tmp_path: Path) -> None:
    pattern = read(tvips(tmp_path / "one.tif", PixelSizeX=0.25, PixelSizeY=0.25, TemMode=3))
    assert pattern.calibration is None
    assert "diffraction" in pattern.notes[0]
    assert read(tvips(tmp_path / "two.tif")).calibration is None


def sis(path: Path, exponent: int, along_x: float, along_y: float) -> Path:
    """A file with the structure of Olympus SIS, of which tifffile knows these fields."""
    head = struct.pack("<4s6xhhhhh6x32sH", b"SIS0", 1, 2, 3, 4, 100, b"name", 1)
    facts = struct.pack("<10xhdd8xd2x34s32s", exponent, along_x, along_y, 5e4, b"camera", b"type")
    block = head + struct.pack("<hhI", 1, 1, 0) + facts
    saved(path, extratags=[(33560, "B", len(block), block, True)])
    content = path.read_bytes()
    begin = content.index(b"SIS0")
    place = begin + len(head) + 4
    path.write_bytes(content[:place] + struct.pack("<I", begin + len(head) + 8) + content[place + 4 :])
    return path


def test_olympus_sis(tmp_path: Path) -> None:
    image = read(sis(tmp_path / "one.tif", -9, 0.25, 0.5))
    assert sizes(image) == pytest.approx((0.5, 0.25))
    assert image.notes == ("pixel size from Olympus SIS tag 33560",)
    assert read(sis(tmp_path / "two.tif", -9, 0, 0)).calibration is None
    assert read(sis(tmp_path / "three.tif", -9, -0.25, -0.25)).calibration is None


def jeol(path: Path, mode: str = "MAG", make: str = "JEOL Ltd.") -> Path:
    text = (
        "<TemReporter><Eos><EosMode>eosTEM</EosMode></Eos><ImageFormingSystem>"
        f"<ModeString>{mode}</ModeString><SelectorValue>50000</SelectorValue></ImageFormingSystem></TemReporter>"
    )
    # pixels of 0.0125 mm on the camera are 0.25 nm on the specimen
    return saved(
        path,
        description=text,
        metadata=None,
        resolution=(800, 400),
        resolutionunit="centimeter",
        extratags=[(271, "s", 0, make, True)],
    )


def test_jeol(tmp_path: Path) -> None:
    image = read(jeol(tmp_path / "one.tif"))
    assert sizes(image) == pytest.approx((0.5, 0.25))
    assert image.notes == ("pixel size from JEOL's resolution over its magnification",)
    assert read(jeol(tmp_path / "two.tif", make="Someone")).calibration is None


def test_jeol_in_another_mode_gives_no_size(tmp_path: Path) -> None:
    image = read(jeol(tmp_path / "one.tif", mode="DIFF"))
    assert image.calibration is None
    assert "'DIFF'" in image.notes[0]


@pytest.mark.parametrize(
    ("unit", "nm"),
    [
        ("micrometers", 1e3),
        ("Microns", 1e3),
        ("angstroms", 0.1),
        ("Ångström", 0.1),
        ("cm", 1e7),
        ("nm/pixel", 1.0),
        ("nm_per_px", 1.0),
        ("nm per pixel", 1.0),
        ("\\u00C5", 0.1),
        ("\\u00B5m", 1e3),
        ("\u212b", 0.1),
    ],
)
def test_units_of_imagej(unit: str, nm: float, tmp_path: Path) -> None:
    path = tmp_path / "one.tif"
    description = f"ImageJ=1.54f\nunit={unit}\n".encode("latin-1" if unit.isascii() or "Å" in unit else "utf-8")
    per_pixel = round(0.25 / nm * 1e12)
    tifffile.imwrite(
        path,
        RAMP,
        description=description,
        metadata=None,
        resolution=((10**9, per_pixel // 1000),) * 2,
        resolutionunit=1,
    )
    assert sizes(read(path)) == pytest.approx((0.25, 0.25), rel=1e-6)


def test_a_unit_that_is_not_known_is_named(tmp_path: Path) -> None:
    path = saved(tmp_path / "one.tif", imagej=True, resolution=(4.0, 4.0), metadata={"unit": "furlong\x1b[31m"})
    image = read(path)
    assert image.calibration is None
    assert "'furlong\\x1b[31m'" in image.notes[0]
    for unit in ("pixel", "", "inch"):
        assert read(saved(path, imagej=True, resolution=(4.0, 4.0), metadata={"unit": unit})).notes == ()


@pytest.mark.parametrize(
    ("text", "expected", "said"),
    [
        ('PhysicalSizeX="2.5" PhysicalSizeXUnit="Å"', (0.25, 0.25), "both axes"),
        ('PhysicalSizeX="2.5" PhysicalSizeXUnit="pixel"', None, ""),
        ('PhysicalSizeX="1" PhysicalSizeXUnit="reference frame"', None, ""),
        ('PhysicalSizeX="1" PhysicalSizeXUnit="parsec"', None, "'parsec'"),
        ('PhysicalSizeX="-1" PhysicalSizeY="-1"', None, ""),
        ('PhysicalSizeX="0.25" PhysicalSizeXUnit="nm" PhysicalSizeY="500" PhysicalSizeYUnit="pm"', (0.5, 0.25), ""),
    ],
)
def test_units_of_ome(text: str, expected: tuple[float, float] | None, said: str, tmp_path: Path) -> None:
    xml = f'<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image><Pixels {text}/></Image></OME>'
    image = read(saved(tmp_path / "one.tif", description=xml.encode(), metadata=None))
    if expected is None:
        assert image.calibration is None
    else:
        assert sizes(image) == pytest.approx(expected)
    assert any(said in note for note in image.notes) or (not said and not image.notes)


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    lines = [f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9)]
    xml = f'<!DOCTYPE OME [<!ENTITY a0 "lol">{"".join(lines)}]><OME><Pixels PhysicalSizeX="&a9;"/></OME>'
    assert read(saved(tmp_path / "one.tif", description=xml, metadata=None)).calibration is None


NONE_IN_THE_CASE = {"inch", "pixel", "empty"}


def test_the_shared_files_of_imagej(shared_data: Path) -> None:
    folder = shared_data.parent / "cases" / "imagej-tiff-units"
    if not folder.is_dir():
        pytest.skip("the folder of cases is not beside this checkout")
    for path in folder.glob("*.tif"):
        calibration = read(path).calibration
        if path.stem in NONE_IN_THE_CASE:
            assert calibration is None, path.stem
        else:
            assert calibration is not None, path.stem
            assert calibration.pixel_size_nm[0] in (pytest.approx(0.25), pytest.approx(250)), path.stem
