"""Edits: what somebody does to the defects of an image, each a small record that can be written down and done again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Protocol

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit import Instances
from defectkit.errors import DecodingError, GeometryError, RecordError
from defectkit.geometry.drawing import cut, ellipse_ring
from defectkit.geometry.polygons import Polygons
from defectkit.geometry.runs import Runs
from defectkit.geometry.sets import union
from defectkit_web import fields


@attrs.frozen(kw_only=True)
class Drawing:
    """The defects of an image, and the next free id: one that was deleted is never given again.

    Parameters
    ----------
    instances : Instances
    next_id : int
    """

    instances: Instances
    next_id: int = 0

    @classmethod
    def of(cls, instances: Instances, *, next_id: int = 0) -> Drawing:
        """Return the drawing of defects that have ids."""
        return cls(instances=instances, next_id=max(next_id, int(instances.ids.max(initial=-1)) + 1))

    def indices(self, ids: Sequence[int]) -> NDArray[np.int64]:
        """Return where defects stand.

        Raises
        ------
        RecordError
            If one is not there.
        """
        place = {int(each): k for k, each in enumerate(self.instances.ids)}
        missing = [each for each in ids if each not in place]
        if missing:
            raise RecordError(f"there is no defect {missing[0]} in this image any more; the page is behind, reload it")
        return np.array([place[each] for each in ids], np.int64)

    def without(self, gone: NDArray[np.int64]) -> Instances:
        """Return the defects but those at these places."""
        keep = np.ones(len(self.instances), bool)
        keep[gone] = False
        return self.instances.take(keep)

    def joined_by(self, kept: Instances, runs: Runs, types: Sequence[str], polygons: Polygons | None = None) -> Drawing:
        """Return a drawing of defects that stay and of new ones, which have no score."""
        n = len(runs)
        added = polygons or Polygons.empty(n)
        instances = Instances.from_runs(
            Runs.concatenate([kept.runs, runs]),
            types=[*kept.type_names, *types],
            shape=kept.shape,
            known_types=kept.types,
            scores=np.concatenate([kept.scores, np.full(n, np.nan)]),
            ids=np.concatenate([kept.ids, np.arange(self.next_id, self.next_id + n)]),
            polygons=Polygons.concatenate([kept.polygons, added]),
            given_boxes=np.concatenate([kept.given_boxes, np.full((n, 4), np.nan)]),
        )
        return Drawing.of(instances, next_id=self.next_id + n)


Found = Callable[[str], Instances]
"""Gives the defects that a detector found, or a label file holds, by their digest."""


class Edit(Protocol):
    """One edit."""

    kind: ClassVar[str]

    def apply(self, drawing: Drawing, found: Found) -> Drawing:
        """Return what it makes of a drawing."""


@attrs.frozen(kw_only=True)
class Start:
    """All defects are replaced by what a detector found or a label file holds."""

    kind: ClassVar[str] = "start"
    digest: str
    origin: str

    def apply(self, drawing: Drawing, found: Found) -> Drawing:
        """Return the drawing of what was found, with ids that nothing had before."""
        instances = found(self.digest)
        if instances.shape != drawing.instances.shape:
            raise RecordError(f"{self.origin} is of an image of {instances.shape}, not of {drawing.instances.shape}")
        ids = drawing.next_id + np.arange(len(instances))
        return Drawing.of(attrs.evolve(instances, ids=ids), next_id=drawing.next_id)


@attrs.frozen(kw_only=True, eq=False)
class Draw:
    """A polygon or lasso becomes a defect; the polygon is kept."""

    kind: ClassVar[str] = "draw"
    ring: NDArray[np.float64]
    type: str

    def apply(self, drawing: Drawing, found: Found) -> Drawing:
        """Return the drawing with one defect more."""
        return _with_ring(drawing, self.ring, self.type)


@attrs.frozen(kw_only=True, eq=False)
class Ellipse:
    """An ellipse becomes a defect."""

    kind: ClassVar[str] = "ellipse"
    center: NDArray[np.float64]
    semi_axes: NDArray[np.float64]
    angle_rad: float
    type: str

    def apply(self, drawing: Drawing, found: Found) -> Drawing:
        """Return the drawing with one defect more."""
        return _with_ring(drawing, ellipse_ring(self.center, self.semi_axes, self.angle_rad), self.type)


@attrs.frozen(kw_only=True)
class Delete:
    """Defects go."""

    kind: ClassVar[str] = "delete"
    ids: tuple[int, ...]

    def apply(self, drawing: Drawing, found: Found) -> Drawing:
        """Return the drawing without them."""
        return attrs.evolve(drawing, instances=drawing.without(drawing.indices(self.ids)))


@attrs.frozen(kw_only=True)
class Retype:
    """Defects get another type."""

    kind: ClassVar[str] = "retype"
    ids: tuple[int, ...]
    type: str

    def apply(self, drawing: Drawing, found: Found) -> Drawing:
        """Return the drawing with the same masks."""
        given = drawing.instances
        types = given.types if self.type in given.types else (*given.types, self.type)
        codes = given.type_codes.copy()
        codes[drawing.indices(self.ids)] = types.index(self.type)
        return attrs.evolve(drawing, instances=attrs.evolve(given, types=types, type_codes=codes))


@attrs.frozen(kw_only=True)
class Merge:
    """Defects become one, of the type of the largest."""

    kind: ClassVar[str] = "merge"
    ids: tuple[int, ...]

    def apply(self, drawing: Drawing, found: Found) -> Drawing:
        """Return the drawing with their union in their place."""
        at = drawing.indices(self.ids)
        merged = drawing.instances.take(at)
        largest = merged.type_names[int(merged.areas.argmax())]
        return drawing.joined_by(drawing.without(at), union(merged.runs, np.zeros(len(at), np.int64)), [largest])


@attrs.frozen(kw_only=True, eq=False)
class Cut:
    """A line cuts a defect in parts of its type."""

    kind: ClassVar[str] = "cut"
    id: int
    line: NDArray[np.float64]

    def apply(self, drawing: Drawing, found: Found) -> Drawing:
        """Return the drawing with the parts in its place."""
        at = drawing.indices([self.id])
        whole = drawing.instances.take(at)
        parts = cut(whole.runs, self.line, whole.shape)
        return drawing.joined_by(drawing.without(at), parts, [whole.type_names[0]] * len(parts))


def read_edit(value: Any) -> Edit:
    """Return the edit that a JSON object describes.

    Raises
    ------
    DecodingError, RecordError
        If it describes none.
    """
    kind = value.get("kind") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in _READERS:
        raise DecodingError(f"an edit is one of {', '.join(_READERS)}")
    names = tuple(field.name for field in attrs.fields(_CLASSES[kind]))
    return _READERS[kind](fields.checked_object(value, ("kind", *names)))


def written_edit(edit: Edit) -> dict[str, Any]:
    """Return the JSON object that :func:`read_edit` reads."""
    written: dict[str, Any] = {"kind": edit.kind}
    for field in attrs.fields(_CLASSES[edit.kind]):
        value = getattr(edit, field.name)
        written[field.name] = value.tolist() if isinstance(value, np.ndarray) else value
    return written | ({"ids": list(written["ids"])} if "ids" in written else {})


def _pair(value: Any, what: str) -> NDArray[np.float64]:
    pair: NDArray[np.float64] = fields.points([value], what)[0]
    return pair


def _with_ring(drawing: Drawing, ring: NDArray[np.float64], type_name: str) -> Drawing:
    drawn = Instances.from_polygons([ring], types=[type_name], shape=drawing.instances.shape)
    if drawn.areas[0] == 0:
        raise GeometryError("what was drawn holds no pixel of the image; draw it larger")
    return drawing.joined_by(drawing.instances, drawn.runs, [type_name], drawn.polygons)


_CLASSES: dict[str, Any] = {each.kind: each for each in (Start, Draw, Ellipse, Delete, Retype, Merge, Cut)}
_READERS: dict[str, Callable[[fields.Json], Edit]] = {
    "start": lambda v: Start(digest=fields.text(v["digest"], "the digest"), origin=fields.text(v["origin"], "origin")),
    "draw": lambda v: Draw(ring=fields.points(v["ring"], "a ring", fewest=3), type=fields.type_name(v["type"])),
    "ellipse": lambda v: Ellipse(
        center=_pair(v["center"], "the center"),
        semi_axes=_pair(v["semi_axes"], "the semi-axes"),
        angle_rad=fields.number(v["angle_rad"], "the angle"),
        type=fields.type_name(v["type"]),
    ),
    "delete": lambda v: Delete(ids=fields.ids(v["ids"])),
    "retype": lambda v: Retype(ids=fields.ids(v["ids"]), type=fields.type_name(v["type"])),
    "merge": lambda v: Merge(ids=fields.ids(v["ids"], fewest=2)),
    "cut": lambda v: Cut(
        id=fields.whole_number(v["id"], "the id of a defect"), line=fields.points(v["line"], "a cut", fewest=2)
    ),
}
