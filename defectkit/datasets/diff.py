"""Diff: what was added, removed, moved, reshaped and retyped between two label sets."""

from __future__ import annotations

import enum
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import PairingError
from defectkit.geometry.overlap import iou_pairs
from defectkit.records import Instances, LabelSet

if TYPE_CHECKING:
    import xarray

MIN_IOU = 0.3
"""Two labels whose masks overlap by at least this much are one defect, drawn twice."""

Pair = tuple[int, int]
_Key = tuple[object, ...]


class ChangeKind(enum.StrEnum):
    """What can become of a label."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    RESHAPED = "reshaped"
    RETYPED = "retyped"


@attrs.frozen(kw_only=True)
class Change:
    """One label that is not the same in both sets.

    Parameters
    ----------
    image : str
    kinds : tuple of ChangeKind
        ``added`` or ``removed`` alone, or any of the others together.
    before_id, after_id : int, optional
        Of the label in each set; None where it is in the other one only.
    before_type, after_type : str, optional
    iou : float
        Of its two masks; 0 where there is only one.
    shift : tuple of float
        How far the centre of the mask went, rows and columns in pixels; zeros where there is only one.
    """

    image: str
    kinds: tuple[ChangeKind, ...]
    before_id: int | None = None
    after_id: int | None = None
    before_type: str | None = None
    after_type: str | None = None
    iou: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)

    def mirrored(self) -> Change:
        """Return the same change seen from the other side."""
        swap = {ChangeKind.ADDED: ChangeKind.REMOVED, ChangeKind.REMOVED: ChangeKind.ADDED}
        return Change(
            image=self.image,
            kinds=tuple(swap.get(kind, kind) for kind in self.kinds),
            before_id=self.after_id,
            after_id=self.before_id,
            before_type=self.after_type,
            after_type=self.before_type,
            iou=self.iou,
            shift=(0.0 - self.shift[0], 0.0 - self.shift[1]),
        )


@attrs.frozen(kw_only=True)
class LabelDiff:
    """What is different between two label sets.

    Parameters
    ----------
    before, after : str
        The keys of the two.
    changes : tuple of Change
        By image, of the images that are in both.
    only_before, only_after : tuple of str
        Images that are in one of the two.
    n_unchanged : int
        Labels that are the same in both.
    """

    before: str
    after: str
    changes: tuple[Change, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]
    n_unchanged: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing is different."""
        return not (self.changes or self.only_before or self.only_after)

    def mirrored(self) -> LabelDiff:
        """Return the difference seen from the other side."""
        return LabelDiff(
            before=self.after,
            after=self.before,
            changes=tuple(sorted((c.mirrored() for c in self.changes), key=_order)),
            only_before=self.only_after,
            only_after=self.only_before,
            n_unchanged=self.n_unchanged,
        )

    def counts(self) -> dict[tuple[str, str], dict[ChangeKind, int]]:
        """Return the number of changes of each kind, by image and by type (that before, or after for what was added)."""
        found: dict[tuple[str, str], Counter[ChangeKind]] = defaultdict(Counter)
        for change in self.changes:
            found[change.image, change.before_type or change.after_type or ""].update(change.kinds)
        return {where: {kind: found[where][kind] for kind in ChangeKind} for where in sorted(found)}

    def totals(self) -> dict[ChangeKind, int]:
        """Return the number of changes of each kind; one that is retyped and moved counts for both."""
        counted = Counter(kind for change in self.changes for kind in change.kinds)
        return {kind: counted[kind] for kind in ChangeKind}

    def table(self) -> xarray.Dataset:
        """Return the changes with a dimension ``change``; ids are -1 and types empty where there is none."""
        import xarray

        changes = self.changes

        def texts(values: Iterator[str | None]) -> tuple[str, NDArray[np.object_]]:
            return "change", np.array([v or "" for v in values], dtype=object)

        def ids(values: Iterator[int | None]) -> tuple[str, NDArray[np.int64]]:
            return "change", np.array([-1 if v is None else v for v in values], dtype=np.int64)

        def pixels(values: Iterator[float]) -> tuple[str, NDArray[np.float64], dict[str, str]]:
            return "change", np.array(list(values), dtype=np.float64), {"units": "pixel"}

        return xarray.Dataset(
            {
                "image": texts(c.image for c in changes),
                "kind": texts(" and ".join(c.kinds) for c in changes),
                "before_id": ids(c.before_id for c in changes),
                "after_id": ids(c.after_id for c in changes),
                "before_type": texts(c.before_type for c in changes),
                "after_type": texts(c.after_type for c in changes),
                "iou": ("change", np.array([c.iou for c in changes], dtype=np.float64), {"units": ""}),
                "shift_row": pixels(c.shift[0] for c in changes),
                "shift_col": pixels(c.shift[1] for c in changes),
            },
            attrs={
                "before": self.before,
                "after": self.after,
                "only_before": list(self.only_before),
                "only_after": list(self.only_after),
                "n_unchanged": self.n_unchanged,
            },
        )


