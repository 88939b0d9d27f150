from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import attrs
import numpy as np
import pytest

from defectkit.datasets import DatasetEntry, DatasetSource, LabelsEntry
from defectkit.datasets.entry import Citation, Expected
from defectkit.datasets.images_entry import ImagesFacts
from defectkit.datasets.sources import RegisteredSource
from defectkit.errors import UnknownDatasetError
from defectkit.records import Image, Instances, LabelSet, Specimen, Split
from defectkit.testing import DatasetSourceSuite
from defectkit.testing.synthetic.source import SyntheticFecralSource

SHAPE = (12, 14)


class TestSyntheticFecral(DatasetSourceSuite):
    cls = SyntheticFecralSource
    options: ClassVar = {"binning": 4}
    n_pixels = 2


class Good(DatasetSource):
    """Three images, one defect each."""

    name = "good"
    description = "Three images."

    def entry(self):
        return DatasetEntry(
            format=1,
            name=self.name,
            title="Three images",
            citation=Citation(text="nobody"),
            source=RegisteredSource(registered=self.name),
            images=ImagesFacts(expected=3),
            labels=(LabelsEntry(name="drawn", version="1", expected=Expected(images=3, defects=3)),),
        )

    def images(self):
        for k in range(3):
            pixels = np.full(SHAPE, k, np.uint8)
            yield Image.from_array(f"image-{k}", pixels, pixel_size="1 nm/px")

    def labels(self, key):
        if key != "drawn@1":
            raise UnknownDatasetError.of("label set of good", key, ["drawn@1"])
        mask = np.zeros((1, *SHAPE), bool)
        mask[0, 2:5, 3:7] = True
        found = {f"image-{k}": Instances.from_masks(mask, types=["bdot"], shape=SHAPE) for k in range(3)}
        return LabelSet(name="drawn", instances=found)

    def splits(self):
        names = [f"image-{k}" for k in range(3)]
        return {
            "one": Split(name="one", train=names[:2], test=names[2:], train_labels="drawn@1", test_labels="drawn@1")
        }


def faulty(**parts: Callable[[Any, Any], Any]) -> type[DatasetSource]:
    """A source whose methods have their result changed, each by ``part(source, result)``."""

    def method(name: str, change: Callable[[Any, Any], Any]) -> Callable[..., Any]:
        return lambda self, *given: change(self, getattr(Good, name)(self, *given))

    return type("Faulty", (Good,), {name: method(name, change) for name, change in parts.items()})


def each(change: Callable[[Image], Image]) -> Callable[[Any, Any], Any]:
    return lambda _, images: map(change, images)


def chance(_: Any, images: Any) -> Any:
    for image in images:
        noise = np.random.randint(0, 9, SHAPE).astype(np.uint8)  # noqa: NPY002 - the fault that is to be caught
        yield Image.from_array(image.name, noise, calibration=image.calibration)


def moved(_: Any, labels: LabelSet) -> LabelSet:
    mask = np.zeros((1, *SHAPE), bool)
    mask[0, 1 + np.random.randint(9), 1] = True  # noqa: NPY002 - the fault that is to be caught
    held = {name: Instances.from_masks(mask, types=["bdot"], shape=SHAPE) for name in labels.images}
    return LabelSet(name="drawn", instances=held)


def of_shape(shape: tuple[int, int]) -> Callable[[Any, LabelSet], LabelSet]:
    def change(_: Any, labels: LabelSet) -> LabelSet:
        mask = np.ones((1, *shape), bool)
        held = {name: Instances.from_masks(mask, types=["bdot"], shape=shape) for name in labels.images}
        return LabelSet(name="drawn", instances=held)

    return change


def own_type(_: Any, labels: LabelSet) -> LabelSet:
    mask = np.ones((1, *SHAPE), bool)
    held = {name: Instances.from_masks(mask, types=["whisker"], shape=SHAPE) for name in labels.images}
    return LabelSet(name="drawn", instances=held, taxonomy=labels.taxonomy.with_types(["whisker"]))


def renamed_images(_: Any, labels: LabelSet) -> LabelSet:
    return LabelSet(name="drawn", instances={f"{name}x": labels[name] for name in labels.images})


def other_split(**fields: Any) -> Callable[[Any, Any], Any]:
    return lambda _, splits: {"one": attrs.evolve(splits["one"], **fields)}


