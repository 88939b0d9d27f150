"""Diff: what was added, removed, moved, reshaped and retyped between two label sets."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import attrs
import numpy as np

from defectkit.datasets.same_labels import LabelContents, Pair, equal_pairs, moved_pairs, overlapping_pairs
from defectkit.errors import PairingError
from defectkit.records import Instances
from defectkit.records.inputs import InstanceSets, as_label_set
from defectkit.records.names import as_names
from defectkit.short_repr import short_repr

if TYPE_CHECKING:
    import pandas

MIN_IOU = 0.3
"""Two labels whose masks overlap by at least this much are one defect, drawn twice."""

MOVED_PX = 1.0
"""A label of another form has also moved when its center went farther than this."""


KINDS = ("added", "removed", "moved", "reshaped", "retyped")
"""What can become of a label, in the order of tables."""


@attrs.frozen(kw_only=True)
class Change:
    """One label that is not the same in both sets.

    Parameters
    ----------
    image : str
    kinds : tuple of str
        Of :data:`KINDS`: ``added`` or ``removed`` alone, or any of the others together.
    id_before, id_after : int, optional
        Of the label in each set; None where it is in the other one only.
    type_before, type_after : str, optional
    iou : float
        Of its two masks; 0 where there is only one.
    shift : tuple of float
        How far the center of the mask went, rows and columns in pixels; zeros where there is only one.
    """

    image: str
    kinds: tuple[str, ...] = attrs.field(converter=as_names)
    id_before: int | None = None
    id_after: int | None = None
    type_before: str | None = None
    type_after: str | None = None
    iou: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)

    def swap_sides(self) -> Change:
        """Return the same change seen from the other side."""
        swap = {"added": "removed", "removed": "added"}
        return Change(
            image=self.image,
            kinds=tuple(swap.get(kind, kind) for kind in self.kinds),
            id_before=self.id_after,
            id_after=self.id_before,
            type_before=self.type_after,
            type_after=self.type_before,
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
    images : tuple of str
        Those that are in both.
    images_removed, images_added : tuple of str
        Those that are in one of the two; their labels are not counted.
    n_unchanged : int
        Labels that are the same in both.
    """

    before: str
    after: str
    changes: tuple[Change, ...]
    images: tuple[str, ...] = attrs.field(converter=as_names)
    images_removed: tuple[str, ...] = attrs.field(converter=as_names)
    images_added: tuple[str, ...] = attrs.field(converter=as_names)
    n_unchanged: int

    __repr__ = short_repr

    def __bool__(self) -> bool:
        """Tell whether anything is different."""
        return bool(self.changes or self.images_removed or self.images_added)

    def swap_sides(self) -> LabelDiff:
        """Return the difference seen from the other side."""
        return LabelDiff(
            before=self.after,
            after=self.before,
            changes=tuple(sorted((c.swap_sides() for c in self.changes), key=_order)),
            images=self.images,
            images_removed=self.images_added,
            images_added=self.images_removed,
            n_unchanged=self.n_unchanged,
        )

    def counts(self) -> pandas.DataFrame:
        """Return the number of changes: one row per image and type, and one per image for ``all``; one column per kind.

        The type is the one before, or that of what was added. A label that was retyped and moved counts for both.
        """
        import pandas as pd

        found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for change in self.changes:
            for name in (change.type_before or change.type_after or "", "all"):
                found[change.image, name].update(change.kinds)
        rows = sorted(found, key=lambda row: (row[0], row[1] == "all", row[1]))
        index = pd.MultiIndex.from_tuples(rows, names=["image", "defect_type"]) if rows else None
        return pd.DataFrame([[found[row][kind] for kind in KINDS] for row in rows], index=index, columns=list(KINDS))

    def totals(self) -> dict[str, int]:
        """Return the number of changes of each kind in all images."""
        counted = Counter(kind for change in self.changes for kind in change.kinds)
        return {kind: counted[kind] for kind in KINDS}

    def to_frame(self) -> pandas.DataFrame:
        """Return the changes, a row each: kinds, id and type before and after, IoU, and shift in pixels."""
        import pandas as pd

        columns = {
            "image": [c.image for c in self.changes],
            "change": [" and ".join(c.kinds) for c in self.changes],
            "id_before": pd.array([c.id_before for c in self.changes], dtype="Int64"),
            "id_after": pd.array([c.id_after for c in self.changes], dtype="Int64"),
            "type_before": [c.type_before or "" for c in self.changes],
            "type_after": [c.type_after or "" for c in self.changes],
            "iou": [c.iou for c in self.changes],
            "shift_row_px": [c.shift[0] for c in self.changes],
            "shift_col_px": [c.shift[1] for c in self.changes],
        }
        return pd.DataFrame(columns)


