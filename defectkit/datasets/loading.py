"""Loading: a data set by name, from the cache, a mirror, the network, a store or a registered source."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from defectkit.datasets.catalogue import Catalogue, CatalogueItem
from defectkit.datasets.dataset import Dataset
from defectkit.datasets.entry import DatasetEntry, LabelsEntry
from defectkit.datasets.expectations import missed_expectations
from defectkit.datasets.image_opening import open_images
from defectkit.datasets.interface import DatasetSource
from defectkit.datasets.inventory import Inventory, take_inventory
from defectkit.datasets.label_reading import VersionReading, read_version
from defectkit.datasets.lock import Lock
from defectkit.datasets.missing_files import USE_AVAILABLE, explain_missing
from defectkit.datasets.places import Mirror, data_folder
from defectkit.datasets.progress import Progress, terminal_progress
from defectkit.datasets.sources import FigshareSource, FileSource, RegisteredSource
from defectkit.datasets.tags import find_tag
from defectkit.errors import CatalogueError, DatasetWarning, FetchError, LockError
from defectkit.formats.refusals import refused_sentence
from defectkit.formats.report import RepairReport
from defectkit.records import Image, LabelSet, Split
from defectkit.records.names import as_names


def load_dataset(
    name: str,
    *,
    labels: str | Iterable[str] = (),
    available: bool = False,
    mirror: str | Path | None = None,
    catalogue: Catalogue | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Load a data set by name, fetching what is not in the cache.

    Parameters
    ----------
    name : str
        In the catalogue, see :class:`~defectkit.datasets.catalogue.Catalogue`.
    labels : str or iterable of str
        The versions to load: ``name@version``, a name alone where it has one version, or a tag.
    available : bool
        Whether files that cannot be had are left out, with a warning and a caution; otherwise they are an error.
    mirror : str or pathlib.Path, optional
        A folder or address that is tried first; that of ``DEFECTKIT_MIRROR`` unless given.
    catalogue : Catalogue, optional
        The registry and the user's own unless given.
    progress : Progress, optional
        Told of what is fetched; a bar on the terminal unless given.

    Returns
    -------
    Dataset

    Raises
    ------
    UnknownDatasetError
        If there is no such data set or label set; the message lists the known ones.
    FetchError
        If files are missing; the message names them, their addresses and the images that need them.
    CatalogueError
        If the entry cannot be understood.
    LockError
        If the labels are not those that were reviewed, or tagged.

    Warns
    -----
    DatasetWarning
        If counts are not those that the catalogue expects, or not all is available.

    Examples
    --------
    >>> data = load_dataset("ti-loops", labels="new@1", available=True)  # doctest: +SKIP
    >>> data.labels.types  # doctest: +SKIP
    ('loop',)
    """
    item = (catalogue or Catalogue.standard()).find(name)
    asked = as_names(labels)
    keys = list(dict.fromkeys(item.resolve(key) for key in asked))
    if isinstance(item.entry.source, FileSource | FigshareSource):
        with _shown(progress) as told:
            loaded = _of_files(item, keys, available=available, mirror=Mirror.of(mirror), progress=told)
    else:
        loaded = _made(item, keys)
    for key in asked:
        tag = find_tag(name, key)
        if tag is not None and loaded.locks[tag.labels].images is None:
            _check_digest(f"the tag {name}/{key}", loaded.label_sets[tag.labels], tag.digest)
    for caution in loaded.cautions:
        warnings.warn(caution, DatasetWarning, stacklevel=2)
    return loaded


def fetch_dataset(
    name: str,
    *,
    mirror: str | Path | None = None,
    catalogue: Catalogue | None = None,
    progress: Progress | None = None,
) -> Inventory:
    """Fetch all files of a data set into the cache, and return what is here and what could not be had.

    Raises
    ------
    UnknownDatasetError
        If there is no such data set.
    FetchError
        If the files of a Figshare article cannot be listed.
    CatalogueError
        If the data set has no files to fetch.
    """
    item = (catalogue or Catalogue.standard()).find(name)
    if not isinstance(item.entry.source, FileSource | FigshareSource):
        raise CatalogueError(f"{name} has no files to fetch: it is on this machine; load it")
    with _shown(progress) as told:
        return take_inventory(item.entry, item.entry_folder, data_folder(), mirror=Mirror.of(mirror), progress=told)


def registered_source(entry: DatasetEntry) -> DatasetSource:
    """Return the registered source of an entry, made with the options of the entry.

    Raises
    ------
    UnknownPluginError
        If nothing of that name is registered.
    CatalogueError
        If it has no such option.
    """
    from defectkit import hooks

    source = entry.source
    name, options = (source.registered, source.options) if isinstance(source, RegisteredSource) else (entry.name, {})
    kind: type[DatasetSource] = hooks.find("dataset", name)
    try:
        return kind(**options)
    except TypeError as error:
        raise CatalogueError(
            f"{entry.name}: its source {name!r} cannot be made with {dict(options)}: {error}"
        ) from error


