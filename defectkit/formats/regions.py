"""RegionColumns: the regions of one image while a label file is read, and what becomes of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np

from defectkit.formats.mending import mend
from defectkit.formats.report import Problem, RepairKind, ReportBuilder
from defectkit.formats.shapes import Ring
from defectkit.geometry.polygons import Polygons, polygons_to_runs, rings_to_runs
from defectkit.geometry.runs import Runs
from defectkit.records import Instances


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

    @property
    def used_types(self) -> set[str]:
        """The types of the regions gathered so far."""
        return set(self._types)

    def add_outline(
        self,
        rows: Sequence[float],
        cols: Sequence[float],
        *,
        defect_id: int,
        defect_type: str,
        region: str,
        score: float = np.nan,
    ) -> None:
        """Add a region drawn as one outline; what is no number is found and refused by :meth:`finish`."""
        if len(rows) != len(cols):
            self.refuse(region, Problem.MALFORMED, f"it has {len(rows)} rows for {len(cols)} columns")
            return
        self._rows.extend(rows)
        self._cols.extend(cols)
        self._add(len(rows), defect_id, defect_type, region, score)

    def add_ring(self, ring: Ring, *, defect_id: int, defect_type: str, region: str, score: float = np.nan) -> None:
        """Add a region drawn as one outline, an array (K, 2) of row and column."""
        self.add_outline(
            ring[:, 0].tolist(),
            ring[:, 1].tolist(),
            defect_id=defect_id,
            defect_type=defect_type,
            region=region,
            score=score,
        )

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

    def finish(self, known_types: Sequence[str]) -> Instances:
        """Mend and fill the outlines, leave out what is refused or repeated, and return the rest in the file's order.

        Parameters
        ----------
        known_types : sequence of str
            What comes first in the table of types.
        """
        count = len(self._sizes)
        masks = np.array(sorted(self._masks), dtype=np.int64)
        drawn = np.setdiff1d(np.arange(count), masks)
        offsets = np.concatenate([[0], np.cumsum(np.array(self._sizes, dtype=np.int64)[drawn])]).astype(np.int64)
        vertices = np.column_stack([_numbers(self._rows), _numbers(self._cols)])
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
        kept = self._kept(runs, scores, {int(drawn[i]) for i in mended.refused})
        if len(kept) < count:
            runs, polygons, scores = runs.take(kept), polygons.take(kept), scores[kept]
        return Instances.from_runs(
            runs,
            types=[self._types[i] for i in kept],
            shape=self.shape,
            known_types=known_types,
            polygons=polygons,
            scores=scores,
            ids=np.array([self._ids[i] for i in kept], dtype=np.int64),
        )

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
    except (TypeError, ValueError):
        column = np.zeros((0, 0))
    if column.ndim != 1:
        column = np.array([_number(value) for value in values], dtype=np.float64)
    return column


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return np.nan


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
