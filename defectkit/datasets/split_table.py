"""SplitTable: the named splits of a data set, with the label set of each side and the published counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

import attrs

from defectkit.datasets.entry import FORMAT
from defectkit.errors import CatalogueError, SplitError, UnknownDatasetError
from defectkit.records import Split


@attrs.frozen(kw_only=True)
class SideCounts:
    """What one side of a split has to hold, as published.

    Parameters
    ----------
    images : int
    by_type : mapping of str to int
    """

    images: int
    by_type: Mapping[str, int] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class SplitEntry:
    """One named split.

    Parameters
    ----------
    name : str
    train_labels, test_labels : str
        The label set of each side.
    page : int, optional
    note : str
    train_images, test_images : tuple of str
        Patterns of image names; where only one is given, the other side is what is left of the images of its label set.
    train, test : SideCounts, optional
    """

    name: str
    train_labels: str
    test_labels: str
    page: int | None = None
    note: str = ""
    train_images: tuple[str, ...] = ()
    test_images: tuple[str, ...] = ()
    train: SideCounts | None = None
    test: SideCounts | None = None

    @property
    def is_known(self) -> bool:
        """Whether it is known which images are on which side."""
        return bool(self.train_images or self.test_images)

    def split(self, train_names: Sequence[str], test_names: Sequence[str]) -> Split:
        """Return the split.

        Parameters
        ----------
        train_names, test_names : sequence of str
            The images of the label set of each side.

        Raises
        ------
        SplitError
            If it is not published which images are on which side, or a side stays empty.
        """
        if not self.is_known:
            raise SplitError(
                f"split {self.name!r}: which images are on which side is not in the registry, only how many. "
                f"Make one of the same sizes with a splitter, or add train_images and test_images to the split"
            )
        train = _matching(train_names, self.train_images)
        test = _matching(test_names, self.test_images)
        if not self.train_images:
            train = tuple(n for n in train_names if n not in test)
        if not self.test_images:
            test = tuple(n for n in test_names if n not in train)
        for side, names in (("train", train), ("test", test)):
            if not names:
                raise SplitError(f"split {self.name!r}: no image is on the {side} side")
        return Split(
            name=self.name, train=train, test=test, train_labels=self.train_labels, test_labels=self.test_labels
        )


@attrs.frozen(kw_only=True)
class SplitTable:
    """The splits of one data set: a file of ``splits/`` of the registry.

    Parameters
    ----------
    format : int
    dataset : str
    split : tuple of SplitEntry
    """

    format: int
    dataset: str
    split: tuple[SplitEntry, ...] = ()

    def __attrs_post_init__(self) -> None:
        if self.format != FORMAT:
            raise CatalogueError(f"format {self.format} is not known; this defectkit reads format {FORMAT}. Upgrade it")
        names = [split.name for split in self.split]
        doubled = sorted({n for n in names if names.count(n) > 1})
        if doubled:
            raise CatalogueError(f"the splits {', '.join(doubled)} stand there twice")

    def find(self, name: str) -> SplitEntry:
        """Return the split of that name.

        Raises
        ------
        UnknownDatasetError
            If there is none.
        """
        for split in self.split:
            if split.name == name:
                return split
        raise UnknownDatasetError.of(f"split of {self.dataset}", name, [s.name for s in self.split])


def _matching(names: Sequence[str], patterns: Sequence[str]) -> tuple[str, ...]:
    return tuple(n for n in names if any(fnmatchcase(n, p) for p in patterns))
