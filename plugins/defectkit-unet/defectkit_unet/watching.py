"""Watching: the losses of a network on crops of images that it does not learn from, the same crops at every look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

import attrs
import torch
from torch import Tensor, nn

from defectkit_unet.data.labelled import LabelledSource
from defectkit_unet.data.mixture import Mixture
from defectkit_unet.data.warping import Scene
from defectkit_unet.losses import losses

N_BATCHES = 6
SEED = 1


@attrs.frozen(kw_only=True, eq=False)
class Watched:
    """Batches that a network does not learn from.

    Parameters
    ----------
    batches : dict of str to tuple of dict
        By set.
    device : torch.device
    """

    batches: Mapping[str, tuple[dict[str, Tensor], ...]]
    device: torch.device

    @classmethod
    def of(cls, scenes: Mapping[str, Sequence[Scene]], side: int, batch_size: int, device: torch.device) -> Self:
        """Return crops of scenes by set; a set without any is left out."""
        batches = {}
        for name, own in scenes.items():
            if own:
                sources = {name: (LabelledSource(scenes=own), 1.0)}
                mixture = Mixture(sources=sources, side=side, batch_size=batch_size, seed=SEED)
                batches[name] = tuple(
                    {key: torch.from_numpy(value).to(device) for key, value in mixture[k].items()}
                    for k in range(N_BATCHES)
                )
        return cls(batches=batches, device=device)

    def figures(self, network: nn.Module) -> dict[str, float]:
        """Return the loss of objects by set."""
        with torch.inference_mode():
            return {
                f"{name}_object": sum(
                    losses(network(batch["image"]).float(), batch)["object"].item() for batch in batches
                )
                / len(batches)
                for name, batches in self.batches.items()
            }
