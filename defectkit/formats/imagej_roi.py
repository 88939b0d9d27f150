"""The format ``imagej-roi``: ROI files of ImageJ and Fiji, one a zip an image."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import attrs
import numpy as np

from defectkit.errors import LabelReadError, LabelWriteError
from defectkit.files import new_folder
from defectkit.files.names import file_name, readable, relative_path
from defectkit.formats.interface import RepairReport
from defectkit.formats.reader import label_files
from defectkit.formats.region import (
    Area,
    EvenOdd,
    LabelFile,
    LabelledImage,
    NoArea,
    Outline,
    Region,
    Remark,
    mended_remark,
)
from defectkit.formats.region_format import RegionFormat
from defectkit.formats.report import Problem, ReportBuilder
from defectkit.formats.shapes import ellipse, rectangle
from defectkit.formats.writing import note_boxes, note_scores, round_polygons, single_rings
from defectkit.records import Image, LabelSet

MOST_BYTES = 2**28
"""Bytes that the ROIs of one file may have."""

_PROPERTY = "defect_type"
_LINES = {"LINE": "a line", "ANGLE": "an angle", "POINT": "a point", "NOROI": "no region"}
_LONGEST = 65_535


@attrs.frozen(kw_only=True)
class ImagejRoiFormat(RegionFormat):
    """A folder of ``.zip`` (or single ``.roi``) files from ImageJ's ROI manager, one an image.

    Parameters
    ----------
    types, vertices
        As for every :class:`~defectkit.formats.RegionFormat`; categories are ROI names, without a number at their end,
        and group numbers.

    Notes
    -----
    It needs the package roifile. A ROI's type is its property ``defect_type``, else its name without a number at the
    end where the taxonomy or ``types`` know that, else its group where ``types`` names that; the others are ``defect``,
    which is reported. Polygons, freehand and traced outlines, rectangles, ovals and composite ROIs are read; a polyline
    of three points or more is closed, and reported as mended; points and lines are refused. The place of a ROI in its
    file is its id. One file for one image need not be named after it: ImageJ calls it ``RoiSet.zip``.

    Coordinates are stored in single precision. A mask of several parts, or with holes, is written as one polygon with
    bridges of no width. Ids and scores are not stored.
    """

    name: ClassVar[str] = "imagej-roi"
    description: ClassVar[str] = "ImageJ and Fiji ROI files (needs roifile)."
    suffixes: ClassVar[tuple[str, ...]] = (".zip", ".roi")

    def contents(self, path: Path) -> LabelFile:
        """Return what a folder of ROI files holds, or one file; see :meth:`RegionFormat.contents`.

        Raises
        ------
        LabelReadError
            If roifile is not installed, or a file holds no ROIs.
        """
        roifile = _roifile(LabelReadError)
        images = (
            LabelledImage(
                label_file=file,
                is_for_any=file == path,
                regions=[_region(number, roi) for number, roi in enumerate(_rois(roifile, file))],
            )
            for file in label_files(path, self.suffixes)
        )
        return LabelFile(images=images)

    def write(self, labels: LabelSet, path: Path, images: Mapping[str, Image]) -> RepairReport:
        """Write a folder with a ``.zip`` for each image; see :meth:`LabelFormat.write`.

        Raises
        ------
        LabelWriteError
            If roifile is not installed, or an outline has more vertices than a ROI holds.
        OutputError
            If the folder holds something already.
        """
        roifile = _roifile(LabelWriteError)
        report = ReportBuilder(path.name)
        with new_folder(path) as folder:
            for name, instances in labels.instances.items():
                note_scores(instances, name, report)
                note_boxes(instances, name, report)
                file = folder / relative_path(name, ".zip")
                file.parent.mkdir(parents=True, exist_ok=True)
                rounded = round_polygons(instances, lambda vertices: vertices.astype(np.float32).astype(np.float64))
                with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                    for i, ring in enumerate(single_rings(rounded, name, report)):
                        if len(ring) > _LONGEST:
                            raise LabelWriteError(
                                f"image {name!r}: defect {instances.ids[i]} has {len(ring)} vertices, "
                                f"but a ROI holds {_LONGEST}"
                            )
                        kind = instances.type_names[i]
                        roi = roifile.ImagejRoi.frompoints(
                            ring[:, ::-1].astype(np.float32), name=f"{kind} {instances.ids[i]}"
                        )
                        roi.properties = {_PROPERTY: kind}
                        archive.writestr(f"{i:05d}-{file_name(kind)}.roi", roi.tobytes())
        return report.report()

    @classmethod
    def recognizes(cls, path: Path) -> bool:
        """Return whether ``path`` is, or holds, ``.roi`` files or zips of them."""
        files = [*path.glob("*.zip"), *path.glob("*.roi")] if path.is_dir() else [path]
        files = [file for file in files if file.is_file()]
        return bool(files) and all(file.suffix.lower() == ".roi" or _holds_rois(file) for file in files[:3])


def _roifile(error: type[LabelReadError] | type[LabelWriteError]) -> Any:
    try:
        import roifile
    except ImportError as missing:
        raise error("ImageJ ROI files need the package roifile: run `python -m pip install roifile`") from missing
    return roifile


def _holds_rois(file: Path) -> bool:
    try:
        with zipfile.ZipFile(file) as archive:
            return all(name.endswith(".roi") for name in archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, EOFError):
        return False


def _rois(roifile: Any, file: Path) -> list[Any]:
    try:
        return [roifile.ImagejRoi.frombytes(content) for content in _contents(file)]
    except LabelReadError:
        raise
    except Exception as error:  # roifile lets through whatever struct, zipfile and numpy raise on damaged bytes
        raise LabelReadError(f"{file}: it holds no ImageJ ROIs, or damaged ones") from error


def _contents(file: Path) -> list[bytes]:
    if file.stat().st_size > MOST_BYTES:
        raise LabelReadError(f"{file}: it has more than {MOST_BYTES} bytes, which is no ROI file")
    if not zipfile.is_zipfile(file):
        return [file.read_bytes()]
    with zipfile.ZipFile(file) as archive:
        members = [info for info in archive.infolist() if info.filename.lower().endswith(".roi")]
        size = sum(info.file_size for info in members)
        if size > MOST_BYTES:
            raise LabelReadError(f"{file}: its ROIs have {size} bytes unpacked, more than {MOST_BYTES}")
        if not members and archive.namelist():
            raise LabelReadError(f"{file}: it holds no ImageJ ROIs")
        return [archive.read(info) for info in members]


def _region(number: int, roi: Any) -> Region:
    name = readable(str(roi.name)[:80])
    base = re.sub(r"[\s_-]*\d+$", "", name)
    hints = [hint for hint in (base, str(roi.group) if roi.group else "") if hint]
    remarks: list[Remark] = []
    try:
        stated = roi.properties.get(_PROPERTY)
        area = _area(roi, remarks)
    except LabelReadError as error:
        stated, area = None, NoArea(Problem.ZERO_AREA, str(error))
    except Exception:  # roifile reads parts of a ROI late, and lets through what struct and numpy raise
        stated, area = None, NoArea(Problem.MALFORMED, "a ROI that cannot be read")
    return Region(
        area=area,
        type=readable(str(stated)) if stated else (),
        hints=hints,
        id=number,
        name=f"ROI {number} ({name})" if name else f"ROI {number}",
        remarks=remarks,
    )


def _area(roi: Any, remarks: list[Remark]) -> Area:
    kind = roi.roitype.name
    if kind in _LINES:
        return NoArea(Problem.NOT_AN_AREA, f"{_LINES[kind]} has no area")
    if roi.multi_coordinates is not None:
        rings = [Outline.of_points(ring) for ring in roi.coordinates(multi=True)]
        return EvenOdd(rings)
    if kind in ("RECT", "OVAL"):
        return _box(roi, kind)
    outline = Outline.of_points(roi.coordinates())
    if kind in ("POLYLINE", "FREELINE"):
        count = len(outline.rows)
        if count < 3:
            return NoArea(Problem.NOT_AN_AREA, f"a line of {count} points encloses no area")
        remarks.append(mended_remark(Problem.OPEN, "a line: closed from its last point to its first"))
    outline.is_exact = kind == "TRACED"
    return outline


def _box(roi: Any, kind: str) -> Outline:
    top, left, bottom, right = (float(v) for v in (roi.top, roi.left, roi.bottom, roi.right))
    if roi.subpixelrect:
        top, left, bottom, right = roi.yd, roi.xd, roi.yd + roi.heightd, roi.xd + roi.widthd
    if kind == "RECT":
        return Outline.of_ring(rectangle(top, left, bottom, right))
    return Outline.of_ring(ellipse((top + bottom) / 2, (left + right) / 2, (right - left) / 2, (bottom - top) / 2))
