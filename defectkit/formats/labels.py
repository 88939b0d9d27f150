"""Reading and writing labels in any registered format."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from defectkit.errors import LabelReadError, PairingError
from defectkit.formats.interface import LabelFormat, LabelReading, RepairReport
from defectkit.formats.lookup import label_format, recognized_format
from defectkit.formats.names import listed
from defectkit.records import Image, LabelSet, Taxonomy


class Unpaired(enum.StrEnum):
    """What happens to labels for which no image is given."""

    RAISE = "raise"
    LEAVE_OUT = "leave-out"


def read_labels(
    path: str | Path,
    *,
    images: Mapping[str, Image],
    format: LabelFormat | str | None = None,  # noqa: A002 - the name that the design gives it
    options: Mapping[str, Any] | None = None,
    taxonomy: Taxonomy | None = None,
    unpaired: Unpaired | str = Unpaired.RAISE,
    name: str | None = None,
    version: str | None = None,
) -> LabelReading:
    """Read labels from a file or folder.

    Parameters
    ----------
    path : str or pathlib.Path
    images : mapping of str to Image
        By name, for instance from :func:`~defectkit.formats.images.reading.read_images`. Only their names and shapes
        are used.
    format : LabelFormat or str, optional
        A format, or the name of a registered one; found by looking at the file where it is not given.
    options : mapping of str to Any, optional
        Options of a format that is given by name, for instance ``{"types": "1=loop_111,*=loop_100"}``.
    taxonomy : Taxonomy, optional
        The types that are known; :meth:`Taxonomy.standard` unless given.
    unpaired : Unpaired
        What happens to labels without an image: ``raise``, or ``leave-out``, where the report lists them.
    name, version : str, optional
        Of the label set; the name of the file and ``1`` unless given.

    Returns
    -------
    LabelReading

    Raises
    ------
    UnknownPluginError
        If no format has that name.
    LabelReadError
        If the file cannot be read as that format.
    PairingError
        If labels have no image and ``unpaired`` is ``raise``, if none has one, or if an image has another size.
    EmptyInputError
        If there is no label file, or it speaks of no image.
    """
    source = Path(path)
    if not source.exists():
        raise LabelReadError(f"{source}: there is no such file or folder")
    if format is None:
        chosen = recognized_format(source)
        chosen = label_format(chosen.name, options) if options else chosen
    else:
        chosen = label_format(format, options)
    reading = chosen.read(source, images, taxonomy or Taxonomy.standard())
    if reading.without_image and Unpaired(unpaired) is Unpaired.RAISE:
        raise PairingError(
            f"{source}: it has labels of {len(reading.without_image)} images that were not given: "
            f"{listed(reading.without_image)}. Give those images, or leave these labels out: "
            "unpaired='leave-out' (--allow-partial)"
        )
    labels = attrs.evolve(
        reading.labels,
        name=reading.labels.name if name is None else name,
        version=reading.labels.version if version is None else version,
    )
    return attrs.evolve(reading, labels=labels)


def write_labels(
    labels: LabelSet,
    path: str | Path,
    *,
    format: LabelFormat | str,  # noqa: A002 - the name that the design gives it
    images: Mapping[str, Image] | None = None,
    options: Mapping[str, Any] | None = None,
) -> RepairReport:
    """Write labels to a file, or to a new folder, whole or not at all.

    Parameters
    ----------
    labels : LabelSet
        Scores are written where the format holds them.
    path : str or pathlib.Path
        A file for ``via`` and ``coco``, a new or empty folder for the others.
    format : LabelFormat or str
        A format, or the name of a registered one.
    images : mapping of str to Image, optional
        By name, for file names.
    options : mapping of str to Any, optional
        Options of a format that is given by name.

    Returns
    -------
    RepairReport
        What the format does not hold.

    Raises
    ------
    UnknownPluginError
        If no format has that name.
    LabelWriteError
        If the format cannot hold a mask or a type; nothing is written then.
    OutputError
        If the file cannot be written, or the folder holds something already.
    """
    return label_format(format, options).write(labels, Path(path), images or {})
