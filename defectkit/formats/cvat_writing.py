"""CVAT documents from label sets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np

from defectkit.errors import LabelWriteError
from defectkit.formats.report import RepairReport, ReportBuilder
from defectkit.formats.writing import file_name_of, note_boxes, note_scores, outlines_of
from defectkit.geometry.sets import shift
from defectkit.records import Image, Instances, LabelSet

_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def cvat_document(labels: LabelSet, path: Path, images: Mapping[str, Image]) -> tuple[str, RepairReport]:
    """Return the text of a file of 'CVAT for images 1.1', and what it does not hold.

    Parameters
    ----------
    labels : LabelSet
    path : pathlib.Path
        Where it will be written, for the report.
    images : mapping of str to Image
        For file names.

    Raises
    ------
    LabelWriteError
        If the name of an image holds a character that XML has no way to write.
    """
    report = ReportBuilder(path.name)
    root = ET.Element("annotations")
    ET.SubElement(root, "version").text = "1.1"
    task = ET.SubElement(ET.SubElement(root, "meta"), "task")
    ET.SubElement(task, "name").text = labels.name
    ET.SubElement(task, "size").text = str(len(labels.instances))
    ET.SubElement(task, "mode").text = "annotation"
    declared = ET.SubElement(task, "labels")
    for name in labels.types:
        label = ET.SubElement(declared, "label")
        ET.SubElement(label, "name").text = name
        ET.SubElement(label, "color").text = labels.taxonomy[name].color
        ET.SubElement(label, "type").text = "any"
    for number, (image, instances) in enumerate(labels.instances.items()):
        note_scores(instances, image, report)
        note_boxes(instances, image, report)
        file_name = file_name_of(image, images)
        if _NOT_IN_XML.search(file_name):
            raise LabelWriteError(f"image {file_name!r}: XML cannot hold its name; rename it, or choose another format")
        height, width = (str(side) for side in instances.shape)
        element = ET.SubElement(root, "image", id=str(number), name=file_name, width=width, height=height)
        _add_shapes(element, instances)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False) + "\n", report.report()


def _add_shapes(element: ET.Element, instances: Instances) -> None:
    for i, rings in enumerate(outlines_of(instances).rings):
        about = {"label": instances.type_names[i], "source": "file", "occluded": "0", "z_order": "0"}
        if len(rings) == 1:
            points = ";".join(f"{x!r},{y!r}" for y, x in rings[0].tolist())
            ET.SubElement(element, "polygon", about, points=points)
        else:
            ET.SubElement(element, "mask", about | _mask(instances, i))


def _mask(instances: Instances, index: int) -> dict[str, str]:
    top, left, bottom, right = instances.boxes[index].tolist()
    size = (bottom - top, right - left)
    pixels = shift(instances.runs.take([index]), -top, -left).to_mask(0, size).ravel()
    changes = np.flatnonzero(np.diff(np.concatenate([[False], pixels])))
    counts = np.diff(np.concatenate([[0], changes, [pixels.size]]))
    place = {"left": left, "top": top, "width": size[1], "height": size[0]}
    return {"rle": ", ".join(map(str, counts.tolist()))} | {key: str(value) for key, value in place.items()}
