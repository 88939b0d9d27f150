"""DatasetEntry: what the catalogue says of one data set."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase

import attrs

from defectkit.datasets.images_entry import ImagesFacts
from defectkit.datasets.sources import Source, StoreSource
from defectkit.errors import CatalogueError, UnknownDatasetError
from defectkit.records import DefectType, Taxonomy
from defectkit.records.names import as_names
from defectkit.short_repr import short_repr

FORMAT = 1
"""The version of the file format of entries, splits and calibrations."""

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def _format(instance: object, attribute: attrs.Attribute[int], value: int) -> None:
    if value != FORMAT:
        raise CatalogueError(f"format {value} is not known; this defectkit reads format {FORMAT}. Upgrade it")


@attrs.frozen(kw_only=True)
class Citation:
    """Whom to thank.

    Parameters
    ----------
    text : str
    doi : str, optional
    """

    text: str
    doi: str | None = None


@attrs.frozen(kw_only=True)
class CategoryMapping:
    """One line of the category table of label files.

    Parameters
    ----------
    id : int or str
        As it stands in the files.
    name : str
        What it is called there.
    type : str
        The type of the taxonomy.
    """

    id: int | str
    name: str
    type: str


@attrs.frozen(kw_only=True)
class ExpectedFile:
    """What one label file has to hold.

    Parameters
    ----------
    path : str
    images, defects : int, optional
    """

    path: str
    images: int | None = None
    defects: int | None = None


@attrs.frozen(kw_only=True)
class Expected:
    """What a whole label set has to hold.

    Parameters
    ----------
    images, defects : int, optional
    by_type : mapping of str to int
        Sub-types count for the type that is named.
    page : int, optional
        Of the publication that says so.
    file : tuple of ExpectedFile
    """

    images: int | None = None
    defects: int | None = None
    by_type: Mapping[str, int] = attrs.field(factory=dict)
    page: int | None = None
    file: tuple[ExpectedFile, ...] = ()


@attrs.frozen(kw_only=True)
class LabelsEntry:
    """One version of one label set.

    Parameters
    ----------
    name, version : str
    parent : str, optional
        The ``name@version`` that it was derived from.
    annotator, description : str, optional
    format : str, optional
        A registered label format; not needed where a registered source gives the labels.
    files : tuple of str
        Patterns of upstream paths.
    image_suffix : str
        What the stem of a label file has more than the name of its image.
    images : tuple of str
        Patterns of the names of images that it covers.
    category : tuple of CategoryMapping
    expected : Expected, optional
    digest : str, optional
        Of the whole set as it was read when the entry was reviewed.
    """

    name: str
    version: str
    parent: str | None = None
    annotator: str | None = None
    description: str = ""
    format: str | None = None
    files: tuple[str, ...] = attrs.field(default=(), converter=as_names)
    image_suffix: str = ""
    images: tuple[str, ...] = attrs.field(default=("*",), converter=as_names)
    category: tuple[CategoryMapping, ...] = ()
    expected: Expected | None = None
    digest: str | None = None

    __repr__ = short_repr

    def __attrs_post_init__(self) -> None:
        for part in (self.name, self.version):
            if not part or part != part.strip() or "@" in part or "/" in part:
                raise CatalogueError(f"labels {part!r}: a name or version is empty or holds '@', '/' or white space")
        ids = [str(c.id).strip() for c in self.category]
        doubled = sorted({i for i in ids if ids.count(i) > 1})
        if doubled:
            raise CatalogueError(f"labels {self.key}: the categories {', '.join(doubled)} stand there twice")

    @property
    def key(self) -> str:
        """``name@version``."""
        return f"{self.name}@{self.version}"

    @property
    def types(self) -> dict[str, str]:
        """From the categories of the files to the types of the taxonomy."""
        return {str(c.id).strip(): c.type for c in self.category}

    def covers(self, image: str) -> bool:
        """Return whether the set speaks of an image of that name."""
        return any(fnmatchcase(image, pattern) for pattern in self.images)


@attrs.frozen(kw_only=True)
class SplitsFile:
    """Where the named splits stand.

    Parameters
    ----------
    file : str
        In ``splits/`` of the registry.
    """

    file: str


@attrs.frozen(kw_only=True)
class DatasetEntry:
    """What the catalogue says of one data set: an entry is a file ``datasets/<name>.toml`` of the registry.

    Parameters
    ----------
    format : int
        The version of the file format.
    name : str
        Lower case letters, digits and ``-``.
    title, description : str
    licence : str
        An SPDX identifier, or ``unknown``.
    home : str
        Where people read about it.
    citation : Citation
    source : FileSource, FigshareSource, RegisteredSource or StoreSource
    images : ImagesFacts
    defect_type : tuple of DefectType
        Types that the built-in taxonomy lacks.
    labels : tuple of LabelsEntry
    splits : SplitsFile, optional

    Raises
    ------
    CatalogueError
        If it contradicts itself.
    """

    format: int = attrs.field(validator=_format)
    name: str
    title: str
    description: str = ""
    licence: str = "unknown"
    home: str = ""
    citation: Citation
    source: Source
    images: ImagesFacts = attrs.field(factory=ImagesFacts)
    defect_type: tuple[DefectType, ...] = ()
    labels: tuple[LabelsEntry, ...] = ()
    splits: SplitsFile | None = None

    __repr__ = short_repr

    def __attrs_post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise CatalogueError(f"name {self.name!r}: lower case letters, digits and '-' are allowed")
        keys = [labels.key for labels in self.labels]
        doubled = sorted({k for k in keys if keys.count(k) > 1})
        if doubled:
            raise CatalogueError(
                f"the label sets {', '.join(doubled)} stand there twice; a changed set is a new version"
            )
        if isinstance(self.source, StoreSource) and self.labels:
            raise CatalogueError("a data set in a store has its label sets in the store, not in the entry")
        taxonomy = self.taxonomy()
        for labels in self.labels:
            lost = sorted({c.type for c in labels.category} - set(taxonomy.names))
            if lost:
                raise CatalogueError(f"labels {labels.key}: the types {', '.join(lost)} are in no taxonomy")

    def taxonomy(self) -> Taxonomy:
        """Return the built-in types and those of this data set."""
        return Taxonomy(types=(*Taxonomy.standard().types, *self.defect_type))

    def find_labels(self, key: str) -> LabelsEntry:
        """Return the label set ``name@version``; the version may be left out where there is only one.

        Raises
        ------
        UnknownDatasetError
            If there is no such label set, or several versions of it.
        """
        keys = {labels.key: labels for labels in self.labels}
        return keys[resolve_key(key, keys, dataset=self.name)]


def resolve_key(key: str, known: Mapping[str, object], *, dataset: str) -> str:
    """Return the full ``name@version`` of a label set; the version may be left out where there is only one.

    Raises
    ------
    UnknownDatasetError
        If there is no such label set, or several versions of it.

    Examples
    --------
    >>> resolve_key("new", {"new@1": ..., "old@1": ...}, dataset="ti-loops")
    'new@1'
    """
    if key in known:
        return key
    versions = [k for k in known if k.rpartition("@")[0] == key]
    if len(versions) == 1:
        return versions[0]
    if versions:
        raise UnknownDatasetError(
            f"{dataset}/{key} has several versions: {', '.join(sorted(versions))}. Name the one you mean"
        )
    raise UnknownDatasetError.of(f"label set of {dataset}", key, known)
