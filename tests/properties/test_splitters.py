"""What holds of every splitter, whatever the images."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from defectkit.errors import SplitError
from defectkit.records import Image, Specimen
from defectkit.splitters import (
    GroupLearningCurve,
    LearningCurve,
    LeaveFractionOut,
    LeaveOneGroupOut,
    RandomKFold,
    kept_together,
    make_splits,
)

LABELS: dict[str, Any] = {"train_labels": "a@1", "test_labels": "b@2"}


@st.composite
def image_sets(draw):
    """Images, some of one area, some of one group, and their groups."""
    n = draw(st.integers(4, 30))
    areas = draw(st.lists(st.sampled_from([None, *"ABCDEFGH"]), min_size=n, max_size=n))
    alloys = draw(st.lists(st.sampled_from("xyz"), min_size=n, max_size=n))
    groups = draw(st.dictionaries(st.integers(0, n - 1).map("image {}".format), st.sampled_from("gh")))
    images = [
        Image.from_array(f"image {i}", np.full((2, 2), i, np.uint8), specimen=Specimen(area=areas[i], alloy=alloys[i]))
        for i in range(n)
    ]
    return images, groups


seeds = st.integers(0, 2**32 - 1)


def splits_or_refusal(splitter, images, groups):
    try:
        return list(make_splits(splitter, images, groups=groups, **LABELS))
    except SplitError as error:
        assert type(error) is SplitError, "a built-in splitter leaked"
        return []


def assert_sound(split, images, groups):
    names = {image.name for image in images}
    assert split.train and split.test
    assert not set(split.train) & set(split.test)
    assert set(split.train) | set(split.test) <= names
    bundles = kept_together(images, groups=groups)
    assert not {bundles[n] for n in split.train} & {bundles[n] for n in split.test}
    assert (split.train_labels, split.test_labels) == ("a@1", "b@2")


@given(image_sets(), st.integers(2, 5), seeds)
def test_folds_partition_the_images_and_keep_bundles_whole(image_set, n_splits, seed):
    images, groups = image_set
    splitter = RandomKFold(n_splits=n_splits, seed=seed, groups=groups)
    splits = splits_or_refusal(splitter, images, groups)
    n_bundles = len(set(kept_together(images, groups=groups).values()))
    assert bool(splits) == (n_bundles >= n_splits)
    for split in splits:
        assert_sound(split, images, groups)
        assert len(split.train) + len(split.test) == len(images)
    tested = sorted(name for split in splits for name in split.test)
    assert tested == (sorted(image.name for image in images) if splits else [])
    assert splits == splits_or_refusal(splitter, images[::-1], groups)


@given(image_sets(), st.floats(0.05, 0.95), seeds)
def test_left_out_fractions_never_exceed_what_was_asked(image_set, fraction, seed):
    images, groups = image_set
    splitter = LeaveFractionOut(fraction=fraction, n_repeats=3, seed=seed, groups=groups)
    splits = splits_or_refusal(splitter, images, groups)
    for split in splits:
        assert_sound(split, images, groups)
        assert len(split.train) + len(split.test) == len(images)
        assert len(split.test) <= fraction * len(images) + 0.5
    assert splits == splits_or_refusal(splitter, images[::-1], groups)


@given(image_sets(), seeds)
def test_learning_curves_are_nested_over_one_test_side(image_set, seed):
    images, groups = image_set
    splitter = LearningCurve(fractions=(0.2, 0.6, 1.0), test_fraction=0.3, seed=seed, groups=groups)
    splits = splits_or_refusal(splitter, images, groups)
    for split in splits:
        assert_sound(split, images, groups)
        assert split.test == splits[0].test
    for small, large in itertools.pairwise(splits):
        assert set(small.train) < set(large.train)
    if splits:
        assert len(splits[-1].train) + len(splits[-1].test) == len(images)
    assert splits == splits_or_refusal(splitter, images[::-1], groups)


@given(image_sets(), seeds)
def test_group_splits_never_part_an_alloy(image_set, seed):
    images, _ = image_set
    images = [Image.from_array(i.name, i.pixels, specimen=Specimen(alloy=i.specimen.alloy)) for i in images]
    alloy = {image.name: image.specimen.alloy for image in images}
    if len(set(alloy.values())) < 2:
        with pytest.raises(SplitError):
            list(make_splits(LeaveOneGroupOut(by="alloy"), images, **LABELS))
        return
    left_out = list(make_splits(LeaveOneGroupOut(by="alloy"), images, **LABELS))
    assert sorted(n for split in left_out for n in split.test) == sorted(alloy)
    curve = list(make_splits(GroupLearningCurve(by="alloy", seed=seed), images, **LABELS))
    for split in (*left_out, *curve):
        assert not {alloy[n] for n in split.train} & {alloy[n] for n in split.test}
    for small, large in itertools.pairwise(curve):
        assert set(small.train) < set(large.train)
