"""Heads: the last layers that all networks share."""

from __future__ import annotations

import torch
from torch import Tensor, nn

N_SHAPE_MAPS = 7
"""Object, foreground, offset (2) and logarithm of the shape (3); maps of types follow."""


def convolution(n_in: int, n_out: int, *, kernel: int = 3, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """Return a convolution that keeps the size but for its stride, batch normalization and ReLU."""
    padding = dilation * (kernel // 2)
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, kernel, stride, padding, dilation=dilation, bias=False),
        nn.BatchNorm2d(n_out),
        nn.ReLU(inplace=True),
    )


class Head(nn.Module):
    """Maps from features at half the resolution of the image."""

    def __init__(self, n_in: int, n_types: int, *, width: int = 32) -> None:
        super().__init__()
        self.features = convolution(n_in, width)
        self.maps = nn.Conv2d(width, N_SHAPE_MAPS + n_types, 1)
        with torch.no_grad():  # objects are rare, and about 15 px across
            self.maps.bias[0], self.maps.bias[1] = -3.0, -2.0
            self.maps.bias[4] = self.maps.bias[6] = 2.0

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, 7 + types, h, w)."""
        maps: Tensor = self.maps(self.features(x))
        return maps
