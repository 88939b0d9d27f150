"""Rasters: label files that are images themselves, read as stored and written whole."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from defectkit.errors import ImageReadError, LabelReadError
from defectkit.formats.names import list_names
from defectkit.geometry.masks import label_image_to_runs
from defectkit.geometry.runs import Runs

SUFFIXES = (".png", ".tif", ".tiff", ".bmp")


def read_values(path: Path) -> NDArray[Any]:
    """Return the whole numbers (H, W) that an image file stores.

    Raises
    ------
    LabelReadError
        If the file is damaged, has colours, or holds other than whole numbers that are not negative.
    """
    from defectkit.formats.images.pillow import load_values
    from defectkit.formats.images.tiff import TiffFormat

    try:
        values = TiffFormat().load_values(path) if path.suffix.lower() in (".tif", ".tiff") else load_values(path)
    except ImageReadError as error:
        raise LabelReadError(str(error)) from error
    if values.dtype.kind == "b":
        values = values.astype(np.uint8)
    if values.dtype.kind == "f" and np.isfinite(values).all() and (values == np.rint(values)).all():
        values = values.astype(np.int64)
    if values.dtype.kind not in "iu" or (values.dtype.kind == "i" and values.min(initial=0) < 0):
        raise LabelReadError(f"{path}: its {values.dtype} values are not whole numbers from 0 up")
    return values


def write_values(path: Path, values: NDArray[Any]) -> None:
    """Write whole numbers (H, W) as PNG (8 or 16 bits) or TIFF (also 32 bits), as the suffix says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".png":
        import PIL.Image

        PIL.Image.fromarray(np.ascontiguousarray(values)).save(path)
    else:
        import tifffile

        tifffile.imwrite(path, values, compression="zlib")


def checked_binary(path: Path, values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return where a mask is not 0.

    Raises
    ------
    LabelReadError
        If it has more than two values.
    """
    mask: NDArray[np.bool_] = values != 0
    inside = np.unique(values[mask])
    if inside.size > 1:
        raise LabelReadError(
            f"{path}: a mask has 0 and one other value, but this has {inside.size} others "
            f"({list_names(map(str, inside), most=4)}). Whole numbers that count defects are the format "
            "'label-image'; a mask saved as JPEG cannot be mended"
        )
    return mask


LOOKED_AT = 16
"""How many files of a folder are looked at to guess what they are; reading looks at all."""


def are_masks(files: Sequence[Path]) -> bool:
    """Return whether image files are masks of 0 and 255, as far as the first :data:`LOOKED_AT` of them tell."""
    found: set[int] = set()
    if not all(file.suffix.lower() in SUFFIXES for file in files):
        return False
    for file in files[:LOOKED_AT]:
        try:
            found |= set(np.unique(read_values(file)).tolist())
        except LabelReadError:
            return False
        if not found <= {0, 255}:
            return False
    return 255 in found


def parts_of_values(values: NDArray[Any], masks: Runs, found: NDArray[Any]) -> list[Runs]:
    """Return the connected parts of each value; pixels that share a side or a corner belong together.

    Parameters
    ----------
    values : numpy.ndarray, shape (H, W), integer
    masks : Runs
        The mask of each of N values.
    found : numpy.ndarray, shape (N,)
        The values.
    """
    from scipy import ndimage

    parts = []
    for value, (top, left, bottom, right) in zip(found, masks.boxes().tolist(), strict=True):
        numbered, _ = ndimage.label(values[top:bottom, left:right] == value, structure=np.ones((3, 3)))
        own, _ = label_image_to_runs(numbered)
        shifted = (own.row + top, own.start + left, own.end + left)
        row, start, end = (column.astype(np.int32) for column in shifted)
        parts.append(Runs(row=row, start=start, end=end, offsets=own.offsets))
    return parts
