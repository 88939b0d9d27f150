"""Calls: what a saved configuration may call. A model folder may come from anybody, and a call can do anything."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from defectkit.errors import DetectorError

CALLABLE = frozenset(
    {
        "detectron2.layers.ShapeSpec",
        "detectron2.modeling.FPN",
        "detectron2.modeling.FastRCNNOutputLayers",
        "detectron2.modeling.GeneralizedRCNN",
        "detectron2.modeling.ResNet",
        "detectron2.modeling.ResNet.make_default_stages",
        "detectron2.modeling.ResNet.make_stage",
        "detectron2.modeling.StandardROIHeads",
        "detectron2.modeling.anchor_generator.DefaultAnchorGenerator",
        "detectron2.modeling.anchor_generator.RotatedAnchorGenerator",
        "detectron2.modeling.backbone.BasicStem",
        "detectron2.modeling.backbone.RegNet",
        "detectron2.modeling.backbone.fpn.LastLevelMaxPool",
        "detectron2.modeling.backbone.fpn.LastLevelP6P7",
        "detectron2.modeling.box_regression.Box2BoxTransform",
        "detectron2.modeling.matcher.Matcher",
        "detectron2.modeling.poolers.ROIPooler",
        "detectron2.modeling.proposal_generator.RPN",
        "detectron2.modeling.proposal_generator.StandardRPNHead",
        "detectron2.modeling.roi_heads.CascadeROIHeads",
        "detectron2.modeling.roi_heads.FastRCNNConvFCHead",
        "detectron2.modeling.roi_heads.MaskRCNNConvUpsampleHead",
        "detectron2.modeling.roi_heads.Res5ROIHeads",
        "detectron2.solver.WarmupParamScheduler",
        "detectron2.solver.get_default_optimizer_params",
        "fvcore.common.param_scheduler.CosineParamScheduler",
        "fvcore.common.param_scheduler.MultiStepParamScheduler",
        "torch.optim.AdamW",
        "torch.optim.SGD",
    }
)
"""Each by the one name that Detectron2 writes for it. Another name of the same thing is not looked up, since a path of
attributes leads anywhere: ``torch.nn.parallel.distributed.os.system`` is ``os.system``."""

MOST_VALUES = 100_000
MOST_CHARACTERS = 1_000_000
_INTERPOLATION = re.compile(r"\$\{[.\w\[\]]*\}")


def refuse_long(text: str, where: str) -> None:
    """Raise where a configuration is longer than any of Detectron2 by far.

    Raises
    ------
    DetectorError
    """
    if len(text) > MOST_CHARACTERS:
        raise DetectorError(f"{where}: the configuration has {len(text)} characters; up to {MOST_CHARACTERS} are read")


def refuse_foreign_calls(tree: Any, where: str) -> None:
    """Raise where a tree would call anything but what networks, their optimizers and schedules are built from.

    Parameters
    ----------
    tree : Any
        Mappings, lists and scalars: what a saved LazyConfig says.
    where : str
        What it is from, for messages.

    Raises
    ------
    DetectorError
        If a ``_target_`` is not a name in :data:`CALLABLE`, a text has an interpolation that is more than the place of
        another value (a resolver, such as that of environment variables, is a call), or there are too many values.
    """
    for key, value in _values(tree, where):
        if key == "_target_" and (not isinstance(value, str) or value not in CALLABLE):
            raise DetectorError(
                f"{where}: calls {_shown(value)}, which is none of the {len(CALLABLE)} things that a saved "
                "configuration may call. Train from the configuration's own Python file instead"
            )
        for text in (key, value):
            if isinstance(text, str) and "$" in _INTERPOLATION.sub("", text):
                raise DetectorError(f"{where}: {_shown(text)} is more than the place of another value")


def _values(tree: Any, where: str) -> Iterator[tuple[Any, Any]]:
    """Yield each value of a tree with its key (None in a list); one that is there twice, by an alias, counts twice."""
    waiting: list[tuple[Any, Any]] = [(None, tree)]
    seen = 0
    while waiting:
        key, value = waiting.pop()
        seen += 1
        if seen > MOST_VALUES:
            raise DetectorError(f"{where}: the configuration has more than {MOST_VALUES} values")
        yield key, value
        if isinstance(value, Mapping):
            waiting.extend(value.items())
        elif isinstance(value, list | tuple | set):
            waiting.extend((None, each) for each in value)


def _shown(value: Any) -> str:
    text = ascii(value)
    return text if len(text) <= 120 else text[:117] + "..."
