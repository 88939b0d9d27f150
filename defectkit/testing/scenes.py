"""Scenes: images that a detector learns within a moment, with what is in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from defectkit.detectors import TrainingSet
from defectkit.records import Image, Instances, LabelSet
from defectkit.records.names import as_names
from defectkit.units import QuantityLike

Scene = tuple[Image, Instances]

GROUND, DISC, RING = 150, 60, 90
"""Gray values."""
RADII = {"bdot": (6, 9), "loop_111": (9, 12)}
"""Of discs and rings, in pixels."""


def disc_scene(
    seed: int,
    *,
    shape: tuple[int, int] = (128, 128),
    n: int = 8,
    types: Sequence[str] = ("bdot", "loop_111"),
    pixel_size: QuantityLike = "1 nm/px",
) -> Scene:
    """Return an image with dark discs and gray rings that do not touch, on a bright ground with noise.

    Parameters
    ----------
    seed : int
    shape : tuple of int
    n : int
        How many there are, where there is room for them.
    types : sequence of str
        Of the defects, in turn: ``bdot`` for a disc, ``loop_111`` for a ring.
    pixel_size : str or pint.Quantity

    Examples
    --------
    >>> image, truth = disc_scene(3, n=4)
    >>> image.name, truth.type_names
    ('scene-3', ('bdot', 'loop_111', 'bdot', 'loop_111'))
    """
    kinds = as_names(types)
    rng = np.random.default_rng(seed)
    rows, columns = np.indices(shape) + 0.5
    pixels, taken = np.full(shape, float(GROUND)), np.zeros(shape, bool)
    masks: list[np.ndarray[tuple[int, int], np.dtype[np.bool_]]] = []
    for _ in range(100 * n):
        if len(masks) == n:
            break
        kind = kinds[len(masks) % len(kinds)]
        radius = rng.uniform(*RADII[kind])
        center = [rng.uniform(radius + 2, side - radius - 2) for side in shape]
        distance = np.hypot(rows - center[0], columns - center[1])
        if taken[distance < radius + 4].any():
            continue
        masks.append(distance < radius)
        taken |= masks[-1]
        is_ring = kind == "loop_111"
        pixels[masks[-1] & (distance > radius - 4) if is_ring else masks[-1]] = RING if is_ring else DISC
    pixels += rng.normal(0, 8, shape)
    image = Image.from_array(f"scene-{seed}", pixels.clip(0, 255).astype(np.uint8), pixel_size=pixel_size)
    return image, Instances.from_masks(masks, types=[kinds[k % len(kinds)] for k in range(len(masks))], shape=shape)


def training_set(scenes: Iterable[Scene]) -> TrainingSet:
    """Return images and what is in them as a set to learn from, with the labels ``truth@1``.

    Parameters
    ----------
    scenes : iterable of (Image, Instances)
        As :func:`disc_scene` gives them.

    Examples
    --------
    >>> training_set(map(disc_scene, (1, 2))).labels.images
    ('scene-1', 'scene-2')
    """
    pairs = list(scenes)
    labels = LabelSet(name="truth", instances={image.name: truth for image, truth in pairs})
    return TrainingSet(images={image.name: image for image, _ in pairs}, labels=labels)
