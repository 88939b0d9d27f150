"""Reading images: one file, or a folder of them."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections import deque
from collections.abc import Iterable, Sequence
from pathlib import Path

import attrs

from defectkit.errors import EmptyInputError, ImageReadError, PairingError
from defectkit.files import is_there
from defectkit.files.names import readable
from defectkit.formats.images.calibrating import OnConflict, calibrate
from defectkit.formats.images.calibration_table import CalibrationTable, find_calibration_table
from defectkit.formats.images.frames import Frame, read_frames
from defectkit.formats.interface import ImageFormat
from defectkit.formats.lookup import image_format, image_suffixes
from defectkit.formats.names import list_names, natural_key
from defectkit.records import Calibration, Image, Specimen
from defectkit.units import QuantityLike

MOST_FOLDERS, MOST_ENTRIES, MOST_HINTS = 100, 500, 4
"""Below a folder without images, for a hint: folders and entries of each that are looked at, and folders named."""


def read_image(
    path: str | Path,
    *,
    pixel_size: QuantityLike | None = None,
    foil_thickness: QuantityLike | None = None,
    calibration: Calibration | None = None,
    specimen: Specimen | None = None,
    tables: Sequence[CalibrationTable] = (),
    on_conflict: OnConflict | str = OnConflict.RAISE,
    format: ImageFormat | str | None = None,  # noqa: A002 - the name that the design gives it
    frame: Frame = None,
) -> Image:
    """Open an image file; its pixels are read when they are asked for.

    Parameters
    ----------
    path : str or pathlib.Path
    pixel_size : str or pint.Quantity, optional
        Length / pixel, or the edge of a pixel as a length.
    foil_thickness : str or pint.Quantity, optional
    calibration : Calibration, optional
        Instead of ``pixel_size`` and ``foil_thickness``.
    specimen : Specimen, optional
        What is known of the specimen; else what the file's own tags say, or nothing.
    tables : sequence of CalibrationTable
        Further calibrations. A ``calibration.toml`` or ``calibration.csv`` in the folder of the image comes before
        them.
    on_conflict : OnConflict
        What happens when pixel sizes of two of these, or of the file's tags, are more than 1 % apart.
    format : ImageFormat or str, optional
        A format, or the name of one; found by the suffix where it is not given.
    frame : int or "mean", optional
        Of a file that holds several images the one of that number, from 0, or their mean.

    Returns
    -------
    Image
        Named by the stem of the file; what cannot be shown in it is escaped.

    Raises
    ------
    ImageReadError
        If the file is missing or damaged, or no format reads its suffix.
    CalibrationConflictError
        If pixel sizes disagree and ``on_conflict`` is ``raise``.
    MissingCalibrationError
        If a foil thickness is given and no pixel size is known.
    UnitError, RecordError
        If a size has no unit or a wrong one, or a calibration table cannot be understood.
    """
    file = Path(path)
    if frame == "all":
        raise ImageReadError(f"{file}: one image is asked for, and all frames; read_images gives all")
    own_table = find_calibration_table(file.parent)
    return calibrate(
        _opened(file, format, specimen, frame)[0],
        pixel_size=pixel_size,
        foil_thickness=foil_thickness,
        calibration=calibration,
        tables=[*([own_table] if own_table else []), *tables],
        on_conflict=on_conflict,
    )


def read_images(
    paths: str | Path | Iterable[str | Path],
    *,
    pixel_size: QuantityLike | None = None,
    foil_thickness: QuantityLike | None = None,
    calibration: Calibration | None = None,
    specimen: Specimen | None = None,
    tables: Sequence[CalibrationTable] = (),
    on_conflict: OnConflict | str = OnConflict.RAISE,
    format: ImageFormat | str | None = None,  # noqa: A002 - the name that the design gives it
    frame: Frame = None,
) -> dict[str, Image]:
    """Open image files and all images of folders; see :func:`read_image` for the parameters.

    Parameters
    ----------
    paths : str, pathlib.Path or iterable of them
        Files and folders. Of a folder the files with the suffix of a known image format are read, sub-folders and
        hidden files are not; a file that is named is always read.
    pixel_size, foil_thickness, calibration, specimen, tables, on_conflict, format
        As :func:`read_image`, for each of the images.
    frame : int, "all" or "mean", optional
        Of each file that holds several images the one of that number, from 0; each of them, named ``STEM-0007``; or
        their mean. Files that hold one image are read as they are.

    Returns
    -------
    dict of str to Image
        By name, in the order that people count in.

    Raises
    ------
    EmptyInputError
        If there is no image; the message says which suffixes are read, and where sub-folders hold some.
    PairingError
        If two files have the same stem.
    ImageReadError, CalibrationConflictError, MissingCalibrationError, UnitError, RecordError
        As :func:`read_image`.
    """
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    if not given:
        raise EmptyInputError("no image file or folder is given")
    files: dict[str, Path] = {}
    for file in (file for path in given for file in _files(Path(path))):
        earlier = files.setdefault(readable(file.stem), file)
        if earlier != file:
            raise PairingError(
                f"two files have the name {file.stem!r}: {earlier} and {file}; labels and results could not tell "
                "them apart. Rename one, or read them in two runs"
            )
    own_tables = {folder: find_calibration_table(folder) for folder in {file.parent for file in files.values()}}
    images: dict[str, Image] = {}
    for name in sorted(files, key=natural_key):
        own_table = own_tables[files[name].parent]
        for image in _opened(files[name], format, specimen, frame):
            if image.name in images:
                raise PairingError(
                    f"two images have the name {image.name!r}, one of them a frame of {files[name]}; labels and "
                    "results could not tell them apart. Rename a file, or read them in two runs"
                )
            images[image.name] = calibrate(
                image,
                pixel_size=pixel_size,
                foil_thickness=foil_thickness,
                calibration=calibration,
                tables=[*([own_table] if own_table else []), *tables],
                on_conflict=on_conflict,
            )
    return images


def _opened(file: Path, chosen: ImageFormat | str | None, specimen: Specimen | None, frame: Frame) -> list[Image]:
    if not is_there(file):
        raise ImageReadError(f"{file}: there is no such file")
    if file.is_dir():
        raise ImageReadError(f"{file}: it is a folder; read_images reads all images of a folder")
    if not file.is_file():
        raise ImageReadError(f"{file}: it is no file that can be read, but a pipe or a device")
    images = read_frames(file, image_format(file, chosen), frame)
    return images if specimen is None else [attrs.evolve(image, specimen=specimen) for image in images]


def _files(path: Path) -> list[Path]:
    if not is_there(path) or not path.is_dir():
        return [path]
    suffixes = image_suffixes()
    found = [f for f in path.iterdir() if f.suffix.lower() in suffixes and f.is_file() and not f.name.startswith(".")]
    if not found:
        message = f"{path}: the folder holds no image; read are {', '.join(sorted(suffixes))}"
        below = _folders_with_images(path, suffixes)
        if below:
            message += f". Its sub-folders {list_names(below, most=MOST_HINTS)} do: name those"
        raise EmptyInputError(message)
    return found


def _folders_with_images(path: Path, suffixes: Iterable[str]) -> list[str]:
    """Return a few sub-folders that hold an image, seen from ``path``, for a hint: no walk over a disk."""
    found: list[str] = []
    waiting = deque([path])
    for _ in range(MOST_FOLDERS):
        if not waiting or len(found) > MOST_HINTS:
            break
        folder = waiting.popleft()
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            for entry in itertools.islice(entries, MOST_ENTRIES):
                if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                    waiting.append(Path(entry.path))
                elif entry.name.lower().endswith(tuple(suffixes)):
                    found.append(folder.relative_to(path).as_posix())
                    break
    return found