def diff(before: LabelSet, after: LabelSet, *, min_iou: float = MIN_IOU) -> LabelDiff:
    """Return what is different between two label sets.

    Parameters
    ----------
    before, after : LabelSet
    min_iou : float
        From which overlap on two labels are one defect.

    Returns
    -------
    LabelDiff

    Raises
    ------
    PairingError
        If an image has different shapes in the two.

    Notes
    -----
    Equal labels are put aside first. Of the others those that overlap most are paired, one to one, down to ``min_iou``;
    then those with the same mask at another place, the nearest first, as far away as the mask is long. What is left was
    added or removed. A pair is ``moved`` when its masks are equal but for their place, ``reshaped`` when they, or the
    polygons they were drawn with, are not, and ``retyped`` when its types differ. Ids and scores play no part.

    Examples
    --------
    >>> import numpy as np
    >>> mask = np.zeros((8, 8), bool)
    >>> mask[2:5, 2:5] = True
    >>> old = Instances.from_masks([mask], types=["bdot"], shape=(8, 8))
    >>> new = Instances.from_masks([np.roll(mask, 1, axis=1)], types=["loop_111"], shape=(8, 8))
    >>> change, = diff(LabelSet(name="a", instances={"i": old}), LabelSet(name="b", instances={"i": new})).changes
    >>> [str(kind) for kind in change.kinds], change.shift
    (['moved', 'retyped'], (0.0, 1.0))
    """
    shared = sorted(set(before.images) & set(after.images))
    changes: list[Change] = []
    unchanged = 0
    for image in shared:
        if before[image].shape != after[image].shape:
            raise PairingError(
                f"image {image!r} has the shape {before[image].shape} in {before.key} and {after[image].shape} in "
                f"{after.key}; they were drawn on different images"
            )
        found, same = _of_image(image, before[image], after[image], min_iou)
        changes += found
        unchanged += same
    return LabelDiff(
        before=before.key,
        after=after.key,
        changes=tuple(sorted(changes, key=_order)),
        only_before=tuple(sorted(set(before.images) - set(after.images))),
        only_after=tuple(sorted(set(after.images) - set(before.images))),
        n_unchanged=unchanged,
    )


def _order(change: Change) -> tuple[object, ...]:
    """Sort by image, then by a place in the two sets that does not depend on which comes first."""
    ids = [-1 if i is None else i for i in (change.before_id, change.after_id)]
    return change.image, sorted(ids), ids[0] < ids[1]


def _of_image(image: str, before: Instances, after: Instances, min_iou: float) -> tuple[list[Change], int]:
    old, new = _Labels.of(before), _Labels.of(after)
    equal = _equal(old, new)
    left = [np.setdiff1d(np.arange(len(side)), [pair[k] for pair in equal]) for k, side in enumerate((before, after))]
    overlapping = _overlapping(before, after, old, new, left, min_iou)
    taken = [{pair[k] for pair in overlapping} for k in range(2)]
    left = [np.array([i for i in rest if i not in used], np.int64) for rest, used in zip(left, taken, strict=True)]
    elsewhere = _elsewhere(old, new, left)
    taken = [{pair[k] for pair in elsewhere} for k in range(2)]
    removed, added = (
        [i for i in rest.tolist() if i not in used] for rest, used in zip(left, taken, strict=True)
    )
    iou = {**overlapping, **dict.fromkeys(elsewhere, 0.0)}
    changes = [_change(image, before, after, old, new, pair, iou[pair]) for pair in iou]
    changes += [
        Change(image=image, kinds=(ChangeKind.REMOVED,), before_id=int(before.ids[i]), before_type=before.type_names[i])
        for i in removed
    ]
    changes += [
        Change(image=image, kinds=(ChangeKind.ADDED,), after_id=int(after.ids[i]), after_type=after.type_names[i])
        for i in added
    ]
    return changes, len(equal)


def _change(
    image: str, before: Instances, after: Instances, old: _Labels, new: _Labels, pair: Pair, iou: float
) -> Change:
    i, j = pair
    shift = new.centers[j] - old.centers[i]
    same_form = old.forms[i] == new.forms[j]
    moved = same_form and old.corners[i] != new.corners[j]
    redrawn = not moved and old.outlines[i] != new.outlines[j]
    kinds = {
        ChangeKind.MOVED: moved,
        ChangeKind.RESHAPED: not same_form or redrawn,
        ChangeKind.RETYPED: before.type_names[i] != after.type_names[j],
    }
    return Change(
        image=image,
        kinds=tuple(kind for kind, holds in kinds.items() if holds),
        before_id=int(before.ids[i]),
        after_id=int(after.ids[j]),
        before_type=before.type_names[i],
        after_type=after.type_names[j],
        iou=iou,
        shift=(float(shift[0]), float(shift[1])),
    )
