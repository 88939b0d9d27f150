"""The format ``cvat``: 'CVAT for images 1.1', the XML of the annotation program CVAT."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import attrs

from defectkit.files import write_text
from defectkit.formats.cvat_document import decode_cvat
from defectkit.formats.cvat_writing import cvat_document
from defectkit.formats.interface import RepairReport
from defectkit.formats.reader import decodes, read_xml
from defectkit.formats.region import Category, LabelFile, LabelledImage, Region
from defectkit.formats.region_format import RegionFormat
from defectkit.records import Image, LabelSet


@attrs.frozen(kw_only=True)
class CvatFormat(RegionFormat):
    """The ``annotations.xml`` that CVAT exports and takes as 'CVAT for images 1.1'.

    Parameters
    ----------
    types, vertices
        As for every :class:`~defectkit.formats.RegionFormat`; the categories are the labels.

    Notes
    -----
    Coordinates are taken as they are: CVAT's (x, y) = (0, 0) is the upper left corner of the first pixel. Polygons,
    boxes and ellipses (also turned ones) and masks are read; a polyline of three points or more is closed, and reported
    as mended; points, shorter lines, cuboids and skeletons are no areas and are refused. Shapes of one label that share
    a ``group_id`` are one defect, which is reported. An image without shapes is an image without a defect. Tracks of
    videos are refused. CVAT itself writes coordinates with two digits after the point.

    Written are the polygons that masks were drawn with, or one around the pixels of a mask without holes; else masks.
    """

    name: ClassVar[str] = "cvat"
    description: ClassVar[str] = "CVAT for images 1.1: one XML file of polygons, boxes, ellipses and masks."
    suffixes: ClassVar[tuple[str, ...]] = (".xml",)

    def contents(self, path: Path) -> LabelFile:
        """Return what a file holds; see :meth:`RegionFormat.contents`.

        Raises
        ------
        LabelReadError
            If it is no such file.
        """
        images, declared = decode_cvat(path, read_xml(path))
        used = {shape.label for image in images for shape in image.shapes}
        return LabelFile(
            images=[
                LabelledImage(
                    file_name=image.file_name,
                    shape=image.shape,
                    regions=[Region(area=s.area, type=s.label, name=s.name, remarks=s.remarks) for s in image.shapes],
                )
                for image in images
            ],
            categories=[Category(names=label, is_used=label in used) for label in declared],
        )

    def write(self, labels: LabelSet, path: Path, images: Mapping[str, Image]) -> RepairReport:
        """Write such a file; see :meth:`LabelFormat.write`. Scores are not stored.

        Raises
        ------
        LabelWriteError
            If the name of an image holds a character that XML has no way to write.
        """
        text, report = cvat_document(labels, path, images)
        write_text(path, text)
        return report

    @classmethod
    def recognizes(cls, path: Path) -> bool:
        """Return whether ``path`` is an XML file of CVAT."""
        return decodes(path, ".xml", lambda file: decode_cvat(file, read_xml(file)))
