"""Figshare: the files of an article, asked for once and pinned in a lock file from then on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs

from defectkit.datasets.file_list import RemoteFile
from defectkit.datasets.places import Mirror
from defectkit.datasets.sources import FigshareSource
from defectkit.datasets.toml import structure
from defectkit.datasets.transfer import Network, hash_of
from defectkit.errors import CatalogueError, DecodingError, FetchError
from defectkit.files import locked, write_text
from defectkit.files.decoding import parse_json, read_json
from defectkit.records import record_converter

LOCK = ".figshare-lock.json"
"""The lock file, in the folder of the source in the cache."""

ANSWER = "article.json"
"""The name under which a mirror may hold the answer of the interface."""


@attrs.frozen(kw_only=True)
class FigshareLock:
    """What an article was when it was first fetched.

    Parameters
    ----------
    article : int
    version : int
    files : tuple of RemoteFile
        With the md5 that Figshare gives, and with the sha256 of what came once a file has been fetched.
    """

    article: int
    version: int
    files: tuple[RemoteFile, ...]


def figshare_files(
    source: FigshareSource, home: Path, *, mirror: Mirror | None = None, network: Network | None = None
) -> tuple[RemoteFile, ...]:
    """Return the files of an article, from the lock file or, the first time, from the interface.

    Parameters
    ----------
    source : FigshareSource
    home : pathlib.Path
        The folder of the source in the cache, where the lock file lies.
    mirror : Mirror, optional
        May hold the answer of the interface as ``article.json``.
    network : Network, optional

    Raises
    ------
    FetchError
        If the interface cannot be reached, answers in another form than is documented, or the lock file is damaged.
    """
    path = home / LOCK
    with locked(path.with_suffix(".lock")):
        if not path.exists():
            write_lock(path, parse_article(_answer(source, mirror, network or Network()), source.article))
    return read_lock(path, source.article).files


def pin(home: Path, fetched: Mapping[str, Path]) -> None:
    """Write the sha256 of files that were fetched into the lock file, in place of their md5."""
    path = home / LOCK
    with locked(path.with_suffix(".lock")):
        lock = read_lock(path, None)
        files = tuple(
            attrs.evolve(file, hash=hash_of(fetched[file.path], "sha256:"))
            if file.path in fetched and not file.hash.startswith("sha256:")
            else file
            for file in lock.files
        )
        if files != lock.files:
            write_lock(path, attrs.evolve(lock, files=files))


def parse_article(answer: Any, article: int) -> FigshareLock:
    """Return what the interface says of an article.

    Parameters
    ----------
    answer : mapping
        The JSON of ``/v2/articles/{article}``: ``id``, ``version`` and ``files``, a list of ``name``, ``size``,
        ``download_url``, ``computed_md5`` and ``supplied_md5``.
    article : int

    Raises
    ------
    FetchError
        If it is of another form or another article, a file has no address or no md5, or its two md5 differ.
    """
    what = f"Figshare article {article}"
    try:
        found = structure(_known(answer, _Article), _Article, where=what)
    except CatalogueError as error:
        raise FetchError(f"the answer is not of the documented form: {error}") from error
    if found.id != article:
        raise FetchError(f"Figshare answers with article {found.id}, not {article}")
    try:
        files = tuple(map(_file, found.files))
    except CatalogueError as error:
        raise FetchError(f"{what}: {error}") from error
    paths = [file.path for file in files]
    doubled = sorted({p for p in paths if paths.count(p) > 1})
    if doubled:
        raise FetchError(f"{what}: two files are called {', '.join(doubled)}")
    return FigshareLock(article=article, version=found.version, files=files)


def read_lock(path: Path, article: int | None) -> FigshareLock:
    """Return what a lock file holds.

    Raises
    ------
    FetchError
        If it is damaged, or of another article.
    """
    try:
        lock = structure(read_json(path), FigshareLock, where="its text")
    except (DecodingError, CatalogueError) as error:
        raise FetchError(f"the lock file {path} is damaged: {error}. Remove it to ask Figshare again") from error
    if article is not None and lock.article != article:
        raise FetchError(f"the lock file {path} is of article {lock.article}, not {article}")
    return lock


def write_lock(path: Path, lock: FigshareLock) -> None:
    """Write a lock file, whole or not at all."""
    write_text(path, json.dumps(record_converter().unstructure(lock), indent=1) + "\n")


def _answer(source: FigshareSource, mirror: Mirror | None, network: Network) -> Any:
    place = None if mirror is None else mirror.locate(source.mirror, ANSWER)
    try:
        if isinstance(place, Path) and place.is_file():
            return read_json(place)
        if isinstance(place, str):
            with suppress(FetchError):
                return parse_json(network.text(place), where=place)
        return parse_json(network.text(source.address), where=source.address)
    except DecodingError as error:
        raise FetchError(str(error)) from error


@attrs.frozen(kw_only=True)
class _ArticleFile:
    name: str
    size: int
    download_url: str
    computed_md5: str | None = None
    supplied_md5: str | None = None
    is_link_only: bool = False


@attrs.frozen(kw_only=True)
class _Article:
    id: int
    version: int = 1
    files: tuple[_ArticleFile, ...]


def _known(answer: Any, kind: type) -> Any:
    """Return what an answer says of the fields that are looked at; the interface has many others."""
    if not isinstance(answer, Mapping):
        return answer
    known = {name: answer[name] for name in attrs.fields_dict(kind) if name in answer}
    if isinstance(files := known.get("files"), list):
        known["files"] = [_known(file, _ArticleFile) for file in files]
    return known


def _file(one: _ArticleFile) -> RemoteFile:
    if "/" in one.name or "\\" in one.name or one.name.startswith("."):
        raise FetchError(f"Figshare: {one.name!r} is no name of a file")
    if one.is_link_only:
        raise FetchError(f"Figshare: {one.name!r} is only a link to {one.download_url!r}, not a file of the article")
    given = {md5.lower() for md5 in (one.computed_md5, one.supplied_md5) if md5}
    if len(given) != 1:
        said = "none" if not given else " and ".join(sorted(given))
        raise FetchError(f"Figshare: {one.name!r} needs one md5 to be checked by; there is {said}")
    return RemoteFile(path=one.name, hash=f"md5:{given.pop()}", size=one.size, address=one.download_url)
