"""Outlines: the polygon that stands for each defect where a rule looks at vertices."""

from __future__ import annotations

import enum

import numpy as np
from numpy.typing import NDArray

from defectkit.geometry.polygons import Polygons
from defectkit.measurement.stacking import Measurable

Floats = NDArray[np.float64]
Spacing = tuple[float, float]


class Side(enum.StrEnum):
    """Which side of a comparison defects are on: rules on outlines treat labels and predictions differently."""

    TRUTH = "truth"
    PREDICTION = "prediction"


def outlines(instances: Measurable, side: Side | None = None) -> Polygons:
    """Return the polygon that stands for each defect where a rule looks at vertices.

    Parameters
    ----------
    instances : Instances or Stack
        N defects.
    side : Side, optional
        Truth: the polygon as drawn, its vertices cut to integers; where none was drawn, as for a prediction.
        Prediction: the vertices of the convex hull of the indices of the mask's pixels. By default labels are truth.

    Returns
    -------
    Polygons
        N polygons in pixels; none for an empty mask.

    Notes
    -----
    The hull runs through pixel indices, not around pixels, so it is a pixel narrower than the mask. That, and nothing a
    detector does, makes small predicted defects smaller than drawn ones under such a rule.
    """
    from defectkit.geometry.hulls import index_hulls

    if side is None:
        side = Side.TRUTH if instances.is_labels else Side.PREDICTION
    if side is Side.PREDICTION:
        return index_hulls(instances.runs)
    drawn = np.diff(instances.polygons.offsets) > 0
    cut = Polygons(vertices=np.trunc(instances.polygons.vertices), offsets=instances.polygons.offsets)
    if drawn.all():
        return cut
    hulls = index_hulls(instances.runs)
    both = Polygons.concatenate([cut, hulls])
    return both.take(np.where(drawn, np.arange(len(cut)), len(cut) + np.arange(len(hulls))))
