"""Columns: instances of many images as few flat tables, and back."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, TypeVar

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import RecordError
from defectkit.geometry.polygons import Polygons
from defectkit.geometry.runs import Runs
from defectkit.records import Instances

R = TypeVar("R")

IMAGES = ("height", "width", "type_table", "capped", "name_bytes", "note_bytes", "defects", "runs", "vertices")
DEFECTS = ("type", "top", "left", "runs", "vertices")
IDS = ("id_minus_position",)
SCORES = ("score",)
BOXES = ("top", "left", "bottom", "right")
RUNS = ("row_minus_top", "start_minus_left", "length")
VERTICES = ("row", "col")


@attrs.frozen(kw_only=True)
class Columns:
    """The tables of a block of images; each has the shape (columns, rows).

    Parameters
    ----------
    defects : numpy.ndarray, shape (5, N)
        Of each defect its type code, the top left corner of its mask's box, and how many runs and vertices it has.
    ids : numpy.ndarray, shape (1, N)
        Identifiers less the position within the image, since most are just that.
    scores : numpy.ndarray, shape (1, N)
    boxes : numpy.ndarray, shape (4, N)
        The boxes that a detector gave.
    runs : numpy.ndarray, shape (3, R)
        Row and start of each run from the corner of its defect's box, and its length: small numbers, mostly one byte.
    vertices : numpy.ndarray, shape (2, V)
    """

    defects: NDArray[Any]
    ids: NDArray[Any]
    scores: NDArray[Any]
    boxes: NDArray[Any]
    runs: NDArray[Any]
    vertices: NDArray[Any]


def encode(instances: Sequence[Instances]) -> Columns:
    """Return the tables of the images of a block."""
    runs = Runs.concatenate(i.runs for i in instances)
    polygons = Polygons.concatenate(i.polygons for i in instances)
    top, left = runs.boxes()[:, :2].T
    n_runs = np.diff(runs.offsets)
    nothing = np.zeros(0, np.int64)
    positions = np.concatenate([nothing, *(np.arange(len(i)) for i in instances)])
    return Columns(
        defects=np.stack(
            [
                np.concatenate([nothing, *(i.type_codes for i in instances)]),
                top,
                left,
                n_runs,
                np.diff(polygons.offsets),
            ]
        ),
        ids=(np.concatenate([nothing, *(i.ids for i in instances)]) - positions)[None],
        scores=np.concatenate([np.zeros(0), *(i.scores for i in instances)])[None],
        boxes=np.concatenate([np.zeros((0, 4)), *(i.given_boxes for i in instances)]).T,
        runs=np.stack([runs.row - np.repeat(top, n_runs), runs.start - np.repeat(left, n_runs), runs.end - runs.start]),
        vertices=polygons.vertices.T,
    )


def decode(
    columns: Columns, shapes: Sequence[tuple[int, int]], types: Sequence[tuple[str, ...]], counts: Sequence[int]
) -> list[Instances]:
    """Return the instances of a block of images.

    Parameters
    ----------
    columns : Columns
    shapes, types, counts
        Of each image its shape, its table of types and its number of defects.

    Raises
    ------
    GeometryError, RecordError
        If the tables contradict each other.
    """
    codes, top, left, n_runs, n_vertices = columns.defects.astype(np.int64)
    row, start, end = columns.runs.astype(np.int32)
    row += np.repeat(top.astype(np.int32), n_runs)
    start += np.repeat(left.astype(np.int32), n_runs)
    end += start
    runs = Runs(row=row, start=start, end=end, offsets=_offsets(n_runs))
    polygons = Polygons(
        vertices=np.ascontiguousarray(columns.vertices.T, dtype=np.float64), offsets=_offsets(n_vertices)
    )
    bounds = _offsets(np.array(counts, np.int64))
    positions = np.arange(bounds[-1]) - np.repeat(bounds[:-1], counts)
    block = _Block(
        runs=runs,
        polygons=polygons,
        type_codes=codes.astype(np.int16),
        ids=columns.ids[0] + positions,
        scores=columns.scores[0].astype(np.float64),
        given_boxes=np.ascontiguousarray(columns.boxes.T, dtype=np.float64),
    )
    _check(block, bounds, shapes, types)
    return [
        block.image(first, last, shape, table)
        for (first, last), shape, table in zip(itertools.pairwise(bounds.tolist()), shapes, types, strict=True)
    ]


@attrs.frozen(kw_only=True, eq=False)
class _Block:
    """The columns of all defects of a block of images, to be cut into images once they have been checked."""

    runs: Runs
    polygons: Polygons
    type_codes: NDArray[np.int16]
    ids: NDArray[np.int64]
    scores: NDArray[np.float64]
    given_boxes: NDArray[np.float64]

    def __attrs_post_init__(self) -> None:
        for column in (self.type_codes, self.ids, self.scores, self.given_boxes):
            column.flags.writeable = False

    def image(self, first: int, last: int, shape: tuple[int, int], types: tuple[str, ...]) -> Instances:
        return _made(
            Instances,
            shape=shape,
            types=types,
            type_codes=self.type_codes[first:last],
            runs=_made(
                Runs,
                **_cut(self.runs.offsets, first, last, row=self.runs.row, start=self.runs.start, end=self.runs.end),
            ),
            polygons=_made(Polygons, **_cut(self.polygons.offsets, first, last, vertices=self.polygons.vertices)),
            scores=self.scores[first:last],
            ids=self.ids[first:last],
            given_boxes=self.given_boxes[first:last],
        )


def _cut(offsets: NDArray[np.int64], first: int, last: int, **entries: NDArray[Any]) -> dict[str, NDArray[Any]]:
    own = offsets[first : last + 1] - offsets[first]
    own.flags.writeable = False
    begin, stop = offsets[first], offsets[last]
    return {**{name: column[begin:stop] for name, column in entries.items()}, "offsets": own}


def _made(kind: type[R], **fields: Any) -> R:
    """Make a record without its own checks, which have been made for the whole block at once.

    Checking each image by itself takes longer than all else in reading a label set.
    """
    record = object.__new__(kind)
    for name, value in fields.items():
        object.__setattr__(record, name, value)
    return record


def _check(
    block: _Block, bounds: NDArray[np.int64], shapes: Sequence[tuple[int, int]], types: Sequence[tuple[str, ...]]
) -> None:
    """Check all that the constructors of the records would have checked of each image."""
    counts = np.diff(bounds)
    n = int(bounds[-1])
    if not n == len(block.runs) == len(block.polygons) == block.type_codes.size == block.ids.size:
        raise RecordError(f"{n} defects are counted, but there are {len(block.runs)} masks")
    n_types = np.repeat([len(t) for t in types], counts)
    if ((block.type_codes < 0) | (block.type_codes >= n_types)).any():
        raise RecordError("a type code lies outside the table of types")
    image = np.repeat(np.arange(len(counts)), counts)
    order = np.lexsort((block.ids, image))
    same = (np.diff(image[order]) == 0) & (np.diff(block.ids[order]) == 0)
    if same.any():
        raise RecordError("the ids of an image are not distinct")
    frames = np.array(shapes, np.int64).reshape(-1, 2)
    for frame in np.unique(frames, axis=0):
        inside = np.repeat((frames == frame).all(axis=1), counts)
        part = block.runs if inside.all() else block.runs.take(inside)
        part.validate((int(frame[0]), int(frame[1])))


def _offsets(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    offsets = np.zeros(lengths.size + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets
