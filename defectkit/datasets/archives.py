"""Archives: unpacked so that nothing leaves the folder, no link is made, and no more is written than allowed."""

from __future__ import annotations

import itertools
import json
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

import attrs

from defectkit.datasets.sources import check_relative
from defectkit.errors import CatalogueError, UnsafeArchiveError
from defectkit.files import replaced_folder, tidy
from defectkit.files.decoding import read_json

MAX_BYTES = 50 * 2**30
"""An archive may unpack to this many bytes in all."""

MAX_MEMBERS = 200_000
"""An archive may hold this many files."""

MAX_RATIO = 500
"""An archive may unpack to this many times its own size, if that is more than :data:`SMALL_BYTES`."""

SMALL_BYTES = 2**24

BROKEN = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError),
    *(OSError, RuntimeError, NotImplementedError, MemoryError, OverflowError),
)
"""What the libraries raise at an archive that is damaged, or says that a header is larger than the memory."""

MARKER = ".unpacked.json"
"""The file in the folder of an archive's members that says which archive they are of, and lists them."""

_PIECE = 2**20


@attrs.frozen(kw_only=True)
class _Member:
    name: str
    size: int
    is_folder: bool
    is_plain: bool


def unpack(archive: Path, target: Path, *, archive_hash: str) -> tuple[str, ...]:
    """Unpack a zip or tar archive into the folder ``target``, all or nothing.

    Parameters
    ----------
    archive : pathlib.Path
    target : pathlib.Path
        Replaced if it holds another archive's members, left if it holds those of this one.
    archive_hash : str
        Hash of the archive, to tell which one was unpacked.

    Returns
    -------
    tuple of str
        The paths of the members within ``target``, sorted.

    Raises
    ------
    UnsafeArchiveError
        If a member would lie outside ``target``, is a link or a device, comes twice, or if there are too many or too
        large ones; and if the file is no archive. Nothing is unpacked then.
    """
    tidy(target)
    members = members_of(target, archive_hash=archive_hash)
    if members is not None:
        return members
    with replaced_folder(target) as folder:
        try:
            names = _unpack_into(archive, folder)
        except BROKEN as error:
            if isinstance(error, UnsafeArchiveError):
                raise
            raise UnsafeArchiveError(f"{archive} cannot be unpacked: {error}") from error
        sizes = {name: (folder / name).stat().st_size for name in names}
        (folder / MARKER).write_text(json.dumps({"hash": archive_hash, "members": sizes}), encoding="utf-8")
    return names


def members_of(target: Path, *, archive_hash: str) -> tuple[str, ...] | None:
    """Return the members in ``target``, or None unless it holds all those of the archive of that hash."""
    try:
        marker = read_json(target / MARKER)
        whole = marker["hash"] == archive_hash and all(
            (target / name).stat().st_size == size for name, size in marker["members"].items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return tuple(sorted(marker["members"])) if whole else None


def _unpack_into(archive: Path, folder: Path) -> tuple[str, ...]:
    with _opened(archive) as opened:
        members = opened.members()
        names = _checked(archive, members)
        limit = _limit(archive)
        written = 0
        for member in members:
            if member.is_folder:
                continue
            place = folder / names[member.name]
            place.parent.mkdir(parents=True, exist_ok=True)
            with opened.open(member.name) as source, place.open("xb") as out:
                while piece := source.read(_PIECE):
                    written += len(piece)
                    if written > limit:
                        raise UnsafeArchiveError(f"{archive} unpacks to more than {limit} bytes")
                    out.write(piece)
    return tuple(sorted(names.values()))


def _checked(archive: Path, members: list[_Member]) -> dict[str, str]:
    """Return the safe path of each file of an archive."""
    if len(members) > MAX_MEMBERS:
        raise UnsafeArchiveError(f"{archive} holds {len(members)} files; {MAX_MEMBERS} are allowed")
    total = sum(m.size for m in members)
    if total > _limit(archive):
        raise UnsafeArchiveError(f"{archive} says that it unpacks to {total} bytes; {_limit(archive)} are allowed")
    names: dict[str, str] = {}
    folded: set[str] = set()
    for member in members:
        try:
            check_relative(member.name)
        except CatalogueError as error:
            raise UnsafeArchiveError(f"{archive}: {error}") from error
        if member.is_folder:
            continue
        if not member.is_plain:
            raise UnsafeArchiveError(f"{archive}: {member.name!r} is a link or a device, not a file")
        path = PurePosixPath(member.name).as_posix()
        if path.casefold() in folded or path == MARKER:
            raise UnsafeArchiveError(f"{archive}: {path!r} is there twice, or is a name of ours")
        folded.add(path.casefold())
        names[member.name] = path
    return names


def _limit(archive: Path) -> int:
    return min(MAX_BYTES, max(SMALL_BYTES, MAX_RATIO * archive.stat().st_size))


@attrs.frozen
class _Zip:
    file: zipfile.ZipFile

    def members(self) -> list[_Member]:
        return [
            _Member(
                name=i.filename,
                size=i.file_size,
                is_folder=i.filename.endswith("/"),
                is_plain=_plain_mode(i.external_attr >> 16),
            )
            for i in self.file.infolist()
        ]

    def open(self, name: str) -> IO[bytes]:
        return self.file.open(name)


@attrs.frozen
class _Tar:
    file: tarfile.TarFile
    limit: int

    def members(self) -> list[_Member]:
        """Return the members, one too many at most: a small file may unpack to headers without end."""
        headers = itertools.islice(self.file, MAX_MEMBERS + 1)
        return [
            _Member(name=i.name, size=i.size, is_folder=i.isdir(), is_plain=i.isreg()) for i in self._bounded(headers)
        ]

    def _bounded(self, headers: Iterable[tarfile.TarInfo]) -> Iterator[tarfile.TarInfo]:
        for header in headers:
            if header.offset > self.limit:
                raise UnsafeArchiveError(f"an archive unpacks to more than {self.limit} bytes")
            yield header

    def open(self, name: str) -> IO[bytes]:
        opened = self.file.extractfile(name)
        if opened is None:
            raise UnsafeArchiveError(f"{name!r} is no file")
        return opened


@contextmanager
def _opened(archive: Path) -> Iterator[_Zip | _Tar]:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as zipped:
            yield _Zip(zipped)
    else:
        with tarfile.open(archive) as tarred:
            yield _Tar(tarred, _limit(archive))


def _plain_mode(mode: int) -> bool:
    kind = stat.S_IFMT(mode)
    return kind in (0, stat.S_IFREG, stat.S_IFDIR)
