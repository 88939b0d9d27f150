"""Parts: the real images that are learned from, as scenes."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.datasets import load_dataset
from defectkit.detectors.learning.parts import Labelled, Part, real_part
from defectkit.errors import DatasetWarning
from defectkit.records import Instances
from defectkit.synthesis import TYPES, Ellipses
from defectkit_unet.data.labelled import dark
from defectkit_unet.data.warping import Scene
from defectkit_unet.recipe.agreement import agreed, trusted

SINGLE_PASS_TRUST = 0.8
"""Of titanium's newer labels where nobody looked a second time."""


def labelled(name: str, part: Part) -> list[Labelled]:
    """Return the images of one part of a real set; which files were at hand is on the card."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DatasetWarning)
        return list(real_part(name, part))


def titanium_scenes() -> list[Scene]:
    """Return the left halves of the titanium frames; the labels of both passes where there are two."""
    second = {part.image.name: part.instances for part in labelled("ti-old", Part.TRAINING)}
    scenes = []
    for part in labelled("ti-new", Part.TRAINING):
        if part.image.name in second:
            ellipses = agreed(part.instances, second[part.image.name])
        else:
            ellipses = trusted(Ellipses.of(part.instances), SINGLE_PASS_TRUST)
        typed = attrs.evolve(ellipses, types=np.full(len(ellipses), TYPES.index("loop")))
        scenes.append(Scene.of(np.asarray(part.image.pixels), typed))
    return scenes


def dark_scenes(name: str) -> Iterator[Scene]:
    """Yield the images of a real set that are learned from, turned so that defects are dark."""
    for part in labelled(name, Part.TRAINING):
        pixels = dark(np.asarray(part.image.pixels), covered(part.instances))
        yield Scene.of(pixels, Ellipses.of(part.instances, TYPES))


def background_scenes() -> list[Scene]:
    """Return the foils without cavities of COSMIC-ML."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DatasetWarning)
        data = load_dataset("cosmic-backgrounds", available=True)
    return [Scene.of(np.asarray(image.pixels), Ellipses.empty()) for image in data.images.values()]


def covered(instances: Instances) -> NDArray[np.bool_]:
    """Return which pixels of the frame belong to any mask."""
    mask = np.zeros(instances.shape, dtype=np.bool_)
    for row, start, end in zip(instances.runs.row, instances.runs.start, instances.runs.end, strict=True):
        mask[row, start:end] = True
    return mask
