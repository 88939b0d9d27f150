"""Masks: which pixels belong to each ellipse that was called a defect."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from defectkit.detectors.loopnet.candidates import Candidates
from defectkit.detectors.loopnet.suppression import frames
from defectkit.geometry.masks import label_image_to_runs
from defectkit.geometry.runs import Runs

Floats = NDArray[np.float32]

REACH = 1.25
"""A mask may reach beyond its ellipse by this factor of the semi-axes."""
FOREGROUND = 0.5
"""Pixels of at least this probability of foreground are of the defect, beyond the core of its ellipse."""
SURE = 0.8
"""Where the center of an ellipse is foreground with less than this probability, the mask is the ellipse."""
CORE = 0.6
"""Within this part of its semi-axes an ellipse is always of the defect, so a mask has no hole and is never empty."""


def masks(
    found: Candidates,
    foregrounds: Sequence[Floats],
    factors: Sequence[tuple[float, float]],
    shape: tuple[int, int],
    strip: int = 0,
) -> tuple[Runs, NDArray[np.int64]]:
    """Return masks that share no pixel, and which candidate each is of; those that keep no pixel are left out.

    Parameters
    ----------
    found : Candidates
    foregrounds : sequence of numpy.ndarray, shape (h, w), float32
        The map of foreground of each view, probabilities.
    factors : sequence of tuple of float
        Pixels of each view in a pixel of the image.
    shape : tuple of int
        Of the image.
    strip : int, optional
        How many of its lowest rows are of no defect.

    Notes
    -----
    A pixel belongs to the ellipse that it lies in deepest, if the network calls it foreground or if it lies in the
    core; up to a quarter beyond the outline, so that a mask follows the image where the defect is not an ellipse. Where
    the network is not sure of the foreground, the ellipse is all there is.
    """
    from defectkit.detectors.loopnet.kernels import paint

    labels = np.zeros(shape, np.int32)
    shown = labels[: shape[0] - strip]
    nearest = np.full(shown.shape, REACH**2, np.float32)
    inverses, _, reaches = frames(found.shapes)
    limits = np.array([CORE**2, FOREGROUND, SURE], np.float64)
    for view, (foreground, factor) in enumerate(zip(foregrounds, factors, strict=True)):
        rows = np.flatnonzero(found.views == view)
        if len(rows):
            paint(
                shown,
                nearest,
                rows,
                found.centers,
                reaches * REACH,
                inverses,
                np.ascontiguousarray(foreground),
                np.array(factor, np.float64) / 2,
                limits,
            )
    runs, numbers = label_image_to_runs(labels)
    return runs, np.asarray(numbers, np.int64) - 1
