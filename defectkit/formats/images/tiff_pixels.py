"""Pixels of a page of a TIFF file: all, or those of a box, of which only the strips or tiles in it are decoded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from defectkit.errors import ImageReadError
from defectkit.formats.images.boxes import Box
from defectkit.formats.images.limits import check_size
from defectkit.formats.images.tiff_chain import check_chain

LZMA = 34925


@contextmanager
def open_tiff(path: Path) -> Iterator[Any]:
    """Open a file with tifffile; whatever fails, also in the block, is an :class:`ImageReadError` naming the file."""
    import logging

    import tifffile

    logging.getLogger("tifffile").addHandler(logging.NullHandler())  # else its remarks on odd tags go to stderr
    try:
        check_chain(path)
        with tifffile.TiffFile(path) as tiff:
            yield tiff
    except ImageReadError:
        raise
    except Exception as error:  # tifffile and its decoders raise whatever struct, numpy and zlib do on damaged bytes
        reason = error.strerror if isinstance(error, OSError) and error.strerror else f"{type(error).__name__}: {error}"
        raise ImageReadError(f"{path}: it cannot be read as TIFF ({reason[:200]}); it is missing or damaged") from error


def check_page(page: Any, path: Path) -> None:
    """Refuse a page that is no image of grey values or colours, or one too large to decode.

    Raises
    ------
    ImageReadError
        If it is.
    """
    if page.imagedepth != 1:
        raise ImageReadError(f"{path}: it holds a volume of {page.imagedepth} layers, not an image")
    if page.dtype is None or page.dtype.kind not in "biuf":
        raise ImageReadError(f"{path}: its pixels are {page.dtype or 'of an unknown kind'}; grey values are needed")
    bytes_per_pixel = int(page.samplesperpixel) * page.dtype.itemsize
    check_size(path, (int(page.imagelength), int(page.imagewidth)), bytes_per_pixel)
    if page.is_tiled:
        check_size(path, (int(page.tilelength), int(page.tilewidth)), bytes_per_pixel)


def page_values(page: Any, path: Path, box: Box | None = None) -> NDArray[Any]:
    """Decode a page that was checked, or a box of it: (H, W) or (H, W, C).

    Raises
    ------
    ImageReadError
        If the file is truncated, or compressed in a way that cannot be read here.
    """
    end = max((o + n for o, n in zip(page.dataoffsets, page.databytecounts, strict=True)), default=0)
    size = path.stat().st_size
    if end > size:
        raise ImageReadError(f"{path}: it is truncated: its pixels reach to byte {end}, but it has {size}")
    if int(page.compression) == LZMA:
        raise ImageReadError(f"{path}: it is compressed by LZMA, which is not read; save it with another compression")
    if box is not None and _is_cuttable(page):
        return _box_values(page, box)
    try:
        array = np.asarray(page.asarray(maxworkers=1))
    except ValueError as error:
        if "imagecodecs" not in str(error):
            raise
        array = _decoded_by_pillow(page, path)
    if page.samplesperpixel > 1 and page.planarconfig == 2:
        array = np.moveaxis(array, 0, -1)
    if box is None:
        return array
    top, left, bottom, right = box
    return array[top:bottom, left:right]


def _is_cuttable(page: Any) -> bool:
    """Return whether boxes are decoded by themselves: JPEG and colours in planes are left to tifffile as a whole."""
    return int(page.compression) in (1, 5, 8, 32773, 32946) and (page.samplesperpixel == 1 or page.planarconfig == 1)


def _box_values(page: Any, box: Box) -> NDArray[Any]:
    top, left, bottom, right = box
    samples = int(page.samplesperpixel)
    if page.is_memmappable:  # one piece without compression: what the box needs is read, not the piece
        kind = np.dtype(page.dtype).newbyteorder(page.parent.byteorder)
        file, place = page.parent.filehandle.path, int(page.dataoffsets[0])
        mapped = np.memmap(file, dtype=kind, mode="r", offset=place, shape=page.shape)
        return np.array(mapped[top:bottom, left:right], dtype=kind.newbyteorder("="))
    values = np.zeros((bottom - top, right - left, samples), dtype=np.dtype(page.dtype).newbyteorder("="))
    indices = _segments(page, box)
    offsets = [page.dataoffsets[i] for i in indices]
    counts = [page.databytecounts[i] for i in indices]
    for data, index in page.parent.filehandle.read_segments(offsets, counts, indices):
        segment, (_, _, row, col, _), shape = page.decode(data, index)
        if segment is None:
            continue
        upper, lower = max(row, top), min(row + shape[1], bottom)
        begin, end = max(col, left), min(col + shape[2], right)
        values[upper - top : lower - top, begin - left : end - left] = segment[
            0, upper - row : lower - row, begin - col : end - col
        ]
    return values if samples > 1 else values[..., 0]


def _segments(page: Any, box: Box) -> list[int]:
    top, left, bottom, right = box
    if not page.is_tiled:
        rows = max(1, min(int(page.rowsperstrip), int(page.imagelength)))
        return list(range(top // rows, (bottom - 1) // rows + 1))
    across = -(-int(page.imagewidth) // int(page.tilewidth))
    return [
        row * across + col
        for row in range(top // page.tilelength, (bottom - 1) // page.tilelength + 1)
        for col in range(left // page.tilewidth, (right - 1) // page.tilewidth + 1)
    ]


def _decoded_by_pillow(page: Any, path: Path) -> NDArray[Any]:
    from defectkit.formats.images.pillow import open_picture

    try:
        with open_picture(path) as image:
            image.seek(page.index)
            array = np.asarray(image)
    except ImageReadError:
        array = np.zeros(0)
    if array.shape != page.shape or array.dtype.newbyteorder("=") != np.dtype(page.dtype).newbyteorder("="):
        raise ImageReadError(
            f"{path}: it is compressed by {page.compression.name}; to read it run `python -m pip install imagecodecs`"
        )
    return array
