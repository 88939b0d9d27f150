"""Stacking: the defects of several images as those of one, for measures that look at one defect at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from defectkit.geometry.polygons import Polygons
from defectkit.geometry.runs import Runs
from defectkit.records.instances import Instances

Floats = NDArray[np.float64]


def stacked(parts: Sequence[Instances]) -> Instances:
    """Return the defects of all ``parts``, one part after the other, each where it lies in its own image.

    Parameters
    ----------
    parts : sequence of Instances
        At least one.

    Returns
    -------
    Instances
        With ids of its own and a frame that holds all frames. What is measured of one defect by itself is the same
        here, and measuring many at once costs little more than measuring a few.

    Examples
    --------
    >>> dot = Instances.from_masks([np.ones((4, 4), bool)], types=["bdot"], shape=(4, 4))
    >>> len(stacked([dot, dot])), stacked([dot, dot]).areas.tolist()
    (2, [16, 16])
    """
    if len(parts) == 1:
        return parts[0]
    types = tuple(dict.fromkeys(name for part in parts for name in part.types))
    codes = [np.array([types.index(name) for name in part.types], np.int16)[part.type_codes] for part in parts]
    return Instances(
        shape=(max(part.shape[0] for part in parts), max(part.shape[1] for part in parts)),
        types=types,
        type_codes=np.concatenate(codes),
        runs=Runs.concatenate(part.runs for part in parts),
        scores=np.concatenate([part.scores for part in parts]),
        polygons=Polygons.concatenate(part.polygons for part in parts),
        given_boxes=np.concatenate([part.given_boxes for part in parts]),
    )


def unstacked(values: Floats, parts: Sequence[Instances]) -> list[Floats]:
    """Return the values of each part, given those of all defects of :func:`stacked` parts."""
    return np.split(values, np.cumsum([len(part) for part in parts])[:-1])
