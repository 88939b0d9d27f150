"""YamlConfiguration: Detectron2's YAML files, a tree of keys in capital letters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import attrs
import torch
from detectron2.config import CfgNode, get_cfg
from detectron2.modeling import build_model
from detectron2.solver import build_lr_scheduler, build_optimizer
from torch import nn

import defectkit_detectron2.backbones  # registers the backbone of the small configuration
import defectkit_detectron2.proposals  # noqa: F401  # and what proposes boxes in it
from defectkit.errors import DetectorError
from defectkit_detectron2.calls import refuse_long
from defectkit_detectron2.configurations.configuration import (
    IMAGENET_STD,
    Changes,
    Configuration,
    Schedule,
    built_or_refused,
    two_stage,
)


@attrs.frozen(kw_only=True)
class YamlConfiguration(Configuration):
    """A tree of keys, all of which Detectron2 knows.

    Parameters
    ----------
    text : str
        As ``CfgNode.dump`` gives it.
    """

    kind: ClassVar[str] = "yaml"

    @classmethod
    def from_file(cls, path: str) -> Self:
        """Return the configuration in a file, with those that it is based on.

        Raises
        ------
        DetectorError
            If the file cannot be read, has unknown keys, or names objects of Python.
        """
        return cls._read(path, lambda cfg: cfg.merge_from_file(path, allow_unsafe=False))

    @classmethod
    def from_text(cls, text: str, where: str) -> Self:
        """Return the configuration that a text holds; ``where`` it is from is for messages.

        Raises
        ------
        DetectorError
            As :meth:`from_file`.
        """
        import yaml

        refuse_long(text, where)
        return cls._read(where, lambda cfg: cfg.merge_from_other_cfg(CfgNode(yaml.safe_load(text))))

    @classmethod
    def _read(cls, where: str, merge: Any) -> Self:
        cfg = get_cfg()
        try:
            merge(cfg)
        except Exception as error:  # yacs asserts, PyYAML and Detectron2 raise several kinds
            raise DetectorError(f"{where}: no configuration of Detectron2: {type(error).__name__}: {error}") from error
        return cls(text=cfg.dump())

    def tree(self) -> CfgNode:
        """Return the keys; changing them changes nothing here."""
        cfg = get_cfg()
        cfg.merge_from_other_cfg(CfgNode.load_cfg(self.text))
        return cfg

    @property
    def weights(self) -> str:
        """``MODEL.WEIGHTS``."""
        return str(self.tree().MODEL.WEIGHTS)

    @property
    def schedule(self) -> Schedule:
        """``SOLVER`` and ``TEST``, and the crops of ``INPUT.CROP``: 1024 pixels unless they are absolute."""
        cfg = self.tree()
        crop = cfg.INPUT.CROP
        return Schedule(
            iterations=cfg.SOLVER.MAX_ITER,
            batch_size=cfg.SOLVER.IMS_PER_BATCH,
            evaluate_every=cfg.TEST.EVAL_PERIOD or cfg.SOLVER.CHECKPOINT_PERIOD,
            checkpoint_every=cfg.SOLVER.CHECKPOINT_PERIOD,
            crop_size=int(crop.SIZE[0]) if crop.ENABLED and crop.TYPE == "absolute" else 1024,
        )

    @property
    def has_masks(self) -> bool:
        """``MODEL.MASK_ON``."""
        return bool(self.tree().MODEL.MASK_ON)

    @property
    def proposal_levels(self) -> tuple[str, ...]:
        """``MODEL.RPN.IN_FEATURES``."""
        return tuple(self.tree().MODEL.RPN.IN_FEATURES)

    def overridden(self, overrides: Mapping[str, Any]) -> Self:
        """Return it with other values for some keys."""
        cfg = self.tree()
        try:
            cfg.merge_from_list([part for pair in overrides.items() for part in pair])
        except Exception as error:  # yacs asserts that a key is known and raises ValueError for its type
            raise DetectorError(f"overrides {dict(overrides)}: {error}") from error
        return attrs.evolve(self, text=cfg.dump())

    def changed(self, changes: Changes) -> Self:
        """Return it with what defectkit sets."""
        cfg = self.tree()
        cfg.MODEL.DEVICE = "cpu"
        cfg.MODEL.ROI_HEADS.NUM_CLASSES = changes.n_types
        cfg.MODEL.ROI_HEADS.SCORE_THRESH_TEST = changes.min_score
        cfg.TEST.DETECTIONS_PER_IMAGE = changes.max_detections
        if cfg.MODEL.RESNETS.DEPTH in (18, 34):
            cfg.MODEL.RESNETS.RES2_OUT_CHANNELS = 64  # the default fits the deeper ones alone
        _reschedule(cfg, changes)
        if changes.anchor_sizes is not None:
            cfg.MODEL.ANCHOR_GENERATOR.SIZES = [list(sizes) for sizes in changes.anchor_sizes]
            cfg.MODEL.ANCHOR_GENERATOR.ASPECT_RATIOS = [list(changes.aspect_ratios or (0.5, 1.0, 2.0))]
        if changes.random_weights:
            cfg.MODEL.WEIGHTS = ""
            cfg.MODEL.BACKBONE.FREEZE_AT = 0
            if cfg.MODEL.RESNETS.NORM == "FrozenBN":
                cfg.MODEL.RESNETS.NORM = "BN"
            if list(cfg.MODEL.PIXEL_STD) == [1.0, 1.0, 1.0]:
                cfg.MODEL.PIXEL_STD = list(IMAGENET_STD)
        return attrs.evolve(self, text=cfg.dump())

    def network(self) -> nn.Module:
        """Return the network, on the CPU, with random weights."""
        return two_stage(built_or_refused(lambda: build_model(self.tree())))

    def optimizer(self, network: nn.Module) -> torch.optim.Optimizer:
        """Return the optimizer of a network."""
        built: torch.optim.Optimizer = built_or_refused(lambda: build_optimizer(self.tree(), network))
        return built

    def scheduler(self, optimizer: torch.optim.Optimizer) -> Any:
        """Return what changes the learning rate after each iteration."""
        return built_or_refused(lambda: build_lr_scheduler(self.tree(), optimizer))


def _reschedule(cfg: CfgNode, changes: Changes) -> None:
    solver = cfg.SOLVER
    if changes.iterations is not None:
        factor = changes.iterations / solver.MAX_ITER
        solver.STEPS = [round(step * factor) for step in solver.STEPS]
        solver.MAX_ITER = changes.iterations
    solver.WARMUP_ITERS = min(solver.WARMUP_ITERS, solver.MAX_ITER // 5)
    solver.IMS_PER_BATCH = changes.batch_size or solver.IMS_PER_BATCH
    solver.BASE_LR = changes.learning_rate or solver.BASE_LR
    solver.BASE_LR_END = min(solver.BASE_LR_END, solver.BASE_LR)
    solver.CHECKPOINT_PERIOD = changes.checkpoint_every or solver.CHECKPOINT_PERIOD
    cfg.TEST.EVAL_PERIOD = changes.evaluate_every or cfg.TEST.EVAL_PERIOD
    if changes.crop_size is not None:
        cfg.INPUT.CROP.ENABLED = True
        cfg.INPUT.CROP.TYPE = "absolute"
        cfg.INPUT.CROP.SIZE = [changes.crop_size, changes.crop_size]
