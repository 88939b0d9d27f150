"""labelme documents from the labels of an image."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any

import numpy as np

from defectkit.formats.report import ReportBuilder
from defectkit.formats.writing import file_name_of, note_boxes, note_scores, outlines_of
from defectkit.geometry.sets import shift
from defectkit.records import Image, Instances


def labelme_document(
    instances: Instances, name: str, images: Mapping[str, Image], report: ReportBuilder
) -> dict[str, Any]:
    """Return the labelme document of one image; what it does not hold goes into ``report``."""
    note_scores(instances, name, report)
    note_boxes(instances, name, report)
    shapes = []
    for i, rings in enumerate(outlines_of(instances).rings):
        drawn: dict[str, Any] = {"label": instances.type_names[i]}
        if len(rings) == 1:
            drawn |= {"points": rings[0][:, ::-1].tolist(), "shape_type": "polygon", "mask": None}
        else:
            top, left, bottom, right = instances.boxes[i].tolist()
            points = [[float(left), float(top)], [float(right - 1), float(bottom - 1)]]
            drawn |= {"points": points, "shape_type": "mask", "mask": _packed(instances, i)}
        shapes.append(drawn | {"group_id": None, "description": "", "flags": {}})
    return {
        "version": "5.5.0",
        "flags": {},
        "shapes": shapes,
        "imagePath": file_name_of(name, images),
        "imageData": None,
        "imageHeight": instances.shape[0],
        "imageWidth": instances.shape[1],
    }


def _packed(instances: Instances, index: int) -> str:
    import PIL.Image

    top, left, bottom, right = instances.boxes[index].tolist()
    crop = shift(instances.runs.take([index]), -top, -left).to_mask(0, (bottom - top, right - left))
    buffer = io.BytesIO()
    PIL.Image.fromarray(crop.astype(np.uint8) * np.uint8(255)).save(buffer, format="PNG")
    return base64.b64encode(buffer.getvalue()).decode("ascii")
