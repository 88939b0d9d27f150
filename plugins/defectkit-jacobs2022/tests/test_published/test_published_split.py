"""Splits of Table 2 from the annotation files of their sides."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest
from defectkit_jacobs2022.published import PublishedTable, published_tables
from defectkit_jacobs2022.published_split import published_split

from defectkit import read_labels, write_labels
from defectkit.errors import SplitError, UnknownNameError
from defectkit.records import Image, LabelSet
from defectkit.testing.synthetic import synthetic_dataset

ROW = ("dataset1", "initial")
COUNTS = {"images": (3, 2), "loop_100": (9, 6), "loop_111": (6, 4), "bdot": (12, 8)}


def drawn(seed: int, n: int, prefix: str) -> tuple[dict[str, Image], LabelSet]:
    counts = {"bdot": 4, "loop_111": 2, "loop_100": 3}
    return synthetic_dataset(seed, n, prefix=prefix, shape=(128, 128), counts=counts)


def side(seed: int, n: int, prefix: str) -> LabelSet:
    return drawn(seed, n, prefix)[1]


@pytest.fixture
def tables() -> dict[int, PublishedTable]:
    """The published tables, with a Table 2 of the counts of five small images."""
    table = published_tables()[2]
    for name, (train, test) in COUNTS.items():
        table = table.with_value(ROW, f"{name}_train", train).with_value(ROW, f"{name}_test", test)
    return {2: table}


def test_a_split_has_the_images_of_its_files(tables: dict[int, PublishedTable], tmp_path: Path) -> None:
    files = {}
    for name, (images, labels) in (("train", drawn(1, 3, "a")), ("test", drawn(2, 2, "b"))):
        write_labels(labels, tmp_path / f"{name}.json", format="coco")
        files[name] = read_labels(tmp_path / f"{name}.json", format="coco", images=images).labels
    split = published_split(**files, dataset="dataset1", split="initial", tables=tables)
    assert split.name == "dataset1/initial"
    assert sorted(split.train) == ["a-000", "a-001", "a-002"]
    assert sorted(split.test) == ["b-000", "b-001"]
    assert (split.train_labels, split.test_labels) == (files["train"].key, files["test"].key)


def test_every_difference_is_told(tables: dict[int, PublishedTable]) -> None:
    train, test = side(1, 3, "a"), side(2, 2, "b")
    fewer = attrs.evolve(test, instances={name: test[name].take(range(len(test[name]) - 1)) for name in test.images})
    with pytest.raises(SplitError, match="counts of Table 2, page 7") as caught:
        published_split(train, fewer, dataset="dataset1", split="initial", tables=tables)
    assert "test: " in str(caught.value)
    assert "train: " not in str(caught.value)
    with pytest.raises(SplitError, match=r"train: 2 images in place of 3.*test: 3 images in place of 2"):
        published_split(test, train, dataset="dataset1", split="initial", tables=tables)
    with pytest.raises(SplitError, match="train: 3 images in place of 85"):
        published_split(train, test, dataset="dataset1", split="initial")


def test_one_image_on_both_sides_and_an_unknown_row_are_errors(tables: dict[int, PublishedTable]) -> None:
    train = side(1, 3, "a")
    with pytest.raises(SplitError, match="3 images are on both sides, for instance a-000, a-001"):
        published_split(train, train, dataset="dataset1", split="initial", tables=tables)
    with pytest.raises(UnknownNameError, match="row of Table 2"):
        published_split(train, train, dataset="dataset1", split="last", tables=tables)
