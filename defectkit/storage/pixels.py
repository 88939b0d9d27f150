"""Pixels: the planes of images of one shape and dtype in one array, and pixel sources that read them on demand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import StorageError
from defectkit.records import ArrayPixels, Image
from defectkit.storage.damage import check_array, damage

if TYPE_CHECKING:
    import zarr

SHARD_BYTES = 2**26
"""Pixels of about this many bytes, before compression, lie in one file and wait in memory to be written."""

SHARD_PLANES = 256
"""At most this many planes lie in one file, since each file begins with a list of all that it may hold."""


class PlaneWriter:
    """Append planes of one shape and dtype to an array of shape (planes, height, width).

    Parameters
    ----------
    folder : pathlib.Path
        The folder of the group.
    name : str
        The name of the array.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.planes = 0
        self._folder = folder
        self._name = name
        self._waiting: list[NDArray[Any]] = []
        self._array: zarr.Array[Any] | None = None

    @property
    def waiting_bytes(self) -> int:
        """How much memory the planes take that are not written yet."""
        return sum(plane.nbytes for plane in self._waiting)

    def append(self, plane: NDArray[Any]) -> int:
        """Add a plane and return its index."""
        self._waiting.append(np.ascontiguousarray(plane))
        self.planes += 1
        if len(self._waiting) >= _planes_of_shard(plane):
            self.flush()
        return self.planes - 1

    def flush(self) -> None:
        """Write what waits."""
        if not self._waiting:
            return
        planes = np.stack(self._waiting)
        self._waiting = []
        if self._array is None:
            self._array = self._create(planes)
        self._array.resize((self.planes, *planes.shape[1:]))
        self._array[self.planes - len(planes) :] = planes

    def _create(self, planes: NDArray[Any]) -> zarr.Array[Any]:
        import zarr
        from zarr.codecs import BloscCodec

        return zarr.create_array(
            zarr.storage.LocalStore(self._folder),
            name=self._name,
            shape=planes.shape,
            dtype=planes.dtype,
            chunks=(1, *planes.shape[1:]),
            shards=(_planes_of_shard(planes[0]), *planes.shape[1:]),
            compressors=[BloscCodec(cname="zstd", clevel=5, shuffle="shuffle")],
        )


@attrs.frozen(kw_only=True, eq=False)
class StoredPixels:
    """Pixels that lie in a store."""

    array: zarr.Array[Any]
    plane: int
    where: str

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return int(self.array.shape[1]), int(self.array.shape[2])

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the pixels."""
        return np.dtype(self.array.dtype)

    def read(self) -> NDArray[Any]:
        """Read the pixels.

        Raises
        ------
        StorageError
            If they are damaged.
        """
        with damage(self.where):
            check_array(self.array, (1, *self.array.shape[1:]), self.where)
            return np.asarray(self.array[self.plane])


@attrs.frozen(kw_only=True, eq=False)
class ReferencedPixels:
    """Pixels that lie in a file that a store only points to."""

    name: str
    paths: tuple[Path, ...]
    frame: int | None = None
    digest: str
    shape: tuple[int, int]
    dtype: np.dtype[Any]

    def read(self) -> NDArray[Any]:
        """Read the pixels from the first of ``paths`` that is there.

        Raises
        ------
        StorageError
            If none is, or its pixels are not those that the store was told of.
        """
        from defectkit.formats.lookup import image_format

        path = next((p for p in self.paths if p.is_file()), None)
        if path is None:
            looked = " and ".join(map(str, self.paths))
            raise StorageError(f"image {self.name!r} is not stored but referred to, and is not at {looked}")
        format_ = image_format(path)
        if self.frame is not None:
            frames = format_.frames(path)
            if self.frame >= len(frames):
                raise StorageError(f"image {self.name!r}: {path} no longer holds the frame {self.frame}")
            format_ = frames[self.frame]
        pixels = format_.read(path).pixels
        if Image(name=self.name, source=ArrayPixels(array=pixels)).digest() != self.digest:
            raise StorageError(f"image {self.name!r}: the pixels of {path} have changed since the store was written")
        return pixels


def _planes_of_shard(plane: NDArray[Any]) -> int:
    return min(max(1, SHARD_BYTES // max(1, plane.nbytes)), SHARD_PLANES)
