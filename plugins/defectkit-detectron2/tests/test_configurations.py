from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest
from defectkit_detectron2.calls import CALLABLE
from defectkit_detectron2.configurations import Changes, configuration_of, restored
from defectkit_detectron2.prediction import predictors
from detectron2.utils.registry import _convert_target_to_string, locate

from defectkit.errors import DetectorError

CHANGES = Changes(n_types=2, max_detections=37, min_score=0.05, random_weights=True)
LAZY = "COCO-InstanceSegmentation/mask_rcnn_R_50_FPN_1x.py"
OWN_LAZY = """
from pathlib import Path

model, optimizer, lr_multiplier, train = {"roi_heads": {"mask_head": {}}}, {}, {}, {}
Path(%r).touch()
"""


def tree(config: str, overrides: dict[str, Any] | None = None) -> Any:
    return configuration_of(config, overrides or {}).tree()  # type: ignore[attr-defined]  # of both kinds


def test_the_reference_is_the_papers() -> None:
    cfg = tree("reference")
    assert (cfg.MODEL.RESNETS.DEPTH, cfg.MODEL.BACKBONE.FREEZE_AT) == (50, 2)
    assert (cfg.SOLVER.MAX_ITER, cfg.SOLVER.IMS_PER_BATCH, cfg.SOLVER.BASE_LR) == (300_000, 2, 2.5e-4)
    assert tuple(cfg.SOLVER.STEPS) == (210_000, 250_000)
    assert cfg.MODEL.ROI_HEADS.BATCH_SIZE_PER_IMAGE == 128
    assert "mask_rcnn_R_50_FPN_3x" in cfg.MODEL.WEIGHTS
    assert cfg.MODEL.MASK_ON


def test_the_reference_differs_from_the_zoos_where_it_says_so() -> None:
    own, zoo = tree("reference"), tree("COCO-InstanceSegmentation/mask_rcnn_R_50_FPN_3x.yaml")
    for cfg in (own, zoo):
        cfg.MODEL.WEIGHTS, cfg.MODEL.ROI_HEADS.BATCH_SIZE_PER_IMAGE = "", 128
    assert own.MODEL == zoo.MODEL
    assert own.SOLVER.STEPS == zoo.SOLVER.STEPS


def test_the_small_one_is_small() -> None:
    network = configuration_of("small", {}).changed(attrs.evolve(CHANGES, n_types=3)).network()
    assert 2.7e6 < sum(p.numel() for p in network.parameters()) < 3.2e6


@pytest.mark.parametrize(
    "config", ["small", "Misc/cascade_mask_rcnn_R_50_FPN_3x.yaml", "COCO-Detection/faster_rcnn_R_50_FPN_3x.yaml", LAZY]
)
def test_the_cap_is_set_before_the_network_is_built(config: str) -> None:
    changed = configuration_of(config, {}).changed(CHANGES)
    assert {p.test_topk_per_image for p in predictors(changed.network())} == {37}
    assert changed.has_masks == ("faster" not in config)


@pytest.mark.parametrize("config", ["reference", LAZY])
def test_random_weights_are_not_frozen(config: str) -> None:
    from detectron2.layers import FrozenBatchNorm2d

    kept = configuration_of(config, {})
    assert "://" in kept.weights
    changed = kept.changed(CHANGES)
    network = changed.network()
    assert changed.weights == ""
    assert not any(isinstance(module, FrozenBatchNorm2d) for module in network.modules())
    assert all(p.requires_grad for p in network.parameters())
    assert network.pixel_std.flatten().tolist() == pytest.approx([57.375, 57.12, 58.395])
    frozen = kept.changed(attrs.evolve(CHANGES, random_weights=False)).network()
    assert any(isinstance(module, FrozenBatchNorm2d) for module in frozen.modules())


def test_a_shallow_resnet_has_the_channels_that_it_needs() -> None:
    shallow = configuration_of("reference", {"MODEL.RESNETS.DEPTH": 18}).changed(CHANGES)
    shallow.network()


def test_the_small_one_keeps_its_first_stages_when_it_starts_from_weights() -> None:
    network = configuration_of("small", {}).changed(attrs.evolve(CHANGES, random_weights=False)).network()
    learning = {name for name, p in network.named_parameters() if p.requires_grad}
    features = "backbone.bottom_up.features"
    assert not any(name.startswith((f"{features}.0.", f"{features}.3.")) for name in learning)
    assert any(name.startswith(f"{features}.4.") for name in learning)


