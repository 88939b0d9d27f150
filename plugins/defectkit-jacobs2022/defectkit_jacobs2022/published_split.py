"""Published split: one made from the annotation files of its two sides, and checked against the counts of Table 2."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from defectkit.errors import SplitError
from defectkit.records.label_set import LabelSet
from defectkit.records.split import Split
from defectkit_jacobs2022.published import PublishedRow, PublishedTable, published_tables

TYPES = ("loop_100", "loop_111", "bdot")


def published_split(
    train: LabelSet,
    test: LabelSet,
    *,
    dataset: str,
    split: str,
    tables: Mapping[int, PublishedTable] | None = None,
) -> Split:
    """Return a split of Table 2, whose images are not printed, from the labels of its two sides.

    Parameters
    ----------
    train, test : LabelSet
        As read from the annotation file of each side; every image of a file is on its side.
    dataset, split : str
        The row of Table 2, for instance ``dataset1`` and ``initial``.
    tables : mapping of int to PublishedTable, optional
        Those of the registry by default.

    Returns
    -------
    Split
        Named ``dataset/split``, with the label set of each side.

    Raises
    ------
    UnknownNameError
        If Table 2 has no such row.
    SplitError
        If an image is on both sides, or the counts of images and defects by type are not those of Table 2; the message
        gives every difference.

    Examples
    --------
    >>> from defectkit.testing.synthetic.fecral import synthetic_fecral
    >>> labels = synthetic_fecral(binning=4).labels["dataset1"]
    >>> published_split(labels, labels, dataset="dataset1", split="initial")
    Traceback (most recent call last):
    ...
    defectkit.errors.SplitError: dataset1/initial: 107 images are on both sides, for instance ...
    """
    name = f"{dataset}/{split}"
    row = (published_tables() if tables is None else tables)[2][dataset, split]
    both = sorted(set(train.images) & set(test.images))
    if both:
        raise SplitError(f"{name}: {len(both)} images are on both sides, for instance {', '.join(both[:3])}")
    differences = [*_differences(row, "train", train), *_differences(row, "test", test)]
    if differences:
        raise SplitError(
            f"{name}: the files do not have the counts of Table 2, page {row.page}: {'; '.join(differences)}; give the "
            "annotation files of this split, training side first"
        )
    return Split(
        name=name,
        train=tuple(train.images),
        test=tuple(test.images),
        train_labels=train.key,
        test_labels=test.key,
    )


def _differences(row: PublishedRow, side: str, labels: LabelSet) -> Iterator[str]:
    """Yield what differs on one side; sub-types count as the type above them."""
    by_type = dict.fromkeys(TYPES, 0)
    for name, n in labels.counts().items():
        root = labels.taxonomy.root(name)
        if n and root not in by_type:
            yield f"{side}: {n} {name}, a type that Table 2 does not have"
        else:
            by_type[root] = by_type.get(root, 0) + n
    for name, n in {"images": len(labels.images), **by_type}.items():
        if n != row[f"{name}_{side}"]:
            yield f"{side}: {n} {name} in place of {row[f'{name}_{side}']}"
