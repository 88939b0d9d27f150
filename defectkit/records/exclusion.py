"""Exclusion: a place of an image that shows no specimen, or that nobody wants counted."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from defectkit.errors import RecordError
from defectkit.geometry.runs import Runs

OUTSIDE = "outside the crop"
"""What the place around a crop is called."""


@attrs.frozen(kw_only=True)
class Exclusion:
    """A place of an image that does not count: neither what is found in it nor its area.

    Parameters
    ----------
    reason : str
        What lies there, for instance ``burned-in scale bar``.
    place : Runs
        One mask.

    Raises
    ------
    RecordError
        If ``place`` is not one mask.

    Examples
    --------
    >>> strip = Exclusion.box((3, 0, 4, 6), reason="information strip")
    >>> strip.n_pixels
    6
    """

    reason: str = attrs.field(validator=attrs.validators.min_len(1))
    place: Runs

    def __attrs_post_init__(self) -> None:
        if len(self.place) != 1:
            raise RecordError(f"an excluded place is one mask, not {len(self.place)}")

    @classmethod
    def box(cls, box: ArrayLike, *, reason: str) -> Exclusion:
        """Return that of a box: top, left, bottom and right in pixels, half-open."""
        top, left, bottom, right = (int(edge) for edge in np.asarray(box))
        rows = np.arange(top, bottom if right > left else top, dtype=np.int32)
        columns = (np.full(rows.size, edge, np.int32) for edge in (left, right))
        return cls(
            reason=reason,
            place=Runs(row=rows, start=next(columns), end=next(columns), offsets=np.array([0, rows.size], np.int64)),
        )

    @classmethod
    def mask(cls, mask: NDArray[np.bool_], *, reason: str) -> Exclusion:
        """Return that of a mask of the shape of the image: true where nothing counts."""
        from defectkit.geometry.masks import masks_to_runs

        return cls(reason=reason, place=masks_to_runs([mask]))

    @property
    def n_pixels(self) -> int:
        """How many pixels it covers."""
        return int(self.place.areas()[0])

    @property
    def hides(self) -> bool:
        """Whether it hides a part of the defects at its border; around a crop they are seen whole."""
        return self.reason != OUTSIDE
