"""Backend: the few things that differ between a folder, a zip file and any other Zarr store."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import attrs

if TYPE_CHECKING:
    import zarr.abc.store

SEAL = "zarr.json"
"""The metadata of a group is written after all else in it: a group that has it is whole."""


@attrs.frozen(kw_only=True)
class Interrupted:
    """Something that was begun in a store and never sealed; no reader sees it.

    Parameters
    ----------
    name : str
        What it was to become, for instance ``labels/new@2``.
    address : str
        Where its remains lie.
    """

    name: str
    address: str

    def __str__(self) -> str:
        return f"{self.name} was begun and never sealed; it is ignored. Its remains lie in {self.address}"


class Backend(ABC):
    """Where a store lies.

    A group is written by building it in a folder from :meth:`stage` and handing that to :meth:`publish`, after which it
    is there, whole; until then no reader sees any of it.

    Attributes
    ----------
    address : str
        What messages call the store.
    """

    address: str

    @property
    def base(self) -> Path | None:
        """The folder that the store lies in, None where it is in no folder."""
        return None

    @abstractmethod
    def zarr_store(self) -> zarr.abc.store.Store:
        """Return the Zarr store to read from, as it is now."""

    @abstractmethod
    def stage(self, prefix: str) -> AbstractContextManager[Path]:
        """Give an empty folder to build the group ``prefix`` in."""

    @abstractmethod
    def publish(self, staged: Path, prefix: str) -> None:
        """Put the group that was built in ``staged`` at ``prefix``; call it within :meth:`exclusive`.

        Raises
        ------
        SealedError
            If there is something at ``prefix`` already.
        StorageError
            If the store cannot be written.
        """

    @abstractmethod
    def exclusive(self) -> AbstractContextManager[None]:
        """Keep other writers from publishing while the block runs, where the store can."""

    @abstractmethod
    def names(self, prefix: str) -> tuple[str, ...]:
        """Return the names directly below ``prefix`` that are sealed, sorted; none where there is no such prefix."""

    @abstractmethod
    def interrupted(self) -> tuple[Interrupted, ...]:
        """Return what was begun and never sealed by writers that are no longer alive."""

    @abstractmethod
    def sweep(self) -> tuple[Interrupted, ...]:
        """Remove what :meth:`interrupted` lists, and return what was removed."""


def escape(name: str) -> str:
    r"""Return ``name`` as the name of a node in a store: no separators, no characters that some file system refuses.

    Examples
    --------
    >>> escape("new@1"), escape("a\\b: c@1")
    ('new@1', 'a%5Cb%3A c@1')
    """
    quoted = quote(name, safe="@ ,()+=")
    return re.sub(r"^[_.]|[ .]$", lambda match: f"%{ord(match[0]):02X}", quoted)


def unescape(node: str) -> str:
    """Return the name that :func:`escape` made ``node`` of."""
    return unquote(node)
