"""Joining: one mask from the parts of a region, and a mask that reaches beyond the image cut to it."""

from __future__ import annotations

import math

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.formats.mending import mend
from defectkit.formats.region import EvenOdd, Joined, Mask, Outline
from defectkit.formats.report import Problem, RepairKind
from defectkit.formats.traced import Vertex, is_usable, traced_to_runs
from defectkit.geometry.masks import crops_to_runs
from defectkit.geometry.overlap import intersections
from defectkit.geometry.polygons import polygons_to_runs, rings_to_runs
from defectkit.geometry.runs import Runs
from defectkit.geometry.sets import union

Vertices = NDArray[np.float64]
Indices = NDArray[np.int64]
Fault = tuple[RepairKind, str, str, str]


@attrs.frozen(eq=False)
class JoinedRuns:
    """One mask from several parts.

    Parameters
    ----------
    runs : Runs
        Of length 1.
    faults : list of (RepairKind, str, str, str)
        Kind, problem, sentence, and what the report adds to the name of the region.
    is_refused : bool
        Whether no part is left; the faults say so.
    """

    runs: Runs
    faults: list[Fault]
    is_refused: bool


def join(joined: Joined, shape: tuple[int, int], *, vertex: Vertex, stored_area: float = math.nan) -> JoinedRuns:
    """Return the one mask of the parts of a region.

    Parameters
    ----------
    joined : Joined
    shape : (int, int)
        Height and width of the frame.
    vertex : Vertex
        What the vertices of its outlines are.
    stored_area : float
        What the file states, NaN where it does not.

    Notes
    -----
    Parts are united. A part that lies within another one would change nothing then: it is a hole, unless the stored
    area says that it is not.
    """
    faults: list[Fault] = []
    outlines = [part for part in joined.parts if isinstance(part, Outline)]
    masks = []
    for part in joined.parts:
        if isinstance(part, Mask):
            runs, lost = cut_mask(part, shape)
            if lost:
                what = f"{lost} of its pixels lie outside the image: cut off at the border"
                faults.append((RepairKind.MENDED, Problem.OUT_OF_FRAME, what, ""))
            masks.append(runs)
    rings = [outline_vertices(outline) for outline in outlines]
    fill = _fill_traced if vertex is Vertex.CENTRES else _fill
    filled, kept = fill(rings, shape, faults)
    runs = _united(Runs.concatenate([filled, *masks]))
    depths = _depths(filled)
    n_holes = int((depths % 2).sum())
    if n_holes and not masks:
        with_holes = _with_holes([rings[k] for k in kept], filled, depths, shape, vertex)
        areas = int(with_holes.areas()[0]), int(runs.areas()[0])
        if areas[0] and not abs(stored_area - areas[1]) < abs(stored_area - areas[0]):
            runs = with_holes
            what = f"{n_holes} of its outlines {'lies' if n_holes == 1 else 'lie'} within another: read as a hole"
            faults.append((RepairKind.NOTED, Problem.PARTS, what, ""))
    if len(joined.parts) > 1:
        what = f"its {len(joined.parts)} parts are one mask, without an outline"
        faults.append((RepairKind.NOTED, Problem.PARTS, what, ""))
    is_refused = not runs.areas()[0]
    if is_refused:
        faults.append((RepairKind.REFUSED, Problem.ZERO_AREA, "none of its parts covers the center of a pixel", ""))
    return JoinedRuns(runs, faults, is_refused)


def cut_mask(mask: Mask, shape: tuple[int, int]) -> tuple[Runs, int]:
    """Return the runs of a mask within the frame, and how many of its pixels the frame cuts off."""
    pixels = np.asarray(mask.pixels, dtype=np.bool_)
    runs = crops_to_runs([pixels], [mask.top], [mask.left], shape)
    return runs, int(np.count_nonzero(pixels)) - int(runs.areas()[0])


