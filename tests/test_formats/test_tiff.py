from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from defectkit.errors import ImageReadError
from defectkit.formats.images.length_units import nanometers
from defectkit.formats.images.tiff import TiffFormat
from defectkit.records import Image, Source

RAMP = np.arange(24, dtype=np.uint8).reshape(4, 6) * 10


def read(path: Path, **options: Any) -> Image:
    return TiffFormat(**options).read(path)


def saved(path: Path, array: Any = RAMP, **options: Any) -> Path:
    tifffile.imwrite(path, array, **options)
    return path


@pytest.mark.parametrize(
    "layout", [{}, {"tile": (16, 16)}, {"rowsperstrip": 1}, {"compression": "zlib", "predictor": 2}]
)
def test_layouts(layout: dict[str, Any], tmp_path: Path) -> None:
    image = read(saved(tmp_path / "one.tif", **layout))
    assert (image.shape, image.dtype, image.notes) == ((4, 6), np.uint8, ())
    assert np.array_equal(image.pixels, RAMP)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_pixels_that_are_no_numbers_are_counted(bad: float, tmp_path: Path) -> None:
    array = RAMP.astype(np.float32)
    array[1, 2] = array[3, 3] = bad
    image = read(saved(tmp_path / "one.tif", array))
    with pytest.raises(ImageReadError, match="2 of its 24 pixels are NaN or infinite"):
        _ = image.pixels


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_color(planar: str, tmp_path: Path) -> None:
    grey = np.stack([RAMP] * 3, axis=-1)
    colored = grey.copy()
    colored[0, 1] = [200, 10, 10]
    for array, notes, expected in ((grey, 0, RAMP[0, 1]), (colored, 1, 67)):
        stored = array if planar == "contig" else np.moveaxis(array, -1, 0)
        image = read(saved(tmp_path / "one.tif", stored, photometric="rgb", planarconfig=planar))
        assert (image.shape, len(image.notes)) == ((4, 6), notes)
        assert image.pixels[0, 1] == expected
        assert np.array_equal(image.pixels[1:], RAMP[1:])


def test_a_zero_that_is_white_is_turned_over(tmp_path: Path) -> None:
    image = read(saved(tmp_path / "one.tif", photometric="miniswhite"))
    assert np.array_equal(image.pixels, 255 - RAMP)
    assert "turned over" in image.notes[0]
    deep = read(saved(tmp_path / "two.tif", RAMP.astype(np.uint16), photometric="miniswhite"))
    assert np.array_equal(deep.pixels, 65535 - RAMP.astype(np.uint16))


def test_one_bit_is_black_and_white(tmp_path: Path) -> None:
    image = read(saved(tmp_path / "one.tif", RAMP > 100, photometric="minisblack"))
    assert image.dtype == np.uint8
    assert np.array_equal(image.pixels, np.where(RAMP > 100, 255, 0))


def test_a_color_table_is_not_applied(tmp_path: Path) -> None:
    table = np.arange(768, dtype=np.uint16).reshape(3, 256)
    image = read(saved(tmp_path / "one.tif", photometric="palette", colormap=table))
    assert np.array_equal(image.pixels, RAMP)
    assert "colour table" in image.notes[0]


def test_of_several_images_one_must_be_chosen(tmp_path: Path) -> None:
    path = saved(tmp_path / "one.tif", np.stack([RAMP, RAMP + 1, RAMP + 2]), photometric="minisblack")
    with pytest.raises(ImageReadError, match=r"holds 3 images.*--frame 0, --frame all or --frame mean"):
        read(path)
    second = read(path, frame=1)
    assert np.array_equal(second.pixels, RAMP + 1)
    assert np.array_equal(pickle.loads(pickle.dumps(second)).pixels, RAMP + 1)
    for frame in (3, -1):
        with pytest.raises(ImageReadError, match=f"no frame {frame}"):
            read(path, frame=frame)


def test_smaller_copies_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "one.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(RAMP)
        writer.write(RAMP[::2, ::2], subfiletype=1)
    assert np.array_equal(read(path).pixels, RAMP)


@pytest.mark.parametrize("array", [RAMP.astype(np.complex64), np.zeros((2, 4, 6), np.uint8)])
def test_what_is_no_grey_image_is_refused(array: Any, tmp_path: Path) -> None:
    options: dict[str, Any] = {"volumetric": True, "tile": (2, 16, 16)} if array.ndim == 3 else {}
    path = saved(tmp_path / "one.tif", array, photometric="minisblack", **options)
    with pytest.raises(ImageReadError, match=r"grey values|volume"):
        read(path)


def test_pixels_beyond_the_end_are_noticed(tmp_path: Path) -> None:
    path = saved(tmp_path / "one.tif", np.ones((64, 64), np.uint16))
    path.write_bytes(path.read_bytes()[:-100])
    image = read(path)
    with pytest.raises(ImageReadError, match="truncated"):
        _ = image.pixels


