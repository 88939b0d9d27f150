"""Fetching: files of the catalogue into the cache, each in its place only when its hash holds."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import attrs

from defectkit.datasets.file_list import RemoteFile
from defectkit.datasets.places import Mirror
from defectkit.datasets.progress import Progress, silent
from defectkit.datasets.transfer import Network, Transfer, hash_of
from defectkit.errors import FetchError, OutputError
from defectkit.files import locked, writing

INCOMING = ".incoming"
"""The folder, within that of a source, of what is on its way."""


@attrs.frozen(kw_only=True)
class MissingFile:
    """A file that could not be had.

    Parameters
    ----------
    file : RemoteFile
    reason : str
    """

    file: RemoteFile
    reason: str

    def __str__(self) -> str:
        return f"{self.file.path} ({self.file.address}): {self.reason}"


@attrs.frozen(kw_only=True)
class Fetched:
    """What came of fetching.

    Parameters
    ----------
    paths : dict of str to pathlib.Path
        Where each file lies now, by its upstream path.
    missing : tuple of MissingFile
    """

    paths: dict[str, Path]
    missing: tuple[MissingFile, ...]


def fetch_files(
    files: Iterable[RemoteFile],
    root: Path,
    *,
    folder: str,
    mirror: Mirror | None = None,
    network: Network | None = None,
    progress: Progress = silent,
) -> Fetched:
    """Have files in the cache, from there, from the mirror or from the network.

    Parameters
    ----------
    files : iterable of RemoteFile
    root : pathlib.Path
        The cache.
    folder : str
        The folder of their source, in the cache and in a mirror.
    mirror : Mirror, optional
    network : Network, optional
    progress : Progress

    Returns
    -------
    Fetched

    Notes
    -----
    A file that is in the cache already is taken when its hash holds, and fetched anew when it does not. A call that is
    killed leaves nothing that a later one takes for good: what has arrived so far lies in a folder of its own, is
    completed by the next call, and is moved into place in one step once its hash holds. Two processes may fetch the
    same file.
    """
    home = root / folder
    shared = network or Network()
    paths, missing = {}, []
    for file in files:
        target = home / file.path
        try:
            with writing(target):
                _fetch(file, home, target, folder=folder, mirror=mirror, network=shared, progress=progress)
            paths[file.path] = target
        except (FetchError, OutputError) as error:
            missing.append(MissingFile(file=file, reason=str(error)))
    return Fetched(paths=paths, missing=tuple(missing))


def is_whole(path: Path, file: RemoteFile) -> bool:
    """Return whether ``path`` is the file, by size and hash."""
    return path.is_file() and path.stat().st_size == file.size and hash_of(path, file.hash) == file.hash


def _fetch(
    file: RemoteFile,
    home: Path,
    target: Path,
    *,
    folder: str,
    mirror: Mirror | None,
    network: Network,
    progress: Progress,
) -> None:
    work = home / INCOMING / hashlib.sha256(f"{file.hash} {file.path}".encode()).hexdigest()[:32]
    lock = work.with_suffix(".lock")
    if is_whole(target, file) and not lock.exists() and not work.exists():
        return
    with locked(lock):
        if is_whole(target, file):
            shutil.rmtree(work, ignore_errors=True)  # of a call that was killed when the file was in its place
            return
        work.mkdir(parents=True, exist_ok=True)
        partial = work / "partial"
        for left in [place for place in work.iterdir() if place != partial]:
            if not partial.exists() and is_whole(left, file):
                left.replace(partial)  # of a call that was killed just before the file went to its place
            else:
                left.unlink()
        transfer = Transfer(
            file=file, partial=partial, folder=folder, mirror=mirror, network=network, progress=progress
        )
        try:
            whole = work / "whole"
            transfer.write(whole)
            with whole.open("rb") as opened:
                os.fsync(opened.fileno())
            target.parent.mkdir(parents=True, exist_ok=True)
            whole.replace(target)
        finally:
            with suppress(OSError):  # what has arrived so far stays there, to be completed later
                work.rmdir()
