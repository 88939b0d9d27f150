"""Splitters: a right one, and wrong ones."""

from __future__ import annotations

import random
import threading
from typing import Any, ClassVar

import attrs
import numpy as np

from defectkit.errors import SplitError
from defectkit.records import Split
from defectkit.splitters import Splitter
from defectkit.testing import SplitterSuite
from tests.laws.mutant import mutant, shared_mutants


@attrs.frozen(kw_only=True)
class Half(Splitter):
    """Half of the areas, drawn by a seed, trains."""

    name: ClassVar[str] = "half"
    description: ClassVar[str] = "Draws half of the areas."

    seed: int = 0

    def area(self, image):
        return image.specimen.area or image.name

    def areas(self, images):
        return sorted({self.area(image) for image in images})

    def drawn(self, areas, images):
        return set(np.random.default_rng(self.seed).permutation(areas)[: len(areas) // 2].tolist())

    def split(self, images, *, train_labels, test_labels):
        names = [image.name for image in images]
        if len(names) < 2 or len(set(names)) < len(names):
            raise SplitError("two images with names of their own are needed")
        drawn = self.drawn(self.areas(images), images)
        train = sorted(image.name for image in images if self.area(image) in drawn)
        test = sorted(set(names) - set(train))
        yield Split(name="half", train=train, test=test, train_labels=train_labels, test_labels=test_labels)


class Right(SplitterSuite):
    cls = Half
    is_registered = False


class IgnoresSeed(Half):
    def drawn(self, areas, images):
        return set(np.random.default_rng(0).permutation(areas)[: len(areas) // 2].tolist())


class SeedsAll(Half):
    def drawn(self, areas, images):
        random.seed(self.seed)
        return set(random.sample(areas, len(areas) // 2))


class DrawsByHash(Half):
    def drawn(self, areas, images):
        return set(sorted(areas, key=lambda area: hash((area, self.seed)))[: len(areas) // 2])


class ByOrder(Half):
    def areas(self, images):
        return list(dict.fromkeys(self.area(image) for image in images))


class SortsInPlace(Half):
    def areas(self, images):
        if isinstance(images, list):
            images.sort(key=lambda image: image.specimen.alloy)
        return super().areas(images)


class NeedsAList(Half):
    def areas(self, images):
        return super().areas(images.copy())


class ByPixels(Half):
    """Areas whose images show much train, by pixels and not by nm^2."""

    def drawn(self, areas, images):
        shown = dict.fromkeys(areas, 0)
        for image in images:
            shown[self.area(image)] += image.shape[0] * image.shape[1]
        ranked = sorted(areas, key=lambda area: (shown[area] % (7 + self.seed), shown[area]))
        return set(ranked[: len(areas) // 2])


@attrs.frozen(kw_only=True)
class HoldsALock(Half):
    lock: Any = attrs.field(factory=threading.Lock, eq=False)


class Prints(Half):
    def areas(self, images):
        print(len(images), "images")
        return super().areas(images)


class Nothing(Half):
    def split(self, images, *, train_labels, test_labels):
        yield from ()


def changed(name: str, **parts: Any) -> type[Splitter]:
    """A splitter that differs from the right one in some fields of every split."""

    def split(self: Any, images: Any, *, train_labels: str, test_labels: str) -> Any:
        for made in Half.split(self, images, train_labels=train_labels, test_labels=test_labels):
            yield attrs.evolve(made, **parts)

    return type(name, (Half,), {"split": split})


class Drawing(Half):
    def drawn(self, areas, images):
        return set(np.random.permutation(areas)[: len(areas) // 2].tolist())  # noqa: NPY002 - the fault to be caught


@attrs.frozen(kw_only=True)
class Counting(Half):
    calls: list[int] = attrs.field(factory=list, eq=False)

    def split(self, images, *, train_labels, test_labels):
        self.calls.append(len(images))
        for made in super().split(images, train_labels=train_labels, test_labels=test_labels):
            yield attrs.evolve(made, name=f"call {len(self.calls)}")


class PartsAreas(Half):
    def area(self, image):
        return image.name


class Careless(Half):
    def split(self, images, *, train_labels, test_labels):
        images = list({image.name: image for image in images}.values())
        yield from super().split(images, train_labels=train_labels, test_labels=test_labels)


class Looking(Half):
    def areas(self, images):
        assert all(image.pixels is not None for image in images)
        return super().areas(images)


class Fearless(Half):
    def split(self, images, *, train_labels, test_labels):
        if images:
            yield from super().split(images, train_labels=train_labels, test_labels=test_labels)


MUTANTS = [
    mutant(Right, IgnoresSeed, "ignores the seed", "the_seed_decides"),
    mutant(Right, SeedsAll, "seeds the generator of all", "global_chance_is_left_alone"),
    mutant(Right, DrawsByHash, "draws by Python's hash", "another_process_says_the_same"),
    mutant(Right, ByOrder, "depends on the order of images", "the_order_of_images_does_not_matter"),
    mutant(Right, SortsInPlace, "sorts the images it was given", "what_it_is_given_is_left_as_it_is"),
    mutant(Right, NeedsAList, "needs a list", "any_sequence_is_taken"),
    mutant(Right, ByPixels, "compares fields in pixels, not in nm^2", "finer_pixels_change_nothing"),
    mutant(Right, HoldsALock, "cannot be pickled", "it_can_be_pickled"),
    mutant(Right, Prints, "prints", "nothing_is_printed"),
    mutant(Right, Nothing, "gives no split", "there_is_a_split", "there is no split"),
    mutant(
        Right,
        changed("Stranger", train=("stranger",)),
        "names images that were not given",
        "both_sides_hold_images_that_were_given",
        "names that were not given",
    ),
    mutant(
        Right,
        changed("OwnLabels", test_labels="mine@1"),
        "uses labels of its own",
        "the_labels_of_each_side_are_passed_on",
        "not those that were given",
    ),
    mutant(Right, Drawing, "draws from the generator of all", "the_same_options_give_the_same_splits", "another run"),
    mutant(Right, Counting, "remembers how often it was asked", "a_splitter_can_be_used_again", "the second time"),
    mutant(Right, PartsAreas, "parts images of one area", "images_of_one_area_stay_together", "share the area"),
    mutant(Right, Looking, "reads pixels", "no_pixel_is_read", "the pixels were read"),
    mutant(Right, Fearless, "gives nothing for no image", "no_image_cannot_be_split", "DID NOT RAISE"),
    mutant(Right, Careless, "takes two images of one name for one", "one_name_twice_is_refused", "DID NOT RAISE"),
    *shared_mutants(Right, "predefined"),
]
