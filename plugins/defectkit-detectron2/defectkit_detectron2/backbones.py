"""Backbones: MobileNetV2 with a feature pyramid, for machines without a GPU."""

from __future__ import annotations

from typing import Any

from detectron2.layers import FrozenBatchNorm2d, ShapeSpec
from detectron2.modeling import BACKBONE_REGISTRY
from detectron2.modeling.backbone import FPN, Backbone
from detectron2.modeling.backbone.fpn import LastLevelMaxPool
from torch import Tensor
from torchvision.models import mobilenet_v2

STAGES = {"res2": (4, 24), "res3": (7, 32), "res4": (14, 96), "res5": (18, 320)}
"""For each output: behind how many layers of torchvision's MobileNetV2 it lies, and its channels."""


class MobileNetV2(Backbone):  # type: ignore[misc]  # Detectron2 has no types
    """The convolutions of torchvision's MobileNetV2, without its last widening, as four stages of stride 4 to 32.

    The names of its weights are torchvision's, so that weights trained on ImageNet fit.

    Parameters
    ----------
    freeze_at : int
        How many stages keep their weights, batch normalization included, counted as Detectron2 does for its ResNets: 1
        for the stem alone, 2 for the stem and res2. 0 for none, as random weights need it.

    Notes
    -----
    Sandler et al. (2018), doi 10.1109/CVPR.2018.00474.
    """

    def __init__(self, freeze_at: int = 0) -> None:
        super().__init__()
        self.features = mobilenet_v2(weights=None).features[: STAGES["res5"][0]]
        ends = [0, 2, *(end for end, _ in STAGES.values())]
        for index in range(ends[min(freeze_at, len(ends) - 1)]):
            self.features[index].requires_grad_(False)
            self.features[index] = FrozenBatchNorm2d.convert_frozen_batchnorm(self.features[index])

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Return the four feature maps of a batch of images, shape (B, 3, H, W)."""
        ends = {end: name for name, (end, _) in STAGES.items()}
        found = {}
        for index, layer in enumerate(self.features, start=1):
            x = layer(x)
            if index in ends:
                found[ends[index]] = x
        return found

    def output_shape(self) -> dict[str, ShapeSpec]:
        """Return channels and strides of the feature maps."""
        return {name: ShapeSpec(channels=c, stride=4 * 2**k) for k, (name, (_, c)) in enumerate(STAGES.items())}


@BACKBONE_REGISTRY.register()  # type: ignore[untyped-decorator]  # Detectron2 has no types
def build_mobilenet_v2_fpn_backbone(cfg: Any, input_shape: ShapeSpec) -> FPN:
    """Return MobileNetV2 with the feature pyramid that ``cfg.MODEL.FPN`` describes."""
    return FPN(
        bottom_up=MobileNetV2(cfg.MODEL.BACKBONE.FREEZE_AT),
        in_features=cfg.MODEL.FPN.IN_FEATURES,
        out_channels=cfg.MODEL.FPN.OUT_CHANNELS,
        norm=cfg.MODEL.FPN.NORM,
        top_block=LastLevelMaxPool(),
        fuse_type=cfg.MODEL.FPN.FUSE_TYPE,
    )
