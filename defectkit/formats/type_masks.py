"""The format ``type-masks``: binary masks, one for each type."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import EmptyInputError, LabelReadError, LabelWriteError, PairingError
from defectkit.files import new_folder
from defectkit.files.names import file_name, name_of_file, relative_path
from defectkit.formats.interface import LabelFormat, LabelReading, RepairReport
from defectkit.formats.names import extension_of
from defectkit.formats.rasters import SUFFIXES, are_masks, checked_binary, read_values, write_values
from defectkit.formats.reader import LabelReader, label_files
from defectkit.formats.regions import RegionColumns
from defectkit.formats.report import Problem, RepairKind, ReportBuilder
from defectkit.formats.type_names import as_category_table
from defectkit.formats.writing import note_boxes, note_scores
from defectkit.geometry.masks import label_image_to_runs, runs_to_label_image
from defectkit.geometry.runs import Runs
from defectkit.records import Image, Instances, LabelSet, Taxonomy

_EIGHT = np.ones((3, 3), dtype=int)
_FOUR = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]])


def _connectivity(value: int | str) -> int:
    if str(value) not in ("4", "8"):
        raise LabelReadError(f"connectivity is {value!r}; it is 4 (pixels that share a side) or 8 (or a corner)")
    return int(value)


@attrs.frozen(kw_only=True)
class TypeMasksFormat(LabelFormat):
    """Binary PNG or TIFF masks: one folder per type, one mask per image; or masks named ``IMAGE-TYPE``, or of one type.

    Parameters
    ----------
    types : mapping of str to str, or text
        From folder names, or from what a file's name adds to that of its image, to defect types. ``{"*": "cavity"}`` is
        the type of all.
    connectivity : int
        8 (pixels that share a side or a corner belong together) or 4 (a side).

    Notes
    -----
    Each connected part of a mask is a defect; parts are counted within an image. Defects that touch are one in such a
    mask, so writing those is an error, as is writing a defect of several parts. Ids, polygons and scores are not
    stored.
    """

    name: ClassVar[str] = "type-masks"
    description: ClassVar[str] = "PNG or TIFF masks, one for each type; connected parts are defects."
    suffixes: ClassVar[tuple[str, ...]] = SUFFIXES

    types: Mapping[str, str] = attrs.field(factory=dict, converter=as_category_table)
    connectivity: int = attrs.field(default=8, converter=_connectivity)

    def read(self, path: Path, images: Mapping[str, Image], taxonomy: Taxonomy) -> LabelReading:
        """Read a folder of masks, or one mask; see :meth:`LabelFormat.read`."""
        reader = LabelReader(path, images, taxonomy, self.types)
        masks: dict[str, dict[str, Path]] = defaultdict(dict)
        missing: dict[str, list[str]] = defaultdict(list)
        for file in label_files(path, self.suffixes):
            relative = reader.relative(file)
            folder, slash, rest = relative.removesuffix(file.suffix).partition("/")
            stem = rest if slash else folder
            name = reader.names.of_label_stem(stem) if slash else reader.names.of_typed_stem(stem, reader.types.knows)
            if name is None:
                missing[stem].append(relative)
                continue
            label = folder if slash else extension_of(stem, name)
            if label in masks[name]:
                raise LabelReadError(
                    f"{path}: {masks[name][label].name} and {relative} are both masks of {name!r}; remove one"
                )
            masks[name][label] = file
        for stem, left_out in missing.items():
            reader.leave_out(stem, f"there is no image {stem!r}: its masks {', '.join(left_out)} are left out")
        kinds = set()
        for name, files in masks.items():
            columns = reader.open_by_name(name)
            begin = 1
            for label, file in files.items():
                region = reader.relative(file)
                kind = reader.types.of(name_of_file(label), image=name, file=region)
                kinds.add(kind)
                begin += self._add_parts(columns, file, kind, region, begin)
        return reader.finish(kinds)

    def _add_parts(self, columns: RegionColumns, file: Path, kind: str, region: str, begin: int) -> int:
        values = read_values(file)
        if values.shape != columns.shape:
            raise PairingError(
                f"{file}: it has {values.shape[1]} x {values.shape[0]} px, but the image {columns.image!r} has "
                f"{columns.shape[1]} x {columns.shape[0]}"
            )
        parts = self._parts(checked_binary(file, values))
        for i in range(len(parts)):
            columns.add_mask(parts.take([i]), defect_id=begin + i, defect_type=kind, region=f"{region}, part {i + 1}")
        return len(parts)

    def _parts(self, mask: NDArray[np.bool_]) -> Runs:
        from scipy import ndimage

        numbered, _ = ndimage.label(mask, structure=_EIGHT if self.connectivity == 8 else _FOUR)
        runs, _ = label_image_to_runs(numbered)
        return runs

    @classmethod
    def recognizes(cls, path: Path) -> bool:
        """Return whether ``path`` is a folder of masks of 0 and 255, or one such mask."""
        try:
            return are_masks(label_files(path, cls.suffixes))
        except (LabelReadError, EmptyInputError):
            return False

    def write(self, labels: LabelSet, path: Path, images: Mapping[str, Image]) -> RepairReport:
        """Write a folder for each type with a PNG mask for each image; see :meth:`LabelFormat.write`.

        Raises
        ------
        LabelWriteError
            If defects of one type touch or overlap, or one has several parts.
        OutputError
            If the folder holds something already.
        """
        report = ReportBuilder(path.name)
        with new_folder(path) as folder:
            for name, instances in labels.instances.items():
                note_scores(instances, name, report)
                note_boxes(instances, name, report)
                if len(instances):
                    what = "the format holds no ids and no polygons: only the masks are written"
                    report.add(RepairKind.NOTED, Problem.NOT_STORED, what, image=name)
                for kind in labels.types or ("defect",):
                    mask = self._mask(instances, kind, name)
                    write_values(
                        folder / file_name(kind) / relative_path(name, ".png"), mask.astype(np.uint8) * np.uint8(255)
                    )
        return report.report()

    def _mask(self, instances: Instances, kind: str, image: str) -> NDArray[Any]:
        own = [i for i, name in enumerate(instances.type_names) if name == kind]
        runs = instances.runs.take(np.array(own, dtype=np.int64))
        mask = runs_to_label_image(runs, instances.shape) > 0
        parts = self._parts(mask)
        found = {_key(parts, k) for k in range(len(parts))}
        for k, i in enumerate(own):
            if _key(runs, k) not in found or len(parts) < len(own):
                raise LabelWriteError(
                    f"image {image!r}: defect {instances.ids[i]} ({kind}) touches another one of its type or "
                    "has several parts, which a mask cannot hold; write 'coco', 'labelme' or 'label-image'"
                )
        return mask


def _key(runs: Runs, index: int) -> tuple[bytes, ...]:
    own = slice(runs.offsets[index], runs.offsets[index + 1])
    return tuple(column[own].tobytes() for column in (runs.row, runs.start, runs.end))
