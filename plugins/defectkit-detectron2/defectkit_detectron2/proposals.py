"""Proposals: boxes worth a closer look, with limits that do not depend on how much is shown at once."""

from __future__ import annotations

import torch
from detectron2.layers import batched_nms
from detectron2.modeling import PROPOSAL_GENERATOR_REGISTRY
from detectron2.modeling.proposal_generator import RPN
from detectron2.structures import Boxes, Instances
from torch import Tensor

from defectkit.detectors.learning.cells import best_in_cells


@PROPOSAL_GENERATOR_REGISTRY.register()  # type: ignore[untyped-decorator]  # Detectron2 has no types
class LocalRPN(RPN):  # type: ignore[misc]  # Detectron2 has no types
    """Detectron2's region proposal network whose limits hold, once it is trained, for each cell of 64 pixels.

    ``PRE_NMS_TOPK_TEST`` boxes of each level stay in a cell before overlapping ones are left out, and
    ``POST_NMS_TOPK_TEST`` of all levels after that. Training is Detectron2's own. The weights are those of ``RPN``.

    Notes
    -----
    Detectron2's limits hold for an image, however large it is: of a whole micrograph so few boxes to a pixel are looked
    at that a tile of it shows defects that are missing in the whole.
    """

    def predict_proposals(
        self,
        anchors: list[Boxes],
        pred_objectness_logits: list[Tensor],
        pred_anchor_deltas: list[Tensor],
        image_sizes: list[tuple[int, int]],
    ) -> list[Instances]:
        """Return the proposals of each image in falling order of objectness, as Detectron2 asks for them."""
        if self.training:
            proposals: list[Instances] = super().predict_proposals(
                anchors, pred_objectness_logits, pred_anchor_deltas, image_sizes
            )
            return proposals
        with torch.no_grad():
            boxes = self._decode_proposals(anchors, pred_anchor_deltas)
            return [
                self._best([level[k] for level in boxes], [level[k] for level in pred_objectness_logits], size)
                for k, size in enumerate(image_sizes)
            ]

    def _best(self, boxes: list[Tensor], logits: list[Tensor], size: tuple[int, int]) -> Instances:
        """Return the proposals of one image from the boxes (N, 4) of each level."""
        levels = [
            self._in_cells(*self._clipped(given, scores, size), self.pre_nms_topk[False])
            for given, scores in zip(boxes, logits, strict=True)
        ]
        of_level = torch.cat([torch.full_like(scores, k) for k, (_, scores) in enumerate(levels)])
        every, scores = (torch.cat(column) for column in zip(*levels, strict=True))
        apart = batched_nms(every, scores, of_level, self.nms_thresh)
        every, scores = self._in_cells(every[apart], scores[apart], self.post_nms_topk[False])
        best = Instances(size)
        best.proposal_boxes = Boxes(every)
        best.objectness_logits = scores
        return best

    def _clipped(self, boxes: Tensor, scores: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
        finite = torch.isfinite(boxes).all(dim=1) & torch.isfinite(scores)
        clipped, scores = Boxes(boxes[finite]), scores[finite]
        clipped.clip(size)
        kept = clipped.nonempty(threshold=self.min_box_size)
        return clipped.tensor[kept], scores[kept]

    @staticmethod
    def _in_cells(boxes: Tensor, scores: Tensor, limit: int) -> tuple[Tensor, Tensor]:
        kept = best_in_cells(boxes.cpu().numpy(), scores.cpu().numpy(), limit=limit)
        indices = torch.from_numpy(kept).to(boxes.device)
        return boxes[indices], scores[indices]
