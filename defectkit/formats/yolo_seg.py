"""The format ``yolo-seg``: text files with a normalised polygon a line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import attrs
import numpy as np

from defectkit.errors import LabelReadError, LabelWriteError
from defectkit.files import new_folder
from defectkit.files.names import relative_path
from defectkit.formats.boxes import ONLY_A_BOX, BoxRegions
from defectkit.formats.interface import RepairReport
from defectkit.formats.names import list_names
from defectkit.formats.reader import label_files
from defectkit.formats.region import (
    Area,
    Category,
    LabelFile,
    LabelledImage,
    NoArea,
    Outline,
    Region,
    label_area,
    note,
)
from defectkit.formats.region_format import RegionFormat, on_grid
from defectkit.formats.report import Problem, ReportBuilder
from defectkit.formats.shapes import rectangle
from defectkit.formats.type_names import EVERY_OTHER, UNTYPED
from defectkit.formats.writing import note_boxes, round_polygons, single_rings
from defectkit.formats.yolo_lines import COORDINATES_OF_BOX, Endings, YoloLine, read_lines
from defectkit.formats.yolo_names import find_class_names
from defectkit.records import Image, LabelSet


@attrs.frozen(kw_only=True)
class YoloSegFormat(RegionFormat):
    """A folder of ``.txt`` files, one an image: class number, then x and y of each vertex as parts of width and height.

    Parameters
    ----------
    types, vertices
        As for every :class:`~defectkit.formats.RegionFormat`; a category is looked up by its class's name, else number.
    boxes : BoxRegions
        What becomes of lines with four numbers: centre, width and height of a box.

    Notes
    -----
    Class names come from ``data.yaml`` or ``classes.txt`` beside the labels or up to two folders above. Numbers that
    nothing names are an error where there are several; a single one is read as ``defect``. An empty file is an image
    without a defect; an image without a file is not labelled. A line may end in a confidence, in the id of a
    track, or in both (:class:`~defectkit.formats.yolo_lines.Endings`). A region's id is its line, counted from 0.

    A mask of several parts, or with holes, is written as one polygon with bridges of no width, as YOLO's own tools do.
    """

    name: ClassVar[str] = "yolo-seg"
    description: ClassVar[str] = "YOLO segmentation text: normalised polygons, one file per image."
    suffixes: ClassVar[tuple[str, ...]] = (".txt",)

    has_fractions: ClassVar[bool] = True

    boxes: BoxRegions = attrs.field(default=BoxRegions.REFUSE, converter=BoxRegions)

    def contents(self, path: Path) -> LabelFile:
        """Return what a folder of label files holds, or one file; see :meth:`RegionFormat.contents`.

        Raises
        ------
        LabelReadError
            If there are several classes and nothing names them, or a file is not text.
        """
        names, names_file = find_class_names(path if path.is_dir() else path.parent)
        files = [file for file in label_files(path, self.suffixes) if file.name != "classes.txt"]
        rows = {file: read_lines(file) for file in files}
        used = {line.class_number for lines in rows.values() for line in lines} - {None}
        types = self._types(path, names, {number for number in used if number is not None})
        endings = Endings.of(line for lines in rows.values() for line in lines)
        images = [
            LabelledImage(label_file=file, regions=[self._region(line, endings, types) for line in lines])
            for file, lines in rows.items()
        ]
        remarks = [note(Problem.NAME, f"the names of its classes are those of {names_file}")] if names_file else []
        if endings.has_ids:
            remarks.append(note(Problem.SCORE, "the numbers above 1 that end lines are ids of tracks: left out"))
        categories = [Category(names=types[n], is_used=n in used) for n in {**names, **dict.fromkeys(sorted(types))}]
        return LabelFile(images=images, categories=categories, remarks=remarks)

    def _types(self, path: Path, names: Mapping[int, str], used: set[int]) -> dict[int, tuple[str, ...]]:
        """Return what the type of each class is called; nothing where it is the only one and has no name."""
        unnamed = sorted(n for n in used if n not in names and str(n) not in self.types)
        if len(unnamed) > 1 and EVERY_OTHER not in self.types:
            example = ",".join(f"{n}=loop" for n in unnamed[:9])
            raise LabelReadError(
                f"{path}: the classes {list_names(map(str, unnamed))} have no names. Put a data.yaml or "
                f"classes.txt beside the labels, or name their types by the format option types={example}"
            )
        types: dict[int, tuple[str, ...]] = {number: (name, str(number)) for number, name in names.items()}
        for number in used - types.keys():
            types[number] = (str(number),) if str(number) in self.types else ()
        return types

    def _region(self, line: YoloLine, endings: Endings, types: Mapping[int, tuple[str, ...]]) -> Region:
        name = f"line {line.number + 1}"
        if line.class_number is None or line.values is None:
            refused = NoArea(Problem.MALFORMED, "it is not a class number and coordinates")
            return Region(area=refused, id=line.number, name=name, type=UNTYPED)
        values, score = endings.cut(line.values)
        remarks = []
        area: Area = NoArea(Problem.MALFORMED, "it has an odd number of coordinates")
        if values.size == COORDINATES_OF_BOX:
            area = self._box(*values.tolist())
            if isinstance(area, Outline):
                remarks.append(note(Problem.NOT_AN_AREA, "only a box: read as a rectangle"))
        elif values.size % 2 == 0:
            area = Outline(rows=values[1::2].tolist(), cols=values[0::2].tolist())
        return Region(area=area, type=types[line.class_number], id=line.number, score=score, name=name, remarks=remarks)

    def _box(self, x: float, y: float, width: float, height: float) -> Area:
        if self.boxes is BoxRegions.REFUSE:
            return NoArea(Problem.NOT_AN_AREA, ONLY_A_BOX)
        return label_area(rectangle, y - height / 2, x - width / 2, y + height / 2, x + width / 2)

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
                rounded = round_polygons(instances, on_grid)
                lines = []
                for i, ring in enumerate(single_rings(rounded, name, report)):
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
            lines = [line for file in files[:3] if file.name != "classes.txt" for line in read_lines(file)[:3]]
        except LabelReadError:
            return False
        return bool(lines) and all(line.class_number is not None and line.values is not None for line in lines)
