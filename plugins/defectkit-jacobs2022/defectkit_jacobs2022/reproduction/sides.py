"""Sides: splits of Table 2 whose images are known from an annotation file of each side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import attrs

from defectkit.datasets import Dataset
from defectkit.errors import SplitError, StudyError
from defectkit.formats import read_labels
from defectkit.records.label_set import LabelSet
from defectkit.records.split import Split
from defectkit.studies.data import StudyData
from defectkit_jacobs2022.published import PublishedTable
from defectkit_jacobs2022.published_split import published_split

Sides = tuple[str, str | Path, str | Path]
"""Name of a split, and the annotation files of its training and of its test side."""


def with_published_sides(
    data: StudyData, sides: Iterable[Sides], *, tables: Mapping[int, PublishedTable] | None = None
) -> StudyData:
    """Return data that know which images are on which side of some splits of Table 2.

    Parameters
    ----------
    data : StudyData
        Of the catalogue, with the label sets of the splits.
    sides : iterable of (str, path, path)
        As the registry calls the split, for instance ``dataset1/initial``, then the annotation file of the training and
        that of the test side, in the format and with the categories of the label set of the side.
    tables : mapping of int to PublishedTable, optional
        Those of the registry by default.

    Raises
    ------
    StudyError
        If the data are not of the catalogue.
    UnknownDatasetError
        If the registry has no such split.
    LabelReadError, PairingError
        If a file cannot be read, or speaks of no image that is here.
    SplitError
        If counts are not those of Table 2, or an image is not in the label set of its side.
    """
    found: dict[str, Split] = {}
    for name, train, test in sides:
        if data.dataset is None:
            raise StudyError(f"{data.name}: only a data set of the catalogue has splits of Table 2")
        entry = data.dataset.item.split_table().find(name)
        parent, _, split = name.partition("/")
        read = [
            _side(data, data.dataset, key, Path(path))
            for key, path in ((entry.train_labels, train), (entry.test_labels, test))
        ]
        made = published_split(*read, dataset=parent, split=split, tables=tables)
        found[name] = attrs.evolve(made, name=name, train_labels=entry.train_labels, test_labels=entry.test_labels)
    return attrs.evolve(data, named_splits={**data.named_splits, **found})


def _side(data: StudyData, dataset: Dataset, key: str, path: Path) -> LabelSet:
    """Return the labels of one side, read as those of the label set are."""
    version = dataset.entry.find_labels(key)
    reading = read_labels(
        path, images=data.images, format=version.format, options={"types": version.types} if version.types else None
    )
    missing = [name for name in reading.labels.images if name not in data.labels(key)]
    if missing:
        raise SplitError(f"{path}: {key} has no image {', '.join(missing[:3])}")
    return attrs.evolve(reading.labels, name=version.name, version=version.version)
