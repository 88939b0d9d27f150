"""Decoding: from the maps of the network to ellipses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from defectkit.detectors.loopnet.candidates import Candidates
from defectkit.detectors.loopnet.facts import SHAPE_MAPS, STRIDE, ModelFacts

Floats = NDArray[np.float32]

OFFSET = 16.0
"""Pixels of the input that an offset of one stands for."""
SMOOTHING = 0.6
"""Standard deviation in pixels of the maps of the Gaussian that smooths objects before peaks are looked for."""
LOG_RADII = (-1.0, 5.0)
"""Logarithms of semi-axes, in pixels of the input, are cut at these."""


def candidates(
    maps: Floats, facts: ModelFacts, *, factors: tuple[float, float], view: int, min_score: float
) -> Candidates:
    """Return an ellipse for each peak of the map of objects.

    Parameters
    ----------
    maps : numpy.ndarray, shape (7 + types, h, w), float32
    facts : ModelFacts
    factors : tuple of float
        Pixels of the network's input in one pixel of the image, along rows and along columns.
    view : int
        Number of the view that the maps are of.
    min_score : float
        Peaks of a lower probability are left out.
    """
    from scipy.ndimage import gaussian_filter, maximum_filter

    objects = gaussian_filter(sigmoid(maps[0]), SMOOTHING, mode="nearest")
    peaks = (objects >= maximum_filter(objects, 3, mode="constant")) & (objects >= _score(min_score, facts))
    rows, cols = np.nonzero(peaks)
    at = maps[:, rows, cols].astype(np.float64)
    scale = np.array(factors)
    middles = np.stack([rows + 0.5, cols + 0.5], axis=1) * STRIDE
    return Candidates(
        centers=(middles + OFFSET * at[2:4].T) / scale,
        shapes=_shapes(at[4:7].T) / np.outer(scale, scale),
        scores=probability(objects[rows, cols].astype(np.float64), facts),
        types=_shares(at[SHAPE_MAPS:].T),
        views=np.full(len(rows), view, np.int64),
    )


def sigmoid(logits: NDArray[np.floating]) -> Floats:
    """Return the logistic function of ``logits``."""
    from scipy.special import expit

    values: Floats = expit(logits)
    return values


def probability(scores: NDArray[np.float64], facts: ModelFacts) -> NDArray[np.float64]:
    """Return calibrated probabilities: a logistic function of the logits of the scores [1]_.

    References
    ----------
    .. [1] J. Platt, Probabilistic outputs for support vector machines, in: Advances in Large Margin Classifiers, MIT
       Press (2000) 61
    """
    from scipy.special import expit, logit

    inside = np.clip(scores, 1e-6, 1 - 1e-6)
    values: NDArray[np.float64] = expit(facts.slope * logit(inside) + facts.intercept)
    return values


def _score(wanted: float, facts: ModelFacts) -> float:
    """Return the score whose probability is ``wanted``."""
    from scipy.special import expit, logit

    return float(expit((logit(np.clip(wanted, 1e-6, 1 - 1e-6)) - facts.intercept) / facts.slope))


def _shapes(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the matrices S of ellipses from half their logarithms (N, 3): rr, rc, cc."""
    matrices = np.empty((len(logs), 2, 2))
    matrices[:, 0, 0], matrices[:, 1, 1] = logs[:, 0], logs[:, 2]
    matrices[:, 0, 1] = matrices[:, 1, 0] = logs[:, 1]
    values, vectors = np.linalg.eigh(matrices)
    squares = np.exp(2 * np.clip(values, *LOG_RADII))
    shapes: NDArray[np.float64] = np.einsum("nij,nj,nkj->nik", vectors, squares, vectors)
    return shapes


def _shares(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.special import softmax

    return np.asarray(softmax(logits, axis=1)) if logits.shape[1] else logits
