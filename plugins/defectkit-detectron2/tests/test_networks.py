from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
from defectkit_detectron2 import Detectron2

from defectkit.detectors import TrainingSet, detect
from defectkit.errors import DetectorError

pytestmark = pytest.mark.filterwarnings(
    "ignore::defectkit.errors.DetectionCapWarning"  # after two iterations a network may see defects everywhere
)

CASCADE = {"MODEL.ROI_HEADS.NAME": "CascadeROIHeads", "MODEL.ROI_BOX_HEAD.CLS_AGNOSTIC_BBOX_REG": True}
LAZY = "COCO-InstanceSegmentation/mask_rcnn_R_50_FPN_1x.py"


def fitted(options: dict[str, Any], brief: Detectron2, scenes: TrainingSet) -> Detectron2:
    few = scenes.only(list(scenes.images)[:2])
    return attrs.evolve(brief, min_score=0.01, max_detections=3000, **options).fit(few)


@pytest.mark.parametrize(
    "options",
    [{"overrides": CASCADE}, {"config": LAZY, "initial_weights": "random", "anchors": "fitted"}],
    ids=["cascade", "LazyConfig"],
)
def test_other_networks_learn_predict_and_are_saved(
    options: dict[str, Any], brief: Detectron2, scenes: TrainingSet, tmp_path: Path
) -> None:
    detector = fitted(options, brief, scenes)
    image = next(iter(scenes.images.values()))
    (before,) = detect(detector, [image])
    detector.save(tmp_path / "model")
    (after,) = detect(Detectron2.load(tmp_path / "model"), [image])
    assert before.instances == after.instances
    assert before.settings["masks"] == "of the network"
    assert not any("boxes" in note for note in before.notes)


def test_boxes_without_masks_are_marked(brief: Detectron2, scenes: TrainingSet, tmp_path: Path) -> None:
    detector = fitted({"overrides": {"MODEL.MASK_ON": False}}, brief, scenes)
    image = next(iter(scenes.images.values()))
    (prediction,) = detect(detector, [image])
    assert any("sizes and shapes are those of boxes" in note for note in prediction.notes)
    assert prediction.settings["masks"] == "filled boxes"
    assert any("sizes and shapes are those of boxes" in limit for limit in detector.card().limits)
    boxes = prediction.instances.boxes
    assert len(boxes)
    assert np.array_equal(prediction.instances.areas, (boxes[:, 2:] - boxes[:, :2]).prod(axis=1))
    detector.save(tmp_path / "model")
    assert not Detectron2.load(tmp_path / "model").required().model.plan.has_masks


def test_weights_at_an_address_are_not_fetched(brief: Detectron2, scenes: TrainingSet) -> None:
    with pytest.raises(DetectorError, match="which is an address"):
        fitted({"config": "reference"}, brief, scenes)
