"""DatasetSourceSuite: what every source of a data set must do, as tests to inherit."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from defectkit.datasets import DatasetEntry, DatasetSource
from defectkit.datasets.sources import RegisteredSource
from defectkit.errors import UnknownDatasetError
from defectkit.records import Image, Instances, LabelSet
from defectkit.testing.asked import AskedSuite
from defectkit.testing.suite import assert_same_instances

Mask = NDArray[np.bool_]
TURNS: dict[str, Callable[[Mask], Mask]] = {
    "transposed": lambda mask: mask.T,
    "mirrored": lambda mask: mask[:, ::-1],
    "upside down": lambda mask: mask[::-1],
}
"""What may have happened to masks, by the word for it."""
AROUND = 3
"""So many pixels around a defect are its surroundings."""


def contrast(pixels: NDArray[Any], found: Instances, turn: Callable[[Mask], Mask]) -> float:
    """Return by how many gray values defects differ from their surroundings, summed, with their masks turned."""
    total = 0.0
    for defect in found:
        mask = turn(defect.mask())
        if mask.shape != pixels.shape:
            return 0.0
        around = ndimage.binary_dilation(mask, iterations=AROUND) & ~mask
        if around.any():
            total += abs(float(pixels[mask].mean()) - float(pixels[around].mean()))
    return total


class DatasetSourceSuite(AskedSuite[DatasetSource]):
    """What every source of a data set must do.

    Attributes
    ----------
    cls : type
        The source under test.
    options : mapping of str to Any
        Keyword arguments of its constructor.
    n_pixels : int
        Of how many images the pixels are read; the first ones.

    Examples
    --------
    In a test module of the plugin:

    >>> from defectkit.testing.synthetic.source import SyntheticFecralSource
    >>> class TestSyntheticFecral(DatasetSourceSuite):
    ...     cls = SyntheticFecralSource
    ...     options = {"binning": 4}
    """

    kind: ClassVar[str] = "dataset"
    n_pixels: ClassVar[int] = 3

    def images(self) -> dict[str, Image]:
        """Return the images of a source that is newly made, by name."""
        images = list(self.make().images())
        found = {image.name: image for image in images}
        assert len(found) == len(images), "two images have one name"
        return found

    def entry(self) -> DatasetEntry:
        """Return the entry of a source that is newly made."""
        return self.make().entry()

    def label_sets(self) -> dict[str, LabelSet]:
        """Return all label sets that the entry lists, by ``name@version``."""
        source = self.make()
        return {version.key: source.labels(version.key) for version in source.entry().labels}

    def question(self) -> int:
        """Return of how many images the pixels are asked for."""
        return self.n_pixels

    @staticmethod
    def answer(made: DatasetSource, question: int) -> list[Any]:
        """Return the entry, names, calibrations and some digests of images, and the digests of all labels."""
        images = list(made.images())
        entry = made.entry()
        return [
            repr(entry),
            [(image.name, repr(image.calibration)) for image in images],
            [image.digest() for image in images[:question]],
            [made.labels(version.key).digest() for version in entry.labels],
        ]

    def test_masks_lie_where_the_images_show_something(self) -> None:
        """Pixels of a defect differ from those around it; mirrored or transposed masks would not lie better."""
        images = list(self.images().values())[: self.n_pixels]
        for key, labels in self.label_sets().items():
            seen = [(image.pixels, labels[image.name]) for image in images if image.name in labels]
            own = sum(contrast(pixels, found, lambda mask: mask) for pixels, found in seen)
            for what, turn in TURNS.items():
                other = sum(contrast(pixels, found, turn) for pixels, found in seen)
                assert own >= other, f"{key}: masks that are {what} lie better on what the images show"

    def test_every_foil_has_a_thickness(self) -> None:
        """Without the thickness of the foil there is no density by volume, and no hardening."""
        bare = [
            name
            for name, image in self.images().items()
            if image.calibration is None or image.calibration.foil_thickness is None
        ]
        assert not bare, f"without a thickness: {', '.join(bare[:3])}"

    def test_parents_are_label_sets_of_the_entry(self) -> None:
        """A version that was derived from another one names one that there is."""
        entry = self.entry()
        keys = {version.key for version in entry.labels}
        strange = [f"{v.key} from {v.parent}" for v in entry.labels if v.parent is not None and v.parent not in keys]
        assert not strange, f"derived from what there is not: {', '.join(strange)}"

    def test_its_name_is_that_of_a_data_set(self) -> None:
        """``name`` is made of lower case letters, digits and single ``-``, as the catalogue demands."""
        name = self.cls.name
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name), f"{name!r} cannot be the name of a data set"

    def test_the_entry_is_of_this_source(self) -> None:
        """The entry has the name of the source, names it as where the data come from, and is the same every time."""
        entry = self.entry()
        assert entry.name == self.cls.name, f"the entry is of {entry.name!r}, not of {self.cls.name!r}"
        source = entry.source
        assert isinstance(source, RegisteredSource), f"the entry says that the data come from {source}"
        assert source.registered == self.cls.name, f"the entry says that the data come from {source.registered!r}"
        assert isinstance(self.cls(**source.options), self.cls), "the options of the entry make something else"
        assert entry == self.entry(), "another entry comes the second time"

    def test_there_are_images_and_each_is_calibrated(self) -> None:
        """At least one image comes, as many as the entry expects, each with a name of its own and a pixel size."""
        images = self.images()
        expected = self.entry().images.expected
        assert images, "there is no image"
        assert expected is None or len(images) == expected, f"{len(images)} images, but the entry expects {expected}"
        bare = [name for name, image in images.items() if image.calibration is None]
        assert not bare, f"without a pixel size: {', '.join(bare)}"

    def test_pixels_are_what_the_images_say(self) -> None:
        """The pixels that are read have the shape and the dtype that the image states."""
        for name, image in list(self.images().items())[: self.n_pixels]:
            pixels = image.pixels
            assert pixels.shape == image.shape, f"{name}: the shape is {pixels.shape}, not {image.shape} as it says"
            assert pixels.dtype == image.dtype, f"{name}: the dtype is {pixels.dtype}, not {image.dtype} as it says"

    def test_the_same_options_give_the_same_images(self) -> None:
        """Names, calibrations and pixels do not change from one object to the next; chance comes from options alone."""
        first = self.images()
        digests = [image.digest() for image in list(first.values())[: self.n_pixels]]
        np.random.seed(1)  # noqa: NPY002 - a source that draws from the global generator shows by this
        again = self.images()
        assert list(again) == list(first), "other images, or another order, the second time"
        for name, image in first.items():
            assert again[name].calibration == image.calibration, f"{name}: the calibration differs the second time"
            assert again[name].specimen == image.specimen, f"{name}: the specimen differs the second time"
        found = [image.digest() for image in list(again.values())[: self.n_pixels]]
        assert found == digests, "the pixels differ the second time"

    def test_the_label_sets_are_those_of_the_entry(self) -> None:
        """Each version that the entry lists comes under its own name, and holds as much as the entry expects."""
        entry = self.entry()
        found = self.label_sets()
        for version in entry.labels:
            labels = found[version.key]
            assert labels.key == version.key, f"{version.key}: what comes is called {labels.key}"
            expected = version.expected
            if expected is None:
                continue
            for what, wanted, n in (
                ("images", expected.images, len(labels)),
                ("defects", expected.defects, labels.n_defects),
            ):
                assert wanted is None or n == wanted, f"{version.key}: {n} {what}, but the entry expects {wanted}"

    def test_types_are_known(self) -> None:
        """Every type of a label is a built-in one or in the ``defect_type`` of the entry."""
        known = set(self.entry().taxonomy().names)
        for key, labels in self.label_sets().items():
            strange = sorted(set(labels.types) - known)
            assert not strange, f"{key}: the types {', '.join(strange)} are not in the taxonomy of the entry"

    def test_labels_belong_to_the_images(self) -> None:
        """A label set speaks of images that there are, in frames of their shape."""
        images = self.images()
        for key, labels in self.label_sets().items():
            lost = sorted(set(labels.images) - set(images))
            assert not lost, f"{key}: there is no image {', '.join(lost)}"
            for name in labels.images:
                shape = labels[name].shape
                assert shape == images[name].shape, f"{key}, {name}: labels of {shape} on {images[name].shape}"

    def test_the_same_options_give_the_same_labels(self) -> None:
        """Labels are the same to the pixel from one object to the next: their digest goes into every result."""
        first = self.label_sets()
        np.random.seed(2)  # noqa: NPY002 - see above
        for key, again in self.label_sets().items():
            assert again.images == first[key].images, f"{key}: other images the second time"
            for name in again.images:
                assert_same_instances(again[name], first[key][name], what=f"{key}, {name}, the second time")
            assert again.digest() == first[key].digest(), f"{key}: the digest differs the second time"

    def test_an_unknown_label_set_is_an_error(self) -> None:
        """A label set that the entry does not list raises UnknownDatasetError, which names those there are."""
        with pytest.raises(UnknownDatasetError) as caught:
            self.make().labels("no-such-labels@0")
        listed = [version.key for version in self.entry().labels]
        assert all(key in str(caught.value) for key in listed), f"{caught.value} does not name {', '.join(listed)}"

    def test_splits_are_of_its_images_and_labels(self) -> None:
        """A split is called by its name, and speaks of images and label sets that the source has."""
        images, keys = self.images(), {version.key for version in self.entry().labels}
        for name, split in self.make().splits().items():
            assert split.name == name, f"{name}: the split calls itself {split.name!r}"
            lost = sorted({*split.train, *split.test} - set(images))
            assert not lost, f"{name}: there is no image {', '.join(lost)}"
            unknown = sorted({split.train_labels, split.test_labels} - keys)
            assert not unknown, f"{name}: there is no label set {', '.join(unknown)}"
