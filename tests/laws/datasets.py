"""Sources of data sets: a right one, and wrong ones."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count
from typing import Any, ClassVar

import attrs
import numpy as np

from defectkit.datasets import DatasetEntry, DatasetSource, LabelsEntry
from defectkit.datasets.entry import Citation, Expected
from defectkit.datasets.images_entry import ImagesFacts
from defectkit.datasets.sources import RegisteredSource
from defectkit.errors import UnknownDatasetError
from defectkit.records import Image, Instances, LabelSet, Specimen, Split
from defectkit.testing import DatasetSourceSuite
from tests.laws.mutant import mutant, shared_mutants

SHAPE = (24, 24)
NAMES = ("one", "two", "three")
CALLS = count()


@attrs.frozen(kw_only=True)
class Patches(DatasetSource):
    """Three square images of a dark patch each, at another place in each."""

    name: ClassVar[str] = "patches"
    description: ClassVar[str] = "Three images of a dark patch each."

    thickness: str | None = "100 nm"

    def entry(self):
        return DatasetEntry(
            format=1,
            name=self.name,
            title=self.description,
            citation=Citation(text="nobody"),
            source=RegisteredSource(registered=self.name),
            images=ImagesFacts(expected=3),
            labels=(
                LabelsEntry(name="drawn", version="1", expected=Expected(images=3, defects=3)),
                LabelsEntry(name="drawn", version="2", parent=self.parent(), expected=Expected(images=3, defects=3)),
            ),
        )

    def parent(self):
        return "drawn@1"

    def ground(self, name):
        return 150 + len(name)

    def mask(self, name):
        found = np.zeros(SHAPE, bool)
        top = 2 + 4 * NAMES.index(name)
        found[top : top + 3, 12:21] = True
        return found

    def images(self):
        for name in NAMES:
            pixels = np.full(SHAPE, self.ground(name), np.uint8)
            pixels[Patches.mask(self, name)] = 40
            yield Image.from_array(name, pixels, pixel_size="1 nm/px", foil_thickness=self.thickness)

    def labels(self, key):
        if key not in ("drawn@1", "drawn@2"):
            raise UnknownDatasetError.of("label set of patches", key, ["drawn@1", "drawn@2"])
        found = {n: Instances.from_masks([self.mask(n)], types=["bdot"], shape=SHAPE) for n in NAMES}
        return LabelSet(name="drawn", version=key.partition("@")[2], instances=found)

    def splits(self):
        split = Split(name="one", train=NAMES[:2], test=NAMES[2:], train_labels="drawn@1", test_labels="drawn@2")
        return {"one": split}


class Right(DatasetSourceSuite):
    cls = Patches
    is_registered = False


class Transposed(Patches):
    def mask(self, name):
        return super().mask(name).T


class NoThickness(Patches):
    def images(self):
        return attrs.evolve(self, thickness=None).images() if self.thickness else super().images()


class LostParent(Patches):
    def parent(self):
        return "checked@1"


class GroundByHash(Patches):
    def ground(self, name):
        return 100 + hash(name) % 100


class Prints(Patches):
    def images(self):
        print("reading")
        return super().images()


class SeedsAll(Patches):
    def ground(self, name):
        np.random.seed(7)  # noqa: NPY002 - the fault that is to be caught
        return 100 + np.random.randint(100)  # noqa: NPY002 - the fault that is to be caught


@attrs.frozen(kw_only=True)
class HoldsALock(Patches):
    lock: Any = attrs.field(factory=threading.Lock, eq=False)


def faulty(name: str, **parts: Callable[[Any, Any], Any]) -> type[DatasetSource]:
    """A source whose methods have their result changed, each by ``part(source, result)``."""

    def method(called: str, change: Callable[[Any, Any], Any]) -> Callable[..., Any]:
        return lambda self, *given: change(self, getattr(Patches, called)(self, *given))

    return type(name, (Patches,), {called: method(called, change) for called, change in parts.items()})


@attrs.frozen(kw_only=True)
class Liar:
    """Pixels of another shape than they say."""

    shape: tuple[int, int] = SHAPE
    dtype: Any = attrs.field(factory=lambda: np.dtype(np.uint8))

    def read(self):
        return np.zeros((2, 2), np.uint8)


def lying(_: Any, images: Any) -> Any:
    return (attrs.evolve(image, source=Liar()) for image in images)


def without_pixel_size(_: Any, images: Any) -> Any:
    return (attrs.evolve(image, calibration=None) for image in images)


def of_another_specimen(_: Any, images: Any) -> Any:
    return (attrs.evolve(image, specimen=Specimen(area=str(next(CALLS)))) for image in images)


def drawn_anew(_: Any, labels: LabelSet) -> LabelSet:
    place = next(CALLS) % 9
    mask = np.zeros((1, *SHAPE), bool)
    mask[0, place : place + 2, place : place + 2] = True
    held = {name: Instances.from_masks(mask, types=["bdot"], shape=SHAPE) for name in labels.images}
    return attrs.evolve(labels, instances=held)


def whiskers(_: Any, labels: LabelSet) -> LabelSet:
    held = {name: labels[name].rename_types(lambda _: "whisker") for name in labels.images}
    return attrs.evolve(labels, instances=held, taxonomy=labels.taxonomy.with_types(["whisker"]))


def of_other_images(_: Any, labels: LabelSet) -> LabelSet:
    return attrs.evolve(labels, instances={f"{name}x": labels[name] for name in labels.images})


class Anything(Patches):
    def labels(self, key):
        return super().labels(key if key.startswith("drawn@") else "drawn@1")


class BadName(Patches):
    name = "Not_Good"


MUTANTS = [
    mutant(Right, Transposed, "transposes masks", "masks_lie_where_the_images_show_something"),
    mutant(Right, NoThickness, "gives no thickness", "every_foil_has_a_thickness"),
    mutant(Right, LostParent, "derives labels from a version that is not there", "parents_are_label_sets_of_the_entry"),
    mutant(Right, GroundByHash, "makes pixels of Python's hash", "another_process_says_the_same"),
    mutant(Right, Prints, "prints", "nothing_is_printed"),
    mutant(Right, SeedsAll, "seeds the generator of all", "global_chance_is_left_alone"),
    mutant(Right, HoldsALock, "cannot be pickled", "it_can_be_pickled"),
    mutant(Right, BadName, "has a name that no data set has", "its_name_is_that_of_a_data_set", "cannot be the name"),
    mutant(
        Right,
        faulty("Foreign", entry=lambda _, entry: attrs.evolve(entry, name="other")),
        "gives the entry of another",
        "the_entry_is_of_this_source",
        "the entry is of 'other'",
    ),
    mutant(
        Right,
        faulty("TooFew", images=lambda _, images: list(images)[:2]),
        "gives fewer images than its entry says",
        "there_are_images_and_each_is_calibrated",
        "2 images",
    ),
    mutant(
        Right,
        faulty("NoPixelSize", images=without_pixel_size),
        "gives no pixel size",
        "there_are_images_and_each_is_calibrated",
        "without a pixel size",
    ),
    mutant(
        Right,
        faulty("Lying", images=lying),
        "gives pixels of another shape than it says",
        "pixels_are_what_the_images_say",
        "the shape is",
    ),
    mutant(
        Right,
        faulty("OtherSpecimen", images=of_another_specimen),
        "gives another specimen each time",
        "the_same_options_give_the_same_images",
        "the specimen differs",
    ),
    mutant(
        Right,
        faulty("OtherVersion", labels=lambda _, labels: attrs.evolve(labels, version="3")),
        "gives labels of another version",
        "the_label_sets_are_those_of_the_entry",
        "what comes is called",
    ),
    mutant(
        Right,
        faulty("OtherImages", labels=of_other_images),
        "labels images that are not there",
        "labels_belong_to_the_images",
        "there is no image",
    ),
    mutant(
        Right,
        faulty("DrawnAnew", labels=drawn_anew),
        "gives other labels each time",
        "the_same_options_give_the_same_labels",
        "the masks differ",
    ),
    mutant(
        Right,
        faulty("Whiskers", labels=whiskers),
        "uses a type that its entry lacks",
        "types_are_known",
        "whisker",
    ),
    mutant(Right, Anything, "gives labels of any name", "an_unknown_label_set_is_an_error", "DID NOT RAISE"),
    mutant(
        Right,
        faulty("OtherSplit", splits=lambda _, made: {"one": attrs.evolve(made["one"], test=("lost",))}),
        "splits images that are not there",
        "splits_are_of_its_images_and_labels",
        "there is no image lost",
    ),
    *shared_mutants(Right, "synthetic-fecral"),
]
