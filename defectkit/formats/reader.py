"""LabelReader: the bookkeeping that reading any label file needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs

from defectkit.errors import DecodingError, EmptyInputError, LabelReadError, PairingError, UnpairedLabelsError
from defectkit.files import decoding
from defectkit.files.names import readable
from defectkit.formats.interface import LabelReading
from defectkit.formats.names import ImageNames, extension_of, natural_key
from defectkit.formats.regions import RegionColumns
from defectkit.formats.report import Problem, RepairKind, ReportBuilder
from defectkit.formats.type_names import TypeNames
from defectkit.records import Image, LabelSet, Taxonomy


@attrs.define
class LabelReader:
    """Pairs what a label file speaks of with images, finds types, gathers regions, and makes the label set of it all.

    Parameters
    ----------
    path : pathlib.Path
        The file or folder that is read.
    images : mapping of str to Image
    taxonomy : Taxonomy
    table : mapping of str to str
        The category table; see :func:`~defectkit.formats.type_names.as_category_table`.
    """

    path: Path
    images: Mapping[str, Image]
    taxonomy: Taxonomy
    table: Mapping[str, str]
    report: ReportBuilder = attrs.field(init=False)
    types: TypeNames = attrs.field(init=False)
    names: ImageNames = attrs.field(init=False)
    columns: dict[str, RegionColumns] = attrs.field(factory=dict, init=False)
    without_image: list[str] = attrs.field(factory=list, init=False)

    def __attrs_post_init__(self) -> None:
        self.report = ReportBuilder(self.path.name)
        self.types = TypeNames(table=self.table, taxonomy=self.taxonomy, report=self.report)
        self.names = ImageNames(self.images)

    def open_by_file_name(
        self, file_name: str, *, regions: int, shape: tuple[int, int] | None = None
    ) -> RegionColumns | None:
        """Return the columns of the image that a label file calls ``file_name``; None, and a line, where there is none.

        Parameters
        ----------
        file_name : str
        regions : int
            How many regions the label file has for it, for the line.
        shape : (int, int), optional
            The height and width that the label file states.

        Raises
        ------
        LabelReadError
            If the image comes up twice.
        PairingError
            If the image has another shape.
        """
        name = self.names.of_file(file_name)
        if name is None:
            self.leave_out(file_name.strip(), f"there is no image {file_name!r}: its {regions} regions are left out")
            return None
        return self._open(name, self.path.name, shape)

    def open_by_stem(self, file: Path, *, shape: tuple[int, int] | None = None) -> RegionColumns | None:
        """Return the columns of the image that one label file of many belongs to; None, and a line, if there is none.

        Raises
        ------
        LabelReadError, PairingError
            As :meth:`open_by_file_name`.
        """
        relative = self.relative(file)
        stem = relative.removesuffix(file.suffix)
        name = self.names.of_label_stem(stem)
        if name is None:
            self.leave_out(
                relative, f"there is no image that the label file {relative!r} belongs to: it is left out", relative
            )
            return None
        if extension_of(stem, name):
            what = f"the label file {relative!r} is taken for the image {name!r}"
            self.report.add(RepairKind.NOTED, Problem.NAME, what, image=name, file=relative)
        return self._open(name, relative, shape)

    def open_by_name(self, name: str) -> RegionColumns:
        """Return the columns of an image that is given."""
        return self._open(name, self.path.name, None)

    def relative(self, file: Path) -> str:
        """Return the path of a label file as messages name it."""
        return readable(file.relative_to(self.path).as_posix() if self.path.is_dir() else file.name)

    def leave_out(self, what: str, why: str, file: str = "") -> None:
        """List labels that have no image."""
        self.without_image.append(what)
        self.report.add(RepairKind.REFUSED, Problem.NO_IMAGE, why, file=file)

    def _open(self, name: str, file: str, shape: tuple[int, int] | None) -> RegionColumns:
        if name in self.columns:
            earlier = self.columns[name].file
            two = f"{earlier} and {file} are both labels" if earlier != file else f"{file} has two entries"
            raise LabelReadError(f"{self.path}: {two} for the image {name!r}; remove one")
        own = self.images[name].shape
        if shape is not None and tuple(shape) != own:
            raise PairingError(
                f"{self.path}: the labels of {name!r} are for {shape[1]} x {shape[0]} px, "
                f"but the image has {own[1]} x {own[0]} px; give the images that were labelled"
            )
        self.columns[name] = RegionColumns(image=name, shape=own, file=file, report=self.report)
        return self.columns[name]

    def finish(self, declared_types: Iterable[str] = ()) -> LabelReading:
        """Return the reading: regions mended and filled, images without labels listed.

        Parameters
        ----------
        declared_types : iterable of str
            Types that the file names whether or not a region has them.

        Raises
        ------
        EmptyInputError
            If the file speaks of no image at all.
        UnpairedLabelsError
            If it speaks of none of those given.
        """
        if not self.columns and not self.without_image:
            raise EmptyInputError(f"{self.path}: it speaks of no image")
        if not self.columns:
            some = ", ".join(self.without_image[:3])
            offered = ", ".join(list(self.images)[:3]) or "none"
            raise UnpairedLabelsError(
                f"{self.path}: none of its {len(self.without_image)} images or label files (for instance {some}) "
                f"belongs to one of the {len(self.images)} images given (for instance {offered})"
            )
        used = {t for c in self.columns.values() for t in c.used_types}
        known = self.types.sorted(used | set(declared_types))
        instances = {name: columns.finish(known) for name, columns in self.columns.items()}
        unlabelled = tuple(sorted(set(self.images) - set(instances), key=natural_key))
        for name in unlabelled:
            what = "no label speaks of it: nobody said that it is empty, so it is not in the label set"
            self.report.add(RepairKind.NOTED, Problem.NO_LABELS, what, image=name)
        return LabelReading(
            labels=LabelSet(name=_label_set_name(self.path), instances=instances, taxonomy=self.types.taxonomy),
            report=self.report.report(),
            unlabelled=unlabelled,
            without_image=tuple(self.without_image),
        )


def read_json(path: Path) -> Any:
    """Return what a JSON file holds.

    Raises
    ------
    LabelReadError
        If it cannot be read or is not JSON.
    """
    try:
        return decoding.read_json(path)
    except DecodingError as error:
        raise LabelReadError(str(error)) from error


def label_files(path: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """Return the label files that ``path`` is or holds, also in sub-folders, in natural order, but no hidden ones.

    Raises
    ------
    LabelReadError
        If ``path`` does not exist.
    EmptyInputError
        If a folder holds no file with one of ``suffixes``.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise LabelReadError(f"{path}: there is no such file or folder")
    found = [
        file
        for file in path.rglob("*")
        if file.suffix.lower() in suffixes
        and file.is_file()
        and not any(part.startswith(".") for part in file.relative_to(path).parts)
    ]
    if not found:
        raise EmptyInputError(f"{path}: the folder holds no {' or '.join(suffixes)} file")
    return sorted(found, key=lambda file: natural_key(file.relative_to(path).as_posix()))


def _label_set_name(path: Path) -> str:
    return readable(path.stem if path.is_file() else path.name).replace("@", "-").strip() or "labels"
