"""Pairing: which images both sides of an evaluation speak of."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from defectkit.errors import PairingError
from defectkit.formats.labels import Unpaired


@attrs.frozen(kw_only=True)
class Paired:
    """Names of images, sorted.

    Parameters
    ----------
    both : tuple of str
        On both sides.
    only_truth, only_predicted : tuple of str
        On one side only.
    """

    both: tuple[str, ...]
    only_truth: tuple[str, ...]
    only_predicted: tuple[str, ...]


def paired(truth: Iterable[str], predicted: Iterable[str], unpaired: Unpaired | str = Unpaired.RAISE) -> Paired:
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
    >>> paired(["a", "b"], ["b", "c"], "leave-out").both
    ('b',)
    """
    ours, theirs = set(truth), set(predicted)
    result = Paired(
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
            f"truth and prediction are of different images ({lonely}). Give both sides for every image, or leave these "
            "out: unpaired='leave-out' (--allow-partial)"
        )
    if lonely and not result.both:
        raise PairingError(f"no image is on both sides ({lonely}); images go by the name of their file without suffix")
    return result
