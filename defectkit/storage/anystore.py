"""ZarrBackend: any Zarr store that somebody made, such as memory or an object store; metadata is copied last."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import attrs
import zarr.abc.store
import zarr.buffer

from defectkit.errors import SealedError, StorageError
from defectkit.storage.backend import SEAL, Backend, Interrupted, unescape

T = TypeVar("T")


@attrs.frozen
class ZarrBackend(Backend):
    """A store in any Zarr store.

    Notes
    -----
    A group's keys are written one by one with its metadata last, so a reader never sees a part of it. Such a store
    cannot tell the remains of a dead writer from what a living one is writing: sweep only while nobody writes.
    """

    store: zarr.abc.store.Store

    @property
    def address(self) -> str:  # type: ignore[override]  # a property fulfils the attribute
        """What the store calls itself."""
        return str(self.store)

    def zarr_store(self) -> zarr.abc.store.Store:
        """Return the store itself."""
        return self.store

    @contextmanager
    def stage(self, prefix: str) -> Iterator[Path]:
        """Give a temporary folder."""
        if self.store.read_only:
            raise StorageError(f"{self.address} is open for reading only")
        with tempfile.TemporaryDirectory(prefix="defectkit-") as folder:
            yield Path(folder)

    def publish(self, staged: Path, prefix: str) -> None:
        """Copy the files of ``staged``, the metadata of the group last."""
        if self._exists(f"{prefix}/{SEAL}"):
            raise SealedError(f"{unescape(prefix)!r} is in {self.address} already and sealed; write a new version")
        if self._listed(prefix):
            if not self.store.supports_deletes:
                raise StorageError(f"{self.address} holds remains of {unescape(prefix)!r} and cannot remove them")
            _run(self.store.delete_dir(prefix))
        files = sorted(p for p in staged.rglob("*") if p.is_file() and p != staged / SEAL)
        for file in (*files, staged / SEAL):
            self.write({f"{prefix}/{file.relative_to(staged).as_posix()}": file.read_bytes()})

    def write(self, contents: Mapping[str, bytes]) -> None:
        """Write keys, in their order."""
        buffer = zarr.buffer.default_buffer_prototype().buffer
        for key, content in contents.items():
            _run(self.store.set(key, buffer.from_bytes(content)))

    def is_empty(self) -> bool:
        """Return whether there is no key."""
        return not self._listed("")

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold nothing: such a store has no lock. Have one process write at a time."""
        yield

    def names(self, prefix: str) -> tuple[str, ...]:
        """List what is below ``prefix`` and has its metadata."""
        return tuple(n for n in sorted(self._listed(prefix)) if self._exists(f"{prefix}/{n}/{SEAL}"))

    def interrupted(self) -> tuple[Interrupted, ...]:
        """List what is without metadata."""
        return tuple(
            Interrupted(name=unescape(f"{parent}/{node}"), address=f"{self.address}/{parent}/{node}")
            for parent, node in self._unsealed()
        )

    def sweep(self) -> tuple[Interrupted, ...]:
        """Remove it."""
        swept = self.interrupted()
        for parent, node in self._unsealed():
            _run(self.store.delete_dir(f"{parent}/{node}"))
        return swept

    def _unsealed(self) -> list[tuple[str, str]]:
        parents = [name for name in self._listed("") if name != SEAL]
        nodes = [(parent, node) for parent in sorted(parents) for node in sorted(self._listed(parent)) if node != SEAL]
        return [(parent, node) for parent, node in nodes if not self._exists(f"{parent}/{node}/{SEAL}")]

    def _exists(self, key: str) -> bool:
        return _run(self.store.exists(key))

    def _listed(self, prefix: str) -> list[str]:
        return _run(_collected(self.store.list_dir(prefix)))


async def _collected(names: AsyncIterator[str]) -> list[str]:
    return [name.rstrip("/") async for name in names]


def _run(work: Coroutine[Any, Any, T]) -> T:
    # Zarr's own loop: a remote store is bound to it, so a loop of ours would not do. It has no public name.
    from zarr.core.sync import sync

    return sync(work)
