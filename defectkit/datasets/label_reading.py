"""Label reading: one version of a label set, from the label files that are here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import attrs

from defectkit.datasets.entry import DatasetEntry, ExpectedFile, LabelsEntry
from defectkit.errors import CatalogueError, LabelReadError, PairingError, UnpairedLabelsError
from defectkit.formats.interface import LabelReading
from defectkit.formats.report import Problem, Repair, RepairReport
from defectkit.records import Image, Instances, LabelSet


@attrs.frozen(kw_only=True, eq=False)
class VersionReading:
    """What reading a version gave.

    Parameters
    ----------
    labels : LabelSet
        Of the images that are here.
    report : RepairReport
    without_image : tuple of str
        What the label files speak of that is not among the images here.
    unlabelled : tuple of str
        Images that the version covers and no label file speaks of.
    deviations : tuple of str
        Label files whose counts are not the expected ones.
    """

    labels: LabelSet
    report: RepairReport
    without_image: tuple[str, ...]
    unlabelled: tuple[str, ...]
    deviations: tuple[str, ...]


def read_version(
    entry: DatasetEntry, version: LabelsEntry, files: Mapping[str, Path], images: Mapping[str, Image]
) -> VersionReading:
    """Read a version of a label set.

    Parameters
    ----------
    entry : DatasetEntry
    version : LabelsEntry
    files : mapping of str to pathlib.Path
        Its label files that are here, by upstream path.
    images : mapping of str to Image
        The images that are here.

    Raises
    ------
    CatalogueError
        If the entry does not say what format the files have.
    LabelReadError
        If a file is not of that format, or has a category that the version's table does not have.
    PairingError
        If two files speak of one image, or an image has another size than its labels.
    """
    if version.format is None:
        raise CatalogueError(f"{entry.name}/{version.key}: the entry names no format of the label files")
    covered = {name: image for name, image in images.items() if version.covers(name)}
    instances: dict[str, Instances] = {}
    repairs: list[Repair] = []
    without: list[str] = []
    deviations: list[str] = []
    refused: dict[str, int] = {}
    expected = {f.path: f for f in version.expected.file} if version.expected else {}
    for path, place in files.items():
        candidates = _candidates(path, version.image_suffix, covered)
        try:
            reading = _read(entry, version, place, candidates)
        except UnpairedLabelsError:
            without.append(path)
            continue
        both = sorted(set(instances) & set(reading.labels.images))
        if both:
            raise PairingError(f"{entry.name}/{version.key}: {path} and another file have labels of {both[0]!r}")
        instances |= reading.labels.instances
        refused |= reading.refused
        repairs += [r for r in reading.report if r.image not in reading.unlabelled and not _is_expected(r, version)]
        without += reading.without_image
        if path in expected and not reading.without_image:
            deviations += _deviations(expected[path], reading)
    return VersionReading(
        labels=LabelSet(
            name=version.name,
            version=version.version,
            instances=instances,
            taxonomy=entry.taxonomy().with_types(t for i in instances.values() for t in i.types),
            annotator=version.annotator,
            parent=version.parent,
            description=version.description,
            refused=refused,
        ),
        report=RepairReport(repairs),
        without_image=tuple(without),
        unlabelled=tuple(sorted(set(covered) - set(instances))),
        deviations=tuple(deviations),
    )


def _candidates(path: str, suffix: str, images: Mapping[str, Image]) -> Mapping[str, Image]:
    """Return the one image that a label file of its own is named after, or all images where it is named otherwise."""
    stem = PurePosixPath(path).stem
    name = stem.removesuffix(suffix) if suffix else stem
    return {name: images[name]} if name in images else images


def _read(entry: DatasetEntry, version: LabelsEntry, place: Path, images: Mapping[str, Image]) -> LabelReading:
    from defectkit.formats.lookup import label_format

    options = {"types": version.types} if version.types else None
    reading = label_format(version.format or "", options).read(place, images, entry.taxonomy())
    lost = sorted(set(reading.labels.types) - set(version.types.values())) if version.types else []
    if lost:
        raise LabelReadError(
            f"{place}: the category table of {entry.name}/{version.key} maps these of its categories nowhere: "
            f"{', '.join(lost)}"
        )
    return reading


def _is_expected(repair: Repair, version: LabelsEntry) -> bool:
    """Tell whether a line of a report says only what the entry says: how label files are named after their images."""
    return repair.problem == Problem.NAME and bool(version.image_suffix)


def _deviations(expected: ExpectedFile, reading: LabelReading) -> list[str]:
    found = {"images": len(reading.labels), "defects": reading.labels.n_defects}
    wanted = {"images": expected.images, "defects": expected.defects}
    return [
        f"{expected.path} has {found[what]} {what}, not {number} as expected"
        for what, number in wanted.items()
        if number is not None and number != found[what]
    ]
