"""Sources: where the files of a data set lie, or what makes it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Literal
from urllib.parse import urlsplit

import attrs

from defectkit.errors import CatalogueError
from defectkit.records.names import as_names
from defectkit.short_repr import short_repr

Option = str | int | float | bool


def _address(instance: object, attribute: attrs.Attribute[str], value: str) -> None:
    if urlsplit(value).scheme not in ("http", "https"):
        raise CatalogueError(f"{attribute.name} {value!r} is no http or https address")


def _folder_name(instance: object, attribute: attrs.Attribute[str], value: str) -> None:
    if not value or value.startswith(".") or "/" in value or "\\" in value:
        raise CatalogueError(f"{attribute.name} {value!r} is no name of a folder, for instance 'owner+repository'")


def check_relative(path: str) -> None:
    """Raise unless ``path`` stays within the folder that it is relative to.

    Raises
    ------
    CatalogueError
        If it is absolute, climbs up, or is written with backslashes or a drive.
    """
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\\" in path or ":" in parts[0] or "\0" in path:
        raise CatalogueError(f"the path {path!r} does not stay within its folder")


def _relative(instance: object, attribute: attrs.Attribute[str], value: str) -> None:
    check_relative(value)


@attrs.frozen(kw_only=True)
class FileSource:
    """Plain files at an address.

    Parameters
    ----------
    address : str
        What the quoted path of a file is appended to; ends in ``/``.
    mirror : str
        The folder of these files in a mirror, and in the cache.
    files : str
        The file beside the entry that lists sha256, bytes and path of each.
    archives : tuple of str
        Patterns of files that are unpacked; a member's path is ``<stem of the archive>/<its path>``.
    """

    kind: Literal["files"] = "files"
    address: str = attrs.field(validator=_address)
    mirror: str = attrs.field(validator=_folder_name)
    files: str = attrs.field(validator=_relative)
    archives: tuple[str, ...] = attrs.field(default=(), converter=as_names)

    __repr__ = short_repr

    def __attrs_post_init__(self) -> None:
        if not self.address.endswith("/"):
            raise CatalogueError(f"address {self.address!r} does not end in '/'")


@attrs.frozen(kw_only=True)
class FigshareSource:
    """The files of a Figshare article, found through its interface at the first fetch and pinned then.

    Parameters
    ----------
    article : int
    address : str
        Of the article in the interface, version 2.
    mirror : str
        As of :class:`FileSource`.
    archives : tuple of str
        As of :class:`FileSource`.
    """

    kind: Literal["figshare"] = "figshare"
    article: int
    address: str = attrs.field(validator=_address)
    mirror: str = attrs.field(validator=_folder_name)
    archives: tuple[str, ...] = attrs.field(default=(), converter=as_names)

    __repr__ = short_repr


@attrs.frozen(kw_only=True)
class RegisteredSource:
    """Images and labels that a registered :class:`~defectkit.datasets.interface.DatasetSource` gives.

    Parameters
    ----------
    registered : str
        Its name.
    options : mapping of str to str, int, float or bool
        Keyword arguments of its constructor.
    """

    kind: Literal["registered"] = "registered"
    registered: str
    options: Mapping[str, Option] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class StoreSource:
    """A store on this machine, as ``defectkit datasets add`` makes one; its label sets are those of the store.

    Parameters
    ----------
    store : str
        The folder of the store, relative to that of the entry.
    """

    kind: Literal["store"] = "store"
    store: str = attrs.field(validator=_relative)


Source = FileSource | FigshareSource | RegisteredSource | StoreSource

KINDS: dict[str, type[FileSource] | type[FigshareSource] | type[RegisteredSource] | type[StoreSource]] = {
    "files": FileSource,
    "figshare": FigshareSource,
    "registered": RegisteredSource,
    "store": StoreSource,
}
