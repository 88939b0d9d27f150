"""Image opening: the images of a data set from their files, with the calibration and specimen of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import attrs

from defectkit.datasets.catalogue import CatalogueItem
from defectkit.datasets.images_entry import ImagesFacts
from defectkit.datasets.prefix_table import PrefixTable
from defectkit.datasets.transfer import hash_of
from defectkit.errors import CatalogueError, PairingError
from defectkit.records import Calibration, Image, Specimen


def open_images(item: CatalogueItem, files: Mapping[str, Path]) -> dict[str, Image]:
    """Open the images of a data set; pixels are read when they are asked for.

    Parameters
    ----------
    item : CatalogueItem
    files : mapping of str to pathlib.Path
        The image files that are here, by upstream path.

    Returns
    -------
    dict of str to Image
        By name, sorted. A file that is there twice is one image.

    Raises
    ------
    PairingError
        If two files that differ have the same stem.
    ImageReadError
        If a file is damaged.
    CatalogueError
        If the table of calibrations cannot be understood, or states a size that no micrograph has.
    """
    from defectkit.formats.lookup import image_format

    facts = item.entry.images
    table = item.prefix_table()
    images = {}
    for name, place in sorted(_by_stem(item.entry.name, files).items()):
        image = image_format(place, facts.format).read(place)
        calibration, cautions = _calibrated(image, name, facts, table)
        doubts = () if calibration is None else calibration.doubts(image.shape)
        if doubts:
            raise CatalogueError(
                f"{item.entry.name}: the calibration of {name!r} makes {' and '.join(doubts)}; mend it"
            )
        images[name] = attrs.evolve(
            image,
            name=name,
            calibration=calibration,
            cautions=cautions,
            specimen=_specimen(name, facts, table),
        )
    return images


def _calibrated(
    image: Image, name: str, facts: ImagesFacts, table: PrefixTable | None
) -> tuple[Calibration | None, tuple[str, ...]]:
    """Return the calibration that counts, and cautions: the entry's own, that of the prefix table, that of the file."""
    own = facts.calibration_of(name)
    if own is not None:
        return own, ()
    if table is None:
        return image.calibration, ()
    prefix = table.find(name)
    if prefix is None:
        instead = "it has none" if image.calibration is None else "that of its file is used"
        return image.calibration, (f"no line of the table of pixel sizes ({table.title}) fits the name: {instead}",)
    conflict = prefix.conflict(image.shape[1])
    return prefix.calibration(image.shape[1]), () if conflict is None else (conflict,)


def _specimen(image: str, facts: ImagesFacts, table: PrefixTable | None) -> Specimen:
    known = facts.specimen_of(image)
    prefix = None if table is None else table.find(image)
    if prefix is None or prefix.specimen is None:
        return known
    given = {f.name: getattr(prefix.specimen, f.name) for f in attrs.fields(Specimen)}
    return attrs.evolve(known, **{name: value for name, value in given.items() if value is not None})


def _by_stem(dataset: str, files: Mapping[str, Path]) -> dict[str, Path]:
    found: dict[str, str] = {}
    for path in sorted(files):
        stem = PurePosixPath(path).stem
        earlier = found.setdefault(stem, path)
        if earlier != path and hash_of(files[earlier], "sha256:") != hash_of(files[path], "sha256:"):
            raise PairingError(
                f"{dataset}: {earlier} and {path} have the same name but differ; labels could not tell them apart. "
                "Narrow the patterns of the images in the entry"
            )
    return {stem: files[path] for stem, path in found.items()}
