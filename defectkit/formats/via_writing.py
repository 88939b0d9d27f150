"""VIA 2 projects from label sets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from defectkit.formats.report import RepairReport, ReportBuilder
from defectkit.formats.writing import file_name_of, note_boxes, note_scores, single_rings
from defectkit.records import Image, LabelSet


def via_project(
    labels: LabelSet, path: Path, images: Mapping[str, Image], *, attribute: str
) -> tuple[dict[str, Any], RepairReport]:
    """Return the document of a VIA 2 project, and what it does not hold.

    Parameters
    ----------
    labels : LabelSet
    path : pathlib.Path
        Where it will be written, for the report.
    images : mapping of str to Image
        For file names and sizes.
    attribute : str
        The region attribute that holds the type.
    """
    report = ReportBuilder(path.name)
    entries = {}
    for name, instances in labels.instances.items():
        note_scores(instances, name, report)
        note_boxes(instances, name, report)
        file_name = file_name_of(name, images)
        image = images.get(name)
        size = image.path.stat().st_size if image and image.path and image.path.is_file() else -1
        regions = [
            {
                "shape_attributes": {
                    "name": "polygon",
                    "all_points_x": [_number(x) for x in ring[:, 1].tolist()],
                    "all_points_y": [_number(y) for y in ring[:, 0].tolist()],
                },
                "region_attributes": {attribute: kind},
            }
            for ring, kind in zip(single_rings(instances, name, report), instances.type_names, strict=True)
        ]
        entries[f"{file_name}{size}"] = {
            "filename": file_name,
            "size": size,
            "regions": regions,
            "file_attributes": {},
        }
    options = {kind: labels.taxonomy[kind].title for kind in labels.types}
    document = {
        "_via_settings": {"ui": {}, "core": {"default_filepath": ""}, "project": {"name": labels.name}},
        "_via_img_metadata": entries,
        "_via_attributes": {
            "region": {attribute: {"type": "dropdown", "description": "", "options": options, "default_options": {}}},
            "file": {},
        },
        "_via_data_format_version": "2.0.10",
        "_via_image_id_list": list(entries),
    }
    return document, report.report()


def _number(value: float) -> float | int:
    return int(value) if value.is_integer() else value
