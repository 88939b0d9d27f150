"""Fitting: from labelled images to a network that is used without torch."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import numpy as np
import torch

from defectkit.detectors import ModelCard, TrainingSet, detect
from defectkit.detectors.learning.provenance import trained_on, training_digest
from defectkit.detectors.learning.scoring import find_counts, reported_metrics
from defectkit.detectors.loopnet.detector import LoopNet
from defectkit.detectors.loopnet.model import Model
from defectkit.errors import DetectorError
from defectkit.records import Image, Instances
from defectkit.synthesis import TYPES, Ellipses
from defectkit_unet.curves import write_curves
from defectkit_unet.data.crop import Source
from defectkit_unet.data.drawn import RandomisedSource
from defectkit_unet.data.labelled import LabelledSource, covered, dark
from defectkit_unet.data.mixture import Mixture
from defectkit_unet.data.warping import Scene
from defectkit_unet.devices import device_of
from defectkit_unet.exporting import digest, exported, load_weights
from defectkit_unet.facts import facts
from defectkit_unet.networks import build
from defectkit_unet.pretrained import fusion, weights
from defectkit_unet.settings import RECIPE, Training
from defectkit_unet.training import Schedule, trained
from defectkit_unet.watching import Watched

if TYPE_CHECKING:
    from defectkit_unet.detector import UNetDetector

logger = logging.getLogger(__name__)

CITATION = {
    "loopnet": "",
    "unet": "U-Net, doi 10.1007/978-3-319-24574-4_28",
    "defectsegnet": "DefectSegNet, doi 10.1038/s41598-019-49105-0",
}


def fitted(detector: UNetDetector, training: TrainingSet, validation: TrainingSet | None) -> LoopNet:
    """Return what a detector with these options learns from images.

    Parameters
    ----------
    detector : UNetDetector
    training : TrainingSet
    validation : TrainingSet, optional
        Watched, and what is found in it is on the card; nothing is chosen by it.

    Raises
    ------
    DetectorError
        If no training image holds a defect, the device is missing, the weights to start from are of another network,
        or the training diverges.
    """
    if training.n_defects == 0:
        raise DetectorError("the training images hold no labelled defect: there is nothing to learn from")
    settings = Training(**{field.name: getattr(detector, field.name) for field in attrs.fields(Training)})
    types = (*TYPES, *(name for name in training.types if name not in TYPES))
    device = device_of(detector.device)
    torch.manual_seed(detector.seed)
    network, initial = build(detector.network, len(types)), _initial(detector)
    if initial is not None:
        load_weights(network, initial, types)
    workspace = _workspace(detector, training, validation)
    network, history = trained(
        network,
        mixture(training, types, settings, randomised=detector.randomised),
        Schedule(
            iterations=settings.iterations,
            learning_rate=settings.learning_rate,
            watch_every=settings.watch_every,
            workers=settings.workers,
        ),
        device=device,
        watch=None if validation is None else _watched(validation, types, settings, device),
        workspace=workspace,
    )
    if workspace is not None:
        write_curves(history, workspace)
    content = exported(network, facts(types, version=_version()))
    card = ModelCard(
        name="loopnet",
        version=_version(),
        description=(
            f"The network {detector.network}, trained on the images of a user: {detector.iterations} iterations of "
            f"{detector.batch_size} crops of {detector.crop_size} px, learning rate {detector.learning_rate:g}, seed "
            f"{detector.seed}, {detector.randomised:.0%} of the crops randomised, "
            f"weights to start from: {detector.initial_weights or 'random'}; {device.type}, torch {torch.__version__}. "
            f"Its file has the digest {digest(content)}."
        ),
        types=(*types, "defect") if "defect" not in types else types,
        trained_on=(trained_on(training),),
        license=detector.license,
        citation=CITATION[detector.network],
        limits=("What it has not seen, in contrast, size or kind, it does not know.",),
    )
    model = Model(content=content, fusion=fusion(), card=card, source="the network that was trained")
    return LoopNet(model=attrs.evolve(model, card=_measured(model, validation)))


def mixture(training: TrainingSet, types: tuple[str, ...], settings: Training, *, randomised: float) -> Mixture:
    """Return the crops that a training shows: those of the images, and a part of randomised micrographs."""
    sources: dict[str, tuple[Source, float]] = {
        "images": (LabelledSource(scenes=[scene(image, truth, types) for image, truth in training]), 1 - randomised)
    }
    if randomised > 0:
        sources["randomised"] = (RandomisedSource(), randomised)
    return Mixture(sources=sources, side=settings.crop_size, batch_size=settings.batch_size, seed=settings.seed)


def scene(image: Image, truth: Instances, types: tuple[str, ...]) -> Scene:
    """Return a labelled image, turned so that its defects are dark."""
    return Scene.of(dark(np.asarray(image.pixels), covered(truth)), Ellipses.of(truth, types))


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


def _workspace(detector: UNetDetector, training: TrainingSet, validation: TrainingSet | None) -> Path | None:
    if not detector.workspace:
        return None
    key = training_digest(detector.options(), training, validation)
    return Path(detector.workspace) / key[:16]


def _watched(validation: TrainingSet, types: tuple[str, ...], settings: Training, device: torch.device):  # type: ignore[no-untyped-def]
    scenes = {"images": [scene(image, truth, types) for image, truth in validation]}
    return Watched.of(scenes, settings.crop_size, settings.batch_size, device).figures


def _measured(model: Model, validation: TrainingSet | None) -> ModelCard:
    """Return the card with what is found in the validation images."""
    if validation is None:
        return model.card
    found = detect(LoopNet(model=model), validation.images.values())
    counts = np.concatenate([find_counts(validation.labels[p.image], p.instances, (0.0,)) for p in found])
    metrics = reported_metrics(counts, measured_on=f"{validation.labels.key}, {len(validation)} validation images")
    return attrs.evolve(model.card, metrics=metrics)


def _version() -> str:
    from importlib.metadata import version

    return version("defectkit-unet")
