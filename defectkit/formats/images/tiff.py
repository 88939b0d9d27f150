"""The image format ``tiff``: TIFF of 8, 16 and 32 bits and floating point."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import ImageReadError
from defectkit.formats.images.color import COLOR_NOTE, is_grey, to_grey
from defectkit.formats.images.file_pixels import FilePixels
from defectkit.formats.images.tiff_tags import calibration_of_tags
from defectkit.formats.interface import ImageFormat
from defectkit.records import Image

_INVERTED_NOTE = "its zero is white: the grey values were turned over"
_PALETTE_NOTE = "the values are kept as stored; the colour table is not applied"


@attrs.frozen(kw_only=True)
class TiffFormat(ImageFormat):
    """TIFF files: 8, 16 and 32 bits, signed and unsigned, and floating point.

    Parameters
    ----------
    frame : int, optional
        Which image of a file that holds several, from 0. Without it such a file is refused: nobody can know which one
        is meant.

    Notes
    -----
    The pixel size comes from the tags that microscopes and ImageJ write, see
    :func:`~defectkit.formats.images.tiff_tags.calibration_of_tags`. Colour is treated as in PNG files. Kinds of
    compression that need the package imagecodecs are read with Pillow where it is missing and Pillow gives the same
    kind of number.
    """

    name: ClassVar[str] = "tiff"
    description: ClassVar[str] = (
        "TIFF of 8, 16, 32 bits and floating point, with the pixel sizes of ImageJ, OME and the makers of microscopes."
    )
    suffixes: ClassVar[tuple[str, ...]] = (".tif", ".tiff")

    frame: int | None = None

    def read(self, path: Path) -> Image:
        """Open an image; see :meth:`ImageFormat.read`.

        Raises
        ------
        ImageReadError
            If it holds several images and none was chosen, or kinds of numbers that are no grey values.
        """
        with opened(path) as tiff:
            page = self._page(tiff, path)
            channels = _channel_count(page, path)
            notes = []
            if channels > 2 and not is_grey(_array(page, path)):
                notes.append(COLOR_NOTE)
            if _is_inverted(page):
                notes.append(_INVERTED_NOTE)
            if page.photometric == 3:
                notes.append(_PALETTE_NOTE)
            calibration, remarks = calibration_of_tags(tiff, page)
            shape = int(page.imagelength), int(page.imagewidth)
            dtype = _dtype(page, path)
        return Image(
            name=path.stem,
            source=FilePixels(path=path, shape=shape, dtype=dtype, load=self.load),
            calibration=calibration,
            path=path,
            notes=(*notes, *remarks),
        )

    def load(self, path: Path) -> NDArray[Any]:
        """Return the pixels of the image, one channel (H, W).

        Raises
        ------
        ImageReadError
            If the file is missing, truncated or otherwise damaged.
        """
        with opened(path) as tiff:
            page = self._page(tiff, path)
            dtype = _dtype(page, path)
            array = _array(page, path)
            grey = to_grey(array) if array.ndim == 3 else array
            if grey.dtype.kind == "b":
                grey = grey.astype(np.uint8) * np.uint8(255)
            if _is_inverted(page):
                grey = np.iinfo(dtype).max - grey
            return np.ascontiguousarray(grey, dtype=dtype)

    def load_values(self, path: Path) -> NDArray[Any]:
        """Return what the file stores, one channel (H, W): not turned over where zero is white.

        Raises
        ------
        ImageReadError
            If the file is missing, damaged, or has colours.
        """
        with opened(path) as tiff:
            page = self._page(tiff, path)
            array = _array(page, path)
            if array.ndim == 3 and not is_grey(array):
                raise ImageReadError(f"{path}: it is coloured; masks and label images have one channel")
            return np.ascontiguousarray(array[..., 0] if array.ndim == 3 else array)

    def _page(self, tiff: Any, path: Path) -> Any:
        pages = [page for page in tiff.pages if not page.is_reduced]
        if self.frame is not None and not 0 <= self.frame < len(pages):
            raise ImageReadError(f"{path}: there is no frame {self.frame}; it holds {len(pages)}, counted from 0")
        if self.frame is None and len(pages) > 1:
            raise ImageReadError(
                f"{path}: it holds {len(pages)} images; choose one, for instance format=TiffFormat(frame=0), "
                "or save them one by one"
            )
        if not pages:
            raise ImageReadError(f"{path}: it holds no image")
        return pages[self.frame or 0]


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open a file with tifffile; whatever fails, also in the block, is an :class:`ImageReadError` naming the file."""
    import tifffile

    try:
        with tifffile.TiffFile(path) as tiff:
            yield tiff
    except ImageReadError:
        raise
    except (OSError, ValueError, KeyError, IndexError, RuntimeError, tifffile.TiffFileError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ImageReadError(f"{path}: it cannot be read as TIFF ({reason}); it is missing or damaged") from error


def _channel_count(page: Any, path: Path) -> int:
    if page.imagedepth != 1:
        raise ImageReadError(f"{path}: it holds a volume of {page.imagedepth} layers, not an image")
    return int(page.samplesperpixel)


def _dtype(page: Any, path: Path) -> np.dtype[Any]:
    if page.dtype is None or page.dtype.kind not in "biuf":
        raise ImageReadError(f"{path}: its pixels are {page.dtype or 'of an unknown kind'}; grey values are needed")
    return np.dtype(np.uint8) if page.dtype.kind == "b" else np.dtype(page.dtype).newbyteorder("=")


def _is_inverted(page: Any) -> bool:
    return int(page.photometric) == 0 and page.dtype is not None and page.dtype.kind in "bu"


def _array(page: Any, path: Path) -> NDArray[Any]:
    """Decode a page: (H, W) or (H, W, C)."""
    end = max((o + n for o, n in zip(page.dataoffsets, page.databytecounts, strict=True)), default=0)
    size = path.stat().st_size
    if end > size:
        raise ImageReadError(f"{path}: it is truncated: its pixels reach to byte {end}, but it has {size}")
    try:
        array = np.asarray(page.asarray())
    except ValueError as error:
        if "imagecodecs" not in str(error):
            raise
        array = _decoded_by_pillow(page, path)
    if page.samplesperpixel > 1 and page.planarconfig == 2:
        array = np.moveaxis(array, 0, -1)
    return array


def _decoded_by_pillow(page: Any, path: Path) -> NDArray[Any]:
    from defectkit.formats.images.pillow import opened as opened_by_pillow

    try:
        with opened_by_pillow(path) as image:
            image.seek(page.index)
            array = np.asarray(image)
    except ImageReadError:
        array = np.zeros(0)
    if array.shape != page.shape or array.dtype.newbyteorder("=") != np.dtype(page.dtype).newbyteorder("="):
        raise ImageReadError(
            f"{path}: it is compressed by {page.compression.name}; to read it run `python -m pip install imagecodecs`"
        )
    return array
