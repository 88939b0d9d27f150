"""The output folder: written beside its place and moved in when it is whole."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from defectkit import __version__
from defectkit.errors import OutputError

if TYPE_CHECKING:
    from defectkit.storage.beside import Beside

MARKER = ".defectkit-output.json"
"""The file in an output folder that lists what defectkit wrote there."""


@contextmanager
def output_folder(path: str | os.PathLike[str], overwrite: bool = False) -> Iterator[Path]:
    """Give a folder to write into; when the block ends, what it holds is moved to ``path``.

    While the block runs ``path`` is not touched, and if the block raises it never is, so a result is there whole or not
    at all. A folder that an earlier run of defectkit wrote is renewed: what that run wrote is replaced or, where the
    new run writes no such thing, removed. Files that somebody else put beside them stay.

    What runs that were killed left beside ``path`` is removed first; one that was killed while its whole result was
    moved in is finished.

    Parameters
    ----------
    path : str or os.PathLike
        The folder; it and those above it are created.
    overwrite : bool
        Whether a folder that holds files, none of them written by defectkit, may be written into. Files and folders of
        the same name are then replaced; no other file is touched.

    Yields
    ------
    pathlib.Path
        A new empty folder beside ``path``.

    Raises
    ------
    OutputError
        If ``path`` is a file, holds other files without ``overwrite``, or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> place = Path(tempfile.mkdtemp()) / "out"
    >>> with output_folder(place) as folder:
    ...     _ = (folder / "table.csv").write_text("a")
    >>> (place / "table.csv").read_text()
    'a'
    """
    from defectkit.storage.beside import clear_remains, folder_beside

    target = Path(path).expanduser().resolve()
    clear_remains(target, lambda places: _finish(places, target))
    earlier = _earlier_entries(target, overwrite)
    with folder_beside(target) as places:
        yield places.partial
        _write_marker(places.partial)
        _move_in(places.partial, target, places.retired, earlier)


def _earlier_entries(target: Path, overwrite: bool) -> frozenset[str]:
    """Return the names in ``target`` that defectkit wrote; raise where the folder is somebody else's."""
    if not target.exists():
        return frozenset()
    if not target.is_dir():
        raise OutputError(f"output folder {target} is a file; give the name of a folder")
    present = sorted(entry.name for entry in target.iterdir())
    if MARKER in present:
        return _marked_entries(target / MARKER)
    if present and not overwrite:
        raise OutputError(
            f"output folder {target} holds {len(present)} entries that defectkit did not write "
            f"({', '.join(present[:3])}); give another folder, or --overwrite to write among them"
        )
    return frozenset()


def _marked_entries(marker: Path) -> frozenset[str]:
    try:
        names = frozenset(json.loads(marker.read_text(encoding="utf-8"))["entries"])
    except (ValueError, KeyError, TypeError) as error:
        raise OutputError(f"{marker} is damaged ({error}); remove it, or give another output folder") from error
    strange = sorted(str(name) for name in names if not _is_entry(name))
    if strange:
        raise OutputError(f"{marker} is damaged: it names {', '.join(strange)}, which is not an entry of its folder")
    return names


def _is_entry(name: object) -> bool:
    return isinstance(name, str) and name not in ("", ".", "..") and Path(name).name == name


def _write_marker(partial: Path) -> None:
    entries = sorted(entry.name for entry in partial.iterdir())
    text = json.dumps({"written_by": "defectkit", "version": __version__, "entries": entries}, indent=1)
    (partial / MARKER).write_text(text + "\n", encoding="utf-8")


def _finish(places: Beside, target: Path) -> None:
    """Move in the rest of a whole result; a run was killed while it did so."""
    partial, there, retired = (_entries_of(folder) for folder in (places.partial, target, places.retired))
    fresh = there if partial is None else partial
    earlier = there if retired is None and partial is not None else retired
    _move_in(places.partial, target, places.retired, (earlier or frozenset()) - (fresh or frozenset()))


def _entries_of(folder: Path) -> frozenset[str] | None:
    marker = folder / MARKER
    return _marked_entries(marker) if marker.is_file() else None


def _move_in(partial: Path, target: Path, retired: Path, earlier: frozenset[str]) -> None:
    """Move what ``partial`` holds to ``target``, and what it replaces to ``retired``; undo both if a move fails."""
    if not target.exists():
        partial.rename(target)
        return
    fresh = [entry.name for entry in partial.iterdir()]
    retired.mkdir(exist_ok=True)
    moved: list[tuple[Path, Path]] = []
    try:
        for name in sorted({*earlier, *fresh}):
            if os.path.lexists(target / name):
                moved.append(((target / name).rename(retired / name), target / name))
        for name in fresh:
            moved.append(((partial / name).rename(target / name), partial / name))
    except OSError as error:
        for now, before in reversed(moved):
            now.rename(before)
        raise OutputError(f"output folder {target} cannot be written: {error}") from error
