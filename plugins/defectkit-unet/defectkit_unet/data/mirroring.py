"""Mirroring: a batch seen from another side, which costs nothing beside drawing a new one."""

from __future__ import annotations

import torch
from torch import Tensor

N_VIEWS = 8
"""The square can be turned and mirrored in so many ways."""
ROWS, COLUMNS = -2, -1
OFFSET_ROWS, OFFSET_COLUMNS, SHAPE_RR, SHAPE_RC, SHAPE_CC = range(5)


def mirrored(batch: dict[str, Tensor], view: int) -> dict[str, Tensor]:
    """Return a batch, see :data:`defectkit_unet.data.mixture.Batch`, from one of eight sides; 0 leaves it as it is.

    Parameters
    ----------
    batch : dict of str to Tensor
    view : int
        The bits say whether rows are mirrored, columns are mirrored, and the two are exchanged, in this order.
    """
    seen = dict(batch)
    if view & 1:
        seen = _flipped(seen, ROWS, OFFSET_ROWS)
    if view & 2:
        seen = _flipped(seen, COLUMNS, OFFSET_COLUMNS)
    if view & 4:
        seen = {name: value.transpose(ROWS, COLUMNS) for name, value in seen.items()}
        order = [OFFSET_COLUMNS, OFFSET_ROWS, SHAPE_CC, SHAPE_RC, SHAPE_RR]
        seen["shape"] = seen["shape"][:, order]
    return seen


def _flipped(batch: dict[str, Tensor], axis: int, offset: int) -> dict[str, Tensor]:
    seen = {name: torch.flip(value, (axis,)) for name, value in batch.items()}
    for plane in (offset, SHAPE_RC):
        seen["shape"][:, plane] *= -1
    return seen
