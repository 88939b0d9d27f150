"""Evaluation notes: what a reader has to know of the images and the types that were compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from defectkit.formats.names import list_names
from defectkit.records.instances import Instances
from defectkit.statistics.comparison import Comparison
from defectkit.workflows.pairing import ImagePairing


def about_missing(
    comparison: Comparison, pairing: ImagePairing, truth: Mapping[str, Instances], as_empty: Sequence[str]
) -> Iterator[str]:
    """Yield what became of true images without a prediction, and what that does to recall."""
    if as_empty:
        yield f"{_images(as_empty)} without a prediction: nothing was found there, as asked: {list_names(as_empty)}"
    lost = sum(len(truth[name]) for name in pairing.only_truth)
    if pairing.only_truth:
        n_true, n_found = comparison.true.n, int(comparison.found.truth.size)
        recall = f"{n_found / n_true:.3f}" if n_true else "not defined"
        with_lost = f"{n_found / (n_true + lost):.3f}" if n_true + lost else "not defined"
        yield (
            f"{_images(pairing.only_truth)} of the truth without a prediction, left out with {lost} of {n_true + lost} "
            f"true defects: recall is {recall} without them, and {with_lost} if nothing was found there "
            "(--missing empty)"
        )


def about_types(comparison: Comparison) -> Iterator[str]:
    """Yield that no type is on both sides, and what to do, where that is so."""
    ours = {name for image in comparison.images for name in image.true.names}
    theirs = {name for image in comparison.images for name in image.predicted.names}
    if ours and theirs and not ours & theirs:
        example = f"{min(theirs)}={min(ours)}"
        yield (
            f"no type is on both sides: the truth has {list_names(ours)}, the prediction {list_names(theirs)}. Only "
            "finding, and what is said of all types, can be trusted. Take all as one type (--ignore-types), or "
            f"say which type is which (--predicted-types {example})"
        )


def _images(names: Sequence[str]) -> str:
    return f"{len(names)} image{'' if len(names) == 1 else 's'}"
