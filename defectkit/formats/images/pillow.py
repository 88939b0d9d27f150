"""The image format ``pillow``: PNG, JPEG and BMP."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import ImageReadError
from defectkit.formats.images.boxes import Box, bands
from defectkit.formats.images.color import COLOR_NOTE, is_grey, to_grey
from defectkit.formats.images.file_pixels import FilePixels
from defectkit.formats.images.limits import check_size
from defectkit.formats.interface import ImageFormat
from defectkit.records import Image

if TYPE_CHECKING:
    import PIL.Image

_GREY_DTYPES = {"1": "u1", "L": "u1", "LA": "u1", "La": "u1", "I": "i4", "F": "f4"}
_BYTES = {"1": 1, "L": 1, "P": 1, "LA": 2, "La": 2, "I;16": 2, "RGB": 3}
_DEEP_COLOR_NOTE = "a PNG of several channels with 16 bits each: read with 8 bits"


@attrs.frozen(kw_only=True)
class PillowFormat(ImageFormat):
    """PNG, JPEG and BMP files.

    Notes
    -----
    8- and 16-bit grey values are kept as they are. A colour image that is grey loses two channels, one that is not
    becomes its luminance and gets a note; alpha is left out. The resolution that such files state is meant for printers
    and is not used.
    """

    name: ClassVar[str] = "pillow"
    description: ClassVar[str] = "PNG, JPEG and BMP."
    suffixes: ClassVar[tuple[str, ...]] = (".png", ".jpg", ".jpeg", ".bmp")

    def read(self, path: Path) -> Image:
        """Open an image; see :meth:`ImageFormat.read`. Only colour images are decoded, to see if they are grey."""
        notes = []
        with open_picture(path) as image:
            width, height = image.size
            dtype = _grey_dtype(image.mode)
            if dtype is None:
                dtype = np.dtype(np.uint8)
                if not all(is_grey(channels) for _, channels in _bands(image)):
                    notes.append(COLOR_NOTE)
            if image.format == "PNG" and _has_deep_channels(path):
                notes.append(_DEEP_COLOR_NOTE)
        source = FilePixels(path=path, shape=(height, width), dtype=dtype, load=load_grey)
        return Image(name=path.stem, source=source, path=path, notes=tuple(notes))


def load_grey(path: Path) -> NDArray[Any]:
    """Return the pixels of a file, one channel (H, W).

    Raises
    ------
    ImageReadError
        If the file is missing, truncated or no image.
    """
    with open_picture(path) as image:
        dtype = _grey_dtype(image.mode)
        if dtype is None:
            grey = np.empty((image.height, image.width), np.uint8)
            for (top, _, bottom, _), channels in _bands(image):
                grey[top:bottom] = to_grey(channels)
            return grey
        if image.mode in ("1", "LA", "La"):
            image = image.convert("L")
        return np.asarray(image).astype(dtype)


def load_values(path: Path) -> NDArray[Any]:
    """Return what a file stores, one channel (H, W): of an image with a palette the numbers, not the colours.

    Raises
    ------
    ImageReadError
        If the file is missing, truncated, no image, or has colours.
    """
    with open_picture(path) as image:
        if image.mode == "P":
            return np.asarray(image)
        if _grey_dtype(image.mode) is None and not all(is_grey(channels) for _, channels in _bands(image)):
            raise ImageReadError(f"{path}: it is coloured; masks and label images have one channel")
    return load_grey(path)


@contextmanager
def open_picture(path: Path) -> Iterator[PIL.Image.Image]:
    """Open a file with Pillow; whatever fails, also in the block, is an :class:`ImageReadError` that names the file."""
    import PIL.Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", PIL.Image.DecompressionBombWarning
            )  # micrographs are large, and the user's own
            with PIL.Image.open(path) as image:
                check_size(path, (image.height, image.width), _BYTES.get(image.mode, 4))
                yield image
    except PIL.Image.DecompressionBombError as error:
        raise ImageReadError(f"{path}: {error}. Save it as TIFF, which is read without that limit") from error
    except ImageReadError:
        raise
    except Exception as error:  # Pillow raises SyntaxError for broken PNG chunks, and what struct and zlib raise
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)[:200]
        raise ImageReadError(f"{path}: it cannot be read as an image ({reason}); it is missing or damaged") from error


def _grey_dtype(mode: str) -> np.dtype[Any] | None:
    if mode.startswith("I;16"):
        return np.dtype(np.uint16)
    return np.dtype(_GREY_DTYPES[mode]) if mode in _GREY_DTYPES else None


def _bands(image: PIL.Image.Image) -> Iterator[tuple[Box, NDArray[Any]]]:
    """Give bands of rows with their channels (rows, width, 3): a large image is never there as colours at once."""
    for box in bands((image.height, image.width)):
        top, left, bottom, right = box
        part = image.crop((left, top, right, bottom))
        yield box, np.asarray(part if part.mode in ("RGB", "RGBA", "RGBX") else part.convert("RGB"))


def _has_deep_channels(path: Path) -> bool:
    with path.open("rb") as file:
        header = file.read(26)
    return len(header) == 26 and header[24] == 16 and header[25] in (2, 4, 6)
