"""Settings: what a network is built from and trained with, as plain values that JSON holds."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from defectkit.errors import DetectorError

BACKBONES = ("mobilenet_v2", "resnet50")
CHECKPOINT_METRICS = ("validation_f1", "validation_loss")
N_LEVELS = 5
MAX_DETECTIONS = 1000


def _rows(value: Iterable[Iterable[float]]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(v) for v in row) for row in value)


def _texts(value: Iterable[str]) -> tuple[str, ...]:
    return tuple(value)


def _floats(value: Iterable[float]) -> tuple[float, ...]:
    return tuple(float(v) for v in value)


@attrs.frozen(kw_only=True)
class Architecture:
    """What the network is.

    Parameters
    ----------
    backbone : str
        ``mobilenet_v2`` (64 channels, for a CPU) or ``resnet50`` (256 channels, for a GPU).
    types : tuple of str
        What it tells apart; class 0 is the background.
    anchor_sizes : tuple of tuple of float
        Box sizes in pixels for each of the pyramid's five levels.
    aspect_ratios : tuple of float
        Height / width of the anchors.
    """

    backbone: str
    types: tuple[str, ...] = attrs.field(converter=_texts)
    anchor_sizes: tuple[tuple[float, ...], ...] = attrs.field(converter=_rows)
    aspect_ratios: tuple[float, ...] = attrs.field(converter=_floats)

    def __attrs_post_init__(self) -> None:
        checked_backbone(self.backbone)
        if len(self.anchor_sizes) != N_LEVELS:
            raise DetectorError(f"anchor sizes for {len(self.anchor_sizes)} levels, but the pyramid has {N_LEVELS}")


def checked_backbone(name: str) -> str:
    """Return ``name`` if there is such a backbone.

    Raises
    ------
    DetectorError
        If there is not.
    """
    if name not in BACKBONES:
        raise DetectorError(f"there is no backbone {name!r}; choose one of {', '.join(BACKBONES)}")
    return name


@attrs.frozen(kw_only=True)
class Schedule:
    """How the network is trained.

    Parameters
    ----------
    iterations, batch_size : int
    learning_rate : float
        Reached after a warm-up of a tenth of the iterations (at most 200), and lowered along a cosine to a hundredth.
    crop_size : int
        Edge of the square windows it sees, in pixels of the training pixel size.
    evaluate_every : int
        Iterations between looks at the validation set, and between checkpoints.
    checkpoint_metric : str
        ``validation_f1`` (the highest) or ``validation_loss`` (the lowest): which state is kept.
    patience : int
        Looks without an improvement after which the training ends; 0 for never.
    mixed_precision : bool
        Whether a GPU computes with 16 bits where that is enough.
    seed : int

    Raises
    ------
    DetectorError
        If a value is out of range.
    """

    iterations: int
    batch_size: int
    learning_rate: float
    crop_size: int
    evaluate_every: int
    checkpoint_metric: str
    patience: int
    mixed_precision: bool
    seed: int

    def __attrs_post_init__(self) -> None:
        lowest = {"iterations": 1, "batch_size": 1, "crop_size": 32, "evaluate_every": 1, "patience": 0, "seed": 0}
        for name, least in lowest.items():
            if getattr(self, name) < least:
                raise DetectorError(f"{name} is {getattr(self, name)}, but at least {least} is needed")
        if not self.learning_rate > 0:
            raise DetectorError(f"learning_rate is {self.learning_rate}, which is not positive")
        if self.checkpoint_metric not in CHECKPOINT_METRICS:
            raise DetectorError(
                f"checkpoint_metric is {self.checkpoint_metric!r}; choose one of {', '.join(CHECKPOINT_METRICS)}"
            )
