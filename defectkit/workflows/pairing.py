"""Pairing: which images both sides of an evaluation speak of."""

from __future__ import annotations

import enum
from collections.abc import Iterable

import attrs

from defectkit.errors import PairingError
from defectkit.formats.labels import Unpaired
from defectkit.records.names import as_names
from defectkit.short_repr import short_repr


class Missing(enum.StrEnum):
    """What an image without labels means: programs that write one file per image write none where nothing was found."""

    ERROR = "error"
    EMPTY = "empty"


@attrs.frozen(kw_only=True)
class ImagePairing:
    """Names of images, sorted.

    Parameters
    ----------
    both : tuple of str
        On both sides.
    only_truth, only_predicted : tuple of str
        On one side only.
    """

    both: tuple[str, ...] = attrs.field(converter=as_names)
    only_truth: tuple[str, ...] = attrs.field(converter=as_names)
    only_predicted: tuple[str, ...] = attrs.field(converter=as_names)

    __repr__ = short_repr


def pair_images(
    truth: Iterable[str], predicted: Iterable[str], unpaired: Unpaired | str = Unpaired.RAISE
) -> ImagePairing:
    """Return which images are on both sides, and which on one.

    Parameters
    ----------
    truth, predicted : iterable of str
        Names of images.
    unpaired : Unpaired
        Whether images of one side only are an error.

    Raises
    ------
    PairingError
        If an image is on one side only and that is an error, or if no image is on both.

    Examples
    --------
    >>> pair_images(["a", "b"], ["b", "c"], "leave-out").both
    ('b',)
    """
    ours, theirs = set(as_names(truth)), set(as_names(predicted))
    result = ImagePairing(
        both=tuple(sorted(ours & theirs)),
        only_truth=tuple(sorted(ours - theirs)),
        only_predicted=tuple(sorted(theirs - ours)),
    )
    lonely = "; ".join(
        f"{len(names)} only {side}: {', '.join(names)}"
        for side, names in (("in the truth", result.only_truth), ("predicted", result.only_predicted))
        if names
    )
    if lonely and Unpaired(unpaired) is Unpaired.RAISE:
        raise PairingError(
            f"truth and prediction are of different images ({lonely}). Give both sides for every image{_advice(result)}"
        )
    if lonely and not result.both:
        raise PairingError(f"no image is on both sides ({lonely}); images go by the name of their file without suffix")
    return result


def _advice(pairing: ImagePairing) -> str:
    """Return what may be done with images of one side only."""
    leave_out = "leave these images out of all scores, recall too (--allow-partial)"
    if not pairing.only_truth:
        return f"; or {leave_out}"
    nothing = "if no prediction means that nothing was found there, say so (--missing empty)"
    return f"; {nothing}; or {leave_out}"
