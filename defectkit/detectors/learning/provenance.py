"""Provenance: what a model was trained on and with, as digests and as an image to test it by."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from defectkit.detectors.card import TrainingData
from defectkit.detectors.learning.crops import cropped
from defectkit.detectors.learning.example import Example
from defectkit.detectors.training import TrainingSet
from defectkit.records.image import Image
from defectkit.records.label_set import combined_digest

SELF_TEST_PX = 256


def trained_on(training: TrainingSet) -> TrainingData:
    """Return the entry of a model card for a training set: the digests are those of the images that were used."""
    return TrainingData(
        dataset=training.labels.name,
        labels=training.labels.key,
        labels_digest=combined_digest({name: training.labels[name].digest() for name in training.images}),
        images_digest=combined_digest({name: image.digest() for name, image in training.images.items()}),
        n_images=len(training),
        n_defects=training.n_defects,
    )


def training_digest(settings: Mapping[str, Any], training: TrainingSet, validation: TrainingSet | None) -> str:
    """Return a digest of all that a training depends on: settings as plain values, and each side's images and labels.

    A checkpoint carries it, so that no training goes on from that of another.
    """
    sides = [[] if side is None else _side(side) for side in (training, validation)]
    return hashlib.sha256(json.dumps([settings, sides], sort_keys=True).encode()).hexdigest()


def _side(side: TrainingSet) -> list[tuple[str, str, tuple[float, float], str]]:
    return [(i.name, i.digest(), i.required_calibration().pixel_size_nm, labels.digest()) for i, labels in side]


def self_test_image(examples: Sequence[Example], pixel_size_nm: float) -> Image:
    """Return an 8-bit image, 256 pixels wide at most, of the part of the examples that holds the most defects."""
    places = [
        (e, top, left)
        for e in examples
        for top in range(0, max(1, e.pixels.shape[0] - SELF_TEST_PX + 1), SELF_TEST_PX // 2)
        for left in range(0, max(1, e.pixels.shape[1] - SELF_TEST_PX + 1), SELF_TEST_PX // 2)
    ]
    crops = (
        cropped(e, top, left, (min(SELF_TEST_PX, e.pixels.shape[0]), min(SELF_TEST_PX, e.pixels.shape[1])))
        for e, top, left in places
    )
    fullest = max(crops, key=lambda crop: len(crop.instances))
    pixels = np.round(fullest.pixels * 255).astype(np.uint8)
    return Image.from_array("self-test", pixels, pixel_size=f"{pixel_size_nm!r} nm/px")
