"""The format ``coco``: instance annotations in COCO JSON."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import ClassVar

import attrs

from defectkit.errors import LabelReadError
from defectkit.formats.boxes import ONLY_A_BOX, BoxRegions
from defectkit.formats.coco_document import (
    CocoAnnotation,
    CocoDocument,
    CocoRow,
    Key,
    coco_tables,
    decode_coco,
    is_results_list,
)
from defectkit.formats.coco_writing import coco_document
from defectkit.formats.interface import RepairReport
from defectkit.formats.reader import read_json
from defectkit.formats.region import (
    Area,
    Category,
    LabelFile,
    LabelledImage,
    Lazy,
    NoArea,
    Region,
    label_area,
    mended_remark,
    note,
)
from defectkit.formats.region_format import RegionFormat
from defectkit.formats.report import Problem
from defectkit.formats.shapes import rectangle
from defectkit.formats.stored_measures import NO_BOX
from defectkit.formats.type_names import EVERY_OTHER
from defectkit.formats.writing import write_json
from defectkit.records import Image, LabelSet


def _path(value: str | Path | None) -> Path | None:
    return None if value is None else Path(value)


@attrs.frozen(kw_only=True)
class CocoFormat(RegionFormat):
    """COCO JSON with images, annotations and categories.

    Parameters
    ----------
    types, vertices
        As for every :class:`~defectkit.formats.RegionFormat`; a category is looked up by its name, else its id.
    boxes : BoxRegions
        What becomes of annotations without a segmentation.
    truth : pathlib.Path, optional
        For a results list, as Detectron2, MMDetection and SAHI write one: the COCO file whose ids of images and
        categories it uses.

    Notes
    -----
    Polygons (one or several parts, whose union is the mask; a part within another one is a hole, unless the stored
    area says that it is not), compressed and plain run lengths. One flat list of coordinates, or one list of points, is
    one polygon. Ids that are text in one table and numbers in the other are the same where they are equal.
    Coordinates are continuous: (x, y) = (0, 0) is the upper left corner of the first pixel; masks follow the pixel rule
    of this library, so that a mask from a polygon may differ by edge pixels from that of pycocotools, while run lengths
    give the same mask to the bit. An image without annotations is an image without a defect. Areas and boxes are
    recomputed, and reported where a stored one is off. A crowd region is read as one region, and reported. ``score`` is
    kept. The id of a defect is that of its annotation.

    Written are the polygons that masks were drawn with, and compressed run lengths where there is none that gives the
    mask.
    """

    name: ClassVar[str] = "coco"
    description: ClassVar[str] = "COCO instance annotations: polygons and run lengths, with scores."
    suffixes: ClassVar[tuple[str, ...]] = (".json",)

    boxes: BoxRegions = attrs.field(default=BoxRegions.REFUSE, converter=BoxRegions)
    truth: Path | None = attrs.field(default=None, converter=_path)

    def contents(self, path: Path) -> LabelFile:
        """Return what a COCO file holds; see :meth:`RegionFormat.contents`.

        Raises
        ------
        LabelReadError
            If this is no COCO file, an annotation has a category that nothing names, or a results list comes without
            its truth.
        """
        document = decode_coco(path, read_json(path), truth=self.truth)
        by_image: dict[Key, list[CocoRow]] = defaultdict(list)
        for row in document.rows:
            by_image[row.image_id].append(row)
        names = self._names(path, document)
        images = []
        for entry in document.images:
            own = by_image.pop(entry.id, [])
            regions = partial(self._regions, own, names)
            images.append(
                LabelledImage(file_name=entry.file_name, shape=entry.shape, regions=Lazy(regions), n_regions=len(own))
            )
        remarks = []
        if document.has_mixed_ids:
            what = "ids of images are text in one table and numbers in the other: those of equal value are the same"
            remarks.append(note(Problem.MIXED_IDS, what))
        return LabelFile(
            images=images,
            categories=self._categories(document),
            remarks=remarks,
            orphans=[
                (row.called, f"its image_id {image_id!r} is not among the images of the file")
                for image_id, rows in by_image.items()
                for row in rows
            ],
        )

    def _categories(self, document: CocoDocument) -> list[Category]:
        used = {row.category_id for row in document.rows}
        return [Category(names=(name, str(key)), is_used=key in used) for key, name in document.categories.items()]

    def _names(self, path: Path, document: CocoDocument) -> dict[Key, tuple[str, ...]]:
        names: dict[Key, tuple[str, ...]] = {key: (name, str(key)) for key, name in document.categories.items()}
        for row in document.rows:
            key = row.category_id
            if key not in names:
                if str(key) not in self.types and EVERY_OTHER not in self.types:
                    raise LabelReadError(
                        f"{path}: annotations have the category_id {key!r}, but the categories of the file are "
                        f"{', '.join(map(repr, document.categories)) or 'none'}; name its type by the format option "
                        f"types={key}=loop"
                    )
                names[key] = (str(key),)
        return names

    def _regions(self, rows: list[CocoRow], names: Mapping[Key, tuple[str, ...]]) -> Iterator[Region]:
        annotations = [row.annotation() for row in rows]
        ids = [annotation.id for annotation in annotations]
        own = None not in ids and len(set(ids)) == len(ids)
        for n, annotation in enumerate(annotations):
            remarks = annotation.remarks
            if n == 0 and not own and any(i is not None for i in ids):
                what = "annotation ids of the image are missing or repeated: the place in the file is the id of each"
                remarks = [*remarks, mended_remark(Problem.MALFORMED, what)]
            if annotation.is_crowd:
                remarks = [*remarks, note(Problem.CROWD, "it is marked as a crowd: read as one region")]
            area = annotation.area
            if area is None:
                area = self._box(annotation)
                if not isinstance(area, NoArea):
                    remarks = [*remarks, note(Problem.NOT_AN_AREA, "only a box: read as a rectangle")]
            yield Region(
                area=area,
                type=names[annotation.category_id],
                id=annotation.id if own else annotation.place,
                score=annotation.score,
                name=annotation.called,
                remarks=remarks,
                stored_area=annotation.stored_area,
                stored_box=_sides(annotation.box),
            )

    def _box(self, annotation: CocoAnnotation) -> Area:
        if self.boxes is BoxRegions.REFUSE:
            return NoArea(Problem.NOT_AN_AREA, ONLY_A_BOX)
        if annotation.box is None:
            return NoArea(Problem.MALFORMED, "it has neither a segmentation nor a box of four numbers")
        top, left, bottom, right = _sides(annotation.box) or NO_BOX
        return label_area(rectangle, top, left, bottom, right)

    def write(self, labels: LabelSet, path: Path, images: Mapping[str, Image]) -> RepairReport:
        """Write a COCO file; see :meth:`LabelFormat.write`. It holds every mask."""
        document, report = coco_document(labels, path, images)
        write_json(path, document)
        return report

    @classmethod
    def recognizes(cls, path: Path) -> bool:
        """Return whether ``path`` is a JSON file with COCO's tables, or a results list."""
        if path.suffix.lower() != ".json" or not path.is_file():
            return False
        try:
            document = read_json(path)
            if not is_results_list(document):
                coco_tables(path, document)
        except LabelReadError:
            return False
        return True


def _sides(box: tuple[float, float, float, float] | None) -> tuple[float, float, float, float] | None:
    if box is None:
        return None
    left, top, width, height = box
    return top, left, top + height, left + width
