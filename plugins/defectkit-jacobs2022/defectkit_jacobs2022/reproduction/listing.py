"""Listing: the artifacts and pages that reproductions wrote into a folder, so that no file of others is replaced."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from defectkit.errors import OutputError
from defectkit.files import Marker, rename_to_backup, tidy, write_text
from defectkit.files.decoding import read_json

LISTING = "reproduction.json"


@attrs.define
class Listing:
    """The files that reproductions wrote into a folder, each with its digest.

    Parameters
    ----------
    folder : pathlib.Path
    marker : Marker
    """

    folder: Path
    marker: Marker

    @classmethod
    def of(cls, folder: Path) -> Listing:
        """Return the listing of a folder that is new, empty, or one of a reproduction.

        Raises
        ------
        OutputError
            If the folder holds what no reproduction wrote, a listed file is another one now, or the listing is damaged.
        """
        place = folder.expanduser().resolve()
        if place.is_dir():
            tidy(place / LISTING)
        if place.exists() and (not place.is_dir() or any(place.iterdir())) and not (place / LISTING).is_file():
            raise OutputError(f"{place} holds something that no reproduction wrote; name another folder")
        listing = cls(place, _read(place))
        for name in listing.marker.changed(place):
            raise OutputError(f"{place / name} was changed since it was made; move it away, or name another folder")
        return listing

    def write(self) -> None:
        """Write the listing; the folder is one of a reproduction from then on."""
        write_text(self.folder / LISTING, json.dumps(self.marker.table(), indent=1))

    @contextmanager
    def writing(self, names: Iterable[str]) -> Iterator[None]:
        """List the files that the block writes; what others put there, or a killed run left, becomes a backup first.

        Parameters
        ----------
        names : iterable of str
            The paths of the files in the folder, with ``/``.

        Warns
        -----
        RenamedFileWarning
            If a file is there that is not listed, or is another one than was listed.
        """
        files = tuple(names)
        for name in files:
            if (self.folder / name).exists() and not self.marker.owns(self.folder, name):
                rename_to_backup(self.folder / name)
        self.marker = self.marker.without_files(files)
        self.write()
        yield
        self.marker = self.marker.with_files(self.folder, files)
        self.write()


def _read(place: Path) -> Marker:
    if not (place / LISTING).is_file():
        return Marker(command="reproduce")
    table = read_json(place / LISTING)
    if table == {"format": 1}:  # of a version that listed nothing
        return Marker(command="reproduce")
    try:
        return Marker.from_table(table)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise OutputError(f"{place / LISTING} is damaged; move it away, or name another folder") from error
