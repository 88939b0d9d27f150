"""Absence: which files of a data set could not be had, and what that means."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from defectkit.advice import Choice
from defectkit.datasets.entry import DatasetEntry, LabelsEntry
from defectkit.datasets.fetching import MissingFile
from defectkit.datasets.file_list import matching
from defectkit.files.names import printable

USE_AVAILABLE = Choice("available=True", "--available")


def explain_missing(entry: DatasetEntry, missing: Iterable[MissingFile], versions: Iterable[LabelsEntry]) -> str:
    """Return a message that names missing files, why, where they come from, and the images that need them."""
    absent = tuple(missing)
    sets = tuple(versions)
    by_reason: dict[str, list[MissingFile]] = {}
    for gone in absent:
        by_reason.setdefault(gone.reason, []).append(gone)
    lines = [f"{entry.name}: {len(absent)} files are missing."]
    for reason, files in by_reason.items():
        lines.append(printable(f"{reason}:"))
        for gone in files:
            lines += [
                printable(f"  {gone.file.path} ({needed_by(entry, gone.file.path, sets)})"),
                printable(f"    {gone.file.address}"),
            ]
    lines.append(f"Name a mirror that has them (--mirror, DEFECTKIT_MIRROR), or use the others: {USE_AVAILABLE}")
    return "\n".join(lines)


def needed_by(entry: DatasetEntry, path: str, versions: Iterable[LabelsEntry]) -> str:
    """Return what needs a file: an image, the labels of an image, or those of several.

    Examples
    --------
    >>> from defectkit.datasets import Catalogue
    >>> entry = Catalogue.standard().find("ti-loops").entry
    >>> needed_by(entry, "Polygon Annotation Analysis/Annotation Data Old/Chip-4-poly.txt", entry.labels)
    'the labels old@1 of image Chip-4'
    """
    stem = PurePosixPath(path).stem
    if matching([path], entry.images.files):
        return f"image {stem}"
    needing = []
    for version in versions:
        if matching([path], version.files):
            count = len(version.images) if version.images != ("*",) else None
            own = stem.removesuffix(version.image_suffix)
            if version.format in PER_IMAGE:
                needing.append(f"the labels {version.key} of image {own}")
            else:
                needing.append(f"the labels {version.key} of {count or 'all its'} images")
    return " and ".join(needing) or "nothing that is loaded"


PER_IMAGE = ("yolo-seg", "label-image", "type-masks", "labelme", "imagej-roi")
"""Formats with one file per image."""
