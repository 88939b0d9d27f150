"""StudyData: the images, label sets and named splits that a study is run on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from defectkit.errors import StudyError
from defectkit.records.image import Image
from defectkit.records.inputs import images_by_name
from defectkit.records.label_set import LabelSet
from defectkit.records.names import as_names
from defectkit.records.split import Split
from defectkit.short_repr import short_repr

if TYPE_CHECKING:
    import xarray

    from defectkit.datasets import Dataset
    from defectkit.formats import OnConflict, Refused


@attrs.frozen(kw_only=True)
class StudyData:
    """What a study is run on.

    Parameters
    ----------
    name : str
        Of the data set, for results.
    images : iterable or mapping of Image
    label_sets : mapping of str to LabelSet
        By ``name@version``.
    named_splits : mapping of str to Split
    dataset : Dataset, optional
        Where it comes from; results carry its locks and cautions.

    Examples
    --------
    >>> import numpy as np
    >>> from defectkit.records import Instances
    >>> image = Image.from_array("a", np.zeros((8, 8)))
    >>> labels = LabelSet(name="mine", instances={"a": Instances.empty((8, 8))})
    >>> StudyData(name="one", images={"a": image}, label_sets={labels.key: labels}).labels("mine@1").n_defects
    0
    """

    name: str
    images: Mapping[str, Image] = attrs.field(converter=images_by_name)
    label_sets: Mapping[str, LabelSet]
    named_splits: Mapping[str, Split] = attrs.field(factory=dict)
    dataset: Dataset | None = None

    __repr__ = short_repr

    def __hash__(self) -> int:
        return hash((self.name, tuple(self.images), tuple(self.label_sets)))

    def labels(self, key: str) -> LabelSet:
        """Return a label set.

        Raises
        ------
        StudyError
            If there is none of that name.
        """
        if key not in self.label_sets:
            raise StudyError(
                f"data {self.name!r}: no label set is called {key!r}; there is {', '.join(self.label_sets) or 'none'}"
            )
        return self.label_sets[key]

    def split(self, name: str) -> Split:
        """Return a named split.

        Raises
        ------
        StudyError
            If there is none of that name.
        """
        if name in self.named_splits:
            return self.named_splits[name]
        if self.dataset is not None:
            return self.dataset.split(name)
        raise StudyError(
            f"data {self.name!r}: no split is called {name!r}; there is {', '.join(self.named_splits) or 'none'}"
        )

    def refusals(self, keys: Iterable[str]) -> list[str]:
        """Return which images of some label sets are not fully read, a sentence for each.

        Parameters
        ----------
        keys : iterable of str
            ``name@version``; those that are not there have none.
        """
        return [
            f"labels {key}: image {name} is not fully read, {self.label_sets[key].refused[name]} regions were refused"
            for key in as_names(keys)
            if key in self.label_sets
            for name in self.label_sets[key].not_fully_read
        ]

    def lock(self, results: xarray.Dataset) -> xarray.Dataset:
        """Return results with what has to be known of the data set, where it comes from the catalogue."""
        return results if self.dataset is None else self.dataset.lock(results)


def catalogue_data(
    name: str, labels: Iterable[str], *, available: bool = False, mirror: str | Path | None = None
) -> StudyData:
    """Return a data set of the catalogue with some of its label sets.

    Parameters
    ----------
    name : str
    labels : iterable of str
        ``name@version``.
    available : bool
        Whether files that cannot be had are left out.
    mirror : str or pathlib.Path, optional

    Raises
    ------
    UnknownDatasetError, FetchError
        As :func:`defectkit.datasets.load_dataset`.
    """
    from defectkit.datasets import load_dataset

    loaded = load_dataset(name, labels=list(dict.fromkeys(as_names(labels))), available=available, mirror=mirror)
    return StudyData(name=name, images=loaded.images, label_sets=loaded.label_sets, dataset=loaded)


def own_data(
    name: str,
    *,
    images: Iterable[str | Path],
    labels: Mapping[str, Mapping[str, Any]],
    pixel_size: str | None = None,
    foil_thickness: str | None = None,
    on_conflict: OnConflict | str = "raise",
    refused: Refused | str = "raise",
) -> StudyData:
    """Return images and labels that lie in files.

    Parameters
    ----------
    name : str
    images : iterable of str or pathlib.Path
        Files and folders.
    labels : mapping of str to mapping
        By the name of the label set (version 1): ``path``, and ``format`` and ``options`` where they are needed.
    pixel_size, foil_thickness : str, optional
        Where the files do not say.
    on_conflict : OnConflict
        As of :func:`defectkit.formats.read_images`.
    refused : Refused
        What happens if too many regions of labels were refused; with ``leave-out`` the study does not see images that
        are not fully read.

    Raises
    ------
    ImageReadError, LabelReadError, PairingError
        If they cannot be read, or labels have no image.
    StudyError
        If a label set has no path.
    """
    from defectkit.formats import Refused, read_images
    from defectkit.formats.labels import read_labels
    from defectkit.formats.refusals import fully_read

    found = read_images(images, pixel_size=pixel_size, foil_thickness=foil_thickness, on_conflict=on_conflict)
    sets = {}
    for key, about in labels.items():
        strange = set(about) - {"path", "format", "options"}
        if strange or "path" not in about:
            raise StudyError(
                f"labels {key!r}: {', '.join(sorted(strange)) or 'no path'} cannot be used; give path, and format and "
                "options where they are needed"
            )
        label_name, _, version = key.partition("@")
        reading = read_labels(
            about["path"],
            images=found,
            format=about.get("format"),
            options=about.get("options"),
            name=label_name,
            version=version or "1",
            refused=refused,
        )
        kept = fully_read(reading.labels) if Refused(refused) is Refused.LEAVE_OUT else reading.labels
        sets[kept.key] = kept
    return StudyData(name=name, images=found, label_sets=sets)
