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
IMAGE_TERMS = ("score", "certainty", "constant", "unusual_size", "spread_of_sizes")
"""What the logarithm of the odds is a weighted sum of once all candidates of an image are known."""
LIMIT = 0.02
"""Probabilities are cut at this and at one minus this before their logits are taken."""


LARGEST = 1e6
"""No weight is larger."""


def _weights(values: object) -> tuple[float, ...]:
    if not isinstance(values, list | tuple):
        raise ValueError("fusion: the weights are not a list of numbers")
    return tuple(map(_number, values))


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST:
        raise ValueError(f"fusion: {value!r:.40} is not a number of at most {LARGEST:g}")
    return float(value)


@attrs.frozen(kw_only=True)
class Fusion:
    """The weights of the terms.

    Parameters
    ----------
    weights : tuple of float
        As many as :data:`TERMS`.
    size_px : float
        The size that ``size`` is the logarithm of a ratio to, in pixels of the network's input.
    image_weights : tuple of float
        As many as :data:`IMAGE_TERMS`; the first above 0, so that of candidates of one size the order stays.
    """

    weights: tuple[float, ...] = attrs.field(converter=_weights)
    size_px: float = attrs.field(default=16.0, converter=_number)
    image_weights: tuple[float, ...] = attrs.field(default=(1.0, 0.0, 0.0, 0.0, 0.0), converter=_weights)

    def __attrs_post_init__(self) -> None:
        if len(self.weights) != len(TERMS):
            raise ValueError(f"fusion: {len(self.weights)} weights for {len(TERMS)} terms")
        if len(self.image_weights) != len(IMAGE_TERMS) or not self.image_weights[0] > 0:
            raise ValueError(f"fusion: {self.image_weights} are not {len(IMAGE_TERMS)} weights, the first above 0")
        if not self.size_px > 0:
            raise ValueError(f"fusion: a size of {self.size_px} px is none")

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

    def calibrate(self, found: Candidates) -> Candidates:
        """Return the candidates that are left of an image with probabilities that look at all of them together.

        The same score means more in an image where the network is sure of what it finds, and where defects are of one
        size. They are returned from the most to the least probable.
        """
        from scipy.special import expit

        scores = expit(image_terms(found.scores, found.diameters) @ np.array(self.image_weights))
        return attrs.evolve(found, scores=scores).take(np.argsort(-scores, kind="stable"))


def image_terms(probabilities: Floats, diameters: Floats) -> Floats:
    """Return the terms of the candidates of one image, shape (N, 5).

    ``score`` is the logit of its own probability, ``certainty`` that of the mean of all, each counted by itself;
    ``unusual_size`` is the square of how far the logarithm of its diameter lies from the mean of all, counted by the
    squares of their probabilities, and ``spread_of_sizes`` the standard deviation of these logarithms.
    """
    n = len(probabilities)
    if not n:
        return np.zeros((0, len(IMAGE_TERMS)))
    own = np.clip(probabilities, 1e-4, 1 - 1e-4)
    certainty = _logits((own**2).sum(keepdims=True) / own.sum())[0]
    logs, share = np.log(np.maximum(diameters, 1e-3)), own**2 / (own**2).sum()
    unusual = (logs - share @ logs) ** 2
    spread = np.sqrt(share @ unusual)
    columns = [np.log(own / (1 - own)), np.full(n, certainty), np.ones(n), unusual, np.full(n, spread)]
    return np.column_stack(columns)


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
