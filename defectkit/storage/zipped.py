"""ZipBackend: a store in one zip file; a group is added to a copy of it, which then takes its place."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from defectkit.errors import SealedError, StorageError
from defectkit.files import locked, replaced_file, writing
from defectkit.storage.backend import SEAL, Backend, Interrupted, unescape

if TYPE_CHECKING:
    import zarr.abc.store


@attrs.frozen
class ZipBackend(Backend):
    """A store in the zip file ``path``.

    Notes
    -----
    Adding to a zip file in place overwrites its table of contents, so a crash would lose all of it. Here every addition
    is made to a copy that replaces the file in one step: a reader has the old file or the new one.
    """

    path: Path

    @property
    def address(self) -> str:  # type: ignore[override]  # a property fulfils the attribute
        """The file."""
        return str(self.path)

    @property
    def base(self) -> Path:
        """The folder that the store lies in."""
        return self.path.resolve().parent

    def zarr_store(self) -> zarr.abc.store.Store:
        """Return a Zarr store over the file as it is now."""
        from zarr.storage import ZipStore

        return ZipStore(self.path, mode="r", read_only=True)

    @contextmanager
    def stage(self, prefix: str) -> Iterator[Path]:
        """Give a temporary folder; nothing of it is left in the zip file, whatever happens."""
        with writing(self.path), tempfile.TemporaryDirectory(prefix="defectkit-") as folder:
            yield Path(folder)

    def publish(self, staged: Path, prefix: str) -> None:
        """Add the files of ``staged`` to a copy of the zip file, and put it in the place of the old one."""
        with replaced_file(self.path) as temporary:
            shutil.copyfile(self.path, temporary)
            try:
                with zipfile.ZipFile(temporary, "a", compression=zipfile.ZIP_STORED) as archive:
                    if f"{prefix}/{SEAL}" in archive.namelist():
                        raise SealedError(
                            f"{unescape(prefix)!r} is in {self.path} already and sealed; write a new version"
                        )
                    for file in sorted(p for p in staged.rglob("*") if p.is_file()):
                        archive.write(file, f"{prefix}/{file.relative_to(staged).as_posix()}")
            except zipfile.BadZipFile as error:
                raise StorageError(f"{self.path} is no zip file, or a damaged one: {error}") from error

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold a lock file beside the zip file."""
        with locked(self.path.with_name(f".{self.path.name}.publish.lock")):
            yield

    def names(self, prefix: str) -> tuple[str, ...]:
        """List the groups below ``prefix`` in the table of contents."""
        start = f"{prefix}/"
        with zipfile.ZipFile(self.path) as archive:
            below = [name.removeprefix(start).split("/") for name in archive.namelist() if name.startswith(start)]
        return tuple(sorted(parts[0] for parts in below if parts[1:] == [SEAL]))

    def interrupted(self) -> tuple[Interrupted, ...]:
        """Return nothing: a zip file is replaced as a whole."""
        return ()

    def sweep(self) -> tuple[Interrupted, ...]:
        """Return nothing: there is never anything to remove."""
        return ()
