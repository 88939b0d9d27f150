"""Placing: what was made in a work folder takes the place of what a run wrote there before, and of nothing else."""

from __future__ import annotations

import json
import os
import shutil
import warnings
from contextlib import suppress
from pathlib import Path

import attrs

from defectkit.errors import RenamedFileWarning
from defectkit.files.decoding import read_json
from defectkit.files.marker import MARKER, Marker, entries
from defectkit.files.swapping import swap_folders
from defectkit.files.work import Work, remove


def place(work: Work, fresh: Marker, earlier: Marker) -> None:
    """Put ``work.new`` in its place.

    What the run of ``earlier`` wrote there and nobody changed is replaced, or removed where there is nothing new of
    that name. Anything else stays; where it is in the way, it is renamed (see :func:`backup_name`), which is said.

    Where all that is there is known, both folders swap in one step; otherwise entries are moved one by one, the marker
    last. A plan in the work folder lets the next run finish this if it is killed meanwhile. A step that the system
    refuses undoes those before it.

    Raises
    ------
    OSError
        If the system refuses a step; the place is as it was.
    """
    _write_plan(work, fresh, earlier)
    moves = Moves()
    try:
        _swap_or_merge(work, fresh, earlier, moves)
    except BaseException:
        if not is_placed(work, fresh.run):
            moves.undo()
            remove(work.plan)
        raise
    for path, name in moves.kept:
        _tell(path, name)
    with suppress(OSError):  # the new content is in its place; what cannot be cleared away now is by the next run
        clear(work, earlier)


def clear(work: Work, earlier: Marker) -> None:
    """Remove what was replaced; a file that somebody changed or added at the last moment goes back instead.

    Raises
    ------
    OSError
        If the system refuses it; the plan stays, and so does all that is not yet cleared.
    """
    for folder in (work.new, work.old):  # after a swap, what was there lies in the place of the new
        if folder.is_dir():
            _retire(folder, work.place, earlier)
    remove(work.plan)


def is_placed(work: Work, run: str) -> bool:
    """Return whether the content that ``run`` made is in its place, the marker last of all."""
    found = Marker.read(work.place)
    return found is not None and found.run == run


def go_on(work: Work, earlier: Marker) -> None:
    """Put in its place what a killed run has left of a new content that was whole."""
    if work.new.is_dir():
        _swap_or_merge(work, Marker.read(work.new) or Marker(), earlier, Moves())


def read_plan(work: Work) -> tuple[str, Marker] | None:
    """Return the run that was being placed and what it replaces; None where there is no plan."""
    if not work.plan.is_file():
        return None
    table = read_json(work.plan)
    return table["run"], Marker.from_table(table["earlier"])


@attrs.frozen
class Moves:
    """The renames that were made, to be undone if one fails."""

    made: list[tuple[Path, Path]] = attrs.field(factory=list)
    kept: list[tuple[Path, Path]] = attrs.field(factory=list)

    def move(self, source: Path, target: Path) -> None:
        """Rename to a name that is free."""
        source.rename(target)
        self.made.append((source, target))

    def keep(self, path: Path) -> None:
        """Rename a file or folder that is not ours out of the way."""
        name = backup_name(path)
        self.move(path, name)
        self.kept.append((path, name))

    def undo(self) -> None:
        """Rename all back, the last first."""
        while self.made:
            source, target = self.made.pop()
            target.rename(source)
        self.kept.clear()


def rename_to_backup(path: Path) -> Path:
    """Rename a file that is not ours to a backup beside it, say so by a warning, and return its new name.

    See :func:`backup_name`.

    Warns
    -----
    RenamedFileWarning
    """
    name = backup_name(path)
    path.rename(name)
    _tell(path, name)
    return name


