"""Stored areas and boxes of regions, compared with the regions themselves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from defectkit.formats.report import Problem
from defectkit.records import Instances

AREA_TOLERANCE = 0.01
"""A stored area may be off by this fraction, or by one pixel."""

BOX_TOLERANCE_PX = 1.0
"""Each side of a stored box may be off by this: some programs count the last pixel, some do not."""

Floats = NDArray[np.float64]


NO_BOX = (np.nan, np.nan, np.nan, np.nan)


def stored_faults(instances: Instances, areas: Floats, boxes: Floats) -> list[tuple[int, Problem, str]]:
    """Return which stored areas and boxes are off: the place of the defect, the problem, and what is said.

    Parameters
    ----------
    instances : Instances
        Of length N.
    areas : array, shape (N,)
        NaN where none is stored.
    boxes : array, shape (N, 4)
        Top, left, bottom, right; NaN where none is stored.
    """
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
