"""Instances: all defects of one image, as columns."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from defectkit.errors import RecordError, UnknownDefectTypeError
from defectkit.geometry.polygons import Polygons
from defectkit.geometry.runs import Runs
from defectkit.records.defect import Defect
from defectkit.records.defect_type import Taxonomy
from defectkit.records.facts import instances_text
from defectkit.records.names import as_names


def _column(array: NDArray[Any], dtype: type, rows: int, what: str, width: int | None = None) -> NDArray[Any]:
    column: NDArray[Any] = np.ascontiguousarray(array, dtype=dtype)
    expected = (rows,) if width is None else (rows, width)
    if column.shape != expected:
        raise RecordError(f"instances: {what} has shape {column.shape}, but {rows} masks need {expected}")
    column.flags.writeable = False
    return column


def _no_polygons(instances: Instances) -> Polygons:
    return Polygons.empty(len(instances.runs))


def _no_scores(instances: Instances) -> NDArray[np.float64]:
    return np.full(len(instances.runs), np.nan)


def _counted_ids(instances: Instances) -> NDArray[np.int64]:
    return np.arange(len(instances.runs))


def _no_boxes(instances: Instances) -> NDArray[np.float64]:
    return np.full((len(instances.runs), 4), np.nan)


def _one_nan(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give every NaN the same bits and zero one sign, since they compare equal."""
    return np.where(np.isnan(values), np.nan, values + 0.0)