def backup_name(path: Path) -> Path:
    """Return the name of the backup of a file that is in the way: ``NAME.kept-1.SUFFIX``, or the next free number.

    Examples
    --------
    >>> backup_name(Path("nowhere/defects.csv")).name
    'defects.kept-1.csv'
    """
    number = 1
    while os.path.lexists(name := path.with_name(f"{path.stem}.kept-{number}{path.suffix}")):
        number += 1
    return name


def _swap_or_merge(work: Work, fresh: Marker, earlier: Marker, moves: Moves) -> None:
    place = work.place
    if not os.path.lexists(place):
        moves.move(work.new, place)
        return
    if not _is_pinned(work) and earlier.owns_all(place):
        with suppress(OSError):
            shutil.copymode(place, work.new)
        if swap_folders(work.new, place):
            return
    work.old.mkdir(exist_ok=True)
    _merge(work, "", fresh, earlier, moves)
    outdated = [name for name in earlier.files if name not in fresh.files and earlier.owns(place, name)]
    for name in outdated:
        retired = work.old / name
        retired.parent.mkdir(parents=True, exist_ok=True)
        moves.move(place / name, _free(retired))
    if (work.new / MARKER).exists():
        if os.path.lexists(place / MARKER):
            moves.move(place / MARKER, _free(work.old / MARKER))
        moves.move(work.new / MARKER, place / MARKER)
    for name in sorted(earlier.folders - fresh.folders, key=len, reverse=True):
        with suppress(OSError):  # it holds something that is not ours
            (place / name).rmdir()


def _merge(work: Work, below: str, fresh: Marker, earlier: Marker, moves: Moves) -> None:
    """Move each entry of a new folder into the folder that is there, and what is known of it out of the way."""
    for source in sorted((work.new / below).iterdir()):
        name = f"{below}/{source.name}" if below else source.name
        target = work.place / name
        if name == MARKER:
            continue
        is_folder = source.is_dir()
        if os.path.lexists(target):
            if is_folder and target.is_dir() and not target.is_symlink():
                if not (name in earlier.folders and earlier.owns_all(work.place, name)):
                    _merge(work, name, fresh, earlier, moves)
                    continue
                _move_old(work, name, moves)
            elif not is_folder and earlier.owns(work.place, name):
                _move_old(work, name, moves)
            else:
                moves.keep(target)
        moves.move(source, target)


def _move_old(work: Work, name: str, moves: Moves) -> None:
    retired = work.old / name
    retired.parent.mkdir(parents=True, exist_ok=True)
    moves.move(work.place / name, _free(retired))


def _retire(folder: Path, place: Path, earlier: Marker) -> None:
    """Remove from ``folder`` what ``earlier`` lists; move all else to its own place, or beside what is there now."""
    found = list(entries(folder))
    for name, is_folder in found:
        if is_folder:
            continue
        path = folder / name
        if earlier.owns(folder, name):
            path.unlink()
            continue
        target = place / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(target):
            _tell(target, backup_name(target))
        path.rename(_free(target))
    for name, is_folder in sorted(found, reverse=True):
        if is_folder:
            if name not in earlier.folders:
                (place / name).mkdir(parents=True, exist_ok=True)
            (folder / name).rmdir()
    folder.rmdir()


def _tell(path: Path, name: Path) -> None:
    warnings.warn(
        f"{path} was changed since defectkit wrote it, or is not its own; it is kept as {name.name}",
        RenamedFileWarning,
        stacklevel=6,
    )


def _free(path: Path) -> Path:
    return backup_name(path) if os.path.lexists(path) else path


def _is_pinned(work: Work) -> bool:
    """Tell whether the folder of that name must stay the very one: somebody stands in it, or it is a mount point."""
    if work.is_within or os.path.ismount(work.place):
        return True
    try:
        return Path.cwd().is_relative_to(work.place.resolve())
    except OSError:  # the working folder was removed
        return False


def _write_plan(work: Work, fresh: Marker, earlier: Marker) -> None:
    text = json.dumps({"run": fresh.run, "earlier": earlier.table()})
    with work.plan_part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    work.plan_part.replace(work.plan)
