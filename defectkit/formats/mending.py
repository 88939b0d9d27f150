"""Mending: from outlines as people drew them to polygons that enclose an area within the frame."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.formats.report import Problem, RepairKind
from defectkit.formats.shapes import Ring
from defectkit.geometry.polygons import FARTHEST_VERTEX, Polygons
from defectkit.short_repr import short_repr

Offsets = NDArray[np.int64]

SAME_AREA = 1e-9
"""An outline whose signed area is that of its parts, to this fraction, touches itself but does not cross itself."""


@attrs.frozen
class Fault:
    """Something wrong with one outline.

    Parameters
    ----------
    index : int
        Which outline.
    kind : RepairKind
    problem : Problem
    what : str
    """

    index: int
    kind: RepairKind
    problem: Problem
    what: str


@attrs.frozen(kw_only=True, eq=False)
class Mended:
    """Outlines after mending.

    Parameters
    ----------
    polygons : Polygons
        One entry per outline; an empty one where it is in ``parts`` or refused.
    parts : dict of int to list of arrays (K, 2)
        The rings of outlines that the frame cuts into several parts.
    refused : frozenset of int
        Outlines that enclose nothing.
    faults : tuple of Fault
        In the order of the outlines.
    """

    polygons: Polygons
    parts: dict[int, list[Ring]]
    refused: frozenset[int]
    faults: tuple[Fault, ...]

    __repr__ = short_repr


def mend(vertices: Ring, offsets: Offsets, shape: tuple[int, int]) -> Mended:
    """Mend outlines: all of an image at once, touching only the few that need it.

    Parameters
    ----------
    vertices : numpy.ndarray, shape (V, 2), float64
        (row, column), as drawn.
    offsets : numpy.ndarray, shape (N + 1,), int64
        Where each outline starts and ends.
    shape : (int, int)
        Height and width of the frame.

    Returns
    -------
    Mended

    Notes
    -----
    - A last vertex that repeats the first is how many programs close a polygon; it is left out without a word.
    - An outline with a vertex that is not a number, with fewer than three vertices or without area is refused.
    - An outline that crosses itself becomes the outer boundary of the largest of its parts. One that only touches
      itself, or passes a line twice (as programs do to join several parts into one polygon), is kept as it is: its area
      and its pixels are right already.
    - What leaves the frame is cut off at the border. Where that leaves several parts they all stay, without a polygon.
    """
    import shapely

    faults: list[Fault] = []
    refused: set[int] = set()

    def refuse(index: int, problem: Problem, what: str) -> None:
        refused.add(index)
        faults.append(Fault(index, RepairKind.REFUSED, problem, what))

    count = offsets.size - 1
    vertices, offsets = _without_closing_vertex(vertices, offsets)
    sizes = np.diff(offsets)
    usable = np.abs(vertices) <= FARTHEST_VERTEX
    for i in np.unique(np.repeat(np.arange(count), sizes)[~usable.all(axis=1)]).tolist():
        refuse(i, Problem.MALFORMED, "a vertex is no number that an image could hold")
    for i in np.flatnonzero(sizes < 3).tolist():
        if i not in refused:
            refuse(i, Problem.ZERO_AREA, f"its outline has {_vertices(int(sizes[i]))}; an area needs 3")

    rings: dict[int, Ring] = {}
    parts: dict[int, list[Ring]] = {}
    good = np.array([i for i in range(count) if i not in refused], dtype=np.int64)
    if good.size:
        entries = np.concatenate([np.arange(offsets[i], offsets[i + 1]) for i in good])
        owner = np.repeat(np.arange(good.size), sizes[good])
        outlines = shapely.polygons(shapely.linearrings(vertices[entries], indices=owner))
        for k in np.flatnonzero(~shapely.is_valid(outlines)).tolist():
            i = int(good[k])
            areas = _areas_of(_interior(outlines[k])) or _areas_of(_covered(outlines[k]))
            total = sum(part.area for part in areas)
            if not areas:
                refuse(i, Problem.ZERO_AREA, "its outline encloses no area")
            elif abs(outlines[k].area - total) > SAME_AREA * total:
                largest = max(areas, key=lambda part: part.area)
                kept = f"{largest.area:.4g} of {total:.4g} square pixels"
                what = f"its outline crosses itself: the largest of {len(areas)} parts is kept, {kept}"
                faults.append(Fault(i, RepairKind.MENDED, Problem.SELF_CROSSING, what))
                outlines[k] = shapely.Polygon(largest.exterior)
                rings[i] = np.asarray(largest.exterior.coords)[:-1]
        bounds = shapely.bounds(outlines)
        overshoot = np.maximum(-bounds[:, :2], bounds[:, 2:] - shape).max(axis=1)
        for k in np.flatnonzero(overshoot > 0).tolist():
            i = int(good[k])
            if i in refused:
                continue
            inside = _clipped(_interior(outlines[k]), shape)
            frame = f"the frame of {shape[1]} x {shape[0]} px"
            if not inside:
                refuse(i, Problem.OUT_OF_FRAME, f"it lies outside {frame}")
                continue
            what = f"it reaches {overshoot[k]:.4g} px beyond {frame}: cut off at the border"
            if len(inside) == 1 and not inside[0].interiors:
                rings[i] = _vertices_of(inside[0].exterior, shape)
            else:
                parts[i] = [_vertices_of(r, shape) for part in inside for r in (part.exterior, *part.interiors)]
                what += f", which leaves {len(inside)} parts and no single outline"
            faults.append(Fault(i, RepairKind.MENDED, Problem.OUT_OF_FRAME, what))

    gone = refused | parts.keys()
    if rings or gone:
        drawn = np.split(vertices, offsets[1:-1])
        polygons = Polygons.from_list([None if i in gone else rings.get(i, drawn[i]) for i in range(count)])
    else:
        polygons = Polygons(vertices=vertices, offsets=offsets)
    return Mended(
        polygons=polygons,
        parts=parts,
        refused=frozenset(refused),
        faults=tuple(sorted(faults, key=lambda fault: fault.index)),
    )


def _without_closing_vertex(vertices: Ring, offsets: Offsets) -> tuple[Ring, Offsets]:
    while True:
        sizes = np.diff(offsets)
        several = np.flatnonzero(sizes > 1)
        last = offsets[several + 1] - 1
        closed = (vertices[offsets[several]] == vertices[last]).all(axis=1)
        if not closed.any():
            return vertices, offsets
        vertices = np.delete(vertices, last[closed], axis=0)
        sizes[several[closed]] -= 1
        offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _vertices(count: int) -> str:
    return "1 vertex" if count == 1 else f"{count or 'no'} vertices"


def _interior(outline: Any) -> Any:
    """Return the area inside an outline by the even-odd rule, as a valid shape."""
    import shapely

    if outline.is_valid:
        return outline
    inside = shapely.Polygon()
    for loop in _loops(outline):
        inside = shapely.symmetric_difference(inside, loop)
    return inside


def _covered(outline: Any) -> Any:
    """Return all that an outline goes around, however often."""
    import shapely

    return shapely.union_all(_loops(outline))


def _loops(outline: Any) -> list[Any]:
    """Cut an outline wherever it comes back to a vertex; what it passes once each way, as bridges are, falls out."""
    import shapely

    path: list[tuple[float, float]] = []
    place: dict[tuple[float, float], int] = {}
    loops = []
    for vertex in outline.exterior.coords:
        if vertex in place:
            begin = place[vertex]
            if len(path) - begin > 2:
                loops.extend(_areas_of(shapely.make_valid(shapely.Polygon(path[begin:]))))
            for left in path[begin + 1 :]:
                del place[left]
            del path[begin + 1 :]
        else:
            place[vertex] = len(path)
            path.append(vertex)
    return loops


def _areas_of(shape: Any) -> list[Any]:
    import shapely

    parts = (
        [shape] if shape.geom_type == "Polygon" else [p for g in shapely.get_parts(shape) for p in shapely.get_parts(g)]
    )
    return [part for part in parts if part.geom_type == "Polygon" and part.area > 0]


def _clipped(outline: Any, shape: tuple[int, int]) -> list[Any]:
    import shapely

    return _areas_of(shapely.intersection(outline, shapely.box(0, 0, *shape)))


def _vertices_of(ring: Any, shape: tuple[int, int]) -> Ring:
    """Return the vertices of a ring that was cut at the frame; what rounding left outside is put on the border."""
    vertices: Ring = np.clip(np.asarray(ring.coords, dtype=np.float64)[:-1], 0, shape)
    return vertices
