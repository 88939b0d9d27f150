from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import numpy as np
import pytest

from defectkit.errors import SplitError
from defectkit.records import Split
from defectkit.splitters import Splitter
from defectkit.testing import SplitterSuite


class Good(Splitter):
    """Every other bundle of one area tests."""

    name = "good"
    description = "Splits well."

    def split(self, images, *, train_labels, test_labels):
        names = [image.name for image in images]
        if not names or len(set(names)) < len(names):
            raise SplitError("no image, or one name twice")
        bundles = sorted({image.specimen.area or image.name for image in images})
        tested = set(bundles[::2])
        test = tuple(i.name for i in images if (i.specimen.area or i.name) in tested)
        train = tuple(name for name in names if name not in set(test))
        yield Split(name="one", train=train, test=test, train_labels=train_labels, test_labels=test_labels)


def changed(**parts: Any) -> type[Splitter]:
    """A splitter that differs from the good one in some fields of every split."""

    class Changed(Good):
        def split(self, images, *, train_labels, test_labels):
            for split in super().split(images, train_labels=train_labels, test_labels=test_labels):
                yield attrs.evolve(split, **{k: v(split) if callable(v) else v for k, v in parts.items()})

    return Changed


class Random(Good):
    def split(self, images, *, train_labels, test_labels):
        order = np.random.permutation(len(images))  # noqa: NPY002 - the fault that is to be caught
        names = [images[k].name for k in order]
        half = len(names) // 2
        yield Split(name="x", train=names[:half], test=names[half:], train_labels=train_labels, test_labels=test_labels)


class Counting(Good):
    calls = 0

    def split(self, images, *, train_labels, test_labels):
        self.calls += 1
        for split in super().split(images, train_labels=train_labels, test_labels=test_labels):
            yield attrs.evolve(split, name=f"call {self.calls}")


class Careless(Good):
    def split(self, images, *, train_labels, test_labels):
        names = sorted({image.name for image in images})
        yield Split(name="x", train=names[::2], test=names[1::2], train_labels=train_labels, test_labels=test_labels)


class Looking(Good):
    def split(self, images, *, train_labels, test_labels):
        assert all(image.pixels is not None for image in images)
        yield from super().split(images, train_labels=train_labels, test_labels=test_labels)


class Nothing(Good):
    def split(self, images, *, train_labels, test_labels):
        yield from ()


class Areas(Good):
    def split(self, images, *, train_labels, test_labels):
        names = [image.name for image in images]
        if not names or len(set(names)) < len(names):
            raise SplitError("no image, or one name twice")
        yield Split(name="x", train=names[:3], test=names[3:], train_labels=train_labels, test_labels=test_labels)


class Positional(Good):
    def __init__(self, seed):
        self.seed = seed


class NoSubclass:
    name = "good"
    description = "Splits well."


class SplitsWell(SplitterSuite):
    cls = Good
    is_registered = False


FAULTS: dict[str, tuple[type, str]] = {
    "test_it_fulfils_the_interface": (NoSubclass, "NoSubclass is not a subclass of Splitter"),
    "test_its_name_is_one_word": (type("Spaced", (Good,), {"name": "two words"}), "holds white space"),
    "test_its_description_is_one_line": (type("Mute", (Good,), {"description": "a\nb"}), "more than one line"),
    "test_it_is_found_by_its_name": (type("Shadow", (Good,), {"name": "predefined"}), "finds another class"),
    "test_its_options_are_keyword_arguments": (Positional, "seed is positional"),
    "test_there_is_a_split": (Nothing, "there is no split"),
    "test_both_sides_hold_images_that_were_given": (changed(train=("stranger",)), "names that were not given"),
    "test_the_labels_of_each_side_are_passed_on": (changed(test_labels="mine@1"), "not those that were given"),
    "test_the_same_options_give_the_same_splits": (Random, "another run splits otherwise"),
    "test_a_splitter_can_be_used_again": (Counting, "the second time it splits otherwise"),
    "test_images_of_one_area_stay_together": (Areas, "share the area"),
    "test_no_pixel_is_read": (Looking, "the pixels were read"),
    "test_no_image_cannot_be_split": (Nothing, "DID NOT RAISE"),
    "test_one_name_twice_is_refused": (Careless, "DID NOT RAISE"),
}


@pytest.mark.parametrize("test", [name for name in dir(SplitsWell) if name.startswith("test_")])
def test_a_class_with_this_fault_alone_is_caught(test: str, run_inherited: Callable[[object, str], None]) -> None:
    cls, message = FAULTS[test]
    suite = type("Faulty", (SplitsWell,), {"cls": cls, "is_registered": test == "test_it_is_found_by_its_name"})
    with pytest.raises((Exception, pytest.fail.Exception), match=message):
        run_inherited(suite(), test)


@pytest.mark.parametrize("test", sorted(set(FAULTS) - {"test_it_is_found_by_its_name"}))
def test_a_class_in_order_passes(test: str, run_inherited: Callable[[object, str], None]) -> None:
    run_inherited(SplitsWell(), test)
