"""SplitterSuite: what every splitter must do, as tests to inherit."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import ClassVar, overload

import attrs
import numpy as np
import pytest

from defectkit.errors import SplitError
from defectkit.records import Calibration, Image, Specimen, Split
from defectkit.splitters import Relation, Splitter, make_splits
from defectkit.testing.asked import GivenSuite
from defectkit.testing.suite import SealedPixels


class OnlySequence(Sequence[Image]):
    """Images in order, and no more than the interface of a sequence has."""

    def __init__(self, images: Sequence[Image]) -> None:
        self._images = tuple(images)

    @overload
    def __getitem__(self, index: int) -> Image: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Image]: ...
    def __getitem__(self, index: int | slice) -> Image | Sequence[Image]:
        return self._images[index]

    def __len__(self) -> int:
        return len(self._images)


class SplitterSuite(GivenSuite[Splitter]):
    """What every splitter must do.

    Attributes
    ----------
    cls : type
        The splitter under test.
    options : mapping of str to Any
        Keyword arguments of its constructor.
    reads_pixels : bool
        Whether it looks at pixels, and not only at names, calibrations and specimens.
    keeps_areas_together : bool
        Whether images of one area are always on one side.
    seed_option : str
        The option that is the seed of its chance, where it has one of that name.

    Examples
    --------
    In a test module of the plugin:

    >>> from defectkit.splitters import RandomKFold
    >>> class TestRandomKFold(SplitterSuite):
    ...     cls = RandomKFold
    """

    kind: ClassVar[str] = "splitter"
    reads_pixels: ClassVar[bool] = False
    keeps_areas_together: ClassVar[bool] = True
    seed_option: ClassVar[str] = "seed"

    def images(self) -> list[Image]:
        """Return thirty images: of three alloys, by two irradiations, six pairs of them of one area each.

        They are calibrated; no two show a field of one size.
        """
        return [
            Image(
                name=f"image-{k:02}",
                source=SealedPixels(shape=(64 + 8 * (k * 7 % 30), 96)),
                calibration=Calibration.square("0.5 nm/px", foil_thickness=f"{80 + k} nm"),
                specimen=Specimen(
                    alloy=("C35M", "C26M", "Ti")[k % 3],
                    irradiation=("ion", "neutron")[k % 2],
                    area=f"area-{k % 6}" if k < 12 else None,
                ),
            )
            for k in range(30)
        ]

    def splits(self, splitter: Splitter, images: Sequence[Image]) -> list[Split]:
        """Return all splits that a splitter makes."""
        return list(splitter.split(images, train_labels="old@1", test_labels="new@2"))

    def question(self) -> list[Image]:
        """Return the images."""
        return self.images()

    @staticmethod
    def answer(made: Splitter, question: Sequence[Image]) -> list[Split]:
        """Return all splits that a splitter makes."""
        return list(made.split(question, train_labels="old@1", test_labels="new@2"))

    def test_the_seed_decides(self) -> None:
        """Other seeds give other splits, where there is an option for one."""
        if self.seed_option not in inspect.signature(self.cls).parameters:
            pytest.skip("it has no option for a seed")
        made = [self.cls(**{**self.options, self.seed_option: seed}) for seed in range(5)]
        sides = {str([sides_of(split) for split in self.splits(one, self.images())]) for one in made}
        assert len(sides) > 1, f"five values of {self.seed_option} give one and the same splits"

    def test_the_order_of_images_does_not_matter(self) -> None:
        """Images in another order are split the same."""
        expected = [sides_of(split) for split in self.splits(self.make(), self.images())]
        for images in (self.images()[::-1], self.images()[7:] + self.images()[:7]):
            found = [sides_of(split) for split in self.splits(self.make(), images)]
            assert found == expected, "in another order the images are split otherwise"

    def test_any_sequence_is_taken(self) -> None:
        """Images come as a list, a tuple, or anything else that is a sequence and has no method more."""
        expected = self.splits(self.make(), self.images())
        for images in (tuple(self.images()), OnlySequence(self.images())):
            try:
                found = self.splits(self.make(), images)
            except (AttributeError, TypeError) as error:
                raise AssertionError(f"it needs more than a sequence: {error}") from error
            assert found == expected, f"a {type(images).__name__} is split otherwise than a list"

    def test_finer_pixels_change_nothing(self) -> None:
        """Half of the images with pixels of half the size, of the same fields, are split the same."""
        expected = [sides_of(split) for split in self.splits(self.make(), self.images())]
        images = [in_half_pixels(image) if k % 2 else image for k, image in enumerate(self.images())]
        found = [sides_of(split) for split in self.splits(self.make(), images)]
        assert found == expected, "images of the same fields in finer pixels are split otherwise"

    def test_there_is_a_split(self) -> None:
        """At least one split comes out, and no two of one name."""
        names = [split.name for split in self.splits(self.make(), self.images())]
        assert names, "there is no split"
        assert len(set(names)) == len(names), f"the names {names} are not distinct"

    def test_both_sides_hold_images_that_were_given(self) -> None:
        """Neither side is empty, and every name is that of an image."""
        given = {image.name for image in self.images()}
        for split in self.splits(self.make(), self.images()):
            assert split.train, f"{split.name}: nothing to train on"
            assert split.test, f"{split.name}: nothing to test on"
            assert {*split.train, *split.test} <= given, f"{split.name}: names that were not given"

    def test_the_labels_of_each_side_are_passed_on(self) -> None:
        """``train_labels`` and ``test_labels`` reach every split as they are."""
        for split in self.splits(self.make(), self.images()):
            given = (split.train_labels, split.test_labels)
            assert given == ("old@1", "new@2"), f"{split.name}: the labels are {given}, not those that were given"

    def test_the_same_options_give_the_same_splits(self) -> None:
        """Chance comes from the options alone."""
        first = self.splits(self.make(), self.images())
        for state in range(8):
            np.random.seed(state)  # noqa: NPY002 - a splitter that draws from the global generator shows by this
            assert self.splits(self.make(), self.images()) == first, "another run splits otherwise"

    def test_a_splitter_can_be_used_again(self) -> None:
        """Splitting twice with one splitter gives the same twice."""
        splitter = self.make()
        first = self.splits(splitter, self.images())
        assert self.splits(splitter, self.images()) == first, "the second time it splits otherwise"

    def test_images_of_one_area_stay_together(self) -> None:
        """Images that show one area of a specimen are never on both sides."""
        if not self.keeps_areas_together:
            pytest.skip("this splitter does not look at areas")
        images = self.images()
        others = [relation for relation in Relation if relation is not Relation.AREA]
        made = make_splits(self.make(), images, train_labels="a@1", test_labels="a@1", accepted=others)
        assert list(made), "there is no split"

    def test_no_pixel_is_read(self) -> None:
        """Splitting a folder costs no reading of images."""
        if self.reads_pixels:
            pytest.skip("this splitter says that it reads pixels")
        assert all(isinstance(image.source, SealedPixels) for image in self.images()), "images() can be read"
        self.splits(self.make(), self.images())

    def test_no_image_cannot_be_split(self) -> None:
        """An empty list raises SplitError."""
        with pytest.raises(SplitError):
            self.splits(self.make(), [])

    def test_one_name_twice_is_refused(self) -> None:
        """Two images of one name raise SplitError."""
        image = self.images()[0]
        with pytest.raises(SplitError):
            self.splits(self.make(), [image, *self.images()])


def sides_of(split: Split) -> tuple[list[str], list[str]]:
    """Return the names of both sides in alphabetical order."""
    return sorted(split.train), sorted(split.test)


def in_half_pixels(image: Image) -> Image:
    """Return an image of the same field in pixels of half the size, whose pixels nobody may read either."""
    height, width = image.shape
    calibration = image.required_calibration()
    finer = attrs.evolve(
        calibration, pixel_size_y=calibration.pixel_size_y / 2, pixel_size_x=calibration.pixel_size_x / 2
    )
    return attrs.evolve(image, source=SealedPixels(shape=(2 * height, 2 * width)), calibration=finer)
