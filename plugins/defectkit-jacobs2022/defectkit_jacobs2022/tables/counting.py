"""Counting: defects by type on the sides of splits, and the splits that the outcome knows or uses."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import attrs

from defectkit.conventions import JACOBS2022
from defectkit.records.label_set import LabelSet
from defectkit.records.split import Split
from defectkit.statistics.comparing import fold
from defectkit.studies.data import StudyData
from defectkit_jacobs2022.artifact import Outcome
from defectkit_jacobs2022.published_rows import stands_for

if TYPE_CHECKING:
    import xarray

Counts = Mapping[str, int]
Key = tuple[str, str]

LEAVE_OUT = re.compile(r"leave out (?P<fact>\w+) (?P<value>.+), trained on (?P<labels>\S+)")
"""The name of a split that leaves a group out."""

PRINTED_SPLITS = (
    (re.compile(r"(?:.*/)?(?:.* )?initial(?: split)?"), "initial"),
    (re.compile(r"random, leave out \S+ %, run (\d+)"), r"random-cv-\1"),
    (re.compile(r"leave out (\d+) %, run (\d+)"), r"leave-out-\1-percent-\2"),
    (re.compile(r"leave out (\w+) .+, trained on \S+"), r"leave-out-\1"),
    (re.compile(r"(?:.*/)?((?:random-cv|leave-out)-[\w-]+)"), r"\1"),
)
"""What splits are called here, and the same in the published tables of the registry."""


@attrs.frozen(kw_only=True)
class Side:
    """One side of a split.

    Parameters
    ----------
    labels : str
        ``name@version``.
    n_images : int
    counts : mapping of str to int
        Defects by type, those that are not there at all left out.
    """

    labels: str
    n_images: int
    counts: Counts = attrs.field(hash=False)


@attrs.frozen(kw_only=True)
class CountedSplit:
    """One split in numbers."""

    name: str
    train: Side
    test: Side

    @property
    def types(self) -> tuple[str, ...]:
        """The types that occur on either side."""
        return tuple(dict.fromkeys((*self.train.counts, *self.test.counts)))


def counted(labels: LabelSet, images: Iterable[str]) -> Counts:
    """Return the number of defects of each type in some images, sub-types under the types of the paper.

    Examples
    --------
    >>> from defectkit.records import Instances
    >>> square = Instances.from_polygons([[(1, 1), (1, 5), (5, 5), (5, 1)]], types=["loop_100_open"], shape=(8, 8))
    >>> counted(LabelSet(name="mine", instances={"one": square}), ["one"])
    {'loop_100': 1}
    """
    found = Counter(fold(t, JACOBS2022, labels.taxonomy) for name in images for t in labels[name].type_names)
    return dict(sorted(found.items()))


def split_counts(data: StudyData, split: Split) -> CountedSplit:
    """Return a split in numbers.

    Raises
    ------
    StudyError
        If the data lack a label set of it.
    """
    sides = {
        side: Side(
            labels=key,
            n_images=len(getattr(split, side)),
            counts=counted(data.labels(key), getattr(split, side)),
        )
        for side, key in (("train", split.train_labels), ("test", split.test_labels))
    }
    return CountedSplit(name=split.name, **sides)


def splits_of(outcome: Outcome) -> tuple[CountedSplit, ...]:
    """Return every split that the data know by name with labels that are here, then those that only results have."""
    data = outcome.data
    known = {**({} if data.dataset is None else data.dataset.own_splits), **data.named_splits}
    found: dict[tuple[str, str, str], CountedSplit] = {}
    for name, split in known.items():
        if {split.train_labels, split.test_labels} <= set(data.label_sets):
            found[name, split.train_labels, split.test_labels] = split_counts(data, attrs.evolve(split, name=name))
    for result in outcome.results.values():
        for used in _of_result(result):
            found.setdefault((used.name, used.train.labels, used.test.labels), used)
    return tuple(found.values())


def _of_result(result: xarray.Dataset) -> Iterator[CountedSplit]:
    types = [str(name) for name in result["defect_type"].values if str(name) != "all"]
    for run in range(result.sizes["run"]):
        at = result.isel(run=run)
        train = at["train_count"].sel(defect_type=types).values
        test = at["true_count"].sel(defect_type=types, subset="all").values
        yield CountedSplit(
            name=split_name(str(at["splits"].item()), str(at["split"].item())),
            train=Side(
                labels=str(at["train_labels"].item()),
                n_images=int(at["n_train_images"]),
                counts={t: int(n) for t, n in zip(types, train, strict=True) if n},
            ),
            test=Side(
                labels=str(at["test_labels"].item()),
                n_images=int(at["n_test_images"]),
                counts={t: int(n) for t, n in zip(types, test, strict=True) if n},
            ),
        )


def split_name(splits: str, split: str) -> str:
    """Return what a split of a study is called: with its choice of splits, unless that says nothing new.

    Examples
    --------
    >>> split_name("leave out 10 %", "leave out 10 %, run 2"), split_name("random", "leave out 20 %, run 1")
    ('leave out 10 %, run 2', 'random, leave out 20 %, run 1')
    >>> split_name("groups", "leave out alloy A, trained on b@1")
    'leave out alloy A, trained on b@1'
    """
    return split if splits in split or splits == "groups" else f"{splits}, {split}"


def published_key(outcome: Outcome, split: CountedSplit) -> Key | None:
    """Return the row of the published Table 2 that has the same name as a split, or None."""
    parents, tested = (stands_for(outcome.roles).get(side.labels, ()) for side in (split.train, split.test))
    if ("dataset1" in parents) != ("dataset1" in tested):
        return None
    for pattern, name in PRINTED_SPLITS:
        match = pattern.fullmatch(split.name)
        if match is not None:
            keys = [(parent, match.expand(name)) for parent in parents]
            return next((key for key in keys if key in outcome.published[2].rows), None)
    return None
