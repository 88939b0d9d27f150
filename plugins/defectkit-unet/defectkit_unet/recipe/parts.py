"""Parts: real images as scenes, by what they are for."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import attrs
import numpy as np

from defectkit.datasets import load_dataset
from defectkit.detectors.learning.parts import Labelled, Part, real_part
from defectkit.errors import DatasetWarning
from defectkit.synthesis import TYPES, Ellipses
from defectkit_unet.data.labelled import covered_pixels, dark
from defectkit_unet.data.warping import Scene
from defectkit_unet.recipe.agreement import agree, set_trust

SINGLE_PASS_TRUST = 0.8
"""Of titanium's newer labels where nobody looked a second time."""
TITANIUM_COMPLETENESS = 0.3
"""Of two people who marked the same frames, each left out about half of what the other marked."""


def labelled(name: str, part: Part) -> list[Labelled]:
    """Return the images of one part of a real set; which files were at hand is on the card."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DatasetWarning)
        return list(real_part(name, part))


def titanium_scenes(part: Part = Part.TRAINING) -> list[Scene]:
    """Return a part of the titanium frames with the labels of both passes where there are two."""
    second = {example.image.name: example.instances for example in labelled("ti-old", part)}
    scenes = []
    for example in labelled("ti-new", part):
        if example.image.name in second:
            ellipses = agree(example.instances, second[example.image.name])
        else:
            ellipses = set_trust(Ellipses.of(example.instances), SINGLE_PASS_TRUST)
        typed = attrs.evolve(ellipses, types=np.full(len(ellipses), TYPES.index("loop")))
        scenes.append(Scene.of(np.asarray(example.image.pixels), typed, completeness=TITANIUM_COMPLETENESS))
    return scenes


def dark_scenes(name: str, part: Part = Part.TRAINING) -> Iterator[Scene]:
    """Yield the images of a part of a real set, turned so that defects are dark."""
    for example in labelled(name, part):
        pixels = dark(np.asarray(example.image.pixels), covered_pixels(example.instances))
        yield Scene.of(pixels, Ellipses.of(example.instances, TYPES))


def background_scenes() -> list[Scene]:
    """Return the foils without cavities of COSMIC-ML."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DatasetWarning)
        data = load_dataset("cosmic-backgrounds", available=True)
    return [Scene.of(np.asarray(image.pixels), Ellipses.empty()) for image in data.images.values()]
