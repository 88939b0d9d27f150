"""Stored areas and boxes of COCO annotations, held against the regions themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.formats.interface import LabelReading
from defectkit.formats.report import Problem, Repair, RepairKind, RepairReport
from defectkit.records import Instances

AREA_TOLERANCE = 0.01
"""A stored area may be off by this fraction, or by one pixel."""

BOX_TOLERANCE_PX = 1.0
"""Each side of a stored box may be off by this: some programs count the last pixel, some do not."""

Floats = NDArray[np.float64]


@attrs.frozen(kw_only=True, eq=False)
class StoredMeasures:
    """What the annotations of an image say of themselves.

    Parameters
    ----------
    ids : list of int
    regions : list of str
        What the report calls each.
    areas : array, shape (N,)
        NaN where there is none.
    boxes : array, shape (N, 4)
        Top, left, bottom, right; NaN where there is none.
    """

    ids: list[int]
    regions: list[str]
    areas: Floats
    boxes: Floats

    @classmethod
    def of(cls, ids: list[int], regions: list[str], annotations: list[dict[str, Any]]) -> StoredMeasures:
        """Gather the measures of annotations; what is no number counts as not stored."""
        areas = np.array([_number(annotation.get("area")) for annotation in annotations], dtype=np.float64)
        boxes = np.array([_box(annotation.get("bbox")) for annotation in annotations]).reshape(-1, 4)
        return cls(ids=ids, regions=regions, areas=areas, boxes=boxes)


def checked_against(reading: LabelReading, stored: Mapping[str, StoredMeasures], *, file: str) -> LabelReading:
    """Return the reading with a line for each stored area or box that is off; the regions themselves are unchanged.

    Regions that were mended are not held to what was stored of them before.
    """
    changed = {(r.image, r.region) for r in reading.report.mended}
    lines = []
    for image, measures in stored.items():
        instances = reading.labels[image]
        place = {number: i for i, number in enumerate(measures.ids)}
        order = np.array([place[number] for number in instances.ids.tolist()], dtype=np.int64)
        for k, problem, what in _faults(instances, measures.areas[order], measures.boxes[order]):
            region = measures.regions[order[k]]
            if (image, region) not in changed:
                lines.append(
                    Repair(kind=RepairKind.MENDED, problem=problem, what=what, file=file, image=image, region=region)
                )
    return attrs.evolve(reading, report=reading.report + RepairReport(lines))


def _faults(instances: Instances, areas: Floats, boxes: Floats) -> list[tuple[int, Problem, str]]:
    has_polygon = np.diff(instances.polygons.offsets) > 0
    mask_areas = instances.areas.astype(np.float64)
    drawn_areas = np.where(has_polygon, instances.polygons.areas(), mask_areas)
    mask_boxes = instances.boxes.astype(np.float64)
    drawn_boxes = np.where(has_polygon[:, None], instances.polygons.boxes(), mask_boxes)
    area_off = np.minimum(np.abs(areas - mask_areas), np.abs(areas - drawn_areas))
    box_off = np.minimum(np.abs(boxes - mask_boxes).max(axis=1), np.abs(boxes - drawn_boxes).max(axis=1))
    wrong_area = np.flatnonzero(area_off > np.maximum(1.0, AREA_TOLERANCE * drawn_areas))
    wrong_box = np.flatnonzero(box_off > BOX_TOLERANCE_PX)
    return [
        *(
            (
                k,
                Problem.WRONG_AREA,
                f"the stored area is {areas[k]:g} px, the region has {drawn_areas[k]:g}: recomputed",
            )
            for k in wrong_area.tolist()
        ),
        *(
            (
                k,
                Problem.WRONG_BOX,
                f"the stored box is {_as_xywh(boxes[k])}, that of the region is {_as_xywh(drawn_boxes[k])}: recomputed",
            )
            for k in wrong_box.tolist()
        ),
    ]


def _as_xywh(box: Floats) -> str:
    top, left, bottom, right = box.tolist()
    return f"[{left:g}, {top:g}, {right - left:g}, {bottom - top:g}]"


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else np.nan


def _box(value: Any) -> list[float]:
    if not isinstance(value, list) or len(value) != 4:
        return [np.nan] * 4
    left, top, width, height = (_number(v) for v in value)
    return [top, left, top + height, left + width]
