"""Naming: which type each defect of an image has, with the others in view."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

N_STEPS = 20
BEFORE = 10.0
"""So many defects, evenly of all types, are taken to have been seen before the first of an image."""


def types_together(alone: Floats, probabilities: Floats) -> Floats:
    """Return the probabilities of the types of the defects of one image, given how frequent each type is in it.

    Parameters
    ----------
    alone : numpy.ndarray, shape (N, K)
        Probabilities of types that each defect has by itself, where all types are equally frequent.
    probabilities : numpy.ndarray, shape (N,)
        That each is a defect: how much it counts.

    Notes
    -----
    An image shows one material, so most types are not in it. How frequent each is, is estimated by expectation and
    maximization [1]_.

    References
    ----------
    .. [1] M. Saerens, P. Latinne, C. Decaestecker, Adjusting the outputs of a classifier to new a priori probabilities,
       Neural Computation 14 (2002) 21, https://doi.org/10.1162/089976602753284446

    Examples
    --------
    >>> alone = np.array([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.45, 0.55]])
    >>> types_together(alone, np.ones(4)).argmax(axis=1).tolist()
    [0, 0, 0, 0]
    """
    n_types = alone.shape[1]
    together = alone
    for _ in range(N_STEPS):
        share = (probabilities @ together + BEFORE / n_types) / (probabilities.sum() + BEFORE)
        together = alone * share
        together /= np.maximum(together.sum(axis=1, keepdims=True), 1e-300)
    return together
