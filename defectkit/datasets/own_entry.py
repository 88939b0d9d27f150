"""OwnEntry: the files of an entry in the user's own catalogue, which come and go together."""

from __future__ import annotations

from pathlib import Path

import attrs

from defectkit.files.work import remove


@attrs.frozen(kw_only=True)
class OwnEntry:
    """Where the parts of an entry lie while it is added, while it is there, and while it is removed.

    Parameters
    ----------
    home : pathlib.Path
        The folder ``datasets`` of the user's own catalogue.
    name : str
        Of the data set.
    """

    home: Path
    name: str

    @property
    def entry(self) -> Path:
        """The entry: the data set is in the catalogue as long as this file is there."""
        return self.home / f"{self.name}.toml"

    @property
    def store(self) -> Path:
        """Its images and label sets."""
        return self.home / f"{self.name}.zarr"

    @property
    def adding(self) -> Path:
        """The entry of a data set that is added, from when its store is whole on."""
        return self.home / f".{self.name}.adding"

    @property
    def adding_store(self) -> Path:
        """The store of a data set that is added."""
        return self.home / f".{self.name}.adding.zarr"

    @property
    def removing(self) -> Path:
        """The entry of a data set that is removed, until all else of it is gone."""
        return self.home / f".{self.name}.removing"

    @property
    def removing_store(self) -> Path:
        """The store of a data set that is removed."""
        return self.home / f".{self.name}.removing.zarr"

    @property
    def lock(self) -> Path:
        """Held by who adds or removes the data set."""
        return self.home / f".{self.name}.lock"

    def finish_killed(self) -> None:
        """Undo what a killed call began to add, and finish what one began to remove; the lock is held."""
        if (self.adding.exists() or self.removing.exists()) and not self.entry.exists() and self.store.exists():
            self.store.rename(self.removing_store)
        for left in (self.adding_store, self.removing_store, self.adding, self.removing):
            remove(left)
