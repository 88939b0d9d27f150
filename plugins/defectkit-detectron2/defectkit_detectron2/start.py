"""Start: the configuration of a training with all that a detector sets, and the weights it begins with."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from defectkit.detectors.learning import Example
from defectkit.detectors.learning.anchors import box_extents, fitted_aspect_ratios, octave_sizes
from defectkit.detectors.learning.provenance import RANDOM
from defectkit.errors import DetectorError
from defectkit_detectron2.configurations import Changes, Configuration, configuration_of
from defectkit_detectron2.prediction import LOWEST_SCORE
from defectkit_detectron2.weights import Weights, load_into, read_weights

if TYPE_CHECKING:
    from defectkit_detectron2.detector import Detectron2

logger = logging.getLogger(__name__)


def starting_point(
    detector: Detectron2, examples: Sequence[Example], types: tuple[str, ...]
) -> tuple[Configuration, Weights]:
    """Return the configuration of a detector with all that it sets, and the weights to start from.

    Parameters
    ----------
    detector : Detectron2
    examples : sequence of Example
        Their boxes fit the anchors, where they are to be fitted.
    types : tuple of str

    Raises
    ------
    DetectorError
        If the configuration names weights by an address, or they cannot be read.
    """
    configuration = configuration_of(detector.config, detector.overrides)
    path = initial_weights(detector, configuration)
    changed = configuration.changed(
        Changes(
            n_types=len(types),
            max_detections=detector.max_detections,
            min_score=LOWEST_SCORE if detector.min_score is None else min(LOWEST_SCORE, detector.min_score),
            iterations=detector.iterations,
            batch_size=detector.batch_size,
            learning_rate=detector.learning_rate,
            evaluate_every=detector.evaluate_every,
            checkpoint_every=detector.checkpoint_every,
            crop_size=detector.crop_size,
            random_weights=path is None,
            **_anchors(detector, configuration, examples),
        )
    )
    with torch.random.fork_rng([]):
        torch.manual_seed(detector.seed)
        network = changed.network()
    if path is not None:
        left = load_into(network, read_weights(path), where=path)
        logger.info("%s: %d arrays of the network start from random numbers", path, len(left))
    return changed, {name: value.clone() for name, value in network.state_dict().items()}


def initial_weights(detector: Detectron2, configuration: Configuration) -> Path | None:
    """Return where the weights to start from lie, None for random ones.

    Raises
    ------
    DetectorError
        If they are named by an address: nothing is fetched without being told to.
    """
    asked = detector.initial_weights or configuration.weights
    if asked in ("", RANDOM):
        return None
    if "://" in asked:
        raise DetectorError(
            f"the configuration {detector.config!r} starts from the weights at {asked}, which is an address: get that "
            "file (detectron2:// stands for https://dl.fbaipublicfiles.com/detectron2/) and give its path as "
            f"the option initial_weights, or {RANDOM!r} to start from random numbers"
        )
    return Path(asked).expanduser()


def _anchors(detector: Detectron2, configuration: Configuration, examples: Sequence[Example]) -> dict[str, Any]:
    if detector.anchors == "config" or (detector.anchors == "auto" and detector.config != "small"):
        return {}
    extents = box_extents(examples)
    return {
        "anchor_sizes": octave_sizes(extents, len(configuration.proposal_levels)),
        "aspect_ratios": fitted_aspect_ratios(extents),
    }
