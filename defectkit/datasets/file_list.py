"""FileList: sha256, bytes and path of every upstream file of a data set."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

import attrs

from defectkit.datasets.sources import check_relative
from defectkit.errors import CatalogueError

_LINE = re.compile(r"([0-9a-f]{64}) (\d+) (.+)")
_HASH = re.compile(r"(sha256:[0-9a-f]{64}|md5:[0-9a-f]{32})")


@attrs.frozen(kw_only=True)
class RemoteFile:
    """One file, as the catalogue knows it.

    Parameters
    ----------
    path : str
        Below the folder of its source, with ``/``.
    hash : str
        ``sha256:...`` or, where no better one is published, ``md5:...``.
    size : int
        In bytes.
    address : str
        Where it comes from.
    """

    path: str
    hash: str
    size: int
    address: str

    def __attrs_post_init__(self) -> None:
        check_relative(self.path)
        if not _HASH.fullmatch(self.hash):
            raise CatalogueError(f"{self.path}: {self.hash!r} is no sha256 or md5")
        if self.size < 0:
            raise CatalogueError(f"{self.path}: it cannot have {self.size} bytes")


def parse_file_list(text: str, address: str, *, where: str) -> tuple[RemoteFile, ...]:
    """Return the files of a list: a line ``<sha256> <bytes> <path>`` each; lines that begin with ``#`` are comments.

    Parameters
    ----------
    text : str
    address : str
        What the quoted path is appended to.
    where : str
        What messages call the list.

    Raises
    ------
    CatalogueError
        If a line is of another form, or a path comes twice or leaves its folder.

    Examples
    --------
    >>> line = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 0 a folder/a.txt"
    >>> parse_file_list(line, "https://example.org/", where="list")[0].address
    'https://example.org/a%20folder/a.txt'
    """
    from urllib.parse import quote

    found: dict[str, RemoteFile] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise CatalogueError(f"{where}, line {number}: not '<sha256> <bytes> <path>': {line!r}")
        sha256, size, path = match.groups()
        if path in found:
            raise CatalogueError(f"{where}, line {number}: {path!r} is there twice")
        try:
            found[path] = RemoteFile(path=path, hash=f"sha256:{sha256}", size=int(size), address=address + quote(path))
        except CatalogueError as error:
            raise CatalogueError(f"{where}, line {number}: {error}") from error
    return tuple(found.values())


def read_file_list(path: Path, address: str) -> tuple[RemoteFile, ...]:
    """Return the files of a list in a file; see :func:`parse_file_list`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path} cannot be read: {error}") from error
    return parse_file_list(text, address, where=str(path))


def matching(paths: Iterable[str], patterns: Iterable[str]) -> tuple[str, ...]:
    """Return the paths that any pattern matches, sorted; ``*`` also matches ``/``.

    Examples
    --------
    >>> matching(["a/b.png", "a/b.txt", "c.png"], ["*.png"])
    ('a/b.png', 'c.png')
    """
    wanted = tuple(patterns)
    return tuple(sorted(path for path in paths if any(fnmatchcase(path, pattern) for pattern in wanted)))
