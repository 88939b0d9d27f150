"""Blocks: the instances of any number of images, written as they come and read a block of images at a time."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import DefectkitError, PairingError, StorageError
from defectkit.files.decoding import parse_json
from defectkit.records import Instances
from defectkit.records.label_set import combined_digest
from defectkit.storage import columns
from defectkit.storage.damage import MAX_ROWS, damage
from defectkit.storage.tables import TableReader, TableWriter

if TYPE_CHECKING:
    import zarr

BLOCK_RUNS = 2**19
"""Images are encoded, and read, together until they have this many runs, or :data:`BLOCK_IMAGES` are reached."""

BLOCK_IMAGES = 1024

SHARDED_ABOVE_IMAGES = 10_000
"""Above this number of images every table is one array of shards: few files, however many images."""


@attrs.frozen(kw_only=True, eq=False)
class Entry:
    """The instances of one image, as they are stored.

    Parameters
    ----------
    image : str
    instances : Instances
    capped : bool
        See :class:`defectkit.records.Prediction`.
    notes : tuple of str
    """

    image: str
    instances: Instances
    capped: bool = False
    notes: tuple[str, ...] = ()


class BlockWriter:
    """Write entries into the tables of a group that is being built.

    Parameters
    ----------
    folder : pathlib.Path
        The folder of the group.
    """

    def __init__(self, folder: Path) -> None:
        self._tables = {
            name: TableWriter(folder, name, names, default=default)
            for name, names, default in (
                ("names", ("utf8",), 0),
                ("notes", ("utf8",), 0),
                ("images", columns.IMAGES, 0),
                ("defects", columns.DEFECTS, 0),
                ("ids", columns.IDS, 0),
                ("scores", columns.SCORES, np.nan),
                ("boxes", columns.BOXES, np.nan),
                ("runs", columns.RUNS, 0),
                ("vertices", columns.VERTICES, np.inf),
            )
        }
        self._type_tables: dict[tuple[str, ...], int] = {}
        self._digests: dict[str, str] = {}
        self._block: list[Entry] = []
        self._block_runs = 0

    def add(self, entry: Entry) -> None:
        """Add the instances of one image.

        Raises
        ------
        PairingError
            If the image is in already.
        """
        if entry.image in self._digests:
            raise PairingError(f"image {entry.image!r} is given twice; each image of a set has one list of defects")
        self._digests[entry.image] = entry.instances.digest()
        self._block.append(entry)
        self._block_runs += entry.instances.runs.row.size
        if self._block_runs >= BLOCK_RUNS or len(self._block) >= BLOCK_IMAGES:
            self._flush()

    def close(self) -> dict[str, Any]:
        """Write what is left, and return what the group has to say of itself."""
        self._flush()
        for table in self._tables.values():
            table.close(sharded=len(self._digests) > SHARDED_ABOVE_IMAGES)
        return {
            "digest": combined_digest(self._digests),
            "n_images": len(self._digests),
            "n_defects": self._tables["defects"].rows,
            "type_tables": [list(t) for t in self._type_tables],
            "tables": [name for name, table in self._tables.items() if table.exists],
        }

    def _flush(self) -> None:
        block, self._block, self._block_runs = self._block, [], 0
        if not block:
            return
        names = [e.image.encode() for e in block]
        notes = [json.dumps(e.notes).encode() if e.notes else b"" for e in block]
        encoded = columns.encode([e.instances for e in block])
        rows = [
            (
                *e.instances.shape,
                self._type_tables.setdefault(e.instances.types, len(self._type_tables)),
                e.capped,
                len(name),
                len(note),
                len(e.instances),
                e.instances.runs.row.size,
                len(e.instances.polygons.vertices),
            )
            for e, name, note in zip(block, names, notes, strict=True)
        ]
        self._tables["names"].append(_as_bytes(names))
        self._tables["notes"].append(_as_bytes(notes))
        self._tables["images"].append(np.array(rows, dtype=np.int64).T)
        for name, value in attrs.asdict(encoded, recurse=False).items():
            self._tables[name].append(value)


class BlockReader:
    """Read the entries of a sealed group.

    Parameters
    ----------
    group : zarr.Group
    facts : mapping
        What :meth:`BlockWriter.close` returned.
    where : str
        The address of the group, for messages.
    """

    def __init__(self, group: zarr.Group, facts: Mapping[str, Any], where: str) -> None:
        self._where = where
        self._tables: dict[str, TableReader] = {}
        with damage(where):
            self._types = [tuple(map(_text, t)) for t in facts["type_tables"]]
            self._n_images = int(facts["n_images"])
            for name in facts["tables"]:
                array = group.get(name)
                if array is None:
                    raise StorageError(f"{where}: the table {name!r} is missing; the store is damaged")
                self._tables[name] = TableReader(array, f"{where}/{name}")  # type: ignore[arg-type]  # it checks that
        if self._n_images < 0 or (self._n_images and "images" not in self._tables):
            raise StorageError(f"{where} is damaged: it says that it has {self._n_images} images, and none are there")

    def entries(self) -> Iterator[Entry]:
        """Give all entries in the order they were written, reading a block of images at a time."""
        for start, stop in self._bounds():
            yield from self.read(start, stop)

    def find(self, images: Iterable[str]) -> Iterator[Entry]:
        """Give the entries of some images, in the order they were written, reading a block at a time.

        Raises
        ------
        PairingError
            If there is no such image.
        """
        wanted = np.unique(np.array([self._position(image) for image in images], dtype=np.int64))
        for start, stop in self._bounds():
            here = wanted[(start <= wanted) & (wanted < stop)]
            if here.size:
                first = int(here[0])
                entries = self.read(first, int(here[-1]) + 1)
                yield from (entries[k - first] for k in here.tolist())

    def read(self, start: int, stop: int) -> list[Entry]:
        """Return the entries ``start`` to ``stop``.

        Raises
        ------
        StorageError
            If the tables cannot be read or contradict each other.
        """
        with damage(self._where):
            return self._entries(start, stop)

    def _entries(self, start: int, stop: int) -> list[Entry]:
        height, width, tables, capped, _, _, counts, _, _ = self._images[:, start:stop].tolist()
        try:
            instances = columns.decode(
                self._columns(start, stop),
                shapes=list(zip(height, width, strict=True)),
                types=[self._types[t] for t in tables],
                counts=counts,
            )
        except (DefectkitError, IndexError, ValueError) as error:
            if isinstance(error, StorageError):
                raise
            raise StorageError(f"{self._where} is damaged: its tables contradict each other ({error})") from error
        names = self._texts("names", start, stop)
        notes = [parse_json(note, where="a note") if note else () for note in self._texts("notes", start, stop)]
        return [
            Entry(image=name, instances=i, capped=bool(c), notes=tuple(note))
            for name, i, c, note in zip(names, instances, capped, notes, strict=True)
        ]

    def names(self) -> list[str]:
        """Return the names of all images, in the order they were written."""
        return self._texts("names", 0, self._n_images)

    def _bounds(self) -> Iterator[tuple[int, int]]:
        runs = self._offsets["runs"]
        start = 0
        while start < self._n_images:
            full = int(np.searchsorted(runs, runs[start] + BLOCK_RUNS, side="right")) - 1
            stop = min(max(full, start + 1), start + BLOCK_IMAGES, self._n_images)
            yield start, stop
            start = stop

    def _position(self, image: str) -> int:
        if image not in self._positions:
            known = ", ".join(list(self._positions)[:3])
            raise PairingError(
                f"{self._where} has no image {image!r}; it has {self._n_images}, for instance {known or 'none'}"
            )
        return self._positions[image]

    def _columns(self, start: int, stop: int) -> columns.Columns:
        defects, runs, vertices = (
            (int(self._offsets[name][start]), int(self._offsets[name][stop]))
            for name in ("defects", "runs", "vertices")
        )
        return columns.Columns(
            defects=self._rows("defects", *defects, columns.DEFECTS, 0),
            ids=self._rows("ids", *defects, columns.IDS, 0),
            scores=self._rows("scores", *defects, columns.SCORES, np.nan),
            boxes=self._rows("boxes", *defects, columns.BOXES, np.nan),
            runs=self._rows("runs", *runs, columns.RUNS, 0),
            vertices=self._rows("vertices", *vertices, columns.VERTICES, 0.0),
        )

    def _rows(self, table: str, start: int, stop: int, names: tuple[str, ...], default: float) -> NDArray[Any]:
        if not 0 <= start <= stop:
            raise StorageError(f"{self._where} is damaged: it counts rows below 0 in {table!r}")
        if table in self._tables:
            return self._tables[table].read(start, stop)
        if stop - start > MAX_ROWS:
            raise StorageError(f"{self._where} is damaged: {stop - start} rows of {table!r} are none but defaults")
        return np.full((len(names), stop - start), default)

    def _texts(self, table: str, start: int, stop: int) -> list[str]:
        offsets = self._offsets["name_bytes" if table == "names" else "note_bytes"][start : stop + 1]
        text = self._rows(table, int(offsets[0]), int(offsets[-1]), ("utf8",), 0).astype(np.uint8).tobytes()
        bounds = (offsets - offsets[0]).tolist()
        return [text[a:b].decode() for a, b in itertools.pairwise(bounds)]

    @cached_property
    def _images(self) -> NDArray[Any]:
        images = self._rows("images", 0, self._n_images, columns.IMAGES, 0)
        if images.dtype.kind not in "iu" or len(images) != len(columns.IMAGES) or images.min(initial=0) < 0:
            raise StorageError(f"{self._where} is damaged: its table of images does not count them")
        return images

    @cached_property
    def _offsets(self) -> dict[str, NDArray[np.int64]]:
        """Where each image begins in the other tables, and where the last one ends."""
        return {
            name: np.concatenate([np.zeros(1, np.int64), np.cumsum(self._images[k], dtype=np.int64)])
            for k, name in enumerate(columns.IMAGES)
            if k >= columns.IMAGES.index("name_bytes")
        }

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {name: position for position, name in enumerate(self.names())}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise StorageError(f"the type {value!r} is no text; the store is damaged")
    return value


def _as_bytes(texts: Iterable[bytes]) -> NDArray[np.uint8]:
    return np.frombuffer(b"".join(texts), dtype=np.uint8)[None]
