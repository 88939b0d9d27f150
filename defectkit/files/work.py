"""Work: the folder beside a place in which its next content is made, cleared of what killed runs left there."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import attrs

from defectkit.files.faults import writing
from defectkit.files.lock import locked

WORK_NAME = ".defectkit-work"
"""The work folder within a place that cannot have one beside it: a mount point, or one in a folder of others."""

_LONGEST_NAME = 180


@attrs.frozen(kw_only=True)
class Work:
    """The work folder of a place.

    Parameters
    ----------
    place : pathlib.Path
        The file or folder that is to be written.
    folder : pathlib.Path
        The work folder: ``.NAME.defectkit`` beside the place, or :data:`WORK_NAME` within it.
    """

    place: Path
    folder: Path

    @classmethod
    def of(cls, place: Path) -> Work:
        """Return the work folder of a place; nothing is made."""
        if place.is_dir() and (os.path.ismount(place) or not os.access(place.parent, os.W_OK)):
            return cls(place=place, folder=place / WORK_NAME)
        return cls(place=place, folder=place.with_name(f".{_short(place.name)}.defectkit"))

    @property
    def lock(self) -> Path:
        """The lock file that the writer of the place holds."""
        return self.folder.with_name(f"{self.folder.name}.lock")

    @property
    def new(self) -> Path:
        """What the place is to hold next."""
        return self.folder / "new"

    @property
    def old(self) -> Path:
        """What the place held, on its way out."""
        return self.folder / "old"

    @property
    def plan(self) -> Path:
        """The file that is there as soon as ``new`` is whole and is being put in its place."""
        return self.folder / "plan.json"

    @property
    def plan_part(self) -> Path:
        """The plan while it is written."""
        return self.folder / "plan.part"

    @property
    def unfinished(self) -> Path:
        """What is done of a run that is not finished; it outlives a run that fails."""
        return self.folder / "unfinished"

    @property
    def is_within(self) -> bool:
        """Whether the work folder lies within the place."""
        return self.folder.parent == self.place

    def begin(self) -> None:
        """Remove what a run made that was killed before it was whole, and make the folder where it is missing."""
        self.folder.mkdir(parents=True, exist_ok=True)
        within = Work.of(self.new)  # what made the new content may have written it in the same way
        for left in (self.new, self.plan_part, within.folder, within.lock):
            remove(left)

    def end(self) -> None:
        """Remove all but unfinished work; what cannot be removed, or is on its way, stays for the next run."""
        if not self.plan.exists():
            for left in (self.new, self.plan_part):
                with suppress(OSError):
                    remove(left)
        for folder in (self.old, self.unfinished, self.folder):
            with suppress(OSError):
                folder.rmdir()


@contextmanager
def claimed(work: Work, *, timeout_s: float = 600.0, busy: str = "") -> Iterator[None]:
    """Be the only writer of a place while the block runs; what a killed writer began is finished or undone first.

    Raises
    ------
    OutputError
        If another run is writing there, or nothing can be written.
    """
    from defectkit.files.recovery import recover

    with writing(work.place), locked(work.lock, timeout_s=timeout_s, busy=busy, place=work.place):
        try:
            recover(work)
            work.begin()
            yield
        finally:
            work.end()


def remove(path: Path) -> None:
    """Remove a file or folder of our own, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def flush(path: Path) -> None:
    """Have the system write a file, or all files below a folder, to the disk: a power cut leaves them whole."""
    for file in path.rglob("*") if path.is_dir() else (path,):
        if file.is_file() and not file.is_symlink():
            with file.open("rb") as opened:
                os.fsync(opened.fileno())


def _short(name: str) -> str:
    if len(os.fsencode(name)) <= _LONGEST_NAME:
        return name
    return f"{name[:40]}-{hashlib.sha256(os.fsencode(name)).hexdigest()[:16]}"