@pytest.mark.parametrize("config", ["small", LAZY])
def test_changes_are_made(config: str) -> None:
    changes = attrs.evolve(
        CHANGES,
        iterations=77,
        batch_size=4,
        learning_rate=0.003,
        evaluate_every=11,
        checkpoint_every=7,
        crop_size=96,
        anchor_sizes=((4.0, 8.0),) * 5,
        aspect_ratios=(0.5, 1.0),
    )
    changed = configuration_of(config, {}).changed(changes)
    schedule = changed.schedule
    assert attrs.astuple(schedule) == (77, 4, 11, 7, 96)
    network = changed.network()
    assert network.proposal_generator.rpn_head.objectness_logits.out_channels == 4
    optimizer = changed.optimizer(network)
    scheduler = changed.scheduler(optimizer)
    for _ in range(40):
        optimizer.step()
        scheduler.step()
    assert 0 < optimizer.param_groups[0]["lr"] <= 0.003


def test_steps_move_with_the_length_of_the_training() -> None:
    kept = configuration_of("COCO-InstanceSegmentation/mask_rcnn_R_50_FPN_3x.yaml", {})
    shorter = kept.changed(attrs.evolve(CHANGES, iterations=2700))
    assert shorter.tree().SOLVER.STEPS == (2100, 2500)  # type: ignore[attr-defined]  # a YAML one


def test_overrides_are_made_and_checked() -> None:
    assert tree("small", {"MODEL.RPN.NMS_THRESH": 0.8}).MODEL.RPN.NMS_THRESH == 0.8
    assert tree(LAZY, {"model.proposal_generator.nms_thresh": 0.8}).model.proposal_generator.nms_thresh == 0.8
    with pytest.raises(DetectorError, match="NMS_TRESH"):
        tree("small", {"MODEL.RPN.NMS_TRESH": 0.8})
    with pytest.raises(DetectorError, match="overrides"):
        tree("small", {"MODEL.RPN.NMS_THRESH": "high"})
    with pytest.raises(DetectorError, match=r"model\.nothing"):
        tree(LAZY, {"model.nothing": 1})


