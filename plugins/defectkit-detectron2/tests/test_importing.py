from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from defectkit_detectron2 import Detectron2, from_checkpoint

from defectkit import Image
from defectkit.detectors import detect
from defectkit.errors import DetectorError


@pytest.fixture
def final(trained: Detectron2, tmp_path: Path) -> dict[str, Any]:
    """What Detectron2's trainer leaves behind, and what has to be known of it."""
    given = trained.required()
    path, config = tmp_path / "model_final.pth", tmp_path / "theirs.yaml"
    scheduler = {"base_lrs": [0.1], "last_epoch": 9}
    state = given.model.network.state_dict()
    torch.save({"model": state, "optimizer": {"state": {}}, "scheduler": scheduler, "iteration": 9}, path)
    config.write_text(given.model.plan.text)
    return {
        "path": path,
        "config": str(config),
        "types": given.card.types,
        "pixel_size": f"{given.model.pixel_size_nm!r} nm/px",
        "min_score": given.model.min_score,
        "license": "CC-BY-4.0",
    }


def test_somebodys_checkpoint_predicts_and_is_saved(
    final: dict[str, Any], trained: Detectron2, scenes: Any, tmp_path: Path
) -> None:
    image: Image = next(iter(scenes.images.values()))
    theirs = from_checkpoint(**final, example=image, device="cpu")
    (expected,) = detect(trained, [image])
    (found,) = detect(theirs, [image])
    assert len(expected.instances)
    assert found.instances == expected.instances
    assert theirs.card().license == "CC-BY-4.0"
    assert "model_final.pth sha256:" in theirs.card().description
    theirs.save(tmp_path / "model")
    (tmp_path / "model_final.pth").unlink()
    (again,) = detect(Detectron2.load(tmp_path / "model"), [image])
    assert again.instances == expected.instances


def test_types_have_to_be_as_many_as_classes(final: dict[str, Any]) -> None:
    with pytest.raises(DetectorError, match=r"tells 2 types apart, but 3 are named"):
        from_checkpoint(**final | {"types": ("bdot", "loop_111", "loop_100")})


def test_another_configuration_is_told(final: dict[str, Any]) -> None:
    with pytest.raises(DetectorError, match="name the configuration"):
        from_checkpoint(**final | {"config": "small"}, overrides={"MODEL.ROI_BOX_HEAD.FC_DIM": 8})
