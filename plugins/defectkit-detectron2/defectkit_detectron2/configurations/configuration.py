"""Configuration: what a network of Detectron2 is built from and trained with, as text that can be kept."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

import attrs
import torch
from torch import nn

from defectkit.errors import DetectorError

IMAGENET_STD = (57.375, 57.12, 58.395)
"""Standard deviations of ImageNet's channels, for networks that start from random weights."""


@attrs.frozen(kw_only=True)
class Changes:
    """What defectkit sets in a configuration; None leaves what it says.

    Parameters
    ----------
    n_types : int
        Number of types, without the background.
    max_detections : int
        The most defects for one image. It is set before anything is built: a network that exists keeps its own.
    min_score : float
        Detections below are not given.
    iterations, batch_size : int, optional
    learning_rate : float, optional
    evaluate_every, checkpoint_every, crop_size : int, optional
    anchor_sizes : tuple of tuple of float, optional
        For each level of the pyramid that proposes boxes, as many for each.
    aspect_ratios : tuple of float, optional
        Height / width of the anchors.
    random_weights : bool
        Whether the network starts from random weights: then batch normalization learns, nothing is frozen, and inputs
        are scaled to a standard deviation of 1, since the loss diverges otherwise.
    """

    n_types: int
    max_detections: int
    min_score: float
    iterations: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    evaluate_every: int | None = None
    checkpoint_every: int | None = None
    crop_size: int | None = None
    anchor_sizes: tuple[tuple[float, ...], ...] | None = None
    aspect_ratios: tuple[float, ...] | None = None
    random_weights: bool = False

    def __attrs_post_init__(self) -> None:
        for name in ("iterations", "batch_size", "learning_rate", "evaluate_every", "checkpoint_every", "crop_size"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise DetectorError(f"{name} is {value}, but it has to be positive")


@attrs.frozen(kw_only=True)
class Schedule:
    """How long and in what steps a network is trained.

    Parameters
    ----------
    iterations, batch_size : int
    evaluate_every, checkpoint_every : int
        In iterations.
    crop_size : int
        Edge of the square windows it sees.
    """

    iterations: int
    batch_size: int
    evaluate_every: int
    checkpoint_every: int
    crop_size: int


@attrs.frozen(kw_only=True)
class Configuration(ABC):
    """A configuration of Detectron2 in one of its two languages.

    Parameters
    ----------
    text : str
        The whole configuration as YAML.
    """

    kind: ClassVar[str]

    text: str

    @property
    @abstractmethod
    def weights(self) -> str:
        """The weights that it starts from: a path, an address, or nothing."""

    @property
    @abstractmethod
    def schedule(self) -> Schedule:
        """How long it is trained."""

    @property
    @abstractmethod
    def has_masks(self) -> bool:
        """Whether it gives masks; boxes alone otherwise."""

    @property
    @abstractmethod
    def proposal_levels(self) -> tuple[str, ...]:
        """The levels of the pyramid that propose boxes."""

    @abstractmethod
    def overridden(self, overrides: Mapping[str, Any]) -> Self:
        """Return it with other values for some keys, such as ``MODEL.RPN.NMS_THRESH``.

        Raises
        ------
        DetectorError
            If a key is unknown, or its value is of another kind.
        """

    @abstractmethod
    def changed(self, changes: Changes) -> Self:
        """Return it with what defectkit sets."""

    @abstractmethod
    def network(self) -> nn.Module:
        """Return the network, on the CPU, with random weights.

        Raises
        ------
        DetectorError
            If it is not a two-stage detector of Detectron2 (its GeneralizedRCNN), or cannot be built.
        """

    @abstractmethod
    def optimizer(self, network: nn.Module) -> torch.optim.Optimizer:
        """Return the optimizer of a network."""

    @abstractmethod
    def scheduler(self, optimizer: torch.optim.Optimizer) -> Any:
        """Return what changes the learning rate after each iteration."""


def built_or_refused(build: Callable[[], Any]) -> Any:
    """Return what ``build`` makes of a configuration.

    Raises
    ------
    DetectorError
        If it raises anything: the builders of Detectron2 assert, and raise whatever they meet.
    """
    try:
        return build()
    except Exception as error:
        raise DetectorError(
            f"Detectron2 cannot build this configuration: {type(error).__name__}: {error}. Mind the overrides"
        ) from error


def two_stage(network: nn.Module) -> nn.Module:
    """Return ``network`` if it is a two-stage detector.

    Raises
    ------
    DetectorError
        If it is not.
    """
    from detectron2.modeling import GeneralizedRCNN

    if not isinstance(network, GeneralizedRCNN):
        raise DetectorError(
            f"the configuration builds a {type(network).__name__}; this plugin runs Mask R-CNN, Cascade Mask R-CNN "
            "and Faster R-CNN (GeneralizedRCNN)"
        )
    known: nn.Module = network
    return known