def diff(before: InstanceSets, after: InstanceSets, *, min_iou: float = MIN_IOU) -> LabelDiff:
    """Return what is different between two label sets.

    Parameters
    ----------
    before, after : LabelSet, mapping of str to Instances, or iterable of Prediction
        What is not a label set is called ``before`` or ``after``.
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
    added or removed. A pair is ``moved`` when its masks are equal but for their place, or their centers more than
    :data:`MOVED_PX` apart; ``reshaped`` when the masks, or the polygons they were drawn with, are of different forms;
    ``retyped`` when the types differ. Ids and scores play no part.

    Examples
    --------
    >>> import numpy as np
    >>> from defectkit.records import Instances, LabelSet
    >>> mask = np.zeros((8, 8), bool)
    >>> mask[2:5, 2:5] = True
    >>> old = Instances.from_masks([mask], types=["bdot"], shape=(8, 8))
    >>> new = Instances.from_masks([np.roll(mask, 1, axis=1)], types=["loop_111"], shape=(8, 8))
    >>> change, = diff(LabelSet(name="a", instances={"i": old}), LabelSet(name="b", instances={"i": new})).changes
    >>> [str(kind) for kind in change.kinds], change.shift
    (['moved', 'retyped'], (0.0, 1.0))
    """
    before, after = as_label_set(before, name="before"), as_label_set(after, name="after")
    shared = sorted(set(before.images) & set(after.images))
    changes: list[Change] = []
    unchanged = 0
    for image in shared:
        if before[image].shape != after[image].shape:
            raise PairingError(
                f"{image!r} has the shape {before[image].shape} in {before.key} and {after[image].shape} in "
                f"{after.key}: these are not labels of one image"
            )
        found, same = _of_image(image, before[image], after[image], min_iou)
        changes += found
        unchanged += same
    return LabelDiff(
        before=before.key,
        after=after.key,
        changes=tuple(sorted(changes, key=_order)),
        images=tuple(shared),
        images_removed=tuple(sorted(set(before.images) - set(after.images))),
        images_added=tuple(sorted(set(after.images) - set(before.images))),
        n_unchanged=unchanged,
    )


def _order(change: Change) -> tuple[object, ...]:
    """Sort by image, then by a place in the two sets that does not depend on which comes first."""
    ids = [2**63 if i is None else i for i in (change.id_before, change.id_after)]
    return change.image, sorted(ids), ids[0] < ids[1]


def _of_image(image: str, before: Instances, after: Instances, min_iou: float) -> tuple[list[Change], int]:
    old, new = LabelContents.of(before), LabelContents.of(after)
    equal = equal_pairs(old, new)
    left = [np.setdiff1d(np.arange(len(side)), [pair[k] for pair in equal]) for k, side in enumerate((before, after))]
    overlapping = overlapping_pairs(before, after, old, new, left, min_iou)
    taken = [{pair[k] for pair in overlapping} for k in range(2)]
    left = [np.array([i for i in rest if i not in used], np.int64) for rest, used in zip(left, taken, strict=True)]
    elsewhere = moved_pairs(old, new, left)
    taken = [{pair[k] for pair in elsewhere} for k in range(2)]
    removed, added = ([i for i in rest.tolist() if i not in used] for rest, used in zip(left, taken, strict=True))
    iou = {**overlapping, **dict.fromkeys(elsewhere, 0.0)}
    changes = [_change(image, before, after, old, new, pair, iou[pair]) for pair in iou]
    changes += [
        Change(image=image, kinds=("removed",), id_before=int(before.ids[i]), type_before=before.type_names[i])
        for i in removed
    ]
    changes += [
        Change(image=image, kinds=("added",), id_after=int(after.ids[i]), type_after=after.type_names[i]) for i in added
    ]
    return changes, len(equal)


def _change(
    image: str, before: Instances, after: Instances, old: LabelContents, new: LabelContents, pair: Pair, iou: float
) -> Change:
    i, j = pair
    shift = new.centers[j] - old.centers[i]
    same_form = old.forms[i] == new.forms[j]
    moved = old.corners[i] != new.corners[j] if same_form else bool(np.hypot(*shift) > MOVED_PX)
    redrawn = not moved and old.outlines[i] != new.outlines[j]
    kinds = {
        "moved": moved,
        "reshaped": not same_form or redrawn,
        "retyped": before.type_names[i] != after.type_names[j],
    }
    return Change(
        image=image,
        kinds=tuple(kind for kind, holds in kinds.items() if holds),
        id_before=int(before.ids[i]),
        id_after=int(after.ids[j]),
        type_before=before.type_names[i],
        type_after=after.type_names[j],
        iou=iou,
        shift=(float(shift[0]), float(shift[1])),
    )
