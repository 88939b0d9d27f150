"""Dataset: the images of a data set and the versions of its labels that were asked for."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING

import attrs

from defectkit.datasets.catalogue import CatalogueItem
from defectkit.datasets.entry import DatasetEntry
from defectkit.datasets.fetching import MissingFile
from defectkit.datasets.lock import Lock, put_locks
from defectkit.errors import UnknownDatasetError
from defectkit.formats.report import RepairReport
from defectkit.records import Image, LabelSet, Split
from defectkit.records.facts import number_of, quote
from defectkit.records.image import cautions_of_images
from defectkit.records.names import as_names

if TYPE_CHECKING:
    import xarray


@attrs.frozen(kw_only=True, eq=False)
class Dataset:
    """A data set that was loaded.

    Parameters
    ----------
    entry : DatasetEntry
    images : dict of str to Image
        By name, sorted; pixels are read on demand.
    label_sets : dict of str to LabelSet
        The versions that were asked for, by ``name@version``.
    locks : dict of str to Lock
        What each of them was, for results.
    reports : dict of str to RepairReport
        What had to be mended while each was read.
    missing : tuple of MissingFile
        Files that are not here; empty unless the data set was loaded with what is available.
    incomplete : tuple of str
        What is not all here, a sentence each.
    deviations : tuple of str
        What is not as the catalogue expects, a sentence each.
    own_splits : mapping of str to Split
        Named splits that a registered source gives.
    item : CatalogueItem
    """

    entry: DatasetEntry
    images: dict[str, Image]
    label_sets: dict[str, LabelSet]
    locks: dict[str, Lock]
    reports: dict[str, RepairReport]
    missing: tuple[MissingFile, ...] = ()
    incomplete: tuple[str, ...] = attrs.field(default=(), converter=as_names)
    deviations: tuple[str, ...] = attrs.field(default=(), converter=as_names)
    own_splits: Mapping[str, Split] = attrs.field(factory=dict)
    item: CatalogueItem

    def __repr__(self) -> str:
        sets = ", ".join(map(repr, islice(self.label_sets.values(), 3))) or "no label set"
        more = f" and {len(self.label_sets) - 3} more" if len(self.label_sets) > 3 else ""
        return f"<Dataset {quote(self.name)}: {number_of(len(self.images), 'image')}, {sets}{more}>"

    def _repr_html_(self) -> str:
        from defectkit.records.html import MOST_PICTURES, card, image_figure

        first = next(iter(self.label_sets.values()), None)
        drawn = {} if first is None else first.instances
        taxonomy = None if first is None else first.taxonomy
        return card(
            self.name,
            number_of(len(self.images), "image"),
            *(
                image_figure(image, drawn.get(name), taxonomy)
                for name, image in islice(self.images.items(), MOST_PICTURES)
            ),
            *(labels._repr_html_() for labels in self.label_sets.values()),
        )

    @property
    def name(self) -> str:
        """The name in the catalogue."""
        return self.entry.name

    @property
    def cautions(self) -> tuple[str, ...]:
        """What has to be known of results made with this."""
        return (*self.incomplete, *self.deviations, *cautions_of_images(self.images.values()))

    @property
    def labels(self) -> LabelSet:
        """The label set, where one was asked for.

        Raises
        ------
        UnknownDatasetError
            If none was, or several; those are in :attr:`label_sets`.
        """
        if len(self.label_sets) != 1:
            loaded = ", ".join(self.label_sets) or "none"
            raise UnknownDatasetError(
                f"{self.name} was loaded with these label sets: {loaded}. Take one of them by its name, or "
                "load that one alone"
            )
        return next(iter(self.label_sets.values()))

    def split(self, name: str) -> Split:
        """Return a named split of the registry or of the source.

        Raises
        ------
        UnknownDatasetError
            If there is none of that name, or the label set of a side was not loaded.
        SplitError
            If the registry does not say which images are on which side.
        """
        if name in self.own_splits:
            return self.own_splits[name]
        table = self.item.split_table()
        if self.own_splits and name not in {split.name for split in table.split}:
            raise UnknownDatasetError.of(f"split of {self.name}", name, self.own_splits)
        found = table.find(name)
        for key in (found.train_labels, found.test_labels):
            if found.is_known and key not in self.label_sets:
                raise UnknownDatasetError(
                    f"split {name!r} needs the label set {key} of {self.name}; load the data set with the labels "
                    + " and ".join(dict.fromkeys((found.train_labels, found.test_labels)))
                )
        train, test = (
            self.label_sets[key].images if key in self.label_sets else ()
            for key in (found.train_labels, found.test_labels)
        )
        return found.split(train, test)

    def lock(self, results: xarray.Dataset) -> xarray.Dataset:
        """Return results with the lock lines of all label sets, and with the cautions among their notes."""
        locked = put_locks(results, self.locks.values())
        notes = [*results.attrs.get("notes", []), *self.cautions]
        return locked.assign_attrs(notes=list(dict.fromkeys(notes))) if notes else locked
