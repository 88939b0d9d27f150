"""DefectSegNet: dense blocks and short cuts, after Roberts et al. (2019), doi 10.1038/s41598-019-49105-0."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from defectkit_unet.networks.heads import convolution
from defectkit_unet.networks.pooled import Pooled

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


class DefectSegNet(Pooled):
    """Hybrid of DenseNet and U-Net: dense blocks, max pooling between, short cuts within and across the two halves.

    The published network gives one map of pixels for a feature; this one has its encoder and decoder and the maps of
    loopnet, so that defects can be told apart one by one.
    """

    def __init__(self, n_types: int) -> None:
        super().__init__(Dense, WIDTHS, n_types)
