from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image
import tifffile

from defectkit.formats.images.pillow import PillowFormat
from defectkit.formats.images.tiff import TiffFormat
from defectkit.testing import ImageFormatSuite


class TestTiff(ImageFormatSuite):
    cls = TiffFormat
    dtypes = ("uint8", "uint16", "int16", "uint32", "float32", "float64")

    def write(self, path: Path, pixels: np.ndarray) -> None:
        tifffile.imwrite(path, pixels)


class TestBigEndianTiff(ImageFormatSuite):
    cls = TiffFormat
    dtypes = ("uint16", "float32")

    def write(self, path: Path, pixels: np.ndarray) -> None:
        tifffile.imwrite(path, pixels, byteorder=">")


class TestPng(ImageFormatSuite):
    cls = PillowFormat
    dtypes = ("uint8", "uint16")
    suffix = ".png"

    def write(self, path: Path, pixels: np.ndarray) -> None:
        PIL.Image.fromarray(pixels).save(path)


class TestBitmap(ImageFormatSuite):
    cls = PillowFormat
    suffix = ".bmp"

    def write(self, path: Path, pixels: np.ndarray) -> None:
        PIL.Image.fromarray(pixels).save(path)


class TestJpeg(ImageFormatSuite):
    cls = PillowFormat
    suffix = ".jpg"
    is_lossless = False

    def write(self, path: Path, pixels: np.ndarray) -> None:
        PIL.Image.fromarray(pixels).save(path, quality=95)
