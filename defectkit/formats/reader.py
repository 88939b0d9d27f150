"""LabelReader: the bookkeeping that reading any label file needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sized
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any
from xml.etree.ElementTree import Element

import attrs

from defectkit.errors import DecodingError, EmptyInputError, LabelReadError, PairingError, UnpairedLabelsError
from defectkit.files import decoding, xml
from defectkit.files.names import readable
from defectkit.formats.interface import LabelReading
from defectkit.formats.names import ImageNames, extension_of, natural_key
from defectkit.formats.region import LabelledImage
from defectkit.formats.regions import RegionColumns
from defectkit.formats.report import Problem, RepairKind, ReportBuilder
from defectkit.formats.traced import Vertex
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
    nearest: dict[str, tuple[str, ...]] = attrs.field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        self.report = ReportBuilder(self.path.name)
        self.types = TypeNames(table=self.table, taxonomy=self.taxonomy, report=self.report)
        self.names = ImageNames(self.images)

    def open(self, entry: LabelledImage) -> RegionColumns | None:
        """Return the columns of the image that an entry of a label file is of; None, and a line, where there is none.

        Raises
        ------
        LabelReadError
            If the image comes up twice.
        PairingError
            If the image has another shape than the entry says.
        """
        if not entry.file_name:
            if entry.label_file is None:
                raise LabelReadError(f"{self.path}: an entry names no image")
            if entry.is_for_any and len(self.images) == 1 and self.names.of_label_stem(entry.label_file.stem) is None:
                only = next(iter(self.images))
                what = f"{self.relative(entry.label_file)} is taken for the only image, {only!r}"
                self.report.add(RepairKind.NOTED, Problem.NAME, what, image=only)
                return self._open(only, self.path.name, entry.shape)
            return self.open_by_stem(entry.label_file, shape=entry.shape)
        file = self.relative(entry.label_file) if entry.label_file else ""
        name = self.names.of_file(entry.file_name)
        if name is None:
            what = readable(entry.file_name.strip())
            count = len(entry.regions) if isinstance(entry.regions, Sized) else entry.n_regions
            left = "it is left out" if count is None else f"its {count} regions are left out"
            self.leave_out(what, f"there is no image {what!r}: {left}", file)
            return None
        self._note_other_name(entry.file_name, name, file)
        return self._open(name, file or self.path.name, entry.shape)

    def open_by_stem(self, file: Path, *, shape: tuple[int, int] | None = None) -> RegionColumns | None:
        """Return the columns of the image that one label file of many belongs to; None, and a line, if there is none.

        Raises
        ------
        LabelReadError, PairingError
            As :meth:`open`.
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

    def _note_other_name(self, file_name: str, image: str, file: str) -> None:
        called = PurePosixPath(PureWindowsPath(readable(file_name.strip())).as_posix())
        if image.rpartition("/")[2] not in (called.name, called.stem):
            what = f"the labels of {called.name!r} are taken for the image {image!r}"
            self.report.add(RepairKind.NOTED, Problem.NAME, what, image=image, file=file)

    def open_by_name(self, name: str) -> RegionColumns:
        """Return the columns of an image that is given."""
        return self._open(name, self.path.name, None)

    def relative(self, file: Path) -> str:
        """Return the path of a label file as messages name it."""
        return readable(file.relative_to(self.path).as_posix() if self.path.is_dir() else file.name)

    def leave_out(self, what: str, why: str, file: str = "") -> None:
        """List labels that have no image, with the images whose names are nearest."""
        nearest = self.names.nearest(what)
        if nearest:
            self.nearest[what] = nearest
            why += f" (the nearest names are {', '.join(nearest)})"
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

    def finish(self, declared_types: Iterable[str] = (), *, vertex: Vertex = Vertex.CORNERS) -> LabelReading:
        """Return the reading: regions mended and filled, images without labels listed.

        Parameters
        ----------
        declared_types : iterable of str
            Types that the file names whether or not a region has them.
        vertex : Vertex
            What the vertices of outlines are: ``corners`` or ``centres``.

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
        instances = {name: columns.finish(known, vertex=vertex) for name, columns in self.columns.items()}
        unlabelled = tuple(sorted(set(self.images) - set(instances), key=natural_key))
        for name in unlabelled:
            what = "no label speaks of it: nobody said that it is empty, so it is not in the label set"
            self.report.add(RepairKind.NOTED, Problem.NO_LABELS, what, image=name)
        return LabelReading(
            labels=LabelSet(name=_label_set_name(self.path), instances=instances, taxonomy=self.types.taxonomy),
            report=self.report.report(),
            unlabelled=unlabelled,
            without_image=tuple(self.without_image),
            nearest=self.nearest,
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


def read_xml(path: Path) -> Element:
    """Return the root of an XML file.

    Raises
    ------
    LabelReadError
        If it cannot be read or is not XML that is allowed.
    """
    try:
        return xml.read_xml(path)
    except DecodingError as error:
        raise LabelReadError(str(error)) from error


def decodes(path: Path, suffix: str, decode: Callable[[Path], object]) -> bool:
    """Return whether ``path`` is a file with that suffix of which ``decode`` makes something."""
    if path.suffix.lower() != suffix or not path.is_file():
        return False
    try:
        decode(path)
    except LabelReadError:
        return False
    return True


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
