"""Network: torchvision's Mask R-CNN, built for gray images of one pixel size and masks that stay small."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torchvision.models import mobilenet_v2, resnet50
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection.backbone_utils import BackboneWithFPN
from torchvision.models.detection.faster_rcnn import FastRCNNConvFCHead, FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.models.detection.rpn import AnchorGenerator, RPNHead
from torchvision.models.detection.transform import GeneralizedRCNNTransform
from torchvision.ops import MultiScaleRoIAlign

from defectkit_torchvision.architecture import MAX_DETECTIONS, Architecture

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
MIN_EDGE = 32
LEVELS = ["0", "1", "2", "3"]
"""Levels of the pyramid that boxes are pooled from; a fifth only proposes."""


class UnscaledTransform(GeneralizedRCNNTransform):  # type: ignore[misc]  # torchvision has no types
    """Normalizes and batches, but neither resizes images nor pastes masks into frames: defectkit does both."""

    def __init__(self) -> None:
        super().__init__(MIN_EDGE, MIN_EDGE, list(IMAGENET_MEAN), list(IMAGENET_STD))

    def resize(self, image: Tensor, target: dict[str, Tensor] | None = None) -> tuple[Tensor, Any]:
        """Return both as they are."""
        return image, target

    def postprocess(self, result: list[dict[str, Tensor]], *_: Any) -> list[dict[str, Tensor]]:
        """Return the detections as they are: boxes in pixels, masks as small squares."""
        return result


def build(architecture: Architecture) -> MaskRCNN:
    """Return an untrained network.

    Notes
    -----
    ``resnet50`` has the heads of torchvision's second version (doi 10.48550/arXiv.2111.11429), ``mobilenet_v2`` lighter
    ones. Batch normalization is left to train: frozen at random initial weights it lets the loss diverge.
    """
    light = architecture.backbone == "mobilenet_v2"
    backbone = _mobilenet() if light else _resnet()
    width, n_classes = backbone.out_channels, len(architecture.types) + 1
    anchors = AnchorGenerator(architecture.anchor_sizes, (architecture.aspect_ratios,) * len(architecture.anchor_sizes))
    hidden = 256 if light else 1024
    box_head: nn.Module
    if light:
        box_head = TwoMLPHead(width * 7 * 7, hidden)
    else:
        box_head = FastRCNNConvFCHead((width, 7, 7), [width] * 4, [hidden], norm_layer=nn.BatchNorm2d)
    network = MaskRCNN(
        backbone,
        rpn_anchor_generator=anchors,
        rpn_head=RPNHead(width, anchors.num_anchors_per_location()[0], conv_depth=1 if light else 2),
        rpn_pre_nms_top_n_train=1000 if light else 2000,
        rpn_post_nms_top_n_train=1000 if light else 2000,
        rpn_pre_nms_top_n_test=2 * MAX_DETECTIONS,
        rpn_post_nms_top_n_test=2 * MAX_DETECTIONS if light else MAX_DETECTIONS,
        box_roi_pool=MultiScaleRoIAlign(LEVELS, output_size=7, sampling_ratio=2),
        box_head=box_head,
        box_predictor=FastRCNNPredictor(hidden, n_classes),
        box_batch_size_per_image=128 if light else 512,
        mask_roi_pool=MultiScaleRoIAlign(LEVELS, output_size=14, sampling_ratio=2),
        mask_head=MaskRCNNHeads(width, [width] * 4, 1, norm_layer=None if light else nn.BatchNorm2d),
        mask_predictor=MaskRCNNPredictor(width, width, n_classes),
    )
    network.transform = UnscaledTransform()
    return network


def _mobilenet() -> BackboneWithFPN:
    layers = dict(zip(("3", "6", "13", "18"), LEVELS, strict=True))
    return BackboneWithFPN(mobilenet_v2(weights=None).features, layers, [24, 32, 96, 1280], 64)


def _resnet() -> BackboneWithFPN:
    layers = dict(zip(("layer1", "layer2", "layer3", "layer4"), LEVELS, strict=True))
    return BackboneWithFPN(resnet50(weights=None), layers, [256, 512, 1024, 2048], 256, norm_layer=nn.BatchNorm2d)
