"""Label Studio's tasks from label sets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from defectkit.formats.report import RepairReport, ReportBuilder
from defectkit.formats.writing import file_name_of, note_boxes, single_rings
from defectkit.records import Image, LabelSet


def label_studio_tasks(
    labels: LabelSet, path: Path, images: Mapping[str, Image]
) -> tuple[list[dict[str, Any]], RepairReport]:
    """Return tasks with one annotation each, and what they do not hold.

    Parameters
    ----------
    labels : LabelSet
    path : pathlib.Path
        Where they will be written, for the report.
    images : mapping of str to Image
        For file names.
    """
    report = ReportBuilder(path.name)
    tasks = []
    for image, instances in labels.instances.items():
        note_boxes(instances, image, report)
        height, width = instances.shape
        results = []
        for place, ring in enumerate(single_rings(instances, image, report)):
            drawn: dict[str, Any] = {
                "id": f"defect-{place}",
                "type": "polygonlabels",
                "from_name": "label",
                "to_name": "image",
                "original_width": width,
                "original_height": height,
                "image_rotation": 0,
                "value": {
                    "points": (ring[:, ::-1] * (100 / np.array([width, height]))).tolist(),
                    "closed": True,
                    "polygonlabels": [instances.type_names[place]],
                },
            }
            if np.isfinite(instances.scores[place]):
                drawn["score"] = float(instances.scores[place])
            results.append(drawn)
        tasks.append({"data": {"image": file_name_of(image, images)}, "annotations": [{"result": results}]})
    return tasks, report.report()