def fewer(_: Any, images: Any) -> Any:
    return list(images)[:2]


@attrs.frozen(kw_only=True)
class Liar:
    """Pixels of another shape than they say."""

    array: np.ndarray
    shape: tuple[int, int]

    @property
    def dtype(self):
        return self.array.dtype

    def read(self):
        return self.array


class CountingSpecimens(Good):
    made = 0

    def images(self):
        type(self).made += 1
        for image in super().images():
            yield attrs.evolve(image, specimen=Specimen(area=str(self.made)))


class Anything(Good):
    def labels(self, key):
        return super().labels("drawn@1")


class BadName(Good):
    name = "Not_Good"


FAULTS: dict[str, tuple[type[DatasetSource], str]] = {
    "name": (BadName, "test_its_name_is_that_of_a_data_set"),
    "entry of another": (
        faulty(entry=lambda _, entry: attrs.evolve(entry, name="other")),
        "test_the_entry_is_of_this_source",
    ),
    "entry from elsewhere": (
        faulty(entry=lambda _, entry: attrs.evolve(entry, source=RegisteredSource(registered="other"))),
        "test_the_entry_is_of_this_source",
    ),
    "too few images": (faulty(images=fewer), "test_there_are_images_and_each_is_calibrated"),
    "no image": (faulty(images=lambda _, images: []), "test_there_are_images_and_each_is_calibrated"),
    "one name twice": (
        faulty(images=lambda _, images: [*images, Image.from_array("image-0", np.zeros(SHAPE))]),
        "test_there_are_images_and_each_is_calibrated",
    ),
    "no pixel size": (
        faulty(images=each(lambda image: attrs.evolve(image, calibration=None))),
        "test_there_are_images_and_each_is_calibrated",
    ),
    "another shape": (
        faulty(images=each(lambda i: attrs.evolve(i, source=Liar(array=np.zeros((2, 2)), shape=SHAPE)))),
        "test_pixels_are_what_the_images_say",
    ),
    "chance in pixels": (faulty(images=chance), "test_the_same_options_give_the_same_images"),
    "another specimen": (CountingSpecimens, "test_the_same_options_give_the_same_images"),
    "another version": (
        faulty(labels=lambda _, labels: attrs.evolve(labels, version="2")),
        "test_the_label_sets_are_those_of_the_entry",
    ),
    "too few labels": (
        faulty(labels=lambda _, labels: LabelSet(name="drawn", instances={"image-0": labels["image-0"]})),
        "test_the_label_sets_are_those_of_the_entry",
    ),
    "labels of no image": (faulty(labels=renamed_images), "test_labels_belong_to_the_images"),
    "labels of another frame": (faulty(labels=of_shape((5, 5))), "test_labels_belong_to_the_images"),
    "chance in labels": (faulty(labels=moved), "test_the_same_options_give_the_same_labels"),
    "labels of any key": (Anything, "test_an_unknown_label_set_is_an_error"),
    "types that the entry lacks": (faulty(labels=own_type), "test_types_are_known"),
    "split of another name": (faulty(splits=other_split(name="two")), "test_splits_are_of_its_images_and_labels"),
    "split of no image": (faulty(splits=other_split(test=("lost",))), "test_splits_are_of_its_images_and_labels"),
    "split of no labels": (
        faulty(splits=other_split(test_labels="gone@1")),
        "test_splits_are_of_its_images_and_labels",
    ),
}
CHECKS = [name for name in dir(DatasetSourceSuite) if name.startswith("test_")]


def suite_of(source: type[DatasetSource]) -> DatasetSourceSuite:
    return type("Checked", (DatasetSourceSuite,), {"cls": source, "is_registered": False})()


@pytest.mark.parametrize("check", [name for name in CHECKS if name != "test_it_is_found_by_its_name"])
def test_a_good_source_passes(check: str) -> None:
    getattr(suite_of(Good), check)()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_caught(fault: str) -> None:
    source, check = FAULTS[fault]
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        getattr(suite_of(source), check)()


def test_every_check_of_its_own_catches_something() -> None:
    own = {name for name in vars(DatasetSourceSuite) if name.startswith("test_")}
    assert own == {check for _, check in FAULTS.values()}
