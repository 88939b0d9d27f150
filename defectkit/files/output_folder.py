"""OutputFolder: the folder that a command writes, in which only what a command wrote is ever replaced."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from defectkit.errors import OutputError
from defectkit.files import placing
from defectkit.files.faults import writing
from defectkit.files.inputs import check_apart
from defectkit.files.marker import MARKER, Marker
from defectkit.files.work import WORK_NAME, Work, claimed, flush, remove

_NAMED = 3


@contextmanager
def output_folder(
    path: str | os.PathLike[str],
    *,
    command: str,
    inputs: Iterable[str | os.PathLike[str]] = (),
    overwrite: bool = False,
) -> Iterator[Path]:
    """Give a folder to write into; when the block ends, what it holds is put at ``path``.

    While the block runs ``path`` is not touched, and if the block raises it never is, so a result is there whole or not
    at all. Only files that an earlier run wrote and that nobody has changed since are replaced or, where the new run
    writes no such thing, removed; the marker in the folder has the digest of each. All other files stay. One that is in
    the way of the new result is kept as ``NAME.kept-1.SUFFIX``, which a warning says.

    Parameters
    ----------
    path : str or path
        The folder; it and those above it are made.
    command : str
        What writes it, for instance ``analyze``.
    inputs : iterable of str or path
        What is read. ``path`` must be none of it, hold none of it and lie in none of it.
    overwrite : bool
        Whether to write into a folder that another command wrote, that holds files of somebody else alone, or in which
        files were changed since they were written. Without it that is an error, told before the block runs.

    Yields
    ------
    pathlib.Path
        A new empty folder beside ``path``.

    Raises
    ------
    OutputError
        If ``path`` is a file, overlaps with an input, may not be written into without ``overwrite``, another run is
        writing it, or it cannot be written.

    Warns
    -----
    RenamedFileWarning
        If a file that is not known was in the way; it was renamed.

    Examples
    --------
    >>> import tempfile
    >>> place = Path(tempfile.mkdtemp()) / "out"
    >>> with output_folder(place, command="analyze") as folder:
    ...     _ = (folder / "table.csv").write_text("a")
    >>> (place / "table.csv").read_text()
    'a'
    """
    from defectkit import __version__

    target = Path(path).expanduser().resolve()
    check_apart(target, inputs)
    work = Work.of(target)
    busy = f"another run is writing the output folder {target}; wait for it, or give another folder"
    with claimed(work, timeout_s=0, busy=busy):
        earlier = _earlier(target, command, overwrite)
        work.new.mkdir()
        yield work.new
        run = secrets.token_hex(8)
        flush(work.new)
        fresh = Marker.of(work.new, command=command, run=run)
        fresh.write(work.new, version=__version__, written=datetime.now(UTC).isoformat(timespec="seconds"))
        flush(work.new / MARKER)
        placing.place(work, fresh, earlier)
        with suppress(OSError):  # the result is in its place
            remove(work.unfinished)


def unfinished_of(folder: Path) -> Path:
    """Return where a run that writes ``folder``, as :func:`output_folder` gave it, keeps what is done.

    It outlives a run that fails or is killed, and goes when a run into the same place has finished.
    """
    return folder.parent / "unfinished"


def _earlier(target: Path, command: str, overwrite: bool) -> Marker:
    """Return what an earlier run wrote into ``target``; raise where that may not be replaced."""
    if not os.path.lexists(target):
        return Marker()
    if not target.is_dir():
        raise OutputError(f"output folder {target} is a file; give the name of a folder")
    with writing(target):
        present = sorted(entry.name for entry in target.iterdir() if not entry.name.startswith(WORK_NAME))
    earlier = Marker.read(target)
    if overwrite or not present:
        return earlier or Marker()
    if earlier is None:
        raise OutputError(
            f"output folder {target} holds {len(present)} entries that defectkit did not write "
            f"({_few(present)}); give another folder, or --overwrite to write among them"
        )
    if not earlier.run:
        raise OutputError(
            f"output folder {target} is of an earlier version of defectkit, which noted no digests, so nobody can tell "
            "what was changed since; give another folder, or --overwrite to write among these files"
        )
    if earlier.command != command:
        raise OutputError(
            f"output folder {target} holds what `defectkit {earlier.command}` wrote; give another folder, or "
            "--overwrite to replace it"
        )
    with writing(target):
        changed = earlier.changed(target)
    if changed:
        raise OutputError(
            f"in the output folder {target}, {_few(changed)} {'was' if len(changed) == 1 else 'were'} changed since "
            "defectkit wrote it; move it, give another folder, or --overwrite to keep it under another name"
        )
    return earlier


def _few(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
