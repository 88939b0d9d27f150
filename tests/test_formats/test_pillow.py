from __future__ import annotations

import pickle
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from defectkit.errors import ImageReadError
from defectkit.formats.images.pillow import PillowFormat
from defectkit.records import Image

RAMP = np.arange(24, dtype=np.uint8).reshape(4, 6) * 10
COLORED = np.stack([RAMP, RAMP[::-1], RAMP], axis=-1)


def read(path: Path) -> Image:
    return PillowFormat().read(path)


def saved(path: Path, array: Any, mode: str | None = None) -> Path:
    picture = PIL.Image.fromarray(array)
    (picture.convert(mode) if mode else picture).save(path)
    return path


@pytest.mark.parametrize("suffix", [".png", ".bmp"])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA", "P"])
def test_what_is_grey_has_one_channel(suffix: str, mode: str, tmp_path: Path) -> None:
    if suffix == ".bmp" and mode == "LA":
        pytest.skip("BMP has no such kind")
    image = read(saved(tmp_path / f"one{suffix}", RAMP, mode))
    assert (image.shape, image.dtype, image.notes, image.calibration) == ((4, 6), np.uint8, (), None)
    assert np.array_equal(image.pixels, RAMP)


def test_color_becomes_luminance_and_says_so(tmp_path: Path) -> None:
    image = read(saved(tmp_path / "one.png", COLORED))
    assert image.notes == ("a colour image: read as its luminance, 0.299 R + 0.587 G + 0.114 B",)
    assert np.array_equal(image.pixels, np.rint(COLORED @ [0.299, 0.587, 0.114]).astype(np.uint8))


def test_one_bit_is_black_and_white(tmp_path: Path) -> None:
    assert np.unique(read(saved(tmp_path / "one.png", RAMP > 100)).pixels).tolist() == [0, 255]


def test_sixteen_bits_are_kept(tmp_path: Path) -> None:
    deep = RAMP.astype(np.uint16) * 257
    image = read(saved(tmp_path / "one.png", deep))
    assert image.dtype == np.uint16
    assert np.array_equal(image.pixels, deep)


def test_jpeg(tmp_path: Path) -> None:
    flat = np.full((16, 16), 77, np.uint8)
    assert np.array_equal(read(saved(tmp_path / "one.jpg", flat)).pixels, flat)
    assert np.array_equal(read(saved(tmp_path / "two.jpeg", flat, "RGB")).pixels, flat)


def test_deep_color_says_that_bits_are_lost(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\x00" + struct.pack(">3H", 512, 512, 512) for _ in range(2))
    header = struct.pack(">IIBBBBB", 1, 2, 16, 2, 0, 0, 0)
    path = tmp_path / "one.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )
    image = read(path)
    assert (image.dtype, image.pixels.tolist()) == (np.uint8, [[2], [2]])
    assert "8 bits" in image.notes[0]


def test_pixels_are_read_only_when_asked_for(tmp_path: Path) -> None:
    path = saved(tmp_path / "one.png", RAMP)
    image = read(path)
    saved(path, RAMP[::-1])
    assert np.array_equal(image.pixels, RAMP[::-1])
    saved(path, np.zeros((9, 9), np.uint8))
    with pytest.raises(ImageReadError, match="header said uint8"):
        _ = image.pixels
    path.unlink()
    with pytest.raises(ImageReadError, match=r"one\.png"):
        _ = image.pixels


def test_an_image_can_be_sent_to_another_process(tmp_path: Path) -> None:
    image = read(saved(tmp_path / "one.png", RAMP))
    assert np.array_equal(pickle.loads(pickle.dumps(image)).pixels, RAMP)


def test_images_that_are_too_large_for_pillow_say_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path / "one.png", RAMP)
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 20)
    assert read(path).shape == (4, 6)
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 5)
    with pytest.raises(ImageReadError, match="Save it as TIFF"):
        read(path)