def even_odd(area: EvenOdd, shape: tuple[int, int]) -> Runs | None:
    """Return the runs of outlines that are filled together; None where a vertex is no usable number."""
    rings = [outline_vertices(outline) for outline in area.outlines]
    if not all(is_usable(ring) for ring in rings):
        return None
    return rings_to_runs([rings], shape)


def outline_vertices(outline: Outline) -> Vertices:
    """Return the vertices of an outline, shape (K, 2): row, column; NaN where they are no numbers."""
    try:
        return np.column_stack(
            [np.asarray(outline.rows, dtype=np.float64), np.asarray(outline.cols, dtype=np.float64)]
        ).reshape(-1, 2)
    except (TypeError, ValueError, OverflowError):
        return np.full((3, 2), np.nan)


def _fill(rings: list[Vertices], shape: tuple[int, int], faults: list[Fault]) -> tuple[Runs, list[int]]:
    """Return the masks of the parts that are areas, and which these are."""
    offsets = np.concatenate([[0], np.cumsum([len(ring) for ring in rings])]).astype(np.int64)
    mended = mend(np.concatenate([np.zeros((0, 2)), *rings]), offsets, shape)
    for fault in mended.faults:
        kind = RepairKind.MENDED if fault.kind is RepairKind.REFUSED and len(rings) > 1 else fault.kind
        what = f"{fault.what}: left out" if kind is not fault.kind else fault.what
        faults.append((kind, fault.problem, what, f", part {fault.index}"))
    runs = polygons_to_runs(mended.polygons, shape)
    cut = rings_to_runs(list(mended.parts.values()), shape)
    order = np.arange(len(runs))
    order[list(mended.parts)] = len(runs) + np.arange(len(cut))
    kept = [k for k in range(len(rings)) if k not in mended.refused]
    return Runs.concatenate([runs, cut]).take(order).take(np.array(kept, dtype=np.int64)), kept


def _fill_traced(rings: list[Vertices], shape: tuple[int, int], faults: list[Fault]) -> tuple[Runs, list[int]]:
    runs, kept = [Runs.empty(0)], []
    for k, ring in enumerate(rings):
        if not is_usable(ring):
            what = "a vertex is no number that an image could hold: left out"
            faults.append((RepairKind.MENDED, Problem.MALFORMED, what, f", part {k}"))
            continue
        filled, overshoot = traced_to_runs([ring], shape)
        if overshoot > 0:
            what = f"it reaches {overshoot:.4g} px beyond the frame: cut off at the border"
            faults.append((RepairKind.MENDED, Problem.OUT_OF_FRAME, what, f", part {k}"))
        runs.append(filled)
        kept.append(k)
    return Runs.concatenate(runs), kept


def _depths(runs: Runs) -> Indices:
    """Return within how many other masks each mask lies, without being the same."""
    pairs = intersections(runs, runs)
    areas = runs.areas()
    inside = (pairs.intersection == areas[pairs.first]) & (areas[pairs.first] < areas[pairs.second])
    return np.bincount(pairs.first[inside], minlength=len(runs))


def _with_holes(rings: list[Vertices], filled: Runs, depths: Indices, shape: tuple[int, int], vertex: Vertex) -> Runs:
    """Return the mask of outlines that lie within each other: what lies within an odd number of others is a hole."""
    order = np.argsort(depths, kind="stable")
    if vertex is Vertex.CENTRES:
        return traced_to_runs([rings[k] for k in order], shape, is_hole=(depths[order] % 2).astype(bool))[0]
    boxes = filled.boxes()
    top, left = boxes[:, :2].min(axis=0).tolist()
    bottom, right = boxes[:, 2:].max(axis=0).tolist()
    mask = np.zeros((bottom - top, right - left), dtype=np.bool_)
    for k in order.tolist():
        part = filled.to_mask(k, shape)[top:bottom, left:right]
        mask = mask & ~part if depths[k] % 2 else mask | part
    return crops_to_runs([mask], [top], [left], shape)


def _united(runs: Runs) -> Runs:
    return union(runs, np.zeros(len(runs), np.int64), 1)
