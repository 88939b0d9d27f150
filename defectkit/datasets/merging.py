"""Merge: one label set from two, with what stood in both once."""

from __future__ import annotations

import enum

import attrs
import numpy as np

from defectkit.datasets.differences import MIN_IOU, diff
from defectkit.errors import RecordError
from defectkit.formats.refusals import joined_refusals
from defectkit.geometry.polygons import Polygons
from defectkit.geometry.runs import Runs
from defectkit.records import Instances, LabelSet, Taxonomy
from defectkit.records.inputs import InstanceSets, as_label_set


class Keep(enum.StrEnum):
    """Which labels of two sets a merged one has, in images that both speak of."""

    UNION = "union"
    """Those of the first, and those of the second that the first has nothing for."""

    BOTH = "both"
    """Those of the first that the second has too."""

    FIRST = "first"
    """Those of the first; the second gives only the images that the first lacks."""


def merge(
    first: InstanceSets,
    second: InstanceSets,
    *,
    name: str,
    version: str = "1",
    keep: Keep | str = Keep.UNION,
    min_iou: float = MIN_IOU,
) -> LabelSet:
    """Return a label set made of two.

    Parameters
    ----------
    first, second : LabelSet, mapping of str to Instances, or iterable of Prediction
        Where both have a label of one defect, that of the first is taken, type and outline.
    name, version : str
        Of the new set.
    keep : Keep
    min_iou : float
        From which overlap on two labels are one defect.

    Returns
    -------
    LabelSet
        Its parent is the first. Ids are those of the first; labels of the second are numbered on from there.

    Raises
    ------
    PairingError
        If an image has different shapes in the two.
    RecordError
        If the two have types of one name that are not the same, or there is no such rule.
    """
    try:
        rule = Keep(keep)
    except ValueError as error:
        raise RecordError(f"keep {keep!r} is not one of: {', '.join(Keep)}") from error
    first, second = as_label_set(first, name="first"), as_label_set(second, name="second")
    difference = diff(first, second, min_iou=min_iou)
    only = {image: (set[int](), set[int]()) for image in first.images}
    for change in difference.changes:
        if change.id_before is None and change.id_after is not None:
            only[change.image][1].add(change.id_after)
        elif change.id_after is None and change.id_before is not None:
            only[change.image][0].add(change.id_before)
    instances = {image: second[image] for image in difference.images_added}
    for image in first.images:
        if image in second.instances:
            instances[image] = _merged(first[image], second[image], *only[image], rule)
        else:
            instances[image] = first[image]
    return LabelSet(
        name=name,
        version=version,
        instances=instances,
        taxonomy=_joined(first, second),
        annotator=" and ".join(dict.fromkeys(a for a in (first.annotator, second.annotator) if a)) or None,
        parent=first.key,
        description=f"{first.key} merged with {second.key}, keeping {rule}",
        refused=_refused(first, second, rule),
    )


def _refused(first: LabelSet, second: LabelSet, rule: Keep) -> dict[str, int]:
    """Return the refused regions of the merged images; with ``first``, the second gives only images of its own."""
    if rule is Keep.FIRST:
        return {**{image: n for image, n in second.refused.items() if image not in first.instances}, **first.refused}
    return joined_refusals(first.refused, second.refused)


def _merged(first: Instances, second: Instances, only_first: set[int], only_second: set[int], rule: Keep) -> Instances:
    if rule is Keep.FIRST:
        return first
    if rule is Keep.BOTH:
        return first.take(~np.isin(first.ids, list(only_first)))
    added = second.take(np.isin(second.ids, list(only_second)))
    if not len(added):
        return first
    start = int(first.ids.max()) + 1 if len(first) else 0
    types = tuple(dict.fromkeys((*first.types, *added.types)))
    names = (*first.type_names, *added.type_names)
    return Instances(
        shape=first.shape,
        types=types,
        type_codes=np.array([types.index(n) for n in names], np.int16),
        runs=Runs.concatenate([first.runs, added.runs]),
        scores=np.concatenate([first.scores, added.scores]),
        ids=np.concatenate([first.ids, start + np.arange(len(added))]),
        polygons=Polygons.concatenate([first.polygons, added.polygons]),
        given_boxes=np.concatenate([first.given_boxes, added.given_boxes]),
    )


def _joined(first: LabelSet, second: LabelSet) -> Taxonomy:
    known = {t.name: t for t in first.taxonomy}
    for kind in second.taxonomy:
        if known.setdefault(kind.name, kind) != kind:
            titles = [attrs.asdict(k)["title"] for k in (known[kind.name], kind)]
            raise RecordError(
                f"{first.key} and {second.key} both have a type {kind.name!r}, but not the same "
                f"({titles[0]!r} and {titles[1]!r}); rename one"
            )
    return Taxonomy(types=tuple(known.values()))
