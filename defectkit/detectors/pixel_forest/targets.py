"""Targets: what the labels of an image say each of its pixels is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from defectkit.records.instances import Instances

Classes = NDArray[np.int64]

BACKGROUND, BORDER, FIRST_TYPE = 0, 1, 2
"""Classes of pixels: nothing, the seam around and between defects, and from here on the types."""


def pixel_classes(instances: Instances, types: Sequence[str], border_px: int) -> Classes:
    """Return the class of every pixel.

    Parameters
    ----------
    instances : Instances
        Labels; where masks overlap, the smaller defect lies on top.
    types : sequence of str
        All types that labels may have.
    border_px : int
        Width of the border, in pixels, at least 1: around each defect where nothing else is, and half of it on each
        side where two defects touch.

    Returns
    -------
    numpy.ndarray, shape (H, W), int64

    Examples
    --------
    >>> mask = np.zeros((5, 5), bool)
    >>> mask[2, 2] = True
    >>> pixel_classes(Instances.from_masks([mask], types=["bdot"], shape=(5, 5)), ["bdot"], 1)[2].tolist()
    [0, 1, 2, 1, 0]
    """
    from scipy.ndimage import maximum_filter, minimum_filter

    from defectkit.geometry.masks import runs_to_label_image

    order = np.argsort(-instances.areas, kind="stable")
    labels = runs_to_label_image(instances.runs.take(order), instances.shape).astype(np.int64)
    codes = np.array([FIRST_TYPE + types.index(name) for name in instances.type_names], np.int64)
    classes = np.concatenate([[BACKGROUND], codes[order]])[labels]
    inside = labels > 0
    around = maximum_filter(inside, size=2 * border_px + 1) & ~inside
    half = 2 * max(1, border_px // 2) + 1
    nearest_other = minimum_filter(np.where(inside, labels, len(instances) + 1), size=half)
    between = inside & (maximum_filter(labels, size=half) != nearest_other)
    classes[around | between] = BORDER
    return np.asarray(classes, np.int64)


def drawn_samples(
    classes: Classes, *, per_class: int, background_factor: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return the positions (in the flat image) of pixels to learn from, ascending.

    Parameters
    ----------
    classes : numpy.ndarray, shape (H, W), int64
    per_class : int
        At most so many pixels of each class but the background.
    background_factor : int
        Of the background at most so many times more.
    rng : numpy.random.Generator
    """
    flat = classes.ravel()
    picked = []
    for code in np.unique(flat):
        own = np.flatnonzero(flat == code)
        most = per_class * (background_factor if code == BACKGROUND else 1)
        picked.append(own if len(own) <= most else rng.choice(own, most, replace=False))
    return np.sort(np.concatenate(picked))
