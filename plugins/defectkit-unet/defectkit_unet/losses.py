"""Losses: how far maps are from what they should be."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, smooth_l1_loss

from defectkit_unet.networks import N_SHAPE_MAPS

PARTS = {"object": 4.0, "foreground": 1.0, "shape": 0.7, "types": 0.6}
"""The parts of the loss and their weights."""
LOG_RR, LOG_CC = 2, 4
"""Planes of the shapes whose sum is the logarithm of the product of the semi-axes."""
LEAST = 0.15
"""Shapes and types are learned where a cell is at least so central."""


def losses(maps: Tensor, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return each part of the loss, unweighted.

    Parameters
    ----------
    maps : Tensor, shape (B, 7 + K, h, w)
    batch : dict of str to Tensor
        Targets, see :data:`defectkit_unet.data.mixture.Batch`.

    Notes
    -----
    Binary cross-entropy of the object map, with central cells counting up to three times; of the foreground, with the
    Dice loss; smooth L1 of offsets and logarithms of shapes, and cross-entropy of types, both weighted by how central
    a cell is, and by the area of its defect, so that large ones count no more than small ones. Of types, each that the
    batch shows counts the same.
    """
    peak, foreground, weight = batch["object"], batch["foreground"], batch["weight"]
    found = binary_cross_entropy_with_logits(maps[:, 0], peak, reduction="none") * (1 + 2 * peak) * weight
    covered = binary_cross_entropy_with_logits(maps[:, 1], foreground, reduction="none") * weight
    part = torch.sigmoid(maps[:, 1]) * weight
    dice = 1 - (2 * (part * foreground).sum() + 50) / ((part + foreground * weight).sum() + 50)
    central = peak * (peak > LEAST) * weight
    single = central * torch.exp(-batch["shape"][:, LOG_RR] - batch["shape"][:, LOG_CC])  # each defect counts the same
    bent = smooth_l1_loss(maps[:, 2:N_SHAPE_MAPS], batch["shape"], reduction="none", beta=0.1)
    known = batch["types"] >= 0
    types = batch["types"].clamp(min=0)
    named = cross_entropy(maps[:, N_SHAPE_MAPS:], types, reduction="none")
    shares = torch.zeros(maps.shape[1] - N_SHAPE_MAPS, device=maps.device)
    shares.index_add_(0, types[known], single[known])
    typed = torch.where(known, single / (shares[types] + 0.01), 0.0)
    return {
        "object": found.mean(),
        "foreground": covered.mean() + 0.3 * dice,
        "shape": (bent.sum(dim=1) * single).sum() / (single.sum() + 0.01),
        "types": (named * typed).sum() / (typed.sum() + 0.01),
    }


def total(parts: dict[str, Tensor]) -> Tensor:
    """Return the weighted sum of the parts."""
    return torch.stack([PARTS[name] * value for name, value in parts.items()]).sum()
