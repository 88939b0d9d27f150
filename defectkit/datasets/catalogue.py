"""Catalogue: the entries of the registry, of the user's own catalogue, and of registered sources."""

from __future__ import annotations

from pathlib import Path

import attrs

from defectkit.datasets.entry import DatasetEntry, LabelsEntry, resolve_key
from defectkit.datasets.places import own_catalogue
from defectkit.datasets.prefix_table import PrefixTable
from defectkit.datasets.sources import StoreSource
from defectkit.datasets.split_table import SplitTable
from defectkit.datasets.tags import find_tag
from defectkit.datasets.toml import read_toml
from defectkit.errors import CatalogueError, UnknownDatasetError
from defectkit.resources import registry_path
from defectkit.storage import Store


@attrs.frozen(kw_only=True)
class CatalogueItem:
    """An entry and where it stands.

    Parameters
    ----------
    entry : DatasetEntry
    folder : pathlib.Path, optional
        The folder of the catalogue it is in; None for that of a registered source.
    """

    entry: DatasetEntry
    folder: Path | None

    @property
    def entry_folder(self) -> Path:
        """The folder of the entry's file, that its other files are relative to.

        Raises
        ------
        CatalogueError
            If the entry is in no file.
        """
        if self.folder is None:
            raise CatalogueError(f"the data set {self.entry.name} is registered, it has no folder")
        return self.folder / "datasets"

    @property
    def is_stored(self) -> bool:
        """Whether its images and label sets lie in a store on this machine."""
        return isinstance(self.entry.source, StoreSource)

    def store(self) -> Store:
        """Open the store of a data set that has one.

        Raises
        ------
        CatalogueError
            If its files lie elsewhere, so that its label sets cannot be added to.
        StorageError
            If the store is missing or damaged.
        """
        source = self.entry.source
        if not isinstance(source, StoreSource):
            raise CatalogueError(
                f"the label sets of {self.entry.name} are published files; add yours to a data set of your own: "
                "defectkit datasets add"
            )
        return Store.open(self.entry_folder / source.store)

    def label_sets(self) -> dict[str, LabelsEntry]:
        """Return what is known of every version of every label set, by ``name@version``."""
        if not self.is_stored:
            return {labels.key: labels for labels in self.entry.labels}
        store = self.store()
        return {key: _of_seal(store, key) for key in store.label_sets()}

    def resolve(self, key: str) -> str:
        """Return the full ``name@version`` that ``key`` means: itself, a name of one version, or a tag.

        Raises
        ------
        UnknownDatasetError
            If there is no such label set, or several versions.
        """
        known = self.label_sets()
        tag = None if key in known else find_tag(self.entry.name, key)
        return resolve_key(key if tag is None else tag.labels, known, dataset=self.entry.name)

    def prefix_table(self) -> PrefixTable | None:
        """Return the table of calibrations that the images are looked up in, or None."""
        name = self.entry.images.calibrations
        if name is None:
            return None
        folders = [f for f in (self.folder, registry_path()) if f is not None]
        paths = [folder / "calibrations" / f"{name}.toml" for folder in folders]
        return read_toml(next((p for p in paths if p.is_file()), paths[0]), PrefixTable)

    def split_table(self) -> SplitTable:
        """Return the named splits; an empty table where there are none.

        Raises
        ------
        CatalogueError
            If a split names another data set or a label set that is not there.
        """
        name = self.entry.name
        if self.entry.splits is None or self.folder is None:
            return SplitTable(format=1, dataset=name)
        path = self.folder / "splits" / self.entry.splits.file
        table = read_toml(path, SplitTable)
        if table.dataset != name:
            raise CatalogueError(f"{path}: it holds the splits of {table.dataset!r}, not of {name!r}")
        known = self.label_sets()
        for split in table.split:
            for key in (split.train_labels, split.test_labels):
                if key not in known:
                    raise CatalogueError(f"{path}, split {split.name!r}: {name} has no label set {key!r}")
        return table


@attrs.frozen(kw_only=True)
class Catalogue:
    """All data sets that can be loaded by name.

    Parameters
    ----------
    folders : tuple of pathlib.Path
        Each laid out as the registry: ``datasets/``, ``splits/``, ``calibrations/``.

    Examples
    --------
    >>> catalogue = Catalogue.standard()
    >>> "ti-loops" in catalogue.names()
    True
    >>> catalogue.find("ti-loops").entry.find_labels("new").key
    'new@1'
    """

    folders: tuple[Path, ...]

    @classmethod
    def standard(cls) -> Catalogue:
        """Return the registry and the user's own catalogue."""
        return cls(folders=(registry_path(), own_catalogue()))

    def names(self) -> tuple[str, ...]:
        """Return the names of all data sets, sorted; entries are not read."""
        from defectkit import hooks

        return tuple(sorted({*self._files(), *hooks.table("dataset")}))

    def find(self, name: str) -> CatalogueItem:
        """Return the entry of that name.

        Raises
        ------
        UnknownDatasetError
            If there is none.
        CatalogueError
            If it cannot be understood, or two catalogues have one.
        """
        files = self._files()
        if name in files:
            if len(files[name]) > 1:
                raise CatalogueError(f"two entries have the name {name!r}: {' and '.join(map(str, files[name]))}")
            path = files[name][0]
            entry = read_toml(path, DatasetEntry)
            if entry.name != name:
                raise CatalogueError(f"{path}: its name is {entry.name!r}; the file has to be called like it")
            return CatalogueItem(entry=entry, folder=path.parent.parent)
        if name not in self.names():
            raise UnknownDatasetError.of("data set", name, self.names())
        from defectkit import hooks

        return CatalogueItem(entry=hooks.find("dataset", name)().entry(), folder=None)

    def _files(self) -> dict[str, list[Path]]:
        found: dict[str, list[Path]] = {}
        for folder in dict.fromkeys(f.resolve() for f in self.folders):
            for path in sorted((folder / "datasets").glob("*.toml")):
                found.setdefault(path.stem, []).append(path)
        return found


def _of_seal(store: Store, key: str) -> LabelsEntry:
    seal = store.seal(key)
    name, _, version = key.partition("@")
    return LabelsEntry(
        name=name,
        version=version,
        parent=seal.about["parent"],
        annotator=seal.about["annotator"],
        description=seal.about["description"],
        digest=seal.digest,
    )
