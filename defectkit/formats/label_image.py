"""The format ``label-image``: images whose values count the defects."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import LabelReadError, LabelWriteError, PairingError
from defectkit.files import new_folder
from defectkit.files.cells import quoted_cell, unquoted_cell
from defectkit.files.names import readable, relative_path
from defectkit.formats.interface import LabelFormat, LabelReading, RepairReport
from defectkit.formats.rasters import SUFFIXES, parts_of_values, read_values, write_values
from defectkit.formats.reader import LabelReader, label_files
from defectkit.formats.regions import RegionColumns
from defectkit.formats.report import Problem, RepairKind, ReportBuilder
from defectkit.formats.type_names import as_category_table
from defectkit.formats.writing import note_boxes, note_scores
from defectkit.geometry.masks import label_image_to_runs, runs_to_label_image
from defectkit.geometry.overlap import intersections
from defectkit.geometry.runs import Runs
from defectkit.records import Image, Instances, LabelSet, Taxonomy

TYPES_FILE = "types.csv"
"""The table of types that may lie beside the label images: columns image, value, defect_type."""

MASK_VALUES = (1, 255, 65535)
"""What a mask of two values has where it is not 0."""

TypeTable = dict[tuple[str, int], str]


def _yes_or_no(value: bool | str | None) -> bool | None:
    if isinstance(value, str) and value.casefold() in ("true", "false"):
        return value.casefold() == "true"
    if value is None or isinstance(value, bool):
        return value
    raise LabelReadError(f"components is {value!r}; it is true (each part is a defect) or false (each value is one)")


@attrs.frozen(kw_only=True)
class LabelImageFormat(LabelFormat):
    """A folder of PNG or TIFF label images, one an image: 0 is background, every other value is one defect.

    Parameters
    ----------
    types : mapping of str to str, or text
        From values to defect types; ``{"*": "cavity"}`` makes all of them cavities. Names in ``types.csv`` are looked
        up too.
    components : bool, optional
        Whether each connected part of a value is a defect of its own (pixels that share a side or a corner belong
        together). False: all pixels of a value are one defect, connected or not. By default they are, too, but a mask
        of two values in several parts is an error, and values in several parts are noted, unless ``types.csv`` names
        the value.

    Raises
    ------
    LabelReadError
        By :meth:`read`, of a mask whose parts would become one defect.

    Notes
    -----
    The value is the defect's id, unless parts are defects: then they are numbered. The type of each stands in a file
    ``types.csv`` in the folder (columns image, value, defect_type), else they are all ``defect`` unless ``types`` says
    so.

    Masks that overlap cannot be written. Ids are written as values, each one higher where one of them is 0. 16-bit PNG
    is written, 32-bit TIFF where a value is too large for it. Polygons and scores are not stored.
    """

    name: ClassVar[str] = "label-image"
    description: ClassVar[str] = "PNG or TIFF whose whole numbers count the defects, with a table of types."
    suffixes: ClassVar[tuple[str, ...]] = SUFFIXES

    types: Mapping[str, str] = attrs.field(factory=dict, converter=as_category_table)
    components: bool | None = attrs.field(default=None, converter=_yes_or_no)

    def read(self, path: Path, images: Mapping[str, Image], taxonomy: Taxonomy) -> LabelReading:
        """Read a folder of label images, or one; see :meth:`LabelFormat.read`."""
        reader = LabelReader(path, images, taxonomy, self.types)
        table = _read_types((path if path.is_dir() else path.parent) / TYPES_FILE)
        for file in label_files(path, self.suffixes):
            columns = reader.open_by_stem(file)
            if columns is None:
                continue
            values = read_values(file)
            if values.shape != columns.shape:
                raise PairingError(
                    f"{file}: it has {values.shape[1]} x {values.shape[0]} px, but the image {columns.image!r} has "
                    f"{columns.shape[1]} x {columns.shape[0]}"
                )
            runs, found, parts = self._regions(values)
            named = {v for image, v in table if image in (columns.image, readable(file.stem))}
            self._check_parts(file, columns, found, parts, named)
            untyped = []
            for i, value in enumerate(found.tolist()):
                region = f"value {value}" + (f", part {parts[i]}" if self.components else "")
                name = table.get((columns.image, value), table.get((readable(file.stem), value), ""))
                names = [part for part in (name, str(value) if str(value) in self.types else "") if part]
                if not names and "*" not in self.types:
                    untyped.append(value)
                    kind = "defect"
                else:
                    kind = reader.types.of(*names, image=columns.image, region=region, file=columns.file)
                defect_id = i + 1 if self.components else value
                columns.add_mask(runs.take([i]), defect_id=defect_id, defect_type=kind, region=region)
            if untyped:
                what = f"no type is named for {len(set(untyped))} values: read as 'defect'"
                columns.note("", Problem.NO_TYPE, what)
        return reader.finish()

    def _regions(self, values: NDArray[Any]) -> tuple[Runs, NDArray[Any], list[int]]:
        """Return the mask of each defect, its value, and its number among the parts of the value or how many it has."""
        runs, found = label_image_to_runs(values)
        parts = parts_of_values(values, runs, found)
        counts = [len(own) for own in parts]
        if not self.components:
            return runs, found, counts
        return Runs.concatenate(parts), np.repeat(found, counts), [k + 1 for n in counts for k in range(n)]

    def _check_parts(
        self, file: Path, columns: RegionColumns, found: NDArray[np.int64], parts: list[int], named: set[int]
    ) -> None:
        if self.components is not None:
            return
        several = {v: n for v, n in zip(found.tolist(), parts, strict=True) if n > 1 and v not in named}
        if several and len(found) == 1 and found[0] in MASK_VALUES:
            ((value, count),) = several.items()
            raise LabelReadError(
                f"{file}: it is a mask of two values, 0 and {value}, in {count} parts, which would be one defect. If "
                "each part is a defect, say components=true (--format-option components=true) or read it as "
                "'type-masks'; if all of it is one defect, components=false"
            )
        for value, count in several.items():
            what = f"it has {count} parts that do not touch: read as one defect (each is one with components=true)"
            columns.note(f"value {value}", Problem.PARTS, what)

    def write(self, labels: LabelSet, path: Path, images: Mapping[str, Image]) -> RepairReport:
        """Write a folder of label images and ``types.csv``; see :meth:`LabelFormat.write`.

        Raises
        ------
        LabelWriteError
            If two masks overlap.
        OutputError
            If the folder holds something already.
        """
        report = ReportBuilder(path.name)
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(("image", "value", "defect_type"))
        with new_folder(path) as folder:
            for name, instances in labels.instances.items():
                _check_apart(instances, name)
                note_scores(instances, name, report)
                note_boxes(instances, name, report)
                if (np.diff(instances.polygons.offsets) > 0).any():
                    what = "the format holds no polygons: only the masks are written"
                    report.add(RepairKind.NOTED, Problem.NOT_STORED, what, image=name)
                values = instances.ids
                if len(values) and values.min() <= 0:
                    report.add(
                        RepairKind.NOTED, Problem.NOT_STORED, "0 is background: values are the ids and more", image=name
                    )
                    values = values - values.min() + 1
                if values.max(initial=0) > np.iinfo(np.uint32).max:
                    raise LabelWriteError(f"image {name!r}: the id {values.max()} is larger than a label image holds")
                dtype = np.uint16 if values.max(initial=0) <= np.iinfo(np.uint16).max else np.uint32
                picture = runs_to_label_image(instances.runs, instances.shape, values.astype(dtype))
                write_values(folder / relative_path(name, ".png" if dtype is np.uint16 else ".tif"), picture)
                writer.writerows(
                    (quoted_cell(name), value, quoted_cell(t))
                    for value, t in zip(values.tolist(), instances.type_names, strict=True)
                )
            (folder / TYPES_FILE).write_text(text.getvalue(), encoding="utf-8", newline="\n")
        return report.report()


def _check_apart(instances: Instances, image: str) -> None:
    pairs = intersections(instances.runs, instances.runs)
    overlapping = np.flatnonzero(pairs.first < pairs.second)
    if overlapping.size:
        first, second = (int(instances.ids[side[overlapping[0]]]) for side in (pairs.first, pairs.second))
        raise LabelWriteError(
            f"image {image!r}: the defects {first} and {second} overlap ({overlapping.size} pairs do), "
            "which a label image cannot hold; write 'coco' or 'labelme'"
        )


def _read_types(file: Path) -> TypeTable:
    if not file.is_file():
        return {}
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            return {
                (unquoted_cell(row["image"]), int(row["value"])): unquoted_cell(row["defect_type"])
                for row in csv.DictReader(text)
            }
    except (OSError, AttributeError, KeyError, TypeError, ValueError, csv.Error) as error:
        raise LabelReadError(f"{file}: the columns image, value, defect_type are needed ({error})") from error
