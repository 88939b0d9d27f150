"""Counting rules: for how many defects each one stands that the border of the field may cut."""

from __future__ import annotations

import enum

import numpy as np
from numpy.typing import NDArray

from defectkit.errors import GeometryError

Floats = NDArray[np.float64]


class EdgeRule(enum.StrEnum):
    """What is done with defects at the border of the field."""

    ALL = "all"
    """All are counted. Densities are too large: a field shows parts of defects whose centers lie outside."""

    EXCLUDE = "exclude"
    """Those that the border cuts are left out. Densities are too small, of large defects most."""

    HALF = "half"
    """Those that the lower or the right border cuts are left out. Densities are unbiased; sizes are of what is seen."""

    GUARD = "guard"
    """Those are counted whose box has its center in the field without a margin. Unbiased; the margin is lost."""

    HORVITZ_THOMPSON = "horvitz-thompson"
    """Those that the border cuts are left out; each other one stands for those of its extent that would have been cut.
    Densities and sizes are unbiased."""

    @property
    def is_unbiased(self) -> bool:
        """Whether densities are right on average."""
        return self not in (EdgeRule.ALL, EdgeRule.EXCLUDE)


def counting_weights(boxes: Floats, shape: tuple[int, int], rule: EdgeRule | str) -> Floats:
    r"""Return for how many defects each one stands, so that the sum over the area of the field is the density.

    Parameters
    ----------
    boxes : numpy.ndarray, shape (N, 4)
        Top, left, bottom and right in pixels, half-open.
    shape : (int, int)
        Height and width of the field in pixels.
    rule : EdgeRule

    Returns
    -------
    numpy.ndarray, shape (N,)
        At least 0.

    Raises
    ------
    GeometryError
        If a guard margin leaves nothing of the field.

    Notes
    -----
    On the grid of pixels a box of height *h* and width *w* lies in a field of height *H* and width *W* without touching
    its border at :math:`(H - h - 1)(W - w - 1)` places, and has its upper left corner in the field at *H W*. One that
    does not touch the border therefore stands for

    .. math:: \frac{H W}{(H - h - 1)(W - w - 1)}

    of them, as one that does not touch the lower and right border stands for :math:`H W / ((H - 1)(W - 1))`: D. G.
    Horvitz and D. J. Thompson, Journal of the American Statistical Association 47 (1952) 663,
    doi 10.1080/01621459.1952.10483446, as R. E. Miles and C. Lantuéjoul use it in stereology. The rule ``half`` is the
    counting frame of H. J. G. Gundersen, Journal of Microscopy 111 (1977) 219,
    doi 10.1111/j.1365-2818.1977.tb00062.x.

    Examples
    --------
    >>> boxes = np.array([[0, 40, 10, 50], [40, 40, 60, 60], [90, 10, 100, 20]], dtype=float)
    >>> counting_weights(boxes, (100, 100), "half").round(2)
    array([1.02, 1.02, 0.  ])
    >>> counting_weights(boxes, (100, 100), "horvitz-thompson").round(3)
    array([0.   , 1.602, 0.   ])
    """
    top, left, bottom, right = np.asarray(boxes, dtype=np.float64).reshape(-1, 4).T
    height, width = shape
    first, last = (top <= 0) | (left <= 0), (bottom >= height) | (right >= width)
    kind = EdgeRule(rule)
    if kind is EdgeRule.ALL:
        return np.ones(top.size)
    if kind is EdgeRule.EXCLUDE:
        return (~(first | last)).astype(np.float64)
    if kind is EdgeRule.HALF:
        return np.where(last, 0.0, height * width / max((height - 1) * (width - 1), 1))
    if kind is EdgeRule.HORVITZ_THOMPSON:
        places = np.maximum(height - (bottom - top) - 1, 1) * np.maximum(width - (right - left) - 1, 1)
        return np.where(first | last, 0.0, height * width / places)
    margin = np.ceil(max((bottom - top).max(initial=0), (right - left).max(initial=0)) / 2)
    inner = (height - 2 * margin) * (width - 2 * margin)
    if min(height, width) <= 2 * margin:
        raise GeometryError(
            f"a margin of {margin:g} px, half the largest defect, leaves nothing of a field of {width} x {height} px; "
            "choose another rule for the edges"
        )
    rows, cols = (top + bottom) / 2, (left + right) / 2
    inside = (rows >= margin) & (rows < height - margin) & (cols >= margin) & (cols < width - margin)
    return np.where(inside, height * width / inner, 0.0)
