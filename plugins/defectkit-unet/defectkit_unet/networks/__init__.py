"""Networks: encoders and decoders that give the maps of loopnet, by configuration."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from defectkit.errors import DetectorError
from defectkit_unet.networks.defectsegnet import DefectSegNet
from defectkit_unet.networks.heads import N_SHAPE_MAPS
from defectkit_unet.networks.loopnet import LoopNet
from defectkit_unet.networks.unet import UNet

NETWORKS: dict[str, Callable[[int], nn.Module]] = {
    "loopnet": LoopNet,
    "defectsegnet": DefectSegNet,
    "unet": UNet,
}

__all__ = ["NETWORKS", "N_SHAPE_MAPS", "build"]


def build(name: str, n_types: int) -> nn.Module:
    """Return the network of a configuration with fresh weights.

    Parameters
    ----------
    name : str
        ``loopnet``, ``defectsegnet`` or ``unet``.
    n_types : int
        It maps images (N, 1, H, W) to (N, 7 + n_types, H / 2, W / 2); H and W are multiples of 16.

    Raises
    ------
    DetectorError
        If there is no such configuration.
    """
    if name not in NETWORKS:
        raise DetectorError(f"network is {name!r}; choose one of {', '.join(NETWORKS)}")
    return NETWORKS[name](n_types)
