"""UNet: the plain U-Net of Ronneberger et al. (2015), doi 10.1007/978-3-319-24574-4_28, narrow and normalized."""

from __future__ import annotations

from torch import nn

from defectkit_unet.networks.heads import convolution
from defectkit_unet.networks.pooled import Pooled

WIDTHS = (16, 32, 64, 128, 128)


def _double(n_in: int, n_out: int) -> nn.Sequential:
    return nn.Sequential(convolution(n_in, n_out), convolution(n_out, n_out))


class UNet(Pooled):
    """Five levels of two convolutions each, pooled by two."""

    def __init__(self, n_types: int) -> None:
        super().__init__(_double, WIDTHS, n_types)
