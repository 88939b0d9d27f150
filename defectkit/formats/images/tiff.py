"""The image format ``tiff``: TIFF of 8, 16 and 32 bits and floating point."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import ImageReadError
from defectkit.formats.images.boxes import Box, bands
from defectkit.formats.images.color import COLOR_NOTE, is_grey, to_grey
from defectkit.formats.images.file_pixels import FilePixels
from defectkit.formats.images.tiff_pixels import check_page, open_tiff, page_values
from defectkit.formats.images.tiff_tags import calibration_of_tags, strips_of_tags
from defectkit.formats.interface import CHOOSE_A_FRAME, ImageFormat
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
        is meant. Smaller copies of an image do not count.
    page : int, optional
        The same as a place in the file, where smaller copies count; quicker to find.

    Notes
    -----
    The pixel size comes from the tags that microscopes and ImageJ write, see
    :func:`~defectkit.formats.images.tiff_tags.calibration_of_tags`; an information strip that they state is no part of
    the field. Colour is treated as in PNG files. Kinds of
    compression that need the package imagecodecs are read with Pillow where it is missing and Pillow gives the same
    kind of number.
    """

    name: ClassVar[str] = "tiff"
    description: ClassVar[str] = (
        "TIFF of 8, 16, 32 bits and floating point, with the pixel sizes of ImageJ, OME and the makers of microscopes."
    )
    suffixes: ClassVar[tuple[str, ...]] = (".tif", ".tiff")

    frame: int | None = None
    page: int | None = None

    def read(self, path: Path) -> Image:
        """Open an image; see :meth:`ImageFormat.read`.

        Raises
        ------
        ImageReadError
            If it holds several images and none was chosen, kinds of numbers that are no grey values, or more pixels
            than :func:`~defectkit.formats.images.limits.max_pixels` allows.
        """
        with open_tiff(path) as tiff:
            page = self._page(tiff, path)
            check_page(page, path)
            shape = int(page.imagelength), int(page.imagewidth)
            notes = []
            if page.samplesperpixel > 2 and not all(is_grey(page_values(page, path, box)) for box in bands(shape)):
                notes.append(COLOR_NOTE)
            if _is_inverted(page):
                notes.append(_INVERTED_NOTE)
            if page.photometric == 3:
                notes.append(_PALETTE_NOTE)
            calibration, remarks = calibration_of_tags(tiff, page)
            excluded = strips_of_tags(page)
            dtype = _dtype(page)
        return Image(
            name=path.stem,
            source=FilePixels(path=path, shape=shape, dtype=dtype, load=self.load, load_box=self.load_box),
            calibration=calibration,
            path=path,
            notes=(*notes, *remarks),
            excluded=excluded,
        )

    def frames(self, path: Path) -> tuple[TiffFormat, ...]:
        """Return a format for each image of a file; see :meth:`ImageFormat.frames`."""
        with open_tiff(path) as tiff:
            return tuple(TiffFormat(page=place) for place in _places(tiff, path))

    def load(self, path: Path) -> NDArray[Any]:
        """Return the pixels of the image, one channel (H, W).

        Raises
        ------
        ImageReadError
            If the file is missing, truncated or otherwise damaged.
        """
        return self._grey(path, None)

    def load_box(self, path: Path, box: Box) -> NDArray[Any]:
        """Return the pixels of a box of the image; of most files only the strips or tiles in it are decoded.

        Raises
        ------
        ImageReadError
            As :meth:`load`.
        """
        return self._grey(path, box)

    def load_values(self, path: Path) -> NDArray[Any]:
        """Return what the file stores, one channel (H, W): not turned over where zero is white.

        Raises
        ------
        ImageReadError
            If the file is missing, damaged, or has colours.
        """
        with open_tiff(path) as tiff:
            page = self._page(tiff, path)
            check_page(page, path)
            array = page_values(page, path)
            if array.ndim == 3 and not is_grey(array):
                raise ImageReadError(f"{path}: it is coloured; masks and label images have one channel")
            return np.ascontiguousarray(array[..., 0] if array.ndim == 3 else array)

    def _grey(self, path: Path, box: Box | None) -> NDArray[Any]:
        with open_tiff(path) as tiff:
            page = self._page(tiff, path)
            check_page(page, path)
            dtype = _dtype(page)
            array = page_values(page, path, box)
            grey = to_grey(array) if array.ndim == 3 else array
            if grey.dtype.kind == "b":
                grey = grey.astype(np.uint8) * np.uint8(255)
            if _is_inverted(page):
                grey = np.iinfo(dtype).max - grey
            return np.ascontiguousarray(grey, dtype=dtype)

    def _page(self, tiff: Any, path: Path) -> Any:
        if self.page is not None:
            return tiff.pages[self.page]
        places = _places(tiff, path)
        if self.frame is not None and not 0 <= self.frame < len(places):
            raise ImageReadError(f"{path}: there is no frame {self.frame}; it holds {len(places)}, counted from 0")
        if self.frame is None and len(places) > 1:
            raise ImageReadError(f"{path}: it holds {len(places)} images; {CHOOSE_A_FRAME}")
        return tiff.pages[places[self.frame or 0]]


def _places(tiff: Any, path: Path) -> list[int]:
    """Return where the images lie among the pages, which hold their smaller copies too."""
    places = [place for place, page in enumerate(tiff.pages) if not page.is_reduced]
    if not places:
        raise ImageReadError(f"{path}: it holds no image")
    stated = (tiff.imagej_metadata or {}).get("images", 1)
    if isinstance(stated, int) and stated > len(places) == 1:
        raise ImageReadError(
            f"{path}: it is an ImageJ stack of {stated} images that only ImageJ tells apart; save it there as an image "
            "sequence"
        )
    return places


def _dtype(page: Any) -> np.dtype[Any]:
    return np.dtype(np.uint8) if page.dtype.kind == "b" else np.dtype(page.dtype).newbyteorder("=")


def _is_inverted(page: Any) -> bool:
    return int(page.photometric) == 0 and page.dtype is not None and page.dtype.kind in "bu"
