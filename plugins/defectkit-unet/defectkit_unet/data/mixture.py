"""Mixture: numbered batches of inputs and targets from several sources, the same for the same seed and number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.detectors.loopnet.normalizing import normalize
from defectkit_unet.data.crop import Crop, Source
from defectkit_unet.targets import targets

Batch = dict[str, NDArray[Any]]
"""``image`` (B, 1, n, n), and ``object``, ``foreground``, ``shape``, ``types`` and ``weight`` as in
:class:`defectkit_unet.targets.Targets`, one after the other."""

CONTRAST_PART = 0.3
"""Part of the inputs whose contrast is changed after normalization."""


@attrs.frozen(kw_only=True, eq=False)
class Mixture:
    """Batches of crops.

    Parameters
    ----------
    sources : mapping of str to (Source, float)
        With how often each is drawn from, relative to the others.
    side : int
        Edge of a crop in pixels, a multiple of 16.
    batch_size : int
    seed : int
    """

    sources: Mapping[str, tuple[Source, float]]
    side: int
    batch_size: int
    seed: int

    def __getitem__(self, number: int) -> Batch:
        return stack([self._inputs(number * self.batch_size + k) for k in range(self.batch_size)])

    def _inputs(self, index: int) -> Batch:
        rng = np.random.default_rng([self.seed, index])
        weights = np.array([weight for _, weight in self.sources.values()])
        source, _ = list(self.sources.values())[int(rng.choice(len(weights), p=weights / weights.sum()))]
        made = inputs(source.crop(index, self.side, rng))
        if rng.random() < CONTRAST_PART:
            made["image"] = made["image"] * np.float32(np.exp(rng.normal(0, 0.2)))
        return made


def inputs(crop: Crop) -> Batch:
    """Return what a network is shown of a crop, and what it should give; no axis for a batch."""
    aim = targets(crop.ellipses, (crop.pixels.shape[0], crop.pixels.shape[1]), crop.known)
    return {"image": normalize(crop.pixels)[None], **attrs.asdict(aim, recurse=False)}


def stack(parts: list[Batch]) -> Batch:
    """Return several of :func:`inputs` as one batch."""
    return {name: np.stack([part[name] for part in parts]) for name in parts[0]}
