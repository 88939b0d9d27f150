"""FolderBackend: a store in a folder, where a finished group is renamed into place."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from defectkit.errors import OutputError, SealedError, StorageError
from defectkit.files import cause, locked, staging, writing
from defectkit.files.work import flush
from defectkit.storage.backend import SEAL, Backend, Interrupted, unescape

if TYPE_CHECKING:
    import zarr.abc.store

_STAGING = ".staging"
_PUBLISHING = ".publish.lock"
_TAKEN = {errno.EEXIST, errno.ENOTEMPTY, errno.EACCES}


@attrs.frozen
class FolderBackend(Backend):
    """A store in the folder ``root``."""

    root: Path

    @property
    def address(self) -> str:  # type: ignore[override]  # a property fulfils the attribute
        """The folder."""
        return str(self.root)

    @property
    def base(self) -> Path:
        """The folder that the store lies in."""
        return self.root.resolve().parent

    def zarr_store(self) -> zarr.abc.store.Store:
        """Return a read-only Zarr store over the folder."""
        from zarr.storage import LocalStore

        return LocalStore(self.root, read_only=True)

    @contextmanager
    def stage(self, prefix: str) -> Iterator[Path]:
        """Give a folder within the store's own, so that renaming it is one step of the file system."""
        with writing(self.root), staging.staged(self.root / _STAGING, unescape(prefix)) as folder:
            yield folder

    def publish(self, staged: Path, prefix: str) -> None:
        """Rename ``staged`` to ``prefix``."""
        target = self.root / prefix
        with writing(self.root):
            flush(staged)
            target.parent.mkdir(parents=True, exist_ok=True)
        try:
            staged.rename(target)
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                raise StorageError(f"{unescape(prefix)!r} is too long for a name in {self.root}; shorten it") from error
            if error.errno not in _TAKEN or not target.exists():
                raise OutputError(f"cannot write {target}: {cause(error)}") from error
            if (target / SEAL).exists():
                raise SealedError(
                    f"{unescape(prefix)!r} is in {self.root} already and sealed; write a new version"
                ) from error
            raise StorageError(f"{target} holds remains of an interrupted copy; remove them with sweep()") from error

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the store's lock for publishing."""
        with locked(self.root / _PUBLISHING):
            yield

    def names(self, prefix: str) -> tuple[str, ...]:
        """List the folders that have their metadata."""
        folder = self.root / prefix
        if not folder.is_dir():
            return ()
        return tuple(sorted(p.name for p in folder.iterdir() if (p / SEAL).is_file()))

    def interrupted(self) -> tuple[Interrupted, ...]:
        """List dead writers' folders, and groups without metadata (a copy of the store that was cut short)."""
        return (*_interrupted(staging.left_in(self.root / _STAGING)), *self._unsealed())

    def sweep(self) -> tuple[Interrupted, ...]:
        """Remove them, and the lock file of a writer that is dead."""
        import shutil

        if (self.root / _PUBLISHING).exists():
            with self.exclusive():
                pass
        unsealed = self._unsealed()
        for remains in unsealed:
            shutil.rmtree(remains.address)
        return (*_interrupted(staging.sweep(self.root / _STAGING)), *unsealed)

    def _unsealed(self) -> tuple[Interrupted, ...]:
        parents = [p for p in self.root.iterdir() if p.is_dir() and p.name != _STAGING]
        nodes = sorted(node for parent in parents for node in parent.iterdir() if node.is_dir())
        return tuple(
            Interrupted(name=unescape(node.relative_to(self.root).as_posix()), address=str(node))
            for node in nodes
            if not (node / SEAL).is_file()
        )


def _interrupted(left: tuple[tuple[str, Path], ...]) -> tuple[Interrupted, ...]:
    return tuple(Interrupted(name=name, address=str(home)) for name, home in left)
