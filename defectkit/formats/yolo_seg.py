"""The format ``yolo-seg``: text files with a normalised polygon a line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import LabelReadError, LabelWriteError
from defectkit.files import new_folder
from defectkit.files.names import relative_path
from defectkit.formats.boxes import BoxRegions
from defectkit.formats.interface import LabelFormat, LabelReading, RepairReport
from defectkit.formats.names import natural_key
from defectkit.formats.reader import LabelReader, label_files
from defectkit.formats.regions import RegionColumns
from defectkit.formats.report import Problem, RepairKind, ReportBuilder
from defectkit.formats.shapes import rectangle
from defectkit.formats.type_names import EVERY_OTHER, as_category_table
from defectkit.formats.writing import note_boxes, rounded, single_rings
from defectkit.formats.yolo_names import find_class_names
from defectkit.records import Image, LabelSet, Taxonomy

GRID = 2.0**20
"""Coordinates are rounded to this fraction of a pixel: what was drawn on the pixel grid comes back on it."""


@attrs.frozen(kw_only=True)
class YoloSegFormat(LabelFormat):
    """A folder of ``.txt`` files, one an image: class number, then x and y of each vertex as parts of width and height.

    Parameters
    ----------
    types : mapping of str to str, or text
        From class names, or else numbers, to defect types, see :func:`~defectkit.formats.type_names.as_category_table`.
    boxes : BoxRegions
        What becomes of lines with four numbers: centre, width and height of a box.

    Notes
    -----
    Class names come from ``data.yaml`` or ``classes.txt`` beside the labels or up to two folders above. Numbers that
    nothing names are an error where there are several; a single one is read as ``defect``. An empty file is an image
    without a defect; an image without a file is not labelled. An even number of values in a line means that the last
    one is a score. A region's id is its line, counted from 0.

    A mask of several parts, or with holes, is written as one polygon with bridges of no width, as YOLO's own tools do.
    """

    name: ClassVar[str] = "yolo-seg"
    description: ClassVar[str] = "YOLO segmentation text: normalised polygons, one file an image."
    suffixes: ClassVar[tuple[str, ...]] = (".txt",)

    types: Mapping[str, str] = attrs.field(factory=dict, converter=as_category_table)
    boxes: BoxRegions = attrs.field(default=BoxRegions.REFUSE, converter=BoxRegions)

    def read(self, path: Path, images: Mapping[str, Image], taxonomy: Taxonomy) -> LabelReading:
        """Read a folder of label files, or one file; see :meth:`LabelFormat.read`.

        Raises
        ------
        LabelReadError
            If there are several classes and nothing names them, or a file is not text.
        """
        reader = LabelReader(path, images, taxonomy, self.types)
        names, names_file = find_class_names(path if path.is_dir() else path.parent)
        if names_file is not None:
            reader.report.add(RepairKind.NOTED, Problem.NAME, f"the names of its classes are those of {names_file}")
        files = [file for file in label_files(path, self.suffixes) if file.name != "classes.txt"]
        opened = [(file, columns) for file in files if (columns := reader.open_by_stem(file)) is not None]
        lines = [(columns, _lines(file)) for file, columns in opened]
        kinds = self._kinds(path, reader, names, {parts[0] for _, rows in lines for _, parts in rows})
        for columns, rows in lines:
            for number, parts in rows:
                self._add(columns, number, parts, kinds.get(parts[0]))
        return reader.finish(kinds.values())

    def _kinds(self, path: Path, reader: LabelReader, names: dict[int, str], used: set[str]) -> dict[str, str]:
        """Return the type of each class that is used or named; what is no class number has none."""
        kinds: dict[str, str] = {}
        numbers = {text: int(text) for text in sorted(used, key=natural_key) if text.isdecimal()}
        unnamed = {n for n in numbers.values() if n not in names and str(n) not in self.types}
        if len(unnamed) > 1 and EVERY_OTHER not in self.types:
            example = ",".join(f"{n}=loop" for n in sorted(unnamed))
            raise LabelReadError(
                f"{path}: the classes {', '.join(map(str, sorted(unnamed)))} have no names. Put a data.yaml or "
                f"classes.txt beside the labels, or name their types: types={example!r}"
            )
        for number, name in names.items():
            if reader.types.knows(name, str(number)) or number in numbers.values():
                kinds[str(number)] = reader.types.of(name, str(number))
            else:
                what = f"no line has the class {name!r}: it is left out"
                reader.report.add(RepairKind.NOTED, Problem.UNUSED_TYPE, what)
        for text, number in numbers.items():
            if text not in kinds:
                named = [str(number)] if str(number) in self.types else []
                kinds[text] = kinds.get(str(number)) or reader.types.of(*named)
        return kinds

    def _add(self, columns: RegionColumns, number: int, parts: list[str], kind: str | None) -> None:
        region = f"line {number + 1}"
        values = _numbers(parts[1:])
        if kind is None or values is None:
            columns.refuse(region, Problem.MALFORMED, "it is not a class number and coordinates")
            return
        score = float("nan")
        if values.size % 2:
            score, values = float(values[-1]), values[:-1]
        height, width = columns.shape
        x, y = _on_grid(values.reshape(-1, 2) * [width, height]).T
        if values.size == 4:
            if self.boxes is BoxRegions.REFUSE:
                columns.refuse(
                    region, Problem.NOT_AN_AREA, "only a box: it has no area (boxes='as-rectangles' reads it)"
                )
                return
            try:
                ring = rectangle(y[0] - y[1] / 2, x[0] - x[1] / 2, y[0] + y[1] / 2, x[0] + x[1] / 2)
            except LabelReadError as error:
                columns.refuse(region, Problem.ZERO_AREA, str(error))
                return
            columns.note(region, Problem.NOT_AN_AREA, "only a box: read as a rectangle")
            columns.add_ring(ring, defect_id=number, defect_type=kind, region=region, score=score)
        else:
            columns.add_outline(y.tolist(), x.tolist(), defect_id=number, defect_type=kind, region=region, score=score)

    def write(self, labels: LabelSet, path: Path, images: Mapping[str, Image]) -> RepairReport:
        """Write a folder with a file for each image and ``classes.txt``; see :meth:`LabelFormat.write`.

        Raises
        ------
        LabelWriteError
            If an image is called ``classes``.
        OutputError
            If the folder holds something already.
        """
        report = ReportBuilder(path.name)
        classes = {kind: number for number, kind in enumerate(labels.types)}
        if "classes" in labels.instances:
            raise LabelWriteError(
                "an image is called 'classes', but classes.txt holds the names of the classes; rename it"
            )
        with new_folder(path) as folder:
            for name, instances in labels.instances.items():
                note_boxes(instances, name, report)
                size = np.array([instances.shape[1], instances.shape[0]], dtype=np.float64)
                held = rounded(instances, _on_grid)
                lines = []
                for i, ring in enumerate(single_rings(held, name, report)):
                    values: list[Any] = [classes[instances.type_names[i]], *(ring[:, ::-1] / size).ravel().tolist()]
                    if not np.isnan(instances.scores[i]):
                        values.append(float(instances.scores[i]))
                    lines.append(" ".join(map(repr, values)))
                file = folder / relative_path(name, ".txt")
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
            (folder / "classes.txt").write_text(
                "".join(f"{kind}\n" for kind in classes), encoding="utf-8", newline="\n"
            )
        return report.report()

    @classmethod
    def recognizes(cls, path: Path) -> bool:
        """Return whether ``path`` is, or holds, text files of numbers."""
        if not (path.is_dir() or (path.suffix.lower() == ".txt" and path.is_file())):
            return False
        files = [path] if path.is_file() else sorted(path.glob("*.txt"))
        try:
            rows = [row for file in files[:3] if file.name != "classes.txt" for _, row in _lines(file)[:3]]
        except LabelReadError:
            return False
        return bool(rows) and all(_numbers(row) is not None for row in rows)


def _lines(file: Path) -> list[tuple[int, list[str]]]:
    """Return the non-empty lines of a file, each with its number from 0 and cut at white space."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise LabelReadError(f"{file}: cannot be read as text: {error}") from error
    return [(number, parts) for number, line in enumerate(text.splitlines()) if (parts := line.split())]


def _on_grid(vertices: NDArray[np.float64]) -> NDArray[np.float64]:
    on_grid: NDArray[np.float64] = np.round(vertices * GRID) / GRID
    return on_grid


def _numbers(parts: list[str]) -> NDArray[np.float64] | None:
    try:
        return np.array(parts, dtype=np.float64)
    except ValueError:
        return None
