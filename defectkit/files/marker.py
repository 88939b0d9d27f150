"""Marker: the file in an output folder that says which command wrote it, and lists each file with its digest."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import attrs

from defectkit.errors import OutputError
from defectkit.files.decoding import parse_json, read_text

MARKER = ".defectkit-output.json"
"""The name of the marker."""

FORMAT = 2
"""Of markers; those of format 1 had names of entries without digests."""


@attrs.frozen(kw_only=True)
class Marker:
    """What a run wrote into a folder.

    Parameters
    ----------
    command : str
        For instance ``analyze``; empty where it is not known.
    run : str
        Differs between any two runs.
    files : mapping of str to str
        The SHA-256 of each file by its path in the folder, with ``/``.
    folders : frozenset of str
        All folders that were made.
    """

    command: str = ""
    run: str = ""
    files: Mapping[str, str] = attrs.field(factory=dict)
    folders: frozenset[str] = frozenset()

    @classmethod
    def of(cls, folder: Path, *, command: str, run: str) -> Marker:
        """Return the marker of a folder that is whole."""
        found = dict(entries(folder))
        return cls(
            command=command,
            run=run,
            files={name: digest(folder / name) for name, is_folder in found.items() if not is_folder},
            folders=frozenset(name for name, is_folder in found.items() if is_folder),
        )

    @classmethod
    def read(cls, folder: Path) -> Marker | None:
        """Return the marker in a folder; None where there is none.

        One without digests, as earlier versions wrote, lists no file: nothing there is known to be unchanged.

        Raises
        ------
        OutputError
            If it is damaged.
        """
        path = folder / MARKER
        if not os.path.lexists(path):
            return None
        try:
            return cls.from_table(parse_json(read_text(path), where="its text"))
        except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
            raise OutputError(
                f"{path}, which lists what defectkit wrote, is damaged ({error}); "
                "give another output folder, or move this file away"
            ) from error

    @classmethod
    def from_table(cls, table: Any) -> Marker:
        """Return the marker that :meth:`table` gave; ValueError, KeyError or TypeError where it is another thing."""
        if "files" not in table:
            if not all(isinstance(name, str) for name in table["entries"]):
                raise ValueError("an entry is no name")
            return cls()
        files = {_checked(name): str(found) for name, found in table["files"].items()}
        folders = frozenset(_checked(name) for name in table["folders"])
        return cls(command=str(table["command"]), run=str(table["run"]), files=files, folders=folders)

    def table(self) -> dict[str, Any]:
        """Return the marker as a table for JSON."""
        return {
            "format": FORMAT,
            "command": self.command,
            "run": self.run,
            "folders": sorted(self.folders),
            "files": dict(sorted(self.files.items())),
        }

    def write(self, folder: Path, **facts: str) -> None:
        """Write the marker into a folder, with further facts for people to read."""
        text = json.dumps({"written_by": "defectkit", **facts, **self.table()}, indent=1)
        (folder / MARKER).write_text(text + "\n", encoding="utf-8")

    def with_files(self, folder: Path, names: Iterable[str]) -> Marker:
        """Return a marker that lists some files, too, as they are in the folder now."""
        return attrs.evolve(self, files={**self.files, **{name: digest(folder / name) for name in names}})

    def owns(self, folder: Path, name: str) -> bool:
        """Return whether the file ``name`` in ``folder`` is one that the run wrote and that nobody changed since."""
        path = folder / name
        if path.is_symlink() or not path.is_file():
            return False
        return name == MARKER or self.files.get(name) == digest(path)

    def changed(self, folder: Path) -> list[str]:
        """Return the files that the run wrote and that are other ones now; those that are gone are not among them."""
        return [name for name in self.files if os.path.lexists(folder / name) and not self.owns(folder, name)]

    def owns_all(self, folder: Path, below: str = "") -> bool:
        """Return whether all in ``folder``, or in its folder ``below``, is what the run wrote and nobody changed."""
        start = f"{below}/" if below else ""
        return all(
            f"{start}{name}" in self.folders if is_folder else self.owns(folder, f"{start}{name}")
            for name, is_folder in entries(folder / below)
        )


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def entries(folder: Path) -> Iterator[tuple[str, bool]]:
    """Yield the path of each entry below ``folder``, with ``/``, and whether it is a folder; links are not followed."""
    for root, folders, files in os.walk(folder, onerror=_raised):
        place = PurePosixPath(Path(root).relative_to(folder).as_posix())
        links = [name for name in folders if (Path(root) / name).is_symlink()]
        for name in sorted([*files, *links]):
            yield str(place / name), False
        for name in sorted(set(folders) - set(links)):
            yield str(place / name), True


def _raised(error: OSError) -> None:
    raise error


def _checked(name: object) -> str:
    """Return a path within a folder, or raise ValueError for one that leads out of it."""
    if not isinstance(name, str) or not name or name.startswith("/") or "\\" in name or ".." in name.split("/"):
        raise ValueError(f"it names {name!r}, which is no entry of its folder")
    return name
