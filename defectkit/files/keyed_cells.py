"""Cells: pieces of work that are done, a file each by its key, so that an interrupted run is resumed."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import attrs

from defectkit.files.faults import writing
from defectkit.files.work import flush, remove

_PART = re.compile(r"\.[0-9a-f]{16}\.part")


@attrs.frozen(kw_only=True)
class Cells:
    """A folder with one file for each piece of work that is done.

    Parameters
    ----------
    folder : pathlib.Path
        Made by :meth:`open`.
    suffix : str
        Of the files.

    Notes
    -----
    Each file is written beside its place, flushed to the disk and moved there, so a kill at any time leaves whole files
    only. Whether a file still holds, and what it means, is the caller's.
    """

    folder: Path
    suffix: str

    @classmethod
    def open(cls, folder: Path, suffix: str) -> Cells:
        """Make the folder where it is missing.

        Raises
        ------
        OutputError
            If it cannot be made.
        """
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        return cls(folder=folder, suffix=suffix)

    def path(self, key: str) -> Path:
        """Return where the cell of a key lies, or is to lie."""
        return self.folder / f"{key}{self.suffix}"

    def find(self, key: str) -> Path | None:
        """Return the file of a cell that is done, or None."""
        path = self.path(key)
        return path if path.is_file() else None

    def keys(self) -> tuple[str, ...]:
        """Return the keys of all cells that are done."""
        names = (entry.name for entry in self.folder.iterdir()) if self.folder.is_dir() else ()
        return tuple(sorted(name.removesuffix(self.suffix) for name in names if name.endswith(self.suffix)))

    @contextmanager
    def making(self, key: str) -> Iterator[Path]:
        """Give a path to write a cell to; it is done when the block ends well, and not at all when it does not.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        target = self.path(key)
        part = target.with_name(f".{os.urandom(8).hex()}.part")
        with writing(target):
            try:
                yield part
                flush(part)
                part.replace(target)
            finally:
                with suppress(OSError):
                    part.unlink(missing_ok=True)

    def drop(self, key: str) -> None:
        """Remove a cell, so that it is made again."""
        with writing(self.folder):
            self.path(key).unlink(missing_ok=True)

    def tidy(self) -> None:
        """Remove what killed writers left; only while no other process writes here."""
        with writing(self.folder):
            for entry in self.folder.iterdir():
                if _PART.fullmatch(entry.name):
                    remove(entry)


def key_of(settings: Mapping[str, Any] | str) -> str:
    """Return a key of 32 hexadecimal digits for a text, or for settings that are ready for JSON.

    Examples
    --------
    >>> key_of({"b": 1, "a": 2}) == key_of({"a": 2, "b": 1}) != key_of({"a": 2, "b": 2})
    True
    """
    text = settings if isinstance(settings, str) else json.dumps(settings, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
