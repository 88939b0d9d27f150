"""Split: which images train and which test, and by which labels on each side."""

from __future__ import annotations

import attrs

from defectkit.errors import RecordError
from defectkit.records.names import as_names
from defectkit.short_repr import short_repr


@attrs.frozen(kw_only=True)
class Split:
    """A partition of images, with the label set of each side.

    Parameters
    ----------
    name : str
    train, test : tuple of str
        Image names; no image may be on both sides.
    train_labels, test_labels : str
        ``name@version`` of the label set that each side uses; the two may differ.

    Examples
    --------
    >>> split = Split(name="a", train=("1", "2"), test=("3",), train_labels="old@1", test_labels="new@1")
    >>> len(split.train), split.test_labels
    (2, 'new@1')
    """

    name: str
    train: tuple[str, ...] = attrs.field(converter=as_names)
    test: tuple[str, ...] = attrs.field(converter=as_names)
    train_labels: str
    test_labels: str

    __repr__ = short_repr

    def __attrs_post_init__(self) -> None:
        for side in ("train", "test"):
            names = getattr(self, side)
            if len(set(names)) != len(names):
                raise RecordError(f"split {self.name!r}: an image is twice on the {side} side")
        both = sorted(set(self.train) & set(self.test))
        if both:
            raise RecordError(f"split {self.name!r}: on both sides: {', '.join(both[:5])}")
