"""Provenance: what a model was trained on and with, as digests and as an image to test it by."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from defectkit.detectors.card import TrainingData
from defectkit.detectors.training import TrainingSet
from defectkit.errors import DetectorError
from defectkit.records.image import Image
from defectkit.records.label_set import combined_digest

SELF_TEST_PX = 256
RANDOM = "random"
"""Initial weights that are no file."""


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


def weights_digest(given: str) -> str:
    """Return name and sha256 of a file of weights, as a model card shows it; what names no file stays as it is.

    Parameters
    ----------
    given : str
        A path; empty, ``random``, or an address for what is no file.

    Raises
    ------
    DetectorError
        If there is no such file.
    """
    if given in ("", RANDOM) or "://" in given:
        return given
    path = Path(given).expanduser()
    try:
        return f"{path.name} sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    except OSError as error:
        raise DetectorError(f"initial weights: {path} cannot be read: {error.strerror}") from error


def training_digest(settings: Mapping[str, Any], training: TrainingSet, validation: TrainingSet | None) -> str:
    """Return a digest of all that a training depends on: settings as plain values, and each side's images and labels.

    A checkpoint carries it, so that no training goes on from that of another.
    """
    sides = [[] if side is None else _side(side) for side in (training, validation)]
    return hashlib.sha256(json.dumps([settings, sides], sort_keys=True).encode()).hexdigest()


def _side(side: TrainingSet) -> list[tuple[str, str, tuple[float, float], str]]:
    return [(i.name, i.digest(), i.required_calibration().pixel_size_nm, labels.digest()) for i, labels in side]


def seen_pixel_sizes(training: TrainingSet, *, widened_by: float = 1.0) -> tuple[float, float] | None:
    """Return the smallest and largest pixel size of the images in nm; None where an image has none.

    Parameters
    ----------
    training : TrainingSet
    widened_by : float
        How many times smaller and larger pixels a model copes with than those it saw.
    """
    if any(image.calibration is None for image in training.images.values()):
        return None
    sizes = [size for pair in training.pixel_sizes_nm() for size in pair]
    return min(sizes) / widened_by, max(sizes) * widened_by


def fullest_window(training: TrainingSet) -> Image:
    """Return the part of the images, 256 pixels wide at most, that holds the middles of the most boxes of defects."""
    windows = [
        (image, top, left, np.count_nonzero(_inside(middles, top, left)))
        for image, labels in training
        for middles in [(labels.boxes[:, :2] + labels.boxes[:, 2:]) / 2]
        for top in _starts(image.shape[0])
        for left in _starts(image.shape[1])
    ]
    image, top, left, _ = max(windows, key=lambda window: window[3])
    bottom, right = (min(start + SELF_TEST_PX, n) for start, n in zip((top, left), image.shape, strict=True))
    pixels = np.ascontiguousarray(image.box(top, left, bottom, right))
    return Image.from_array("self-test", pixels, calibration=image.calibration)


def _starts(n: int) -> range:
    return range(0, max(1, n - SELF_TEST_PX + 1), SELF_TEST_PX // 2)


def _inside(points: NDArray[np.float64], top: int, left: int) -> NDArray[np.bool_]:
    first = np.array([top, left])
    inside: NDArray[np.bool_] = np.all((first <= points) & (points < first + SELF_TEST_PX), axis=1)
    return inside
