"""Inventory: the files of a data set on this machine, and those that are missing, by upstream path."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

import attrs

from defectkit.datasets.archives import unpack
from defectkit.datasets.entry import DatasetEntry
from defectkit.datasets.fetching import MissingFile, fetch_files
from defectkit.datasets.figshare import figshare_files, pin
from defectkit.datasets.file_list import RemoteFile, matching, read_file_list
from defectkit.datasets.places import Mirror
from defectkit.datasets.progress import Progress, silent
from defectkit.datasets.sources import FigshareSource, FileSource
from defectkit.datasets.transfer import Network, hash_of
from defectkit.errors import UnsafeArchiveError


@attrs.frozen(kw_only=True)
class Inventory:
    """What of a data set is here.

    Parameters
    ----------
    paths : dict of str to pathlib.Path
        The files that are here, members of archives among them, by upstream path.
    missing : tuple of MissingFile
        The files that are not, with the reason; an archive stands for all its members.
    """

    paths: dict[str, Path]
    missing: tuple[MissingFile, ...]

    def matching(self, patterns: Iterable[str]) -> dict[str, Path]:
        """Return the files that are here and match any pattern, by upstream path."""
        return {path: self.paths[path] for path in matching(self.paths, patterns)}

    def missing_of(self, patterns: Iterable[str]) -> tuple[MissingFile, ...]:
        """Return the files that are not here and match any pattern."""
        wanted = set(matching((m.file.path for m in self.missing), patterns))
        return tuple(m for m in self.missing if m.file.path in wanted)


def take_inventory(
    entry: DatasetEntry,
    catalogue_folder: Path,
    root: Path,
    *,
    patterns: Iterable[str] = ("*",),
    mirror: Mirror | None = None,
    progress: Progress = silent,
) -> Inventory:
    """Fetch the files of a data set that match, and say what is here and what is not.

    Parameters
    ----------
    entry : DatasetEntry
        Of files or of a Figshare article.
    catalogue_folder : pathlib.Path
        The folder of the entry, where its list of files lies.
    root : pathlib.Path
        The cache.
    patterns : iterable of str
        Which upstream paths are wanted; archives are always, since only their members tell.
    mirror : Mirror, optional
    progress : Progress

    Raises
    ------
    FetchError
        If the files of an article cannot be listed.
    UnsafeArchiveError
        If an archive is not unpacked.
    CatalogueError
        If the list of files cannot be understood.
    """
    source = entry.source
    if not isinstance(source, FileSource | FigshareSource):
        raise TypeError(f"{entry.name} has no files")
    network = Network()
    home = root / source.mirror
    known = _known(source, catalogue_folder, home, mirror, network)
    archives = {f.path for f in known if any(fnmatchcase(f.path, p) for p in source.archives)}
    wanted = {*matching((f.path for f in known), patterns), *archives}
    fetched = fetch_files(
        [f for f in known if f.path in wanted],
        root,
        folder=source.mirror,
        mirror=mirror,
        network=network,
        progress=progress,
    )
    if isinstance(source, FigshareSource):
        pin(home, fetched.paths)
    paths = {path: place for path, place in fetched.paths.items() if path not in archives}
    for path in sorted(archives & set(fetched.paths)):
        paths |= _members(path, fetched.paths[path], home, taken=paths)
    return Inventory(paths=paths, missing=fetched.missing)


def _known(
    source: FileSource | FigshareSource, folder: Path, home: Path, mirror: Mirror | None, network: Network
) -> tuple[RemoteFile, ...]:
    if isinstance(source, FigshareSource):
        return figshare_files(source, home, mirror=mirror, network=network)
    return read_file_list(folder / source.files, source.address)


def _members(path: str, archive: Path, home: Path, *, taken: dict[str, Path]) -> dict[str, Path]:
    stem = PurePosixPath(path).with_suffix("").as_posix()
    target = home / ".unpacked" / stem
    names = unpack(archive, target, archive_hash=hash_of(archive, "sha256:"))
    members = {f"{stem}/{name}": target / name for name in names if not _is_litter(name)}
    both = sorted(set(members) & set(taken))
    if both:
        raise UnsafeArchiveError(f"{archive}: its member {both[0]!r} is also a file beside it")
    return members


def _is_litter(name: str) -> bool:
    """Tell whether a member is what macOS puts into archives beside the files."""
    return any(part == "__MACOSX" or part.startswith("._") or part == ".DS_Store" for part in name.split("/"))
