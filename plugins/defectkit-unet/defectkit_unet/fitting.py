"""Fitting: from labelled images to a network that is used without torch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import numpy as np
import torch

from defectkit.detectors import TrainingSet
from defectkit.detectors.loopnet.model import Model
from defectkit.errors import DetectorError
from defectkit.records import Image, Instances
from defectkit.synthesis import TYPES, Ellipses
from defectkit_unet.data.crop import Source
from defectkit_unet.data.drawn import RandomisedSource
from defectkit_unet.data.labelled import LabelledSource, covered_pixels, dark
from defectkit_unet.data.mixture import Mixture
from defectkit_unet.data.warping import Scene
from defectkit_unet.detector import RECIPE
from defectkit_unet.devices import device_of
from defectkit_unet.exporting import export, load_weights
from defectkit_unet.facts import facts
from defectkit_unet.networks import build
from defectkit_unet.pretrained import fusion, weights
from defectkit_unet.training import Schedule, Watch, train_network
from defectkit_unet.watching import Watched

if TYPE_CHECKING:
    from defectkit_unet.detector import UNetDetector


def learn_network(detector: UNetDetector, training: TrainingSet, validation: TrainingSet | None) -> Model:
    """Return what a detector with these options learns from images.

    Parameters
    ----------
    detector : UNetDetector
    training : TrainingSet
    validation : TrainingSet, optional
        Watched; nothing is chosen by it.

    Raises
    ------
    DetectorError
        If the device is missing, the weights to start from are of another network, or the training diverges.
    """
    types = (*TYPES, *(name for name in training.types if name not in TYPES))
    device = device_of(detector.device)
    torch.manual_seed(detector.seed)
    network, initial = build(detector.network, len(types)), _initial(detector)
    if initial is not None:
        load_weights(network, initial, types)
    workspace = detector.training_folder(detector.workspace, training, validation)
    network, history = train_network(
        network,
        mixture(detector, training, types),
        Schedule(
            iterations=detector.iterations,
            learning_rate=detector.learning_rate,
            watch_every=detector.watch_every,
            workers=detector.workers,
        ),
        device=device,
        watch=None if validation is None else _watched(detector, validation, types, device),
        workspace=workspace,
    )
    if workspace is not None:
        history.write(workspace)
    return Model(
        content=export(network, facts(types, version=detector.version)),
        fusion=fusion(),
        card=attrs.evolve(detector, trained=None).card(),
        source="the network that was trained",
    )


def mixture(detector: UNetDetector, training: TrainingSet, types: tuple[str, ...]) -> Mixture:
    """Return the crops that a training shows: those of the images, and a part of randomised micrographs."""
    randomised = detector.randomised
    sources: dict[str, tuple[Source, float]] = {
        "images": (LabelledSource(scenes=[scene(image, truth, types) for image, truth in training]), 1 - randomised)
    }
    if randomised > 0:
        sources["randomised"] = (RandomisedSource(), randomised)
    return Mixture(sources=sources, side=detector.crop_size, batch_size=detector.batch_size, seed=detector.seed)


def scene(image: Image, truth: Instances, types: tuple[str, ...]) -> Scene:
    """Return a labelled image, turned so that its defects are dark."""
    return Scene.of(dark(np.asarray(image.pixels), covered_pixels(truth)), Ellipses.of(truth, types))


def _initial(detector: UNetDetector) -> bytes | None:
    if not detector.initial_weights:
        return None
    if detector.initial_weights == RECIPE:
        if detector.network != "loopnet":
            raise DetectorError(
                f"the weights of the recipe are of the network 'loopnet', not of {detector.network!r}; "
                'set initial_weights = "" to start from random ones'
            )
        return weights()
    try:
        return Path(detector.initial_weights).read_bytes()
    except OSError as error:
        raise DetectorError(f"initial weights: {detector.initial_weights} cannot be read: {error.strerror}") from error


def _watched(detector: UNetDetector, validation: TrainingSet, types: tuple[str, ...], device: torch.device) -> Watch:
    scenes = {"images": [scene(image, truth, types) for image, truth in validation]}
    return Watched.of(scenes, detector.crop_size, detector.batch_size, device).figures
