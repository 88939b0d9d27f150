"""Shapes: defects as the page draws them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from defectkit import Instances
from defectkit.geometry.contours import runs_to_polygons


def shapes(instances: Instances, indices: Sequence[int] | None = None) -> list[dict[str, Any]]:
    """Return defects ready for JSON.

    Parameters
    ----------
    instances : Instances
    indices : sequence of int, optional
        All unless given.

    Returns
    -------
    list of dict
        ``id``, ``type``, ``score`` (None for labels), ``area`` in pixels, ``box`` (top, left, bottom, right), and
        ``rings``: for each ring of the outline, along the edges of pixels, row, column, row, column ...
    """
    chosen = instances if indices is None else instances.take(np.asarray(indices, np.int64))
    rings = runs_to_polygons(chosen.runs)
    boxes, areas = chosen.boxes.tolist(), chosen.areas.tolist()
    return [
        {
            "id": int(chosen.ids[k]),
            "type": name,
            "score": None if np.isnan(chosen.scores[k]) else round(float(chosen.scores[k]), 4),
            "area": areas[k],
            "box": boxes[k],
            "rings": [ring.astype(int).ravel().tolist() for ring in rings[k]],
        }
        for k, name in enumerate(chosen.type_names)
    ]
