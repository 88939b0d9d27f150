"""Cells: limits that hold for each small square of an image, not for all that a network is shown at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

CELL = 64
"""Edge of a cell in pixels: windows begin at multiples of it, so that cells lie alike in all that show one place."""


def best_in_cells(
    boxes: NDArray[np.floating], scores: NDArray[np.floating], *, limit: int, cell: int = CELL
) -> NDArray[np.int64]:
    """Return which boxes are among the best of the cell that their middle lies in.

    Parameters
    ----------
    boxes : array of float, shape (N, 4)
        Two coordinates of one corner, then those of the opposite one, in pixels of the window.
    scores : array of float, shape (N,)
    limit : int
        How many boxes stay in each cell.
    cell : int
        Edge of a cell in pixels.

    Returns
    -------
    array of int64, shape (K,)
        Indices in falling order of score.

    Notes
    -----
    A network that proposes the best thousand boxes of what it is shown proposes fewer to a pixel the more it is shown:
    boxes compete with others far away, and a tile gives defects that the whole image does not. A limit for each cell
    lets only neighbors compete, and the effort still grows no faster than the area.

    Examples
    --------
    >>> import numpy as np
    >>> boxes = np.array([[0, 0, 8, 8], [2, 2, 9, 9], [80, 0, 90, 9]], dtype=float)
    >>> best_in_cells(boxes, np.array([0.7, 0.9, 0.1]), limit=1).tolist()
    [1, 2]
    """
    cells = np.floor((boxes[:, :2] + boxes[:, 2:]) / (2 * cell)).astype(np.int64)
    order = np.lexsort((-scores, cells[:, 1], cells[:, 0]))
    ordered = cells[order]
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    rank = np.arange(len(order)) - np.flatnonzero(begins)[np.cumsum(begins) - 1]
    kept = order[rank < limit]
    best: NDArray[np.int64] = kept[np.argsort(-scores[kept], kind="stable")]
    return best
