"""The format ``labelme``: JSON files of labelme, one an image."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import attrs
import numpy as np

from defectkit.errors import DefectkitError, LabelReadError
from defectkit.files import new_folder
from defectkit.files.names import relative_path
from defectkit.formats.interface import LabelFormat, LabelReading, RepairReport
from defectkit.formats.labelme_writing import labelme_document
from defectkit.formats.reader import LabelReader, label_files, read_json
from defectkit.formats.regions import RegionColumns
from defectkit.formats.report import Problem, ReportBuilder
from defectkit.formats.shapes import ellipse, rectangle
from defectkit.formats.type_names import as_category_table
from defectkit.formats.writing import written_json
from defectkit.geometry.masks import crops_to_runs
from defectkit.geometry.runs import Runs
from defectkit.records import Image, LabelSet, Taxonomy

_NO_AREA = ("point", "points", "line")


@attrs.frozen(kw_only=True)
class LabelmeFormat(LabelFormat):
    """A folder of labelme's ``.json`` files, one an image.

    Parameters
    ----------
    types : mapping of str to str, or text
        From labels to defect types, see :func:`~defectkit.formats.type_names.as_category_table`.

    Notes
    -----
    Polygons, rectangles (also turned ones), circles and masks are read; a line strip of three points or more is closed,
    and reported as mended; points and lines are refused. Shapes that share a ``group_id`` stay separate, which is
    reported. The place of a shape in its file is its id.

    Written are the polygons that masks were drawn with, or one around the pixels of a mask without holes; else masks.
    """

    name: ClassVar[str] = "labelme"
    description: ClassVar[str] = "labelme JSON, one file an image: polygons, circles, rectangles and masks."
    suffixes: ClassVar[tuple[str, ...]] = (".json",)

    types: Mapping[str, str] = attrs.field(factory=dict, converter=as_category_table)

    def read(self, path: Path, images: Mapping[str, Image], taxonomy: Taxonomy) -> LabelReading:
        """Read a folder of files, or one; see :meth:`LabelFormat.read`."""
        reader = LabelReader(path, images, taxonomy, self.types)
        for file in label_files(path, self.suffixes):
            document = _checked(file, read_json(file))
            height, width = document.get("imageHeight"), document.get("imageWidth")
            shape = (int(height), int(width)) if height and width else None
            columns = reader.open_by_stem(file, shape=shape)
            if columns is None:
                continue
            for number, drawn in enumerate(document["shapes"]):
                region = f"shape {number}"
                if not isinstance(drawn, dict):
                    columns.refuse(region, Problem.MALFORMED, "it is no object")
                    continue
                label = str(drawn.get("label") or "")
                kind = reader.types.of(label, image=columns.image, region=region, file=columns.file)
                if drawn.get("group_id") is not None:
                    what = f"it belongs to the group {drawn['group_id']}: read as a defect of its own"
                    columns.note(region, Problem.PARTS, what)
                _add(columns, drawn, defect_id=number, defect_type=kind, region=region)
        return reader.finish()

    def write(self, labels: LabelSet, path: Path, images: Mapping[str, Image]) -> RepairReport:
        """Write a folder with a file for each image; see :meth:`LabelFormat.write`. Scores are not held.

        Raises
        ------
        OutputError
            If the folder holds something already.
        """
        report = ReportBuilder(path.name)
        with new_folder(path) as folder:
            for name, instances in labels.instances.items():
                written_json(folder / relative_path(name, ".json"), labelme_document(instances, name, images, report))
        return report.report()

    @classmethod
    def recognizes(cls, path: Path) -> bool:
        """Return whether ``path`` is, or begins with, a JSON file with labelme's shapes."""
        files = sorted(path.glob("*.json"))[:1] if path.is_dir() else [path]
        if not files or not files[0].is_file() or files[0].suffix.lower() != ".json":
            return False
        try:
            _checked(files[0], read_json(files[0]))
        except LabelReadError:
            return False
        return True


def _checked(file: Path, document: Any) -> dict[str, Any]:
    if not isinstance(document, dict) or not isinstance(document.get("shapes"), list):
        raise LabelReadError(f"{file}: it is no labelme file: a JSON object with a list 'shapes' is needed")
    return document


def _add(columns: RegionColumns, drawn: dict[str, Any], *, defect_id: int, defect_type: str, region: str) -> None:
    kind = drawn.get("shape_type") or "polygon"
    if kind in _NO_AREA:
        columns.refuse(region, Problem.NOT_AN_AREA, f"a {kind} has no area")
        return
    what: dict[str, Any] = {"defect_id": defect_id, "defect_type": defect_type, "region": region}
    try:
        points = np.asarray(drawn["points"], dtype=np.float64).reshape(-1, 2)
        if kind == "rectangle" and len(points) == 2:
            (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
            columns.add_ring(rectangle(top, left, bottom, right), **what)
        elif kind in ("polygon", "oriented_rectangle", "rectangle"):
            columns.add_ring(points[:, ::-1], **what)
        elif kind == "linestrip":
            if len(points) < 3:
                columns.refuse(region, Problem.NOT_AN_AREA, f"a line of {len(points)} points encloses no area")
                return
            columns.mend(region, Problem.OPEN, "a line strip: closed from its last point to its first")
            columns.add_ring(points[:, ::-1], **what)
        elif kind == "circle":
            (x, y), edge = points[0], points[1]
            radius = float(np.hypot(*(edge - points[0])))
            columns.add_ring(ellipse(float(y), float(x), radius, radius), **what)
        elif kind == "mask":
            runs, lost = _mask(drawn["mask"], points, columns.shape)
            if lost:
                columns.mend(
                    region, Problem.OUT_OF_FRAME, f"{lost} of its pixels lie outside the image: cut off at the border"
                )
            columns.add_mask(runs, **what)
        else:
            columns.refuse(region, Problem.MALFORMED, f"its shape is {kind!r}, which is not known")
    except LabelReadError as error:
        columns.refuse(region, Problem.ZERO_AREA, str(error))
    except (DefectkitError, KeyError, IndexError, TypeError, ValueError, OSError, binascii.Error) as error:
        columns.refuse(region, Problem.MALFORMED, f"a {kind} that cannot be read ({error})")


def _mask(text: str, points: Any, shape: tuple[int, int]) -> tuple[Runs, int]:
    """Return a packed mask, and how many of its pixels the frame cuts off."""
    import PIL.Image

    with PIL.Image.open(io.BytesIO(base64.b64decode(text, validate=True))) as picture:
        crop = np.asarray(picture.convert("L")) > 0
    left, top = (int(v) for v in np.rint(points.min(axis=0)))
    runs = crops_to_runs([crop], [top], [left], shape)
    return runs, int(np.count_nonzero(crop)) - int(runs.areas()[0])
