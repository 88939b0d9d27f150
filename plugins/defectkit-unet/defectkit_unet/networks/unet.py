"""UNet: the plain U-Net of Ronneberger et al. (2015), doi 10.1007/978-3-319-24574-4_28, narrow and normalized."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, max_pool2d

from defectkit_unet.networks.heads import Head, convolution

WIDTHS = (16, 32, 64, 128, 128)


def _double(n_in: int, n_out: int) -> nn.Sequential:
    return nn.Sequential(convolution(n_in, n_out), convolution(n_out, n_out))


class UNet(nn.Module):
    """Five levels, pooled by two each; the decoder ends at half the resolution, where the maps are."""

    def __init__(self, n_types: int) -> None:
        super().__init__()
        sides = zip((1, *WIDTHS[:-1]), WIDTHS, strict=True)
        self.down = nn.ModuleList([_double(n_in, n_out) for n_in, n_out in sides])
        self.up = nn.ModuleList([_double(WIDTHS[k + 1] + WIDTHS[k], WIDTHS[k]) for k in range(len(WIDTHS) - 2, 0, -1)])
        self.head = Head(WIDTHS[1], n_types)

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
