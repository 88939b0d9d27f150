"""Fusing: one probability for each candidate, from what it is worth at its own scale and at its neighbors."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.detectors.loopnet.candidates import Candidates
from defectkit.detectors.loopnet.linking import partners

Floats = NDArray[np.float64]

TERMS = (
    "constant",
    "score",
    "size",
    "size_squared",
    "has_finer",
    "finer",
    "has_coarser",
    "coarser",
    "has_finer_2",
    "finer_2",
    "has_coarser_2",
    "coarser_2",
)
"""What the logarithm of the odds is a weighted sum of."""
LIMIT = 0.02
"""Probabilities are cut at this and at one minus this before their logits are taken."""


@attrs.frozen(kw_only=True)
class Fusion:
    """The weights of the terms.

    Parameters
    ----------
    weights : tuple of float
        As many as :data:`TERMS`.
    size_px : float
        The size that ``size`` is the logarithm of a ratio to, in pixels of the network's input.
    """

    weights: tuple[float, ...] = attrs.field(converter=tuple)
    size_px: float = 16.0

    def __attrs_post_init__(self) -> None:
        if len(self.weights) != len(TERMS):
            raise ValueError(f"fusion: {len(self.weights)} weights for {len(TERMS)} terms")

    def fuse(self, found: Sequence[Candidates], scales: Sequence[float]) -> Candidates:
        """Return the candidates of all scales with their fused probabilities.

        Parameters
        ----------
        found : sequence of Candidates
            At least one, from the finest to the coarsest scale.
        scales : sequence of float
            Pixels of the network's input in a pixel of the image.
        """
        from scipy.special import expit

        together = Candidates.concatenate(found)
        return attrs.evolve(together, scores=expit(terms(found, scales, self.size_px) @ np.array(self.weights)))


def terms(found: Sequence[Candidates], scales: Sequence[float], size_px: float) -> Floats:
    """Return the terms of each candidate of all scales, shape (N, 12)."""
    columns = []
    for one, scale, linked in zip(found, scales, partners(found), strict=True):
        size = np.log(np.maximum(one.diameters * scale, 1e-3) / size_px)
        own = [np.ones(len(one)), _logits(one.scores), size, size**2]
        for worth in linked.T:
            asked = worth >= 0
            own += [asked.astype(np.float64), np.where(asked, _logits(worth), 0.0)]
        columns.append(np.stack(own, axis=1))
    return np.concatenate(columns)


def _logits(probabilities: Floats) -> Floats:
    from scipy.special import logit

    logits: Floats = logit(np.clip(probabilities, LIMIT, 1 - LIMIT))
    return logits
