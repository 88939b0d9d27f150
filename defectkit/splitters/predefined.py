"""A split that somebody has published or decided."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import attrs

from defectkit.errors import SplitError
from defectkit.records.inputs import Images
from defectkit.records.names import as_names
from defectkit.records.split import Split
from defectkit.short_repr import short_repr
from defectkit.splitters.interface import Splitter
from defectkit.splitters.relations import sorted_images


@attrs.frozen(kw_only=True)
class Predefined(Splitter):
    """One split, image by image.

    Parameters
    ----------
    split_name : str
        What to call it, for instance ``initial split``.
    train, test : tuple of str
        Image names. Images named on neither side are left out.
    """

    name: ClassVar[str] = "predefined"
    description: ClassVar[str] = "One split whose images are named side by side, for instance a published one."

    split_name: str = "predefined"
    train: tuple[str, ...] = attrs.field(default=(), converter=as_names)
    test: tuple[str, ...] = attrs.field(default=(), converter=as_names)

    __repr__ = short_repr

    def split(self, images: Images, *, train_labels: str, test_labels: str) -> Iterator[Split]:
        """Yield the one split."""
        by_name = sorted_images(images)
        missing = [name for name in (*self.train, *self.test) if name not in by_name]
        if missing:
            raise SplitError(
                f"split {self.split_name!r} names {len(missing)} images that are not among the "
                f"{len(by_name)} given, for instance {', '.join(map(repr, missing[:3]))}"
            )
        yield Split(
            name=self.split_name,
            train=self.train,
            test=self.test,
            train_labels=train_labels,
            test_labels=test_labels,
        )
