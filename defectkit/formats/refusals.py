"""Refusals: what refused regions mean for a label set, of which some images are then not fully read."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Mapping

import attrs

from defectkit.errors import RefusedRegionsError
from defectkit.formats.names import list_names
from defectkit.formats.report import Problem, RepairReport
from defectkit.records import LabelSet

MOST_REFUSED = 0.1
"""If more than this share of the regions of a label set was refused, that is an error."""

OTHER_FRAME = 0.5
"""If more than this share of the refused regions lies outside the frame, the labels are those of another frame."""


class Refused(enum.StrEnum):
    """What happens to images of which regions were refused."""

    RAISE = "raise"
    LEAVE_OUT = "leave-out"


def check_refused(
    labels: LabelSet, refused: Refused | str = Refused.RAISE, *, report: RepairReport | None = None, where: str = ""
) -> tuple[str, ...]:
    """Return what is to be known of images that are not fully read: one sentence, or none where all are.

    Parameters
    ----------
    labels : LabelSet
    refused : Refused
        ``raise``: it is an error if more than :data:`MOST_REFUSED` of all regions were refused, or all regions of an
        image. ``leave-out``: it never is, since these images are left out of densities and scores.
    report : RepairReport, optional
        What was refused, for the message.
    where : str, optional
        What the message calls the labels; ``name@version`` unless given.

    Raises
    ------
    RefusedRegionsError
        As ``refused`` says.

    Examples
    --------
    >>> from defectkit.records import Instances
    >>> check_refused(LabelSet(name="mine", instances={"one": Instances.empty((8, 8))}))
    ()
    """
    partial = labels.not_fully_read
    if not partial:
        return ()
    lost = [image for image in partial if not len(labels[image])]
    share = labels.n_refused / (labels.n_refused + labels.n_defects)
    said = f"{where or labels.key}: {_counts(labels)}"
    if Refused(refused) is Refused.LEAVE_OUT:
        return (f"{said}. These images are left out of densities, hardening and scores.",)
    if not lost and share <= MOST_REFUSED:
        return (f"{said}. Their counts, densities and scores are of fewer defects than there are labels.",)
    why = "all regions of an image" if lost else f"more than {100 * MOST_REFUSED:g} % of the regions"
    raise RefusedRegionsError(
        f"{said}. That is {why}, so counts would be wrong{_reasons(labels, report)}. Mend the labels or choose their "
        "format and its options; or leave these images out of densities and scores (--allow-refused)"
    )


def refused_text(n_refused: int, n_read: int) -> str:
    """Return what marks an image that is not fully read.

    Examples
    --------
    >>> refused_text(2, 5)
    'not fully read: 2 of 7 regions refused'
    """
    return f"not fully read: {n_refused} of {n_refused + n_read} regions refused"


def refused_mark(labels: LabelSet, image: str) -> str:
    """Return what marks an image of a label set; empty where it is fully read or the set does not hold it."""
    if image not in labels.not_fully_read:
        return ""
    return refused_text(labels.refused[image], len(labels[image]))


def refused_marks(image: str, *sides: LabelSet) -> str:
    """Return what marks an image of several label sets, each mark with the name of its set."""
    marks = {side.key: refused_mark(side, image) for side in sides}
    return "; ".join(f"{key} {mark}" for key, mark in marks.items() if mark)


def joined_refusals(*sides: Mapping[str, int]) -> dict[str, int]:
    """Return the refused regions of several label sets together, by image.

    Examples
    --------
    >>> joined_refusals({"a": 1}, {"a": 2, "b": 1})
    {'a': 3, 'b': 1}
    """
    total = Counter[str]()
    for side in sides:
        total.update(side)
    return dict(total)


def _counts(labels: LabelSet) -> str:
    images = [
        f"{image} ({labels.refused[image]} of {labels.refused[image] + len(labels[image])})"
        for image in labels.not_fully_read
    ]
    total = labels.n_refused + labels.n_defects
    return (
        f"{labels.n_refused} of {total} regions were refused, so {len(images)} of {len(labels)} images are not fully "
        f"read: {list_names(images)}"
    )


def _reasons(labels: LabelSet, report: RepairReport | None) -> str:
    lines = [line for line in report.refused if line.image in labels.instances] if report else []
    if not lines:
        return ""
    outside = sum(line.problem == Problem.OUT_OF_FRAME for line in lines)
    if outside > OTHER_FRAME * len(lines):
        return (
            f": {outside} of them lie outside the frame, so the labels were probably drawn at another image size; "
            "give the images that were labelled"
        )
    first = {line.problem: line for line in reversed(lines)}
    numbers = Counter(line.problem for line in lines)
    return ": " + "; ".join(
        f"{number} {problem} (for instance {', '.join(filter(None, (first[problem].file, first[problem].region)))}: "
        f"{first[problem].what})"
        for problem, number in numbers.most_common(3)
    )


def refused_sentence(labels: LabelSet) -> str:
    """Return what has to be known of a label set with images that are not fully read; empty where there is none.

    Parameters
    ----------
    labels : LabelSet
    """
    return f"{labels.key}: {_counts(labels)}" if labels.not_fully_read else ""


def fully_read(labels: LabelSet) -> LabelSet:
    """Return a label set without the images that are not fully read.

    Parameters
    ----------
    labels : LabelSet
    """
    lost = set(labels.not_fully_read)
    kept = {image: instances for image, instances in labels.instances.items() if image not in lost}
    return attrs.evolve(labels, instances=kept, refused={})
