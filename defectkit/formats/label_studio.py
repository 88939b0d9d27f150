"""The format ``label-studio``: the JSON of Label Studio, as it is exported and imported."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import attrs

from defectkit.formats.interface import RepairReport
from defectkit.formats.label_studio_document import check_tasks, decode_label_studio
from defectkit.formats.label_studio_writing import label_studio_tasks
from defectkit.formats.reader import decodes, read_json
from defectkit.formats.region import LabelFile, LabelledImage, note
from defectkit.formats.region_format import RegionFormat
from defectkit.formats.report import Problem
from defectkit.formats.writing import write_json
from defectkit.records import Image, LabelSet


def _as_text(value: Any) -> str | None:
    return None if value is None else str(value)


@attrs.frozen(kw_only=True)
class LabelStudioFormat(RegionFormat):
    """The file that Label Studio exports as 'JSON', and takes as tasks.

    Parameters
    ----------
    annotator : str, optional
        Whose annotations are read, by e-mail address or number; needed where an image has those of several people.
    types, vertices
        As for every :class:`~defectkit.formats.RegionFormat`; the categories are the labels.

    Notes
    -----
    Coordinates are percentages of width and height. Polygons, rectangles and ellipses (also turned ones) and brush
    strokes are read; points are no areas and are refused. The last annotation of an image that was not cancelled
    counts; one without regions is an image without a defect. A task that nobody has annotated is left out, since nobody
    said that it is empty; predictions are not read.

    Written are polygons, with scores where there are any. A mask of several parts, or with holes, is written as one
    polygon with bridges of no width.
    """

    name: ClassVar[str] = "label-studio"
    description: ClassVar[str] = "Label Studio's JSON: polygons, rectangles, ellipses and brush strokes."
    suffixes: ClassVar[tuple[str, ...]] = (".json",)

    annotator: str | None = attrs.field(default=None, converter=_as_text)

    def contents(self, path: Path) -> LabelFile:
        """Return what an export holds; see :meth:`RegionFormat.contents`.

        Raises
        ------
        LabelReadError
            If it is none, or an image has annotations of several people and none is chosen.
        """
        tasks, n_open = decode_label_studio(path, read_json(path), self.annotator)
        open_tasks = f"{n_open} {'task is' if n_open == 1 else 'tasks are'} not annotated: left out"
        return LabelFile(
            images=[LabelledImage(file_name=t.file_name, shape=t.shape, regions=t.regions) for t in tasks],
            remarks=[note(Problem.NO_LABELS, open_tasks)] if n_open else [],
        )

    def write(self, labels: LabelSet, path: Path, images: Mapping[str, Image]) -> RepairReport:
        """Write tasks to import; see :meth:`LabelFormat.write`."""
        tasks, report = label_studio_tasks(labels, path, images)
        write_json(path, tasks)
        return report

    @classmethod
    def recognizes(cls, path: Path) -> bool:
        """Return whether ``path`` is a JSON file of Label Studio's tasks."""
        return decodes(path, ".json", lambda file: check_tasks(file, read_json(file)))
