"""LazyConfiguration: Detectron2's LazyConfig files, trees of calls that are made later."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import attrs
import detectron2
import torch
import yaml
from detectron2.config import LazyConfig, instantiate
from detectron2.config.instantiate import dump_dataclass
from detectron2.solver import LRMultiplier
from detectron2.utils.registry import _convert_target_to_string
from omegaconf import DictConfig, OmegaConf, SCMode
from torch import nn

from defectkit.errors import DetectorError
from defectkit_detectron2.calls import refuse_foreign_calls, refuse_long
from defectkit_detectron2.configurations.configuration import (
    IMAGENET_STD,
    Changes,
    Configuration,
    Schedule,
    built_or_refused,
    two_stage,
)
from defectkit_detectron2.trust import require_trust

ZOO = (Path(detectron2.__file__).parent / "model_zoo" / "configs").resolve()
KEPT = ("model", "optimizer", "lr_multiplier", "train")


@attrs.frozen(kw_only=True)
class LazyConfiguration(Configuration):
    """A tree of calls: of the model, the optimizer and the schedule of its learning rate.

    Parameters
    ----------
    text : str
        YAML, each call with the name of what it calls as ``_target_``.
    """

    kind: ClassVar[str] = "lazy"

    @classmethod
    def from_file(cls, path: str) -> Self:
        """Return the configuration in a Python file, which is run.

        Raises
        ------
        DetectorError
            If the file is neither of Detectron2's model zoo nor trusted (:mod:`defectkit_detectron2.trust`), has no
            model, optimizer, lr_multiplier or train, or holds what YAML cannot.
        """
        if not Path(path).resolve().is_relative_to(ZOO):
            require_trust(Path(path), "a LazyConfig file is a program, so it was not run")
        try:
            cfg = LazyConfig.load(path)
        except Exception as error:  # the file is a program
            raise DetectorError(f"{path}: no LazyConfig of Detectron2: {type(error).__name__}: {error}") from error
        missing = [key for key in KEPT if key not in cfg]
        if missing:
            raise DetectorError(f"{path}: a LazyConfig has {', '.join(KEPT)}; {', '.join(missing)} is missing")
        batch_size = OmegaConf.select(cfg, "dataloader.train.total_batch_size", default=2)
        kept = OmegaConf.create({key: cfg[key] for key in KEPT}, flags={"allow_objects": True})
        kept.dataloader = {"train": {"total_batch_size": batch_size}}
        return cls(text=_text(kept, path))

    @classmethod
    def from_text(cls, text: str, where: str) -> Self:
        """Return the configuration that a text holds, once it is sure that it calls nothing but networks.

        Raises
        ------
        DetectorError
            If the text is no YAML, or calls anything else.
        """
        refuse_long(text, where)
        try:
            tree = yaml.safe_load(text)
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            raise DetectorError(f"{where}: no LazyConfig as text: {error}") from error
        refuse_foreign_calls(tree, where)
        missing = [key for key in KEPT if not isinstance(tree, Mapping) or not isinstance(tree.get(key), Mapping)]
        if missing:
            raise DetectorError(f"{where}: a LazyConfig has {', '.join(KEPT)}; {', '.join(missing)} is missing")
        return cls(text=text)

    def tree(self) -> DictConfig:
        """Return the tree; changing it changes nothing here."""
        tree: DictConfig = OmegaConf.create(yaml.safe_load(self.text), flags={"allow_objects": True})
        return tree

    @property
    def weights(self) -> str:
        """``train.init_checkpoint``."""
        return str(OmegaConf.select(self.tree(), "train.init_checkpoint", default="") or "")

    @property
    def schedule(self) -> Schedule:
        """``train``, ``dataloader.train.total_batch_size``, and crops of ``train.crop_size`` or 1024 pixels."""
        cfg = self.tree()
        return Schedule(
            iterations=cfg.train.max_iter,
            batch_size=cfg.dataloader.train.total_batch_size,
            evaluate_every=cfg.train.eval_period,
            checkpoint_every=cfg.train.checkpointer.period,
            crop_size=cfg.train.get("crop_size", 1024),
        )

    @property
    def has_masks(self) -> bool:
        """Whether the model has a mask head."""
        return self.tree().model.roi_heads.get("mask_head") is not None

    @property
    def proposal_levels(self) -> tuple[str, ...]:
        """``model.proposal_generator.in_features``."""
        return tuple(self.tree().model.proposal_generator.in_features)

    def overridden(self, overrides: Mapping[str, Any]) -> Self:
        """Return it with other values for some keys."""
        cfg = self.tree()
        for key, value in overrides.items():
            if OmegaConf.select(cfg, key, default=None) is None:
                raise DetectorError(f"overrides: the configuration has no value at {key!r}")
            OmegaConf.update(cfg, key, value, merge=True)
        return attrs.evolve(self, text=_text(cfg, "overrides"))

    def changed(self, changes: Changes) -> Self:
        """Return it with what defectkit sets."""
        cfg = self.tree()
        heads = cfg.model.roi_heads
        heads.num_classes = changes.n_types
        for predictor in heads.get("box_predictors") or [heads.box_predictor]:
            predictor.test_topk_per_image = changes.max_detections
            predictor.test_score_thresh = changes.min_score
        _reschedule(cfg, changes)
        if changes.anchor_sizes is not None:
            _set_anchors(cfg.model.proposal_generator, changes)
        if changes.random_weights:
            _start_at_random(cfg)
        return attrs.evolve(self, text=_text(cfg, "changes"))

    def network(self) -> nn.Module:
        """Return the network, on the CPU, with random weights."""
        return two_stage(built_or_refused(lambda: instantiate(self.tree().model)))

    def optimizer(self, network: nn.Module) -> torch.optim.Optimizer:
        """Return the optimizer of a network."""
        cfg = self.tree()
        cfg.optimizer.params.model = network
        built: torch.optim.Optimizer = built_or_refused(lambda: instantiate(cfg.optimizer))
        return built

    def scheduler(self, optimizer: torch.optim.Optimizer) -> Any:
        """Return what changes the learning rate after each iteration."""
        cfg = self.tree()
        return built_or_refused(lambda: LRMultiplier(optimizer, instantiate(cfg.lr_multiplier), cfg.train.max_iter))


def _reschedule(cfg: DictConfig, changes: Changes) -> None:
    train = cfg.train
    train.max_iter = changes.iterations or train.max_iter
    train.eval_period = changes.evaluate_every or train.eval_period
    train.checkpointer.period = changes.checkpoint_every or train.checkpointer.period
    cfg.dataloader.train.total_batch_size = changes.batch_size or cfg.dataloader.train.total_batch_size
    cfg.optimizer.lr = changes.learning_rate or cfg.optimizer.lr
    if changes.crop_size is not None:
        train.crop_size = changes.crop_size


def _set_anchors(generator: DictConfig, changes: Changes) -> None:
    sizes, ratios = (
        [list(level) for level in changes.anchor_sizes or ()],
        list(changes.aspect_ratios or (0.5, 1.0, 2.0)),
    )
    generator.anchor_generator.sizes = sizes
    generator.anchor_generator.aspect_ratios = ratios
    generator.head.num_anchors = len(sizes[0]) * len(ratios)


def _start_at_random(cfg: DictConfig) -> None:
    cfg.train.init_checkpoint = ""
    for place in ("backbone.bottom_up.stem.norm", "backbone.bottom_up.stages.norm"):
        if OmegaConf.select(cfg.model, place, default=None) == "FrozenBN":
            OmegaConf.update(cfg.model, place, "BN")
    if OmegaConf.select(cfg.model, "backbone.bottom_up.freeze_at", default=None) is not None:
        cfg.model.backbone.bottom_up.freeze_at = 0
    if list(cfg.model.pixel_std) == [1.0, 1.0, 1.0]:
        cfg.model.pixel_std = list(IMAGENET_STD)


def _text(cfg: DictConfig, where: str) -> str:
    container = OmegaConf.to_container(cfg, resolve=False, structured_config_mode=SCMode.INSTANTIATE)
    try:
        return str(yaml.safe_dump(_plain(container), sort_keys=False))
    except yaml.YAMLError as error:
        raise DetectorError(f"{where}: the configuration holds what cannot be kept as text: {error}") from error


def _plain(value: Any) -> Any:
    """Return a tree of mappings, lists and scalars; what is called becomes its name."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _plain(dump_dataclass(value))
    if isinstance(value, Mapping):
        return {key: _plain(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if callable(value):
        return _convert_target_to_string(value)
    return value