def _of_files(
    item: CatalogueItem, keys: list[str], *, available: bool, mirror: Mirror | None, progress: Progress
) -> Dataset:
    entry = item.entry
    versions = {key: entry.find_labels(key) for key in keys}
    wanted = {p for files in (entry.images.files, *(v.files for v in versions.values())) for p in files}
    inventory = take_inventory(
        entry, item.entry_folder, data_folder(), patterns=wanted, mirror=mirror, progress=progress
    )
    if inventory.missing and not available:
        raise FetchError(explain_missing(entry, inventory.missing, versions.values()), USE_AVAILABLE)
    images = open_images(item, inventory.matching(entry.images.files))
    if not images:
        gone = explain_missing(entry, inventory.missing, versions.values())
        raise FetchError(f"{entry.name}: no image is here, so nothing can be done.\n{gone}")
    label_sets, locks, reports = {}, {}, {}
    incomplete = _absent_images(entry, images, inventory)
    deviations = _deviating_images(entry, images, inventory)
    for key, version in versions.items():
        reading = read_version(entry, version, inventory.matching(version.files), images)
        whole = not inventory.missing_of((*entry.images.files, *version.files, *_archives(entry)))
        n_images = version.expected.images if version.expected else None
        label_sets[key], reports[key] = reading.labels, reading.report
        locks[key] = Lock.of(entry.name, reading.labels, whole=whole, n_images=n_images)
        deviations += _deviations(entry, version, reading, whole=whole)
        if not whole:
            incomplete.append(
                f"{locks[key].key} is not all here: {len(reading.labels)} of {n_images or 'unknown'} images"
            )
        else:
            _check_digest(locks[key].key, reading.labels, version.digest)
    return Dataset(
        entry=entry,
        images=images,
        label_sets=label_sets,
        locks=locks,
        reports=reports,
        missing=inventory.missing,
        incomplete=tuple(incomplete),
        deviations=tuple(deviations),
        item=item,
    )


def _absent_images(entry: DatasetEntry, images: Mapping[str, Image], inventory: Inventory) -> list[str]:
    if not inventory.missing_of((*entry.images.files, *_archives(entry))):
        return []
    expected = entry.images.expected or "unknown"
    return [f"{entry.name}: {len(images)} of {expected} images are here; the results are of these"]


def _deviating_images(entry: DatasetEntry, images: Mapping[str, Image], inventory: Inventory) -> list[str]:
    expected = entry.images.expected
    if expected in (None, len(images)) or _absent_images(entry, images, inventory):
        return []
    return [f"{entry.name}: there are {len(images)} images, not {expected} as expected"]


def _deviations(entry: DatasetEntry, version: LabelsEntry, reading: VersionReading, *, whole: bool) -> list[str]:
    said = [*reading.deviations, *filter(None, [refused_sentence(reading.labels)])]
    if whole:
        said += missed_expectations(reading.labels, version.expected)
        if reading.without_image:
            named = ", ".join(reading.without_image[:5])
            said.append(f"{version.key} speaks of {len(reading.without_image)} images that there are not: {named}")
    return [f"{entry.name}: {sentence}" for sentence in said]


def _archives(entry: DatasetEntry) -> tuple[str, ...]:
    return entry.source.archives if isinstance(entry.source, FileSource | FigshareSource) else ()


def _made(item: CatalogueItem, keys: list[str]) -> Dataset:
    """Return a data set that a registered source gives, or that lies in a store."""
    entry, known = item.entry, item.label_sets()
    splits: Mapping[str, Split] = {}
    if item.is_stored:
        store = item.store()
        images = {image.name: image for image in store.images()}
        label_sets = {key: store.labels(key) for key in keys}
    else:
        source = registered_source(entry)
        images = {image.name: image for image in source.images()}
        label_sets = {key: source.labels(key) for key in keys}
        splits = source.splits()
    for key, labels in label_sets.items():
        _check_digest(f"{entry.name}/{key}", labels, known[key].digest)
    return Dataset(
        entry=entry,
        images=dict(sorted(images.items())),
        label_sets=label_sets,
        locks={
            key: Lock.of(entry.name, labels, whole=True, n_images=len(labels)) for key, labels in label_sets.items()
        },
        reports={key: RepairReport() for key in label_sets},
        deviations=tuple(
            f"{entry.name}: {sentence}"
            for key, labels in label_sets.items()
            for sentence in (*missed_expectations(labels, known[key].expected), refused_sentence(labels))
            if sentence
        ),
        own_splits=splits,
        item=item,
    )


def _check_digest(what: str, labels: LabelSet, digest: str | None) -> None:
    if digest is not None and labels.digest() != digest:
        raise LockError(f"{what} was sealed with the digest {digest}, but the labels are {labels.digest()} now")


@contextmanager
def _shown(progress: Progress | None) -> Iterator[Progress]:
    if progress is not None:
        yield progress
        return
    with terminal_progress() as shown:
        yield shown
