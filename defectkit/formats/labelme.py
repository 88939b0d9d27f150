"""The format ``labelme``: JSON files of labelme, one an image."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import attrs

from defectkit.errors import LabelReadError
from defectkit.files import new_folder
from defectkit.files.names import relative_path
from defectkit.formats.interface import RepairReport
from defectkit.formats.labelme_document import decode_labelme
from defectkit.formats.labelme_writing import labelme_document
from defectkit.formats.reader import label_files, read_json
from defectkit.formats.region import LabelFile, LabelledImage, Region
from defectkit.formats.region_format import RegionFormat
from defectkit.formats.report import ReportBuilder
from defectkit.formats.writing import write_json
from defectkit.records import Image, LabelSet


@attrs.frozen(kw_only=True)
class LabelmeFormat(RegionFormat):
    """A folder of labelme's ``.json`` files, one an image.

    Parameters
    ----------
    types, vertices
        As for every :class:`~defectkit.formats.RegionFormat`; the categories are the labels.

    Notes
    -----
    Polygons, rectangles (also turned ones), circles and masks are read; a line strip of three points or more is closed,
    and reported as mended; points and lines are refused. Shapes of one label that share a
    ``group_id`` are one defect, as in labelme's own exports, which is reported. ``imagePath`` decides which image a
    file is of; where it is missing, the name of the file does. The place of a shape in its file is its id.

    Written are the polygons that masks were drawn with, or one around the pixels of a mask without holes; else masks.
    """

    name: ClassVar[str] = "labelme"
    description: ClassVar[str] = "labelme JSON, one file per image: polygons, circles, rectangles and masks."
    suffixes: ClassVar[tuple[str, ...]] = (".json",)

    def contents(self, path: Path) -> LabelFile:
        """Return what a folder of files holds, or one; see :meth:`RegionFormat.contents`."""
        return LabelFile(images=(self._image(file) for file in label_files(path, self.suffixes)))

    def _image(self, file: Path) -> LabelledImage:
        document = decode_labelme(file, read_json(file))
        return LabelledImage(
            file_name=document.image_path,
            label_file=file,
            shape=document.shape,
            regions=[
                Region(area=s.area, type=s.label, id=s.place, name=s.name, remarks=s.remarks) for s in document.shapes
            ],
        )

    def write(self, labels: LabelSet, path: Path, images: Mapping[str, Image]) -> RepairReport:
        """Write a folder with a file for each image; see :meth:`LabelFormat.write`. Scores are not stored.

        Raises
        ------
        OutputError
            If the folder holds something already.
        """
        report = ReportBuilder(path.name)
        with new_folder(path) as folder:
            for name, instances in labels.instances.items():
                write_json(folder / relative_path(name, ".json"), labelme_document(instances, name, images, report))
        return report.report()

    @classmethod
    def recognizes(cls, path: Path) -> bool:
        """Return whether ``path`` is, or begins with, a JSON file with labelme's shapes."""
        files = sorted(path.glob("*.json"))[:1] if path.is_dir() else [path]
        if not files or not files[0].is_file() or files[0].suffix.lower() != ".json":
            return False
        try:
            decode_labelme(files[0], read_json(files[0]))
        except LabelReadError:
            return False
        return True