@attrs.frozen(kw_only=True, eq=False)
class Instances:
    """The defects of one image; masks may overlap.

    Parameters
    ----------
    shape : tuple of int
        Height and width of the image, in pixels.
    types : tuple of str
        The names that ``type_codes`` index.
    type_codes : array of int16, shape (N,)
    runs : Runs
        The N masks.
    scores : array of float64, shape (N,), optional
        Confidences from 0 to 1; NaN (the default) for labels.
    ids : array of int64, shape (N,), optional
        Identifiers, unique within the image; 0 .. N-1 by default.
    polygons : Polygons, optional
        The polygon that each label was drawn with; an empty one where there is none.
    given_boxes : array of float64, shape (N, 4), optional
        Top, left, bottom, right as a detector gave them, continuous; NaN where the box is that of the mask.

    Examples
    --------
    >>> import numpy as np
    >>> mask = np.zeros((8, 8), bool)
    >>> mask[2:5, 3:6] = True
    >>> defects = Instances.from_masks([mask], types=["bdot"], shape=(8, 8))
    >>> len(defects), defects[0].type, defects[0].area_px
    (1, 'bdot', 9)
    """

    shape: tuple[int, int]
    types: tuple[str, ...]
    type_codes: NDArray[np.int16]
    runs: Runs
    scores: NDArray[np.float64] = attrs.field(default=attrs.Factory(_no_scores, takes_self=True))
    ids: NDArray[np.int64] = attrs.field(default=attrs.Factory(_counted_ids, takes_self=True))
    polygons: Polygons = attrs.field(default=attrs.Factory(_no_polygons, takes_self=True))
    given_boxes: NDArray[np.float64] = attrs.field(default=attrs.Factory(_no_boxes, takes_self=True))

    def __attrs_post_init__(self) -> None:
        n = len(self.runs)
        put = object.__setattr__
        put(self, "shape", (int(self.shape[0]), int(self.shape[1])))
        put(self, "types", as_names(self.types))
        if len(set(self.types)) != len(self.types):
            raise RecordError(f"instances: the types {', '.join(self.types)} are not distinct")
        put(self, "type_codes", _column(self.type_codes, np.int16, n, "type_codes"))
        put(self, "scores", _column(self.scores, np.float64, n, "scores"))
        put(self, "ids", _column(self.ids, np.int64, n, "ids"))
        put(self, "given_boxes", _column(self.given_boxes, np.float64, n, "given_boxes", 4))
        if len(self.polygons) != n:
            raise RecordError(f"instances: {len(self.polygons)} polygons for {n} masks")
        if n and not (self.type_codes.min() >= 0 and self.type_codes.max() < len(self.types)):
            raise RecordError(f"instances: a type code lies outside the {len(self.types)} types")
        if len(np.unique(self.ids)) != n:
            raise RecordError("instances: the ids are not distinct")
        outside = self.scores[(self.scores < 0) | (self.scores > 1)]
        if outside.size:
            raise RecordError(f"instances: the score {outside[0]:g} does not lie between 0 and 1")
        self.runs.validate(self.shape)

    @classmethod
    def empty(cls, shape: tuple[int, int], types: Iterable[str] = ()) -> Instances:
        """Return an image's worth of no defects."""
        return cls(shape=shape, types=as_names(types), type_codes=np.empty(0, np.int16), runs=Runs.empty())

    @classmethod
    def from_runs(
        cls,
        runs: Runs,
        *,
        types: Sequence[str],
        shape: tuple[int, int],
        known_types: Iterable[str] = (),
        **columns: Any,
    ) -> Instances:
        """Build from runs and one type name a defect; ``known_types`` come first in the table of types.

        Raises
        ------
        RecordError
            If a column does not have one entry per defect.
        """
        each = as_names(types)
        names = tuple(dict.fromkeys((*as_names(known_types), *each)))
        codes = np.array([names.index(t) for t in each], dtype=np.int16)
        return cls(shape=shape, types=names, type_codes=codes, runs=runs, **columns)

    @classmethod
    def from_masks(
        cls,
        masks: Iterable[NDArray[np.bool_]],
        *,
        types: Sequence[str],
        shape: tuple[int, int],
        known_types: Iterable[str] = (),
        **columns: Any,
    ) -> Instances:
        """Build from boolean masks of the image's shape, one at a time."""
        from defectkit.geometry.masks import masks_to_runs

        runs = masks_to_runs(masks)
        return cls.from_runs(runs, types=types, shape=shape, known_types=known_types, **columns)

    @classmethod
    def from_polygons(
        cls,
        vertices: Sequence[ArrayLike],
        *,
        types: Sequence[str],
        shape: tuple[int, int],
        known_types: Iterable[str] = (),
        **columns: Any,
    ) -> Instances:
        """Build from polygons, each of shape (k, 2): continuous (row, col); the polygons are kept."""
        from defectkit.geometry.polygons import polygons_to_runs

        polygons = Polygons.from_list([np.asarray(v, dtype=np.float64) for v in vertices])
        runs = polygons_to_runs(polygons, shape)
        return cls.from_runs(runs, types=types, shape=shape, known_types=known_types, polygons=polygons, **columns)

    def __len__(self) -> int:
        return len(self.runs)

    def __getitem__(self, index: int) -> Defect:
        n = len(self)
        if not -n <= index < n:
            raise IndexError(f"defect {index} of {n}")
        index %= n
        start, stop = self.polygons.offsets[index : index + 2]
        return Defect(
            id=int(self.ids[index]),
            type=self.types[self.type_codes[index]],
            score=float(self.scores[index]),
            runs=self.runs.take(np.array([index])),
            polygon=self.polygons.vertices[start:stop] if stop > start else None,
            shape=self.shape,
        )

    def __iter__(self) -> Iterator[Defect]:
        return (self[i] for i in range(len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Instances):
            return NotImplemented
        return (
            self.shape == other.shape
            and self.type_names == other.type_names
            and np.array_equal(self.scores, other.scores, equal_nan=True)
            and np.array_equal(self.ids, other.ids)
            and np.array_equal(self.given_boxes, other.given_boxes, equal_nan=True)
            and self.runs == other.runs
            and self.polygons == other.polygons
        )

    __hash__ = None  # type: ignore[assignment]  # equal by content, and content is arrays

    @property
    def type_names(self) -> tuple[str, ...]:
        """The type of each defect, N names."""
        return tuple(map(self.types.__getitem__, self.type_codes.tolist()))

    @property
    def areas(self) -> NDArray[np.int64]:
        """Mask areas in pixels, shape (N,)."""
        return self.runs.areas()

    @property
    def boxes(self) -> NDArray[np.int32]:
        """Mask boxes (top, left, bottom, right), half-open, shape (N, 4)."""
        return self.runs.boxes()

    @property
    def is_labels(self) -> bool:
        """Whether no defect has a score: people's labels rather than a prediction."""
        return bool(np.isnan(self.scores).all())

    def counts(self) -> dict[str, int]:
        """Return the number of defects by type, every type of :attr:`types` named."""
        return dict(zip(self.types, np.bincount(self.type_codes, minlength=len(self.types)).tolist(), strict=True))

    def __repr__(self) -> str:
        return f"<Instances: {instances_text(self)}>"

    def _repr_html_(self) -> str:
        from defectkit.records.html import card, counts_table, instances_figure

        return card(
            "Instances",
            instances_text(self),
            instances_figure(self),
            counts_table({"": self.counts()}, self.types),
        )

    def digest(self) -> str:
        """Return the sha256 of frame, types, ids, scores, boxes, masks and polygons: equal instances, equal digests."""
        names = "\x1f".join(self.type_names)
        state = hashlib.sha256(f"{self.shape[0]} {self.shape[1]}\x1e{names}\x1e".encode())
        for column, dtype in (
            (self.ids, "<i8"),
            (_one_nan(self.scores), "<f8"),
            (_one_nan(self.given_boxes), "<f8"),
            (self.runs.row, "<i4"),
            (self.runs.start, "<i4"),
            (self.runs.end, "<i4"),
            (self.runs.offsets, "<i8"),
            (self.polygons.vertices + 0.0, "<f8"),
            (self.polygons.offsets, "<i8"),
        ):
            state.update(np.ascontiguousarray(column, dtype=dtype).tobytes())
            state.update(b"\x1d")
        return state.hexdigest()

    def take(self, indices: ArrayLike) -> Instances:
        """Return the defects at ``indices`` (integers or a boolean mask), in that order."""
        picked = np.asarray(indices)
        if picked.dtype == bool:
            picked = np.flatnonzero(picked)
        picked = picked.astype(np.int64)
        return attrs.evolve(
            self,
            type_codes=self.type_codes[picked],
            runs=self.runs.take(picked),
            scores=self.scores[picked],
            ids=self.ids[picked],
            polygons=self.polygons.take(picked),
            given_boxes=self.given_boxes[picked],
        )

    def above(self, min_score: float) -> Instances:
        """Return the defects with a score of at least ``min_score``; labels, which have none, all stay."""
        return self.take(np.isnan(self.scores) | (self.scores >= min_score))

    def of_type(self, name: str) -> Instances:
        """Return the defects of exactly the type ``name``."""
        if name not in self.types:
            raise UnknownDefectTypeError.of("defect type", name, self.types)
        return self.take(self.type_codes == self.types.index(name))

    def rename_types(self, rename: Callable[[str], str]) -> Instances:
        """Return the same defects with each type called what ``rename`` gives for it.

        Examples
        --------
        >>> Instances.empty((4, 4), ["loop_111", "loop_100"]).rename_types(lambda name: "loop").types
        ('loop',)
        """
        names = [rename(name) for name in self.types]
        types = tuple(dict.fromkeys(names))
        table = np.array([types.index(name) for name in names], dtype=np.int16)
        return attrs.evolve(self, types=types, type_codes=table[self.type_codes])

    def fold_types(self, taxonomy: Taxonomy, among: Sequence[str]) -> Instances:
        """Return the same defects with each type replaced by the nearest one at or above it ``among`` the given.

        Raises
        ------
        UnknownDefectTypeError
            If a type that occurs is neither among the given ones nor below one of them.
        """
        names = as_names(among)
        table = np.zeros(len(self.types), dtype=np.int16)
        for code in np.unique(self.type_codes):
            name = self.types[code]
            canonical = taxonomy.canonical(name, names) if name in taxonomy else None
            canonical = name if canonical is None and name in names else canonical
            if canonical is None:
                raise UnknownDefectTypeError.of("defect type", name, names)
            table[code] = names.index(canonical)
        return attrs.evolve(self, types=names, type_codes=table[self.type_codes])
