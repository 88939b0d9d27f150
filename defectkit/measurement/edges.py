"""Edges: for how many defects each one stands where the border of a field may cut some."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from defectkit.conventions import EdgeRule
from defectkit.errors import GeometryError
from defectkit.records.field import Field

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def edge_weights(
    boxes: Floats, field: Field | tuple[int, int], rule: EdgeRule | str, *, centers: Floats | None = None
) -> Floats:
    r"""Return for how many defects each one stands, so that the sum over the area of the field is the density.

    Parameters
    ----------
    boxes : numpy.ndarray, shape (N, 4)
        Top, left, bottom and right in pixels, half-open, of defects that belong to the field. One without an extent
        has no border and stands for one.
    field : Field or (int, int)
        Or the height and width in pixels of a field of which all counts.
    rule : EdgeRule
    centers : numpy.ndarray, shape (N, 2), optional
        The point of each defect by which it belongs to the field: row and column of its centroid; by default the
        middle of its box.

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
    A defect is taken as cut where its box touches the border of the *window*: of the image without what hides it from
    an edge inwards (:attr:`defectkit.records.Field.window`). Let :math:`A` be the pixels of the field, and
    :math:`A_i` those of them in which the center of defect *i* can lie while its box stays within the window without
    touching its border. A defect that does not touch it stands for

    .. math:: w_i = A / A_i

    of them: D. G. Horvitz and D. J. Thompson, Journal of the American Statistical Association 47 (1952) 663,
    doi 10.1080/01621459.1952.10483446, as R. E. Miles and C. Lantuéjoul use it in stereology. For a whole image of
    height *H* and width *W* and a box of *h* by *w*, :math:`A_i = (H - h - 1)(W - w - 1)`. This holds for a field of
    any form. The rule ``half`` is the counting frame of H. J. G. Gundersen, Journal of Microscopy 111 (1977) 219,
    doi 10.1111/j.1365-2818.1977.tb00062.x; it needs a field that reaches opposite borders of the window, or neither.

    Examples
    --------
    >>> boxes = np.array([[0, 40, 10, 50], [40, 40, 60, 60], [90, 10, 100, 20]], dtype=float)
    >>> edge_weights(boxes, (100, 100), "half").round(2)
    array([1.02, 1.02, 0.  ])
    >>> edge_weights(boxes, (100, 100), "horvitz-thompson").round(3)
    array([0.   , 1.602, 0.   ])
    """
    kind = EdgeRule(rule)
    where = field if isinstance(field, Field) else Field(shape=field)
    given = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)
    weights = np.ones(len(given))
    solid = (given[:, 2] > given[:, 0]) & (given[:, 3] > given[:, 1])
    if kind is EdgeRule.ALL or not solid.any():
        return weights
    middles = (given[:, :2] + given[:, 2:]) / 2 if centers is None else np.asarray(centers, np.float64)
    weights[solid] = _OF_RULE[kind](given[solid], middles[solid], where)
    return weights


def is_cut(boxes: Floats, field: Field) -> Bools:
    """Return which boxes, (N, 4), touch the border of the window of a field, shape (N,); one without extent does not.

    Examples
    --------
    >>> is_cut(np.array([[0.0, 3.0, 2.0, 5.0], [1.0, 3.0, 2.0, 5.0]]), Field(shape=(9, 9))).tolist()
    [True, False]
    """
    first, last = _touched(boxes, field)
    solid: Bools = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    return (first | last) & solid


def _touched(boxes: Floats, field: Field) -> tuple[Bools, Bools]:
    """Return which boxes touch the upper or left, and which the lower or right border of the window."""
    top, left, bottom, right = field.window
    return (boxes[:, 0] <= top) | (boxes[:, 1] <= left), (boxes[:, 2] >= bottom) | (boxes[:, 3] >= right)


def _exclude(boxes: Floats, centers: Floats, field: Field) -> Floats:
    first, last = _touched(boxes, field)
    return (~(first | last)).astype(np.float64)


def _half(boxes: Floats, centers: Floats, field: Field) -> Floats:
    _, last = _touched(boxes, field)
    top, left, bottom, right = field.window
    places = field.n_pixels_in([[top, left, max(bottom - 1, top + 1), max(right - 1, left + 1)]])
    return np.where(last, 0.0, field.n_pixels / max(int(places[0]), 1))


def _guard(boxes: Floats, centers: Floats, field: Field) -> Floats:
    margin = int(np.ceil(np.maximum(centers - boxes[:, :2], boxes[:, 2:] - centers).max()))
    top, left, bottom, right = field.window
    inner = top + margin, left + margin, bottom - margin, right - margin
    places = int(field.n_pixels_in([inner])[0])
    if not places:
        raise GeometryError(
            f"a margin of {margin} px, half the largest defect, leaves nothing of a field of {right - left} x "
            f"{bottom - top} px; choose another rule for the edges"
        )
    inside = (centers >= inner[:2]).all(axis=1) & (centers < inner[2:]).all(axis=1)
    return np.where(inside, field.n_pixels / places, 0.0)


def _horvitz_thompson(boxes: Floats, centers: Floats, field: Field) -> Floats:
    first, last = _touched(boxes, field)
    whole = ~(first | last)
    own, pixels = boxes[whole].astype(np.int64), np.floor(centers[whole]).astype(np.int64)
    top, left, bottom, right = field.window
    reach = np.stack(
        [
            pixels[:, 0] - own[:, 0] + top + 1,
            pixels[:, 1] - own[:, 1] + left + 1,
            pixels[:, 0] - own[:, 2] + bottom,
            pixels[:, 1] - own[:, 3] + right,
        ],
        axis=1,
    )
    weights = np.zeros(len(boxes))
    weights[whole] = field.n_pixels / np.maximum(field.n_pixels_in(reach), 1)
    return weights


_OF_RULE = {
    EdgeRule.EXCLUDE: _exclude,
    EdgeRule.HALF: _half,
    EdgeRule.GUARD: _guard,
    EdgeRule.HORVITZ_THOMPSON: _horvitz_thompson,
}
