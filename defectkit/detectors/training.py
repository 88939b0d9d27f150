"""TrainingSet: the images and labels that a detector is fitted to, or watched with while it is."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Mapping

import attrs
from immutabledict import immutabledict

from defectkit.errors import EmptyInputError, PairingError
from defectkit.records.image import Image
from defectkit.records.inputs import Images, as_label_set, images_by_name
from defectkit.records.instances import Instances
from defectkit.records.label_set import LabelSet
from defectkit.records.names import as_names
from defectkit.short_repr import short_repr
from defectkit.units import PIXEL_SIZE, as_pixel_size


def _frozen(images: Images) -> Mapping[str, Image]:
    return immutabledict(images_by_name(images))


@attrs.frozen(kw_only=True)
class TrainingSet:
    """One side of a split: images, and the label set that says what is in them.

    Parameters
    ----------
    images : iterable or mapping of Image
        In the order in which they are to be seen, and then kept by name; pixels are read when they are asked for.
    labels : LabelSet, mapping of str to Instances, or iterable of Prediction
        Holds every one of the images; it may hold more.

    Raises
    ------
    EmptyInputError
        If there is no image.
    PairingError
        If an image has no labels, its labels are of another shape, or it is filed under a name not its own.

    Examples
    --------
    >>> import numpy as np
    >>> image = Image.from_array("a", np.zeros((8, 8)))
    >>> labels = LabelSet(name="mine", instances={"a": Instances.empty((8, 8))})
    >>> len(TrainingSet(images={"a": image}, labels=labels))
    1
    """

    images: Mapping[str, Image] = attrs.field(converter=_frozen)
    labels: LabelSet = attrs.field(converter=as_label_set)

    __repr__ = short_repr

    def __hash__(self) -> int:
        return hash((tuple(self.images), self.labels))

    def __attrs_post_init__(self) -> None:
        if not self.images:
            raise EmptyInputError("training set: there is no image in it")
        for name, image in self.images.items():
            labelled = self.labels[name].shape
            if labelled != image.shape:
                raise PairingError(
                    f"training set: image {name!r} has shape {image.shape}, "
                    f"but its labels in {self.labels.key!r} were drawn on {labelled}"
                )

    def __len__(self) -> int:
        return len(self.images)

    def __iter__(self) -> Iterator[tuple[Image, Instances]]:
        return ((image, self.labels[name]) for name, image in self.images.items())

    @property
    def n_defects(self) -> int:
        """The number of labelled defects in the images."""
        return sum(len(self.labels[name]) for name in self.images)

    @property
    def types(self) -> tuple[str, ...]:
        """The types that occur in the images, in the order of the label set's taxonomy."""
        present = {t for name in self.images for t in self.labels[name].type_names}
        return tuple(name for name in self.labels.taxonomy.names if name in present)

    def pixel_sizes_nm(self) -> tuple[tuple[float, float], ...]:
        """Return the pixel sizes (along rows, along columns) of the images in nm.

        Raises
        ------
        MissingCalibrationError
            If an image has none.
        """
        return tuple(image.required_calibration().pixel_size_nm for image in self.images.values())

    def working_pixel_size_nm(self, given: str = "") -> float:
        """Return the pixel size to learn at: ``given``, such as ``"0.5 nm/px"``, or the median of the images.

        Raises
        ------
        MissingCalibrationError
            If an image has none: it could not be brought to the pixel size.
        """
        sizes = [size for pair in self.pixel_sizes_nm() for size in pair]
        return float(as_pixel_size(given).to(PIXEL_SIZE).magnitude) if given else float(statistics.median(sizes))

    def only(self, names: Iterable[str]) -> TrainingSet:
        """Return the set of the named images, in that order.

        Raises
        ------
        PairingError
            If a name is not in this set.
        """
        wanted = as_names(names)
        missing = [name for name in wanted if name not in self.images]
        if missing:
            raise PairingError(f"training set: no image is named {', '.join(map(repr, missing[:5]))}")
        return TrainingSet(images={name: self.images[name] for name in wanted}, labels=self.labels)