def test_compression_without_imagecodecs_is_read_with_pillow(tmp_path: Path) -> None:
    import PIL.Image

    path = tmp_path / "one.tif"
    PIL.Image.fromarray(RAMP.astype(np.uint16)).save(path, compression="tiff_lzw")
    image = read(path)
    assert image.dtype == np.uint16
    assert np.array_equal(image.pixels, RAMP)


# --- pixel sizes -----------------------------------------------------------------------------------------------------


def imagej(path: Path, unit: str, per_pixel: float, **more: Any) -> Path:
    return saved(path, imagej=True, resolution=(1 / per_pixel, 1 / per_pixel), metadata={"unit": unit, **more})


@pytest.mark.parametrize(
    ("unit", "per_pixel"), [("nm", 0.25), ("um", 0.00025), ("micron", 0.00025), ("Angstrom", 2.5), ("mm", 2.5e-7)]
)
def test_imagej(unit: str, per_pixel: float, tmp_path: Path) -> None:
    calibration = read(imagej(tmp_path / "one.tif", unit, per_pixel)).calibration
    assert calibration is not None
    assert calibration.pixel_size_nm == pytest.approx((0.25, 0.25), rel=1e-6)
    assert calibration.pixel_size_source is Source.FILE_TAG


def test_imagej_with_pixels_that_are_not_square(tmp_path: Path) -> None:
    path = saved(tmp_path / "one.tif", imagej=True, resolution=(4.0, 2.0), metadata={"unit": "nm", "yunit": "um"})
    calibration = read(path).calibration
    assert calibration is not None
    assert calibration.pixel_size_nm == pytest.approx((500.0, 0.25))


@pytest.mark.parametrize("unit", ["pixel", "", "inch", "sec"])
def test_imagej_units_that_are_no_pixel_size(unit: str, tmp_path: Path) -> None:
    assert read(imagej(tmp_path / "one.tif", unit, 0.01)).calibration is None


def test_the_resolution_of_a_print_is_not_used(tmp_path: Path) -> None:
    path = saved(tmp_path / "one.tif", resolution=(300, 300), resolutionunit="inch")
    assert read(path).calibration is None


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        (
            {"PhysicalSizeX": 0.25, "PhysicalSizeXUnit": "nm", "PhysicalSizeY": 5.0, "PhysicalSizeYUnit": "Å"},
            (0.5, 0.25),
        ),
        ({"PhysicalSizeX": 0.002, "PhysicalSizeY": 0.002}, (2.0, 2.0)),
        ({}, None),
        ({"PhysicalSizeX": 1.0, "PhysicalSizeXUnit": "pixel"}, None),
    ],
)
def test_ome(metadata: dict[str, Any], expected: tuple[float, float] | None, tmp_path: Path) -> None:
    path = saved(tmp_path / "one.ome.tif", ome=True, metadata={"axes": "YX", **metadata})
    calibration = read(path).calibration
    assert (calibration and calibration.pixel_size_nm) == (expected and pytest.approx(expected))


def test_broken_ome_calibrates_nothing(tmp_path: Path) -> None:
    assert read(saved(tmp_path / "one.tif", description="<OME><Pixels></OME>")).calibration is None


@pytest.mark.parametrize("code", [34680, 34682])
@pytest.mark.parametrize("section", ["Scan", "EScan", "IScan", "Image"])
def test_fei(code: int, section: str, tmp_path: Path) -> None:
    text = f"[User]\r\nDate=1\r\n[{section}]\r\nPixelWidth=2.554e-010\r\nPixelHeight=5e-010\r\n[Beam]\r\nHV=30000\r\n"
    path = saved(tmp_path / "one.tif", extratags=[(code, "s", 0, text, True)])
    image = read(path)
    assert image.calibration is not None
    assert image.calibration.pixel_size_nm == pytest.approx((0.5, 0.2554))
    assert image.notes == (f"pixel size from FEI tag {code}, [{section}] PixelWidth",)


@pytest.mark.parametrize("text", ["[Scan]\r\nPixelWidth=\r\n", "[Scan]\r\nPixelWidth=0\r\n", "[Beam]\r\n", "nothing"])
def test_fei_without_a_size(text: str, tmp_path: Path) -> None:
    assert read(saved(tmp_path / "one.tif", extratags=[(34682, "s", 0, text, True)])).calibration is None


def gatan(path: Path, unit: str = "nm") -> Path:
    tags = [
        (65003, "s", 0, unit, True),
        (65004, "s", 0, unit, True),
        (65009, "d", 1, 0.25, True),
        (65010, "d", 1, 0.5, True),
    ]
    return saved(path, extratags=tags)


def test_gatan(tmp_path: Path) -> None:
    calibration = read(gatan(tmp_path / "one.tif")).calibration
    assert calibration is not None
    assert calibration.pixel_size_nm == (0.5, 0.25)
    assert read(gatan(tmp_path / "two.tif", "1/nm")).calibration is None


