"""Listing: the artifacts and pages that reproductions wrote into a folder, so that no file of others is replaced."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from defectkit.errors import OutputError
from defectkit.files import Marker, rename_to_backup, tidy, write_text, writing
from defectkit.files.decoding import read_json

LISTING = "reproduction.json"

MAKING = ".making"
"""The folder of files that are not in their place yet."""


@attrs.define
class Listing:
    """The files that reproductions wrote into a folder, each with its digest.

    Parameters
    ----------
    folder : pathlib.Path
    marker : Marker
        What is in its place.
    begun : Marker
        What is on its way there; after a kill some of it is in its place, which the next run finds out.
    """

    folder: Path
    marker: Marker
    begun: Marker

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
        marker, begun = _read(place)
        arrived = [name for name in begun.files if begun.owns(place, name)]
        listing = cls(place, marker.with_files(place, arrived), Marker())
        if place.is_dir():
            shutil.rmtree(place / MAKING, ignore_errors=True)
        for name in listing.marker.changed(place):
            raise OutputError(f"{place / name} was changed since it was made; move it away, or name another folder")
        return listing

    def write(self) -> None:
        """Write the listing; the folder is one of a reproduction from then on."""
        table = self.marker.table() | {"begun": dict(self.begun.files)}
        write_text(self.folder / LISTING, json.dumps(table, indent=1))

    @contextmanager
    def new_files(self) -> Iterator[Path]:
        """Give an empty folder; what the block writes there takes its place in the folder of the reproduction.

        What others put in the place of such a file becomes a backup first.

        Warns
        -----
        RenamedFileWarning
            If a file is there that no reproduction wrote, or that somebody changed.
        """
        made = self.folder / MAKING
        with writing(made):
            made.mkdir(parents=True)
        try:
            yield made
            self.begun = Marker.of(made, command="reproduce", run="")
            self.write()
            for name in self.begun.files:
                self._place(made, name)
        finally:
            shutil.rmtree(made, ignore_errors=True)
        self.marker = self.marker.with_files(self.folder, self.begun.files)
        self.begun = Marker()
        self.write()

    def _place(self, made: Path, name: str) -> None:
        path = self.folder / name
        with writing(path):
            if path.exists() and not self.marker.owns(self.folder, name):
                rename_to_backup(path)
            path.parent.mkdir(exist_ok=True)
            (made / name).replace(path)


def _read(place: Path) -> tuple[Marker, Marker]:
    none = Marker(command="reproduce"), Marker()
    if not (place / LISTING).is_file():
        return none
    table = read_json(place / LISTING)
    if table == {"format": 1}:  # of a version that listed nothing
        return none
    try:
        begun = {"command": "", "run": "", "folders": [], "files": table.get("begun", {})}
        return Marker.from_table(table), Marker.from_table(begun)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise OutputError(f"{place / LISTING} is damaged; move it away, or name another folder") from error
