"""Pooled: the five levels that U-Net and DefectSegNet share, each with blocks of its own kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, max_pool2d

from defectkit_unet.networks.heads import Head


class Pooled(nn.Module):
    """Levels with a pooling by two between them; the decoder ends at half the resolution, where the maps are.

    Parameters
    ----------
    block : callable
        Makes what turns features of one width into those of another.
    widths : sequence of int
        Of the levels.
    n_types : int
    """

    def __init__(self, block: Callable[[int, int], nn.Module], widths: Sequence[int], n_types: int) -> None:
        super().__init__()
        sides = zip((1, *widths[:-1]), widths, strict=True)
        self.down = nn.ModuleList([block(n_in, n_out) for n_in, n_out in sides])
        self.up = nn.ModuleList([block(widths[k + 1] + widths[k], widths[k]) for k in range(len(widths) - 2, 0, -1)])
        self.head = Head(widths[1], n_types)

    def forward(self, x: Tensor) -> Tensor:
        """Return the maps (N, 7 + types, H / 2, W / 2)."""
        levels = [self.down[0](x)]
        for down in list(self.down)[1:]:
            levels.append(down(max_pool2d(levels[-1], 2)))
        y = levels.pop()
        for up in self.up:
            y = up(torch.cat([interpolate(y, scale_factor=2.0, mode="nearest"), levels.pop()], dim=1))
        maps: Tensor = self.head(y)
        return maps
