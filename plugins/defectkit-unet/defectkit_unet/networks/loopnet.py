"""LoopNet: 0.9 million parameters, most of them where the image is small."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, relu

from defectkit_unet.networks.heads import Head, convolution

WIDTHS = (16, 32, 64, 96)


class Residual(nn.Module):
    """Two convolutions beside a short cut; ``dilation`` widens what they see."""

    def __init__(self, width: int, *, dilation: int = 1) -> None:
        super().__init__()
        self.first = convolution(width, width, dilation=dilation)
        self.second = nn.Conv2d(width, width, 3, 1, dilation, dilation=dilation, bias=False)
        self.norm = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        """Return features of the shape of ``x``."""
        return relu(x + self.norm(self.second(self.first(x))))


class LoopNet(nn.Module):
    """Encoder of four levels with residual blocks, from half to a sixteenth of the resolution, and its decoder."""

    def __init__(self, n_types: int) -> None:
        super().__init__()
        a, b, c, d = WIDTHS
        self.stem = nn.Sequential(convolution(1, a, kernel=5, stride=2), Residual(a))
        self.down = nn.ModuleList(
            [
                nn.Sequential(convolution(a, b, stride=2), Residual(b)),
                nn.Sequential(convolution(b, c, stride=2), Residual(c), Residual(c)),
                nn.Sequential(
                    convolution(c, d, stride=2), Residual(d), Residual(d, dilation=2), Residual(d, dilation=3)
                ),
            ]
        )
        self.up = nn.ModuleList(
            [
                nn.Sequential(convolution(d + c, c, kernel=1), Residual(c)),
                nn.Sequential(convolution(c + b, b, kernel=1), Residual(b)),
                nn.Sequential(convolution(b + a, a, kernel=1), Residual(a)),
            ]
        )
        self.head = Head(a, n_types)

    def forward(self, x: Tensor) -> Tensor:
        """Return the maps (N, 7 + types, H / 2, W / 2)."""
        levels = [self.stem(x)]
        for down in self.down:
            levels.append(down(levels[-1]))
        y = levels.pop()
        for up in self.up:
            y = up(torch.cat([interpolate(y, scale_factor=2.0, mode="nearest"), levels.pop()], dim=1))
        maps: Tensor = self.head(y)
        return maps
