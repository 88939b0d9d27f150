"""Store: images, sealed label sets over them, predictions and results, in one place."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import attrs

from defectkit.errors import PairingError, UnknownDefectTypeError, UnknownSetError
from defectkit.records import Image, Instances, LabelSet, Prediction, Taxonomy, record_converter
from defectkit.records.inputs import Images, each_image
from defectkit.records.names import as_names
from defectkit.storage.backend import Backend, Interrupted, escape, unescape
from defectkit.storage.blocks import Entry
from defectkit.storage.damage import damage
from defectkit.storage.images import ImageWriter, StoredImages
from defectkit.storage.locations import backend_of, create_at
from defectkit.storage.predictions import about_run, entries_of_run, run_of
from defectkit.storage.results import read_results, write_results
from defectkit.storage.sets import Seal, SealedSets

if TYPE_CHECKING:
    import xarray

    from defectkit.storage.locations import Location
    from defectkit.storage.results import Results


@attrs.frozen
class Store:
    """A store of images, label sets, predictions and results.

    Label sets are sibling groups over the images, each written whole and sealed last. Nothing in a store is ever
    changed: a correction is a new version. A reader sees a set whole or not at all, also while another process writes.

    Make one with :meth:`create` or :meth:`open`, at a folder, at a file whose name ends in ``.zip``, or in any Zarr
    store.

    Parameters
    ----------
    backend : Backend
        Where the groups and arrays lie; :meth:`create` and :meth:`open` choose it by the location.

    Examples
    --------
    >>> import numpy as np, zarr
    >>> mask = np.zeros((8, 8), bool)
    >>> mask[2:5, 3:6] = True
    >>> defects = Instances.from_masks([mask], types=["bdot"], shape=(8, 8))
    >>> store = Store.create(zarr.storage.MemoryStore())
    >>> seal = store.add_labels(LabelSet(name="new", instances={"image": defects}))
    >>> store.label_sets(), store.labels("new@1").n_defects
    (('new@1',), 1)
    """

    backend: Backend

    @classmethod
    def create(cls, location: Location) -> Store:
        """Make an empty store.

        Raises
        ------
        OutputError
            If there is something at ``location`` already.
        """
        return cls(create_at(location))

    @classmethod
    def open(cls, location: Location) -> Store:
        """Open a store.

        Raises
        ------
        StorageError
            If there is none at ``location``.
        SchemaError
            If a newer defectkit wrote it, or it has to be migrated.
        """
        return cls(backend_of(location))

    @property
    def address(self) -> str:
        """Where it lies."""
        return self.backend.address

    def interrupted(self) -> tuple[Interrupted, ...]:
        """Return what was begun and never sealed by writers that are gone. It is in nobody's way; readers ignore it."""
        return self.backend.interrupted()

    def sweep(self) -> tuple[Interrupted, ...]:
        """Remove what :meth:`interrupted` lists, and return what that was."""
        return self.backend.sweep()

    def label_sets(self) -> tuple[str, ...]:
        """Return ``name@version`` of every sealed label set."""
        return self._labels.keys()

    def add_labels(self, labels: LabelSet) -> Seal:
        """Add a label set.

        Raises
        ------
        SealedError
            If there is one of that name and version.
        PairingError
            If an image of the store has another shape than its labels.
        """
        return self.write_labels(labels, labels.instances.items())

    def write_labels(self, about: LabelSet, instances: Iterable[tuple[str, Instances]]) -> Seal:
        """Add a label set whose images come one by one, in any order, and are not kept in memory.

        Parameters
        ----------
        about : LabelSet
            Name, version, taxonomy and the rest; its own instances are not looked at.
        instances : iterable of (str, Instances)
            The labels of each image.

        Raises
        ------
        SealedError, PairingError
            As :meth:`add_labels`; also if an image comes twice.
        UnknownDefectTypeError
            If the taxonomy lacks a type.
        """
        described = record_converter().unstructure(attrs.evolve(about, instances={}), LabelSet)
        del described["instances"]
        return self._labels.write(about.key, self._checked(instances, about.taxonomy), described)

    def labels(self, key: str, *, images: Iterable[str] | None = None) -> LabelSet:
        """Read a label set, of all its images or of some.

        Raises
        ------
        UnknownSetError
            If there is no such label set.
        PairingError
            If it has no such image.
        StorageError
            If it is damaged.
        """
        with damage(f"{self.address}, labels {key!r}"):
            return self._read_labels(key, images)

    def _read_labels(self, key: str, images: Iterable[str] | None) -> LabelSet:
        seal, reader = self._labels.open(key)
        entries = reader.entries() if images is None else reader.find(as_names(images))
        empty = record_converter().structure({**seal.about, "instances": {}}, LabelSet)
        return attrs.evolve(empty, instances={entry.image: entry.instances for entry in entries})

    def iter_labels(self, key: str) -> Iterator[tuple[str, Instances]]:
        """Give the labels of each image, in the order they were written, reading a block of images at a time."""
        return ((entry.image, entry.instances) for entry in self._labels.open(key)[1].entries())

    def seal(self, key: str) -> Seal:
        """Return digest and counts of a label set without reading it."""
        return self._labels.open(key)[0]

    def verify(self, key: str) -> str:
        """Read a label set, compare it with its seal, and return its digest.

        Raises
        ------
        StorageError
            If it is not what was sealed.
        """
        return self._labels.verify(key)

    def next_version(self, name: str) -> str:
        """Return the version after the highest numbered one of the label sets called ``name``; ``1`` for the first."""
        versions = [k.partition("@")[2] for k in self.label_sets() if k.partition("@")[0] == name]
        return str(max((int(v) for v in versions if v.isdecimal()), default=0) + 1)

    def prediction_sets(self) -> tuple[str, ...]:
        """Return the key of every sealed set of predictions."""
        return self._predictions.keys()

    def write_predictions(self, key: str, predictions: Iterable[Prediction]) -> Seal:
        """Add the predictions of one run of a detector, which come one by one and are not kept in memory.

        Parameters
        ----------
        key : str
            What to call them: ``name@version``, for instance ``blob@1``.
        predictions : iterable of Prediction

        Raises
        ------
        SealedError
            If the key is taken.
        PairingError
            If an image comes twice, or the predictions are of different detectors or settings.
        """
        stream = iter(predictions)
        first = next(stream, None)
        if first is None:
            return self._predictions.write(key, (), {})
        about = about_run(first)
        return self._predictions.write(key, entries_of_run(itertools.chain((first,), stream), about), about)

    def predictions(self, key: str) -> Iterator[Prediction]:
        """Give the predictions of each image, in the order they were written, reading a block of images at a time."""
        seal, reader = self._predictions.open(key)
        with damage(f"{self.address}, predictions {key!r}"):
            about = run_of(seal.about)
        return (
            Prediction(image=e.image, instances=e.instances, capped=e.capped, notes=e.notes, **about)
            for e in reader.entries()
        )

    def image_names(self) -> tuple[str, ...]:
        """Return the names of the images, sorted."""
        return tuple(sorted(self._images.shapes()))

    def images(self, names: Iterable[str] | None = None) -> Iterator[Image]:
        """Give images, all (by name) or those named; their pixels are read on demand.

        Raises
        ------
        PairingError
            If there is no such image.
        """
        return self._images.read(None if names is None else as_names(names))

    def add_images(self, images: Images) -> tuple[str, ...]:
        """Store images with their pixels, and return their names; of no image nothing is written.

        Raises
        ------
        PairingError
            If an image of that name is in the store.
        """
        return self._images.write(each_image(images), ImageWriter.add)

    def refer_to_images(self, images: Images) -> tuple[str, ...]:
        """Store all that is known of images and where their files lie, without their pixels, and return their names.

        Of no image nothing is written.

        Raises
        ------
        PairingError
            If an image of that name is in the store.
        StorageError
            If an image was not read from a file.
        """
        return self._images.write(each_image(images), ImageWriter.refer_to)

    def result_names(self) -> tuple[str, ...]:
        """Return the names of the results."""
        with damage(self.address):
            return tuple(sorted(unescape(node) for node in self.backend.names("results")))

    def add_results(self, name: str, results: Results) -> None:
        """Add results; see :func:`defectkit.storage.save_results`.

        Raises
        ------
        SealedError
            If there are results of that name.
        """
        prefix = f"results/{escape(name)}"
        with self.backend.stage(prefix) as folder:
            write_results(results, folder)
            with self.backend.exclusive():
                self.backend.publish(folder, prefix)

    def results(self, name: str) -> xarray.Dataset | Any:
        """Read results, as they were given: one table, or a dict of str to tables.

        Raises
        ------
        UnknownSetError
            If there are none of that name.
        """
        if name not in self.result_names():
            raise UnknownSetError.of("result", name, self.result_names())
        with damage(self.address):
            store = self.backend.zarr_store()
        return read_results(store, f"results/{escape(name)}", where=f"{self.address}, {name!r}")

    @property
    def _labels(self) -> SealedSets:
        return SealedSets(backend=self.backend, kind="labels")

    @property
    def _predictions(self) -> SealedSets:
        return SealedSets(backend=self.backend, kind="predictions")

    @property
    def _images(self) -> StoredImages:
        return StoredImages(backend=self.backend)

    def _checked(self, labels: Iterable[tuple[str, Instances]], taxonomy: Taxonomy) -> Iterator[Entry]:
        shapes = self._images.shapes()
        names = set(taxonomy.names)
        for image, instances in labels:
            missing = sorted(set(instances.types) - names)
            if missing:
                raise UnknownDefectTypeError.of("defect type", missing[0], names)
            if shapes.get(image, instances.shape) != instances.shape:
                raise PairingError(
                    f"image {image!r} has the shape {shapes[image]} in {self.address}, but its labels have "
                    f"{instances.shape}; they were drawn on another image"
                )
            yield Entry(image=image, instances=instances)
