"""RegionColumns: the regions of one image while a label file is read, and what becomes of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import LabelReadError
from defectkit.formats.joining import cut_mask, even_odd, join, outline_vertices
from defectkit.formats.mending import mend
from defectkit.formats.region import EvenOdd, Joined, Mask, NoArea, Outline, Region, RunMask
from defectkit.formats.report import Problem, RepairKind, ReportBuilder
from defectkit.formats.stored_measures import NO_BOX, stored_faults
from defectkit.formats.traced import Vertex, is_usable, traced_to_runs
from defectkit.geometry.polygons import Polygons, polygons_to_runs, rings_to_runs
from defectkit.geometry.runs import Runs
from defectkit.records import Instances

Indices = NDArray[np.int64]


@attrs.define(kw_only=True)
class RegionColumns:
    """Gathers the regions of one image as columns, then mends and fills all of them at once.

    Parameters
    ----------
    image : str
        The name of the image.
    shape : (int, int)
        Its height and width.
    file : str
        The label file, for the report.
    report : ReportBuilder
    """

    image: str
    shape: tuple[int, int]
    file: str
    report: ReportBuilder
    _rows: list[float] = attrs.field(factory=list, init=False)
    _cols: list[float] = attrs.field(factory=list, init=False)
    _sizes: list[int] = attrs.field(factory=list, init=False)
    _masks: dict[int, Runs] = attrs.field(factory=dict, init=False)
    _ids: list[int] = attrs.field(factory=list, init=False)
    _types: list[str] = attrs.field(factory=list, init=False)
    _regions: list[str] = attrs.field(factory=list, init=False)
    _scores: list[float] = attrs.field(factory=list, init=False)
    _joined: dict[int, Joined] = attrs.field(factory=dict, init=False)
    _exact: set[int] = attrs.field(factory=set, init=False)
    _stored_areas: dict[int, float] = attrs.field(factory=dict, init=False)
    _stored_boxes: dict[int, tuple[float, ...]] = attrs.field(factory=dict, init=False)
    _flat: tuple[Indices, NDArray[np.float64], Indices] | None = attrs.field(default=None, init=False)

    @property
    def used_types(self) -> set[str]:
        """The types of the regions gathered so far."""
        return set(self._types)

    def add(self, region: Region, *, defect_id: int, defect_type: str, name: str) -> None:
        """Add a region, or report that it is refused.

        Parameters
        ----------
        region : Region
            Its own ``id``, ``type`` and ``name`` are not looked at: they are what follows.
        defect_id : int
            Unique in the image.
        defect_type : str
        name : str
            What the report calls it.
        """
        for remark in region.remarks:
            self._say(remark.kind, remark.problem, remark.what, name)
        area, score = region.area, region.score
        if isinstance(area, NoArea):
            self.refuse(name, area.problem, area.why)
            return
        if not (score != score or 0 <= score <= 1):
            self.refuse(name, Problem.SCORE, f"its score is {score:g}; a score lies between 0 and 1")
            return
        size = 0
        if isinstance(area, Outline):
            size = len(area.rows)
            if size != len(area.cols):
                self.refuse(name, Problem.MALFORMED, f"it has {size} rows for {len(area.cols)} columns")
                return
            self._rows.extend(area.rows)
            self._cols.extend(area.cols)
            if area.is_exact:
                self._exact.add(len(self._sizes))
        elif isinstance(area, Mask):
            runs, lost = cut_mask(area, self.shape)
            if lost:
                what = f"{lost} of its pixels lie outside the image: cut off at the border"
                self.mend(name, Problem.OUT_OF_FRAME, what)
            self._masks[len(self._sizes)] = runs
        elif isinstance(area, RunMask):
            if area.shape != self.shape:
                what = f"its mask is of {_size(area.shape)} px, but the image has {_size(self.shape)}"
                self.refuse(name, Problem.MALFORMED, what)
                return
            try:
                self._masks[len(self._sizes)] = area.make()
            except LabelReadError as error:
                self.refuse(name, Problem.MALFORMED, f"its outline cannot be read: {error}")
                return
        elif isinstance(area, EvenOdd):
            what = f"a composite of {len(area.outlines)} outlines: one mask, without an outline"
            self.note(name, Problem.PARTS, what)
            filled = even_odd(area, self.shape)
            if filled is None:
                self.refuse(name, Problem.MALFORMED, "a vertex is no number that an image could hold")
                return
            self._masks[len(self._sizes)] = filled
        else:
            self._joined[len(self._sizes)] = area
        if region.stored_area == region.stored_area:
            self._stored_areas[len(self._sizes)] = region.stored_area
        if region.stored_box is not None:
            self._stored_boxes[len(self._sizes)] = region.stored_box
        self._add(size, defect_id, defect_type, name, score)

    def add_mask(self, runs: Runs, *, defect_id: int, defect_type: str, region: str, score: float = np.nan) -> None:
        """Add a region given as a mask: a ``Runs`` of length 1 that lies in the frame."""
        self._masks[len(self._sizes)] = runs
        self._add(0, defect_id, defect_type, region, score)

    def _add(self, size: int, defect_id: int, defect_type: str, region: str, score: float) -> None:
        self._sizes.append(size)
        self._ids.append(defect_id)
        self._types.append(defect_type)
        self._regions.append(region)
        self._scores.append(score)

    def _drawn(self) -> tuple[Indices, NDArray[np.float64], Indices]:
        """Return which regions are outlines, their vertices, and where each starts and ends among these."""
        if self._flat is None or self._flat[0].size + len(self._masks) + len(self._joined) < len(self._sizes):
            given = np.array(sorted([*self._masks, *self._joined]), dtype=np.int64)
            drawn = np.setdiff1d(np.arange(len(self._sizes)), given)
            sizes = np.array(self._sizes, dtype=np.int64)[drawn]
            offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
            self._flat = drawn, np.column_stack([_numbers(self._rows), _numbers(self._cols)]), offsets
        return self._flat

    def traceable(self) -> tuple[NDArray[np.float64], Indices, NDArray[np.float64]]:
        """Return vertices, sizes and stored areas of the outlines that may run through the centres of pixels."""
        drawn, vertices, offsets = self._drawn()
        sizes = np.diff(offsets)
        free = (sizes > 0) & ~np.isin(drawn, list(self._exact))
        stored = np.array([self._stored_areas.get(i, np.nan) for i in drawn[free].tolist()], dtype=np.float64)
        rings = [vertices[np.repeat(free, sizes)]]
        for joined in self._joined.values():
            rings += [outline_vertices(o) for o in joined.parts if isinstance(o, Outline) and not o.is_exact and o.rows]
        of_parts = np.array([len(ring) for ring in rings[1:]], dtype=np.int64)
        unknown = np.full(of_parts.size, np.nan)
        return np.concatenate(rings), np.concatenate([sizes[free], of_parts]), np.concatenate([stored, unknown])

    def refuse(self, region: str, problem: str, what: str) -> None:
        """Report a region that is left out."""
        self._say(RepairKind.REFUSED, problem, what, region)

    def mend(self, region: str, problem: str, what: str) -> None:
        """Report a region that is read, but changed."""
        self._say(RepairKind.MENDED, problem, what, region)

    def note(self, region: str, problem: str, what: str) -> None:
        """Report something worth knowing of a region."""
        self._say(RepairKind.NOTED, problem, what, region)

    def _say(self, kind: RepairKind, problem: str, what: str, region: str) -> None:
        self.report.add(kind, problem, what, image=self.image, region=region, file=self.file)

    def finish(self, known_types: Sequence[str], *, vertex: Vertex = Vertex.CORNERS) -> Instances:
        """Mend and fill the outlines, leave out what is refused or repeated, and return the rest in the file's order.

        Parameters
        ----------
        known_types : sequence of str
            What comes first in the table of types.
        vertex : Vertex
            What vertices are: ``corners`` or ``centres``.
        """
        count = len(self._sizes)
        drawn, vertices, offsets = self._drawn()
        lost: set[int] = set()
        for i, joined in self._joined.items():
            parts = join(joined, self.shape, vertex=vertex, stored_area=self._stored_areas.get(i, np.nan))
            for kind, problem, what, part in parts.faults:
                self._say(kind, problem, what, f"{self._regions[i]}{part}")
            self._masks[i] = parts.runs
            if parts.is_refused:
                lost.add(i)
        if vertex is Vertex.CENTRES:
            drawn, vertices, offsets = self._fill_traced(drawn, vertices, offsets, lost)
        masks = np.array(sorted(self._masks), dtype=np.int64)
        mended = mend(vertices, offsets, self.shape)
        for fault in mended.faults:
            self._say(fault.kind, fault.problem, fault.what, self._regions[drawn[fault.index]])

        runs = polygons_to_runs(mended.polygons, self.shape)
        if mended.parts:
            cut = rings_to_runs(list(mended.parts.values()), self.shape)
            order = np.arange(len(runs))
            order[list(mended.parts)] = len(runs) + np.arange(len(cut))
            runs = Runs.concatenate([runs, cut]).take(order)
        polygons = mended.polygons
        if masks.size:
            place = np.empty(count, dtype=np.int64)
            place[np.concatenate([drawn, masks])] = np.arange(count)
            runs = Runs.concatenate([runs, *(self._masks[i] for i in masks.tolist())]).take(place)
            polygons = Polygons.concatenate([polygons, Polygons.empty(masks.size)]).take(place)
        scores = np.array(self._scores, dtype=np.float64)
        kept = self._kept(runs, scores, {int(drawn[i]) for i in mended.refused} | lost)
        if len(kept) < count:
            runs, polygons, scores = runs.take(kept), polygons.take(kept), scores[kept]
        instances = Instances.from_runs(
            runs,
            types=[self._types[i] for i in kept],
            shape=self.shape,
            known_types=known_types,
            polygons=polygons,
            scores=scores,
            ids=np.array([self._ids[i] for i in kept], dtype=np.int64),
        )
        if self._stored_areas or self._stored_boxes:
            self._check_stored(instances, kept)
        return instances

    def _fill_traced(
        self, drawn: Indices, vertices: NDArray[np.float64], offsets: Indices, lost: set[int]
    ) -> tuple[Indices, NDArray[np.float64], Indices]:
        """Fill the outlines that run through centres of pixels, and return the others."""
        others = []
        for k, i in enumerate(drawn.tolist()):
            if i in self._exact:
                others.append(k)
                continue
            ring = vertices[offsets[k] : offsets[k + 1]]
            self._masks[i] = Runs.empty(1)
            if not is_usable(ring):
                self.refuse(self._regions[i], Problem.MALFORMED, "a vertex is no number that an image could hold")
                lost.add(i)
                continue
            self._masks[i], overshoot = traced_to_runs([ring], self.shape)
            frame = f"the frame of {_size(self.shape)} px"
            if not self._masks[i].areas()[0]:
                self.refuse(self._regions[i], Problem.OUT_OF_FRAME, f"it lies outside {frame}")
                lost.add(i)
            elif overshoot > 0:
                what = f"it reaches {overshoot:.4g} px beyond {frame}: cut off at the border"
                self.mend(self._regions[i], Problem.OUT_OF_FRAME, what)
        kept = [vertices[offsets[k] : offsets[k + 1]] for k in others]
        ends = np.concatenate([[0], np.cumsum([len(ring) for ring in kept])]).astype(np.int64)
        return drawn[others], np.concatenate([np.zeros((0, 2)), *kept]), ends

    def _check_stored(self, instances: Instances, kept: list[int]) -> None:
        """Report stored areas and boxes that are off, of regions that were not mended."""
        areas = np.array([self._stored_areas.get(i, np.nan) for i in kept], dtype=np.float64)
        boxes = np.array([self._stored_boxes.get(i, NO_BOX) for i in kept], dtype=np.float64).reshape(-1, 4)
        changed = {r.region for r in self.report.repairs if r.kind is RepairKind.MENDED and r.image == self.image}
        for k, problem, what in stored_faults(instances, areas, boxes):
            if self._regions[kept[k]] not in changed:
                self.mend(self._regions[kept[k]], problem, what)

    def _kept(self, runs: Runs, scores: Any, refused: set[int]) -> list[int]:
        areas = runs.areas()
        for i in np.flatnonzero(areas == 0).tolist():
            if i not in refused:
                self.refuse(self._regions[i], Problem.ZERO_AREA, "it covers the center of no pixel")
        left = [i for i in np.flatnonzero(areas > 0).tolist() if i not in refused]
        repeated = set()
        for same in _groups_of_equal_masks(runs, left):
            for n, i in enumerate(same):
                earlier = [
                    k for k in same[:n] if k not in repeated and np.array_equal(scores[i], scores[k], equal_nan=True)
                ]
                twin = next((k for k in earlier if self._types[k] == self._types[i]), None)
                if twin is not None:
                    self.mend(self._regions[i], Problem.REPEATED, f"it repeats {self._regions[twin]}: read once")
                    repeated.add(i)
                elif earlier:
                    other = earlier[0]
                    twin_type = f"{self._regions[other]}, of type {self._types[other]!r}"
                    what = f"it covers the same pixels as {twin_type}: both are kept"
                    self.note(self._regions[i], Problem.TWO_TYPES, what)
        return [i for i in left if i not in repeated]


def _numbers(values: list[Any]) -> Any:
    try:
        column = np.array(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        column = np.zeros((0, 0))
    if column.ndim != 1:
        column = np.array([_number(value) for value in values], dtype=np.float64)
    return column


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return np.nan


def _size(shape: tuple[int, int]) -> str:
    return f"{shape[1]} x {shape[0]}"


def _groups_of_equal_masks(runs: Runs, candidates: list[int]) -> list[list[int]]:
    if len(candidates) < 2:
        return []
    keys = np.column_stack([runs.boxes(), runs.areas()])[candidates]
    _, inverse, counts = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    groups: dict[tuple[bytes, ...], list[int]] = defaultdict(list)
    for k in np.flatnonzero(counts[inverse.ravel()] > 1).tolist():
        i = candidates[k]
        mask = slice(runs.offsets[i], runs.offsets[i + 1])
        groups[tuple(column[mask].tobytes() for column in (runs.row, runs.start, runs.end))].append(i)
    return [group for group in groups.values() if len(group) > 1]