def test_a_file_of_ones_own_is_read(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("SOLVER:\n  MAX_ITER: 5\n  BASE_LR: 0.5\n")
    own = tmp_path / "own.yaml"
    own.write_text("_BASE_: base.yaml\nSOLVER:\n  MAX_ITER: 9\n")
    cfg = tree(str(own))
    assert (cfg.SOLVER.MAX_ITER, cfg.SOLVER.BASE_LR) == (9, 0.5)


def test_a_yaml_file_runs_nothing(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(f"MODEL: !!python/object/apply:pathlib.Path.touch [{tmp_path / 'touched'}]\n")
    with pytest.raises(DetectorError, match="no configuration of Detectron2"):
        configuration_of(str(bad), {})
    assert not (tmp_path / "touched").exists()


def test_what_is_not_there_is_told_with_what_is() -> None:
    with pytest.raises(DetectorError, match="reference, small"):
        configuration_of("smal", {})


@pytest.mark.parametrize("text", ["MODEL: [", "NOTHING: 1", "model = 1"])
def test_a_file_that_is_no_configuration_is_told(tmp_path: Path, text: str) -> None:
    for suffix in ("yaml", "py"):
        path = tmp_path / f"bad.{suffix}"
        path.write_text(text)
        with pytest.raises(DetectorError, match="bad"):
            configuration_of(str(path), {})


@pytest.mark.parametrize("config", ["small", LAZY])
def test_the_text_of_a_configuration_brings_it_back(config: str) -> None:
    changed = configuration_of(config, {}).changed(CHANGES)
    again = restored(changed.text, changed.kind, where="here")
    assert again.tree() == changed.tree()  # type: ignore[attr-defined]  # of both kinds
    assert {n: p.shape for n, p in again.network().state_dict().items()} == {
        n: p.shape for n, p in changed.network().state_dict().items()
    }


def test_a_saved_configuration_of_another_kind_is_refused() -> None:
    with pytest.raises(DetectorError, match="kind"):
        restored(configuration_of(LAZY, {}).text, "other", where="here")


def test_each_call_in_the_table_is_what_it_is_called() -> None:
    assert {name: _convert_target_to_string(locate(name)) for name in CALLABLE} == {name: name for name in CALLABLE}


@pytest.mark.parametrize(
    "config",
    [
        LAZY,
        "Misc/mmdet_mask_rcnn_R_50_FPN_1x.py",
        "COCO-InstanceSegmentation/mask_rcnn_R_50_C4_1x.py",
        "COCO-InstanceSegmentation/mask_rcnn_regnetx_4gf_dds_fpn_1x.py",
    ],
)
def test_a_two_stage_network_of_the_zoo_is_kept_and_another_is_not(config: str) -> None:
    text = configuration_of(config, {}).text
    if "mmdet" in config:
        with pytest.raises(DetectorError, match="MMDetDetector"):
            restored(text, "lazy", where="here")
    else:
        assert restored(text, "lazy", where="here").text == text


@pytest.mark.parametrize(
    ("place", "evil"),
    [
        ("detectron2.modeling.GeneralizedRCNN", "os.makedirs"),
        ("detectron2.modeling.GeneralizedRCNN", "torch.nn.parallel.distributed.os.system"),
        ("detectron2.modeling.GeneralizedRCNN", "detectron2.modeling.GeneralizedRCNN.__init__.__globals__"),
        ("detectron2.modeling.GeneralizedRCNN", "torch.nn.Module"),
        ("detectron2.modeling.GeneralizedRCNN", "{_target_: functools.partial}"),
        ("detectron2.modeling.GeneralizedRCNN", "${train.init_checkpoint}"),
        ("detectron2.modeling.GeneralizedRCNN", "[os.system]"),
        ("torch.optim.SGD", "torch.load"),
        ("detectron2.solver.get_default_optimizer_params", "builtins.exec"),
        ("fvcore.common.param_scheduler.MultiStepParamScheduler", "builtins.eval"),
        ("${..num_classes}", "${oc.env:HOME}"),
        ("${..num_classes}", "${oc.decode:${oc.env:HOME}}"),
        ("${..num_classes}", "\\${oc.env:HOME}"),
    ],
)
def test_a_saved_configuration_calls_nothing_but_networks(place: str, evil: str) -> None:
    text = configuration_of(LAZY, {}).text
    changed = text.replace(place, evil if evil.startswith(("{", "[")) else repr(evil), 1)
    assert changed != text
    with pytest.raises(DetectorError, match=r"here: (calls|.* is more than the place)"):
        restored(changed, "lazy", where="here")


@pytest.mark.parametrize("text", ["", "[]", "a: 1", "model: 3", "[" * 5000, "a: !!python/object/apply:os.getcwd []"])
@pytest.mark.parametrize("kind", ["lazy", "yaml"])
def test_a_saved_text_that_is_no_configuration_is_told(text: str, kind: str) -> None:
    if kind == "yaml" and text == "":
        pytest.skip("nothing is said in it, so it is the default configuration")
    with pytest.raises(DetectorError, match="here"):
        restored(text, kind, where="here")


def test_a_saved_text_of_aliases_of_aliases_is_refused() -> None:
    layers = "\n".join(f"a{i + 1}: &a{i + 1} [{', '.join([f'*a{i}'] * 9)}]" for i in range(12))
    with pytest.raises(DetectorError, match="more than 100000 values"):
        restored(f"a0: &a0 [1]\n{layers}\n", "lazy", where="here")
    with pytest.raises(DetectorError, match="characters"):
        restored("#" * 2_000_000, "lazy", where="here")


def test_a_program_is_run_only_where_the_environment_trusts_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touched, own = tmp_path / "touched", tmp_path / "own.py"
    own.write_text(OWN_LAZY % str(touched))
    for named in (str(own), f"{'../' * 30}{str(own).lstrip('/')}"):
        with pytest.raises(DetectorError, match=f"DEFECTKIT_TRUSTED_FILES={own}|there is no configuration|not run"):
            configuration_of(named, {})
    assert not touched.exists()
    monkeypatch.setenv("DEFECTKIT_TRUSTED_FILES", str(own))
    assert configuration_of(str(own), {}).has_masks
    assert touched.exists()


def test_a_network_of_one_stage_is_refused() -> None:
    boxes = configuration_of("small", {"MODEL.META_ARCHITECTURE": "ProposalNetwork"}).changed(CHANGES)
    with pytest.raises(DetectorError, match="builds a ProposalNetwork"):
        boxes.network()


def test_what_cannot_be_built_is_told() -> None:
    broken = configuration_of("small", {"MODEL.ROI_HEADS.NAME": "NoHeads"}).changed(CHANGES)
    with pytest.raises(DetectorError, match="NoHeads"):
        broken.network()
