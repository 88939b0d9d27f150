"""Exclusion masks: image files that say which places of images do not count."""

from __future__ import annotations

from pathlib import Path

from defectkit.errors import EmptyInputError, ImageReadError, LabelReadError, PairingError
from defectkit.files.names import readable
from defectkit.formats.rasters import SUFFIXES, checked_binary, read_values
from defectkit.records import Exclusion


def exclusion_masks(path: str | Path) -> dict[str, Path]:
    """Return the files of masks by the name of the image that each is for.

    Parameters
    ----------
    path : str or pathlib.Path
        A folder with a file for each image, named as the image.

    Raises
    ------
    EmptyInputError
        If the folder holds no file that can be a mask.
    PairingError
        If two files have one name.
    """
    found: dict[str, Path] = {}
    for file in sorted(Path(path).iterdir()):
        if file.suffix.lower() not in SUFFIXES or file.name.startswith(".") or not file.is_file():
            continue
        earlier = found.setdefault(readable(file.stem), file)
        if earlier != file:
            raise PairingError(f"two masks are for the image {file.stem!r}: {earlier} and {file}; leave one")
    if not found:
        raise EmptyInputError(f"{path}: the folder holds no mask; masks are files with {', '.join(SUFFIXES)}")
    return found


def read_exclusion(path: Path, shape: tuple[int, int]) -> Exclusion:
    """Return the place that a mask excludes: where it is not 0.

    Parameters
    ----------
    path : pathlib.Path
        An image file of one channel, with 0 and one other value.
    shape : (int, int)
        Of the image.

    Raises
    ------
    ImageReadError
        If the file cannot be read or is no mask.
    PairingError
        If its shape is not that of the image.
    """
    try:
        mask = checked_binary(path, read_values(path))
    except LabelReadError as error:
        raise ImageReadError(str(error)) from error
    if mask.shape != shape:
        raise PairingError(
            f"{path}: the mask is {mask.shape[0]} x {mask.shape[1]} pixels, but the image is {shape[0]} x {shape[1]}; "
            "draw the mask on the image as it is analyzed"
        )
    return Exclusion.mask(mask, reason="exclusion mask")
