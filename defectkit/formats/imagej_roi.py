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
from defectkit.files.names import file_name, relative_path
from defectkit.formats.interface import LabelFormat, LabelReading, RepairReport
from defectkit.formats.reader import LabelReader, label_files
from defectkit.formats.regions import RegionColumns
from defectkit.formats.report import Problem, RepairKind, ReportBuilder
from defectkit.formats.shapes import ellipse, rectangle
from defectkit.formats.type_names import as_category_table
from defectkit.formats.writing import note_boxes, note_scores, rounded, single_rings
from defectkit.geometry.polygons import rings_to_runs
from defectkit.records import Image, LabelSet, Taxonomy

_PROPERTY = "defect_type"
_LINES = {"LINE": "a line", "ANGLE": "an angle", "POINT": "a point", "NOROI": "no region"}
_LONGEST = 65_535


@attrs.frozen(kw_only=True)
class ImagejRoiFormat(LabelFormat):
    """A folder of ``.zip`` (or single ``.roi``) files from ImageJ's ROI manager, one an image.

    Parameters
    ----------
    types : mapping of str to str, or text
        From ROI names (without a number at their end) or group numbers to defect types, see
        :func:`~defectkit.formats.type_names.as_category_table`.

    Notes
    -----
    It needs the package roifile. A ROI's type is its property ``defect_type``, else its name without a number at the
    end where the taxonomy or ``types`` know that, else its group where ``types`` names that; the others are ``defect``,
    which is reported. Polygons, freehand and traced outlines, rectangles, ovals and composite ROIs are read; a polyline
    of three points or more is closed, and reported as mended; points and lines are refused. The place of a ROI in its
    file is its id. One file for one image need not be named after it: ImageJ calls it ``RoiSet.zip``.

    Coordinates are stored in single precision. A mask of several parts, or with holes, is written as one polygon with
    bridges of no width. Ids and scores are not held.
    """

    name: ClassVar[str] = "imagej-roi"
    description: ClassVar[str] = "ImageJ and Fiji ROI files (needs roifile)."
    suffixes: ClassVar[tuple[str, ...]] = (".zip", ".roi")

    types: Mapping[str, str] = attrs.field(factory=dict, converter=as_category_table)

    def read(self, path: Path, images: Mapping[str, Image], taxonomy: Taxonomy) -> LabelReading:
        """Read a folder of ROI files, or one; see :meth:`LabelFormat.read`.

        Raises
        ------
        LabelReadError
            If roifile is not installed, or a file holds no ROIs.
        """
        roifile = _roifile(LabelReadError)
        reader = LabelReader(path, images, taxonomy, self.types)
        for file in label_files(path, self.suffixes):
            columns = self._columns(reader, file)
            if columns is None:
                continue
            untyped = 0
            for number, roi in enumerate(_rois(roifile, file)):
                region = f"ROI {number} ({roi.name})" if roi.name else f"ROI {number}"
                names = _type_names(roi, reader)
                if names or "*" in self.types:
                    kind = reader.types.of(*names, image=columns.image, region=region, file=columns.file)
                else:
                    kind = "defect"
                    untyped += 1
                _add(columns, roi, defect_id=number, defect_type=kind, region=region)
            if untyped:
                columns.note("", Problem.NO_TYPE, f"no type is named for {untyped} ROIs: read as 'defect'")
        return reader.finish()

    def _columns(self, reader: LabelReader, file: Path) -> RegionColumns | None:
        if file == reader.path and len(reader.images) == 1 and reader.names.of_label_stem(file.stem) is None:
            name = next(iter(reader.images))
            what = f"{file.name} is taken for the only image, {name!r}"
            reader.report.add(RepairKind.NOTED, Problem.NAME, what, image=name)
            return reader.open_by_name(name)
        return reader.open_by_stem(file)

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
                held = rounded(instances, lambda vertices: vertices.astype(np.float32).astype(np.float64))
                with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                    for i, ring in enumerate(single_rings(held, name, report)):
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
        return bool(files) and all(
            file.suffix.lower() == ".roi"
            or (zipfile.is_zipfile(file) and all(n.endswith(".roi") for n in zipfile.ZipFile(file).namelist()))
            for file in files[:3]
        )


def _roifile(error: type[LabelReadError] | type[LabelWriteError]) -> Any:
    try:
        import roifile
    except ImportError as missing:
        raise error("ImageJ ROI files need the package roifile: run `python -m pip install roifile`") from missing
    return roifile


def _rois(roifile: Any, file: Path) -> list[Any]:
    try:
        found = roifile.ImagejRoi.fromfile(file)
    except Exception as error:  # roifile lets through whatever struct, zipfile and numpy raise on damaged bytes
        raise LabelReadError(f"{file}: it holds no ImageJ ROIs ({error})") from error
    return found if isinstance(found, list) else [found]


def _type_names(roi: Any, reader: LabelReader) -> tuple[str, ...]:
    stated = roi.properties.get(_PROPERTY)
    base = re.sub(r"[\s_-]*\d+$", "", roi.name)
    candidates = [base] if base and reader.types.knows(base) else []
    if roi.group and str(roi.group) in reader.table:
        candidates.append(str(roi.group))
    return (str(stated), *candidates) if stated else tuple(candidates)


def _add(columns: RegionColumns, roi: Any, *, defect_id: int, defect_type: str, region: str) -> None:
    kind = roi.roitype.name
    what: dict[str, Any] = {"defect_id": defect_id, "defect_type": defect_type, "region": region}
    if kind in _LINES:
        columns.refuse(region, Problem.NOT_AN_AREA, f"{_LINES[kind]} has no area")
        return
    try:
        if roi.multi_coordinates is not None:
            rings = [ring[:, ::-1].astype(np.float64) for ring in roi.coordinates(multi=True)]
            columns.note(region, Problem.PARTS, f"a composite of {len(rings)} outlines: one mask, without an outline")
            columns.add_mask(rings_to_runs([rings], columns.shape), **what)
        elif kind in ("RECT", "OVAL"):
            _add_box(columns, roi, kind, what)
        else:
            ring = np.asarray(roi.coordinates(), dtype=np.float64)[:, ::-1]
            if kind in ("POLYLINE", "FREELINE"):
                if len(ring) < 3:
                    columns.refuse(region, Problem.NOT_AN_AREA, f"a line of {len(ring)} points encloses no area")
                    return
                columns.mend(region, Problem.OPEN, "a line: closed from its last point to its first")
            columns.add_ring(ring, **what)
    except LabelReadError as error:
        columns.refuse(region, Problem.ZERO_AREA, str(error))


def _add_box(columns: RegionColumns, roi: Any, kind: str, what: dict[str, Any]) -> None:
    top, left, bottom, right = (float(v) for v in (roi.top, roi.left, roi.bottom, roi.right))
    if roi.subpixelrect:
        top, left, bottom, right = roi.yd, roi.xd, roi.yd + roi.heightd, roi.xd + roi.widthd
    if kind == "RECT":
        columns.add_ring(rectangle(top, left, bottom, right), **what)
    else:
        ring = ellipse((top + bottom) / 2, (left + right) / 2, (right - left) / 2, (bottom - top) / 2)
        columns.add_ring(ring, **what)
