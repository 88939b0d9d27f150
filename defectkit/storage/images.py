"""Images in a store: what is known of each, with its pixels or with the file that holds them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from defectkit.errors import PairingError, StorageError
from defectkit.files.decoding import parse_json
from defectkit.records import ArrayPixels, Calibration, Exclusion, Image, PixelSource, Specimen, record_converter
from defectkit.storage import schema
from defectkit.storage.backend import SEAL, Backend
from defectkit.storage.damage import damage
from defectkit.storage.pixels import PlaneWriter, ReferencedPixels, StoredPixels
from defectkit.storage.tables import TableReader, TableWriter

if TYPE_CHECKING:
    import zarr

_WAITING_BYTES = 2**28


@attrs.frozen(kw_only=True)
class ImageFacts:
    """What is stored of an image besides its pixels.

    Parameters
    ----------
    name : str
    shape : tuple of int
    dtype : str
    digest : str
        Of the pixels, see :meth:`defectkit.records.Image.digest`.
    array : str, optional
        The array that holds its pixels, for an image that is stored.
    plane : int, optional
        The plane within that array.
    path, relative_path : str, optional
        The file it was read from, also as seen from the store.
    frame : int, optional
        Which image of that file, where it holds several.
    calibration : Calibration, optional
    specimen : Specimen
    notes, cautions : tuple of str
    excluded : tuple of Exclusion
    """

    name: str
    shape: tuple[int, int]
    dtype: str
    digest: str
    array: str | None = None
    plane: int | None = None
    path: str | None = None
    relative_path: str | None = None
    frame: int | None = None
    calibration: Calibration | None = None
    specimen: Specimen = attrs.field(factory=Specimen)
    notes: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    excluded: tuple[Exclusion, ...] = ()


class ImageWriter:
    """Write images into a group that is being built.

    Parameters
    ----------
    folder : pathlib.Path
        The folder of the group.
    base : pathlib.Path, optional
        The folder that the store lies in, for relative paths.
    """

    def __init__(self, folder: Path, base: Path | None) -> None:
        self._folder = folder
        self._base = base
        self._names: set[str] = set()
        self._facts = TableWriter(folder, "facts", ("utf8",))
        self._planes: dict[tuple[tuple[int, int], str], tuple[str, PlaneWriter]] = {}

    @property
    def names(self) -> frozenset[str]:
        """The names of the images so far."""
        return frozenset(self._names)

    def add(self, image: Image) -> None:
        """Store an image with its pixels."""
        pixels = image.pixels
        facts = self._describe(attrs.evolve(image, source=ArrayPixels(array=pixels)))
        key = (facts.shape, facts.dtype)
        if key not in self._planes:
            name = f"pixels_{len(self._planes)}"
            self._planes[key] = name, PlaneWriter(self._folder, name)
        array, writer = self._planes[key]
        self._append(attrs.evolve(facts, array=array, plane=writer.append(pixels)))
        writers = [w for _, w in self._planes.values()]
        if sum(w.waiting_bytes for w in writers) > _WAITING_BYTES:
            max(writers, key=lambda w: w.waiting_bytes).flush()

    def refer_to(self, image: Image) -> None:
        """Store what is known of an image, and where its file lies.

        Raises
        ------
        StorageError
            If the image was not read from a file.
        """
        if image.path is None:
            raise StorageError(
                f"image {image.name!r} was not read from a file, so there is nothing to refer to; add it"
            )
        self._append(self._describe(image))

    def close(self) -> dict[str, Any]:
        """Write what is left, and return what the group has to say of itself."""
        for _, writer in self._planes.values():
            writer.flush()
        self._facts.close(sharded=False)
        return {"n_images": len(self._names)}

    def _describe(self, image: Image) -> ImageFacts:
        if image.name in self._names:
            raise PairingError(f"image {image.name!r} is given twice; names of images are unique in a store")
        path = None if image.path is None else image.path.resolve()
        return ImageFacts(
            name=image.name,
            shape=image.shape,
            dtype=image.dtype.str,
            digest=image.digest(),
            path=None if path is None else str(path),
            relative_path=None if path is None or self._base is None else _relative(path, self._base),
            frame=image.frame,
            calibration=image.calibration,
            specimen=image.specimen,
            notes=image.notes,
            cautions=image.cautions,
            excluded=image.excluded,
        )

    def _append(self, facts: ImageFacts) -> None:
        self._names.add(facts.name)
        line = json.dumps(record_converter().unstructure(facts, ImageFacts)).encode() + b"\n"
        self._facts.append(np.frombuffer(line, dtype=np.uint8)[None])


class ImageReader:
    """Read the images of a sealed group.

    Parameters
    ----------
    group : zarr.Group
    base : pathlib.Path, optional
        The folder that the store lies in, for relative paths.
    where : str
        The address of the group, for messages.
    """

    def __init__(self, group: zarr.Group, base: Path | None, where: str) -> None:
        self._group = group
        self._base = base
        self._where = where
        self._arrays: dict[str, zarr.Array[Any]] = {}

    @cached_property
    def facts(self) -> dict[str, ImageFacts]:
        """What is stored of each image, by name.

        Raises
        ------
        StorageError
            If it is damaged.
        """
        table = TableReader(self._array("facts"), f"{self._where}/facts")
        lines = table.read(0, table.rows).tobytes().splitlines()
        with damage(f"{self._where}/facts"):
            tables = (parse_json(line.decode(), where="a line of it") for line in lines)
            found = [record_converter().structure(table, ImageFacts) for table in tables]
        return {facts.name: facts for facts in found}

    def image(self, name: str) -> Image:
        """Return an image, its pixels to be read on demand."""
        with damage(f"{self._where}, image {name!r}"):
            return self._image(self.facts[name])

    def _image(self, facts: ImageFacts) -> Image:
        relative = None if facts.relative_path is None or self._base is None else self._base / facts.relative_path
        absolute = None if facts.path is None else Path(facts.path)
        paths = tuple(dict.fromkeys(p for p in (relative, absolute) if p is not None))
        return Image(
            name=facts.name,
            source=self._source(facts, paths),
            calibration=facts.calibration,
            specimen=facts.specimen,
            path=next((p for p in paths if p.is_file()), None),
            frame=facts.frame,
            notes=facts.notes,
            cautions=facts.cautions,
            excluded=facts.excluded,
        )

    def _source(self, facts: ImageFacts, paths: tuple[Path, ...]) -> PixelSource:
        if facts.array is None or facts.plane is None:
            return ReferencedPixels(
                name=facts.name,
                paths=paths,
                frame=facts.frame,
                digest=facts.digest,
                shape=facts.shape,
                dtype=np.dtype(facts.dtype),
            )
        where = f"{self._where}, image {facts.name!r}"
        array = self._array(facts.array)
        if array.ndim != 3 or array.dtype.kind not in "biuf" or not 0 <= facts.plane < array.shape[0]:
            raise StorageError(f"{where}: its pixels are not among those that are stored; the store is damaged")
        return StoredPixels(array=array, plane=facts.plane, where=where)

    def _array(self, name: str) -> zarr.Array[Any]:
        import zarr

        if name not in self._arrays:
            with damage(f"{self._where}/{name}"):
                found = self._group.get(name)
            if not isinstance(found, zarr.Array):
                raise StorageError(f"{self._where}: the array {name!r} is missing; the store is damaged")
            self._arrays[name] = found
        return self._arrays[name]


@attrs.frozen(kw_only=True)
class StoredImages:
    """The images of a store: groups of images, each added at once.

    Parameters
    ----------
    backend : Backend
    """

    backend: Backend

    def shapes(self) -> dict[str, tuple[int, int]]:
        """Return the shape of every image, by name."""
        return {name: facts.shape for reader in self._readers() for name, facts in reader.facts.items()}

    def read(self, names: Iterable[str] | None) -> Iterator[Image]:
        """Give the images named, or all in the order of their names."""
        home = {name: reader for reader in self._readers() for name in reader.facts}
        for name in sorted(home) if names is None else names:
            if name not in home:
                known = ", ".join(sorted(home)[:3]) or "none"
                raise PairingError(
                    f"{self.backend.address} has no image {name!r}; it has {len(home)}, for instance {known}"
                )
            yield home[name].image(name)

    def write(self, images: Iterable[Image], put: Callable[[ImageWriter, Image], None]) -> tuple[str, ...]:
        """Write a group of images, each handed to ``put``, and return their names; of no image there is no group."""
        with self.backend.stage("images/new") as folder:
            writer = ImageWriter(folder, self.backend.base)
            for image in images:
                put(writer, image)
            if not writer.names:
                return ()
            attributes = schema.description("images", **writer.close())
            (folder / SEAL).write_text(schema.group_metadata(attributes), encoding="utf-8")
            with self.backend.exclusive():
                both = sorted(writer.names & set(self.shapes()))
                if both:
                    raise PairingError(
                        f"{self.backend.address} has the images {', '.join(both[:5])} already; images are stored once"
                    )
                self.backend.publish(folder, f"images/{len(self.backend.names('images')):06d}")
        return tuple(sorted(writer.names))

    def _readers(self) -> list[ImageReader]:
        import zarr

        readers = []
        with damage(self.backend.address):
            store = self.backend.zarr_store()
            nodes = self.backend.names("images")
        for node in nodes:
            where = f"{self.backend.address}, images/{node}"
            with damage(where):
                group = zarr.open_group(store, path=f"images/{node}", mode="r", zarr_format=3)
                schema.check(group.attrs.asdict(), "images", where=where)
            readers.append(ImageReader(group, self.backend.base, where))
        return readers


def _relative(path: Path, base: Path) -> str | None:
    try:
        return Path(os.path.relpath(path, base)).as_posix()
    except ValueError:  # on another drive
        return None
