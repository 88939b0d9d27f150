"""Exports of annotation programs that are not read, and which export of the program to choose in their place."""

from __future__ import annotations

from pathlib import Path

from defectkit.errors import LabelReadError

_LOOKED_AT = 65_536


def refuse_foreign(path: Path) -> None:
    """Refuse a file that is an export of a known program, but none that is read.

    Parameters
    ----------
    path : pathlib.Path
        A file, or a folder, of which the first files are looked at.

    Raises
    ------
    LabelReadError
        If it is one; the message says which export of that program is read.
    """
    files = sorted(file for file in path.iterdir() if file.is_file())[:3] if path.is_dir() else [path]
    for file in files:
        advice = _advice(file)
        if advice:
            raise LabelReadError(f"{file}: {advice}")


def _advice(file: Path) -> str:
    suffix = file.suffix.lower()
    if suffix not in (".xml", ".csv", ".json"):
        return ""
    try:
        with file.open("rb") as opened:
            head = opened.read(_LOOKED_AT).removeprefix(b"\xef\xbb\xbf").lstrip()
    except OSError:
        return ""
    if suffix == ".xml":
        if b"<annotation>" in head:
            return "Pascal VOC XML holds boxes, no outlines; export the labels as COCO, YOLO segmentation or masks"
        if b"<annotations" in head:
            tracks = "it holds tracks of a video; in CVAT, export the task as 'CVAT for images 1.1'"
            return tracks if b"<track" in head else ""
        return "XML labels are not read; export the labels as COCO"
    if suffix == ".csv":
        if b"region_shape_attributes" in head.split(b"\n", 1)[0]:
            return "VIA's CSV is not read; in VIA, choose Annotation > Export Annotations (as json)"
        return ""
    if head.startswith(b"[") and b'"annotation_id"' in head and b'"annotator"' in head:
        return "Label Studio's JSON-MIN lacks the sizes of images; in Label Studio, export the project as 'JSON'"
    return ""
