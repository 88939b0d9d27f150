from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from defectkit.errors import LeakError, SplitError, UnknownRelationError
from defectkit.records import Image, Split
from defectkit.splitters import (
    Leak,
    Predefined,
    RandomKFold,
    Relation,
    Splitter,
    check_split,
    find_leaks,
    make_splits,
)

LABELS: dict[str, Any] = {"train_labels": "old@1", "test_labels": "new@2"}


def halves(images: list[Image]) -> Predefined:
    names = [image.name for image in images]
    return Predefined(train=names[: len(names) // 2], test=names[len(names) // 2 :])


def test_a_clean_split_passes_with_the_labels_of_each_side(make_images):
    images = make_images(4)
    (split,) = make_splits(halves(images), images, **LABELS)
    assert (split.train_labels, split.test_labels) == ("old@1", "new@2")
    assert (split.train, split.test) == (("image 000", "image 001"), ("image 002", "image 003"))


def test_one_area_on_both_sides_is_a_leak_that_names_the_pair(make_images):
    images = make_images(4, area=["A", "B", "B", "C"])
    with pytest.raises(LeakError, match="'image 001' and 'image 002' share the area 'B'"):
        list(make_splits(halves(images), images, **LABELS))


def test_equal_pixels_on_both_sides_are_a_leak_whatever_their_names():
    images = [Image.from_array(name, np.full((3, 3), value)) for name, value in zip("abcd", (0, 1, 2, 1), strict=True)]
    with pytest.raises(LeakError, match="'b' and 'd' share the pixels"):
        list(make_splits(halves(images), images, **LABELS))


def test_a_group_on_both_sides_is_a_leak(make_images):
    images = make_images(4)
    with pytest.raises(LeakError, match="share the group 'video'"):
        list(make_splits(halves(images), images, groups={"image 000": "video", "image 003": "video"}, **LABELS))


def test_a_relation_may_be_accepted_by_name(make_images):
    images = make_images(4, area=["A"] * 4)
    splits = list(make_splits(halves(images), images, accepted=(Relation.AREA,), **LABELS))
    assert len(splits) == 1


@pytest.mark.parametrize("mistyped", ["arae", ["pixels", "arae"]])
def test_a_mistyped_relation_is_refused_with_the_known_ones(make_images, mistyped):
    images = make_images(4)
    said = "no relation between images is named 'arae'; did you mean 'area'\\? Known: area, group, pixels"
    (split,) = make_splits(halves(images), images, **LABELS)
    with pytest.raises(UnknownRelationError, match=said):
        list(make_splits(halves(images), images, accepted=mistyped, **LABELS))
    for function in (check_split, find_leaks):
        with pytest.raises(UnknownRelationError, match=said):
            function(split, images, relations=mistyped)


def test_pixels_are_not_read_where_their_relation_is_accepted(make_images):
    class Unread:
        shape, dtype = (2, 2), np.dtype(np.uint8)

        def read(self) -> Any:
            raise AssertionError("pixels were read")

    images = [Image(name=name, source=Unread()) for name in "ab"]
    assert len(list(make_splits(halves(images), images, accepted=(Relation.PIXELS,), **LABELS))) == 1
    with pytest.raises(AssertionError, match="pixels were read"):
        list(make_splits(halves(images), images, **LABELS))


def test_find_leaks_gives_one_for_each_test_image_and_relation(make_images):
    images = {image.name: image for image in make_images(4, area=["A", "A", "A", None])}
    split = Split(name="s", train=("image 000", "image 001"), test=("image 002", "image 003"), **LABELS)
    assert find_leaks(split, images) == (Leak(train="image 000", test="image 002", relation=Relation.AREA, key="A"),)
    assert find_leaks(split, images, relations=(Relation.PIXELS,)) == ()


def test_a_split_of_images_that_are_not_given_is_an_error(make_images):
    split = Split(name="s", train=("image 000",), test=("ghost",), **LABELS)
    with pytest.raises(SplitError, match="'ghost'"):
        check_split(split, {image.name: image for image in make_images(1)})


def test_an_empty_side_is_an_error(make_images):
    images = make_images(2)
    with pytest.raises(SplitError, match="the train side has no image"):
        list(make_splits(Predefined(test=["image 000"]), images, **LABELS))
    with pytest.raises(SplitError, match="the test side has no image"):
        list(make_splits(Predefined(train=["image 000"]), images, **LABELS))


class Broken(Splitter):
    """A splitter of somebody else, with a fault."""

    name = "broken"
    description = "Breaks the interface in one way."

    def __init__(self, splits: list[Split]) -> None:
        self.splits = splits

    def split(self, images: Any, *, train_labels: str, test_labels: str) -> Iterator[Split]:
        yield from self.splits


GOOD = Split(name="s", train=("image 000",), test=("image 001",), **LABELS)


@pytest.mark.parametrize(
    ("splits", "fault"),
    [
        ([], "made no split of 2 images"),
        ([GOOD, GOOD], "has a name that another split"),
        ([Split(name="s", train=("ghost",), test=("image 001",), **LABELS)], r"'ghost'.*was not given"),
        (
            [Split(name="s", train=("image 000",), test=("image 001",), train_labels="x@1", test_labels="x@1")],
            "label sets",
        ),
    ],
)
def test_a_faulty_splitter_is_named(make_images, splits, fault):
    with pytest.raises(SplitError, match=rf"splitter 'broken'.*{fault}"):
        list(make_splits(Broken(splits), make_images(2), **LABELS))


def test_leaks_of_a_foreign_splitter_are_found(make_images):
    with pytest.raises(LeakError):
        list(make_splits(Broken([GOOD]), make_images(2, area=["A", "A"]), **LABELS))


def test_the_result_does_not_depend_on_the_order_of_the_images(make_images):
    images = make_images(7)
    forward = list(make_splits(RandomKFold(n_splits=3), images, **LABELS))
    assert list(make_splits(RandomKFold(n_splits=3), images[::-1], **LABELS)) == forward
