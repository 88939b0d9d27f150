"""ImageFormatSuite: what every image format must do, as tests to inherit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray

from defectkit.errors import ImageReadError
from defectkit.formats.interface import ImageFormat
from defectkit.records import Image, Source
from defectkit.testing.suite import Suite, UnstatedError

Pixels = NDArray[Any]


class ImageFormatSuite(Suite[ImageFormat]):
    """What every image format must do.

    Attributes
    ----------
    cls : type
        The format under test.
    options : mapping of str to Any
        Keyword arguments of its constructor.
    dtypes : sequence of str
        The dtypes that files of this format hold and that are kept.
    is_lossless : bool
        Whether pixels come back as they were written.

    Examples
    --------
    In a test module of the plugin, with a way to make a file:

    >>> class TestBitmap(ImageFormatSuite):
    ...     dtypes = ("uint8",)
    ...
    ...     def write(self, path, pixels):
    ...         PIL.Image.fromarray(pixels).save(path)
    """

    kind: ClassVar[str] = "image_format"
    dtypes: ClassVar[Sequence[str]] = ("uint8",)
    is_lossless: ClassVar[bool] = True

    def write(self, path: Path, pixels: Pixels) -> None:
        """Write a file of this format, not by defectkit: what the format is compared with."""
        raise UnstatedError("write a file of this format by other means: override write(path, pixels)")

    @property
    def suffix(self) -> str:
        """The suffix of the files that are written."""
        first: str = self.cls.suffixes[0]
        return first

    def pixels(self, dtype: str, shape: tuple[int, int] = (6, 9)) -> Pixels:
        """Return an image of the full range of a dtype, every row and column of its own."""
        ramp = np.linspace(0.0, 1.0, shape[0] * shape[1]).reshape(shape)
        kind = np.dtype(dtype)
        if kind.kind == "f":
            return ramp.astype(kind)
        limits = np.iinfo(kind)
        return (ramp * (float(limits.max) - float(limits.min)) * 0.999 + float(limits.min)).astype(kind)

    def read(self, path: Path) -> Image:
        """Open a file with the format under test."""
        return self.make().read(path)

    def test_its_suffixes_are_lower_case_with_a_dot(self) -> None:
        """``suffixes`` is a class attribute, a tuple that is not empty: formats are chosen by suffix."""
        assert isinstance(self.cls.suffixes, tuple), f"suffixes is a {type(self.cls.suffixes).__name__}"
        assert self.cls.suffixes, "there is no suffix"
        for suffix in self.cls.suffixes:
            assert suffix.startswith("."), f"{suffix!r} has no dot"
            assert suffix == suffix.lower(), f"{suffix!r} is not lower case"

    def test_the_image_is_named_by_the_stem_of_its_file(self, tmp_path: Path) -> None:
        """The name is the stem, and the path is kept."""
        path = tmp_path / f"Frame 7.a{self.suffix}"
        self.write(path, self.pixels(self.dtypes[0]))
        image = self.read(path)
        assert image.name == "Frame 7.a", f"the name is {image.name!r}"
        assert image.path == path, f"the path is {image.path}"

    def test_pixels_shape_and_dtype_are_those_of_the_file(self, tmp_path: Path) -> None:
        """Pixels are two-dimensional, of the stored dtype and the machine's byte order, as was said before reading."""
        for dtype in self.dtypes:
            path = tmp_path / f"{dtype}{self.suffix}"
            written = self.pixels(dtype)
            self.write(path, written)
            image = self.read(path)
            assert image.shape == written.shape, f"{dtype}: the shape is said to be {image.shape}"
            pixels = image.pixels
            assert pixels.shape == written.shape, f"{dtype}: the pixels have the shape {pixels.shape}"
            assert pixels.dtype == image.dtype, f"{dtype}: {image.dtype} was said, {pixels.dtype} was read"
            assert pixels.dtype.isnative, f"{dtype}: the byte order is not the machine's"
            if self.is_lossless:
                assert pixels.dtype == written.dtype, f"{dtype} became {pixels.dtype}"
                assert np.array_equal(pixels, written), f"{dtype}: the pixels differ"

    def test_reading_twice_gives_the_same(self, tmp_path: Path) -> None:
        """The pixels are read anew each time, and are the same."""
        path = tmp_path / f"one{self.suffix}"
        self.write(path, self.pixels(self.dtypes[0]))
        image = self.read(path)
        assert np.array_equal(image.pixels, image.pixels), "the second time there are other pixels"
        assert self.read(path).digest() == image.digest(), "opened anew it has other pixels"

    def test_a_calibration_says_that_it_came_from_the_file(self, tmp_path: Path) -> None:
        """There is no calibration, or one whose source is the file's tags."""
        path = tmp_path / f"one{self.suffix}"
        self.write(path, self.pixels(self.dtypes[0]))
        calibration = self.read(path).calibration
        if calibration is not None:
            source = calibration.pixel_size_source
            assert source is Source.FILE_TAG, f"the pixel size is said to be {source}"

    def test_a_missing_file_is_said_to_be(self, tmp_path: Path) -> None:
        """A path that is not there raises ImageReadError, which names it."""
        with pytest.raises(ImageReadError, match="not_there"):
            self.read(tmp_path / f"not_there{self.suffix}")

    @pytest.mark.parametrize("content", [b"", b"not an image at all", bytes(64)])
    def test_a_file_that_is_no_image_is_refused(self, content: bytes, tmp_path: Path) -> None:
        """What is no file of this format raises ImageReadError, when it is opened."""
        path = tmp_path / f"strange{self.suffix}"
        path.write_bytes(content)
        with pytest.raises(ImageReadError, match="strange"):
            self.read(path)

    @pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
    def test_a_file_that_is_cut_short_is_refused(self, part: float, tmp_path: Path) -> None:
        """A damaged file raises ImageReadError, when it is opened or when its pixels are read."""
        whole = tmp_path / f"whole{self.suffix}"
        self.write(whole, self.pixels(self.dtypes[0], shape=(64, 64)))
        content = whole.read_bytes()
        path = tmp_path / f"cut{self.suffix}"
        path.write_bytes(content[: int(part * len(content))])
        with pytest.raises(ImageReadError, match="cut"):
            np.asarray(self.read(path).pixels)
