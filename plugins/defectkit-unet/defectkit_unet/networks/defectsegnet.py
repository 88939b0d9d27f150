"""DefectSegNet: dense blocks and short cuts, after Roberts et al. (2019), doi 10.1038/s41598-019-49105-0."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, max_pool2d

from defectkit_unet.networks.heads import Head, convolution

WIDTHS = (16, 32, 64, 96, 128)


class Dense(nn.Module):
    """Convolutions each of which sees what all before it gave, brought together by a convolution of one pixel."""

    def __init__(self, n_in: int, n_out: int, *, depth: int = 2) -> None:
        super().__init__()
        growth = n_out // 2
        self.layers = nn.ModuleList([convolution(n_in + k * growth, growth) for k in range(depth)])
        self.transition = convolution(n_in + depth * growth, n_out, kernel=1)

    def forward(self, x: Tensor) -> Tensor:
        """Return features of the size of ``x``."""
        for layer in self.layers:
            x = torch.cat([x, layer(x)], dim=1)
        features: Tensor = self.transition(x)
        return features


class DefectSegNet(nn.Module):
    """Hybrid of DenseNet and U-Net: dense blocks, max pooling between, short cuts within and across the two halves.

    The published network gives one map of pixels for a feature; this one has its encoder and decoder and the maps of
    loopnet, so that defects can be told apart one by one.
    """

    def __init__(self, n_types: int) -> None:
        super().__init__()
        sides = zip((1, *WIDTHS[:-1]), WIDTHS, strict=True)
        self.down = nn.ModuleList([Dense(n_in, n_out) for n_in, n_out in sides])
        self.up = nn.ModuleList([Dense(WIDTHS[k + 1] + WIDTHS[k], WIDTHS[k]) for k in range(len(WIDTHS) - 2, 0, -1)])
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
