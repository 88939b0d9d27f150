"""Settings: what a training is told, as plain values."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from defectkit.errors import DetectorError

RECIPE = "recipe"
"""The weights that the recipe of this plugin gave, which ship with the core."""
NETWORK_NAMES = ("loopnet", "unet", "defectsegnet")
MULTIPLE = 16


def checked(what: str, value: str, allowed: Sequence[str]) -> str:
    """Return ``value`` if it is allowed.

    Raises
    ------
    DetectorError
        If it is not.
    """
    if value not in allowed:
        raise DetectorError(f"{what} is {value!r}; choose one of {', '.join(allowed)}")
    return value


@attrs.frozen(kw_only=True)
class Training:
    """How long and on what a network is trained.

    Parameters
    ----------
    iterations, batch_size : int
    learning_rate : float
        Reached after a warm-up, and lowered along half a cosine in the second half of the iterations.
    crop_size : int
        Edge of the square windows it sees, in pixels, a multiple of 16.
    watch_every : int
        Iterations between looks at the validation images, and between checkpoints.
    workers : int
        Processes that make crops.
    seed : int

    Raises
    ------
    DetectorError
        If a value is out of range.
    """

    iterations: int
    batch_size: int
    learning_rate: float
    crop_size: int
    watch_every: int
    workers: int
    seed: int

    def __attrs_post_init__(self) -> None:
        lowest = {"iterations": 1, "batch_size": 1, "crop_size": 32, "watch_every": 1, "workers": 0, "seed": 0}
        for name, least in lowest.items():
            if getattr(self, name) < least:
                raise DetectorError(f"{name} is {getattr(self, name)}, but at least {least} is needed")
        if self.crop_size % MULTIPLE:
            raise DetectorError(f"crop_size is {self.crop_size}, not a multiple of {MULTIPLE}")
        if not self.learning_rate > 0:
            raise DetectorError(f"learning_rate is {self.learning_rate}, which is not positive")