def test_zeiss(tmp_path: Path) -> None:
    text = "\r\n".join(["0"] * 40 + ["AP_IMAGE_PIXEL_SIZE", "Image Pixel Size = 3.672 nm", "DP_ZOOM", "Zoom = Off", ""])
    path = saved(tmp_path / "one.tif", extratags=[(34118, "s", 0, text, True)])
    calibration = read(path).calibration
    assert calibration is not None
    assert calibration.pixel_size_nm == pytest.approx((3.672, 3.672))


def test_tags_that_disagree_are_not_used(tmp_path: Path) -> None:
    text = "[Scan]\r\nPixelWidth=2.554e-010\r\n"

    def both(per_pixel: float) -> Path:
        return saved(
            tmp_path / "one.tif",
            imagej=True,
            resolution=(1 / per_pixel, 1 / per_pixel),
            metadata={"unit": "nm"},
            extratags=[(34682, "s", 0, text, True)],
        )

    image = read(both(0.2570))
    assert image.calibration is not None
    assert image.calibration.pixel_size_nm == pytest.approx((0.2554, 0.2554))
    other = read(both(0.2600))
    assert other.calibration is None
    assert "0.2554 x 0.2554 nm/px by FEI tag 34682" in other.notes[0]
    assert "0.26 x 0.26 nm/px by ImageJ" in other.notes[0]


@pytest.mark.parametrize(
    ("unit", "size"),
    [
        ("m", 1e9),
        ("\\u00B5m", 1e3),
        ("µm", 1e3),
        ("μm", 1e3),
        (" nm ", 1.0),
        ("Å", 0.1),
        ("pm", 1e-3),
        ("in", None),
        ("", None),
    ],
)
def test_units_as_programs_write_them(unit: str, size: float | None) -> None:
    assert nanometers(unit) == size


@pytest.mark.parametrize(
    "layout",
    [
        {},
        {"rowsperstrip": 7},
        {"rowsperstrip": 1, "compression": "zlib"},
        {"tile": (16, 32)},
        {"tile": (32, 16), "compression": "zlib", "predictor": 2},
        {"compression": "packbits"},
        {"photometric": "miniswhite"},
        {"byteorder": ">"},
        {"bigtiff": True},
        {"photometric": "rgb"},
        {"photometric": "rgb", "planarconfig": "separate"},
    ],
)
def test_a_box_is_that_part_of_the_image(layout: dict[str, Any], tmp_path: Path) -> None:
    if layout.get("compression") == "packbits":
        pytest.importorskip("imagecodecs", reason="tifffile packs bits with it")
    values = np.random.default_rng(1).integers(0, 60_000, (75, 90), dtype=np.uint16)
    if layout.get("photometric") == "rgb":
        values = np.stack([values, values // 2, values // 3], axis=0 if "planarconfig" in layout else -1)
    image = read(saved(tmp_path / "one.tif", values, **layout))
    assert image.reads_boxes
    whole = image.pixels
    for top, left, bottom, right in (
        (0, 0, 75, 90),
        (0, 0, 1, 1),
        (74, 89, 75, 90),
        (10, 20, 43, 71),
        (16, 32, 32, 64),
    ):
        assert np.array_equal(image.box(top, left, bottom, right), whole[top:bottom, left:right])


@pytest.mark.parametrize("kind", ["uint32", "int32", "float64", "int8", "uint64"])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_kinds_of_numbers(kind: str, byteorder: str, tmp_path: Path) -> None:
    values = (np.arange(24).reshape(4, 6) * 5).astype(kind)
    image = read(saved(tmp_path / "one.tif", values, byteorder=byteorder))
    assert image.dtype == np.dtype(kind)
    assert image.dtype.isnative
    assert np.array_equal(image.pixels, values)


STATED = "[Image]\r\nResolutionX={x}\r\nResolutionY={y}\r\n[PrivateFEI]\r\nDatabarHeight={bar}\r\n"


@pytest.mark.parametrize(
    ("x", "y", "bar", "rows"),
    [
        (50, 34, 6, 6),  # the size without the strip says it
        (50, 40, 6, 0),  # saved without its strip
        (100, 80, 6, 6),  # scaled: only the height of the strip is known
        (100, 80, 0, 0),
        (50, 1, 6, 0),  # nobody writes a strip of 39 rows below 1
        ("", "", "", 0),
    ],
)
def test_the_strip_that_fei_states_is_no_part_of_the_field(
    x: object, y: object, bar: object, rows: int, tmp_path: Path
) -> None:
    text = STATED.format(x=x, y=y, bar=bar)
    path = tmp_path / "one.tif"
    tifffile.imwrite(path, np.zeros((40, 50), np.uint8), extratags=[(34682, "s", 0, text, True)], metadata=None)
    image = read(path)
    assert [place.place.boxes()[0].tolist() for place in image.excluded] == ([[40 - rows, 0, 40, 50]] if rows else [])
    assert image.field.n_pixels == (40 - rows) * 50
