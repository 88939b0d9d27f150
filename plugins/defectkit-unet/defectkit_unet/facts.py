"""Facts: what a model file says of itself, for the core to read."""

from __future__ import annotations

from typing import Any

from defectkit.detectors.loopnet.normalizing import NORMALIZATION
from defectkit_unet.data.labelled import SIZE_RANGE_PX
from defectkit_unet.data.warping import LARGEST_PX, SMALLEST_PX
from defectkit_unet.targets import STRIDE

BEST_SIZE_PX = 17.0
"""Diameter in pixels of the input at which defects are found best, on the tuning parts of the real sets."""


def facts(
    types: tuple[str, ...], *, version: str, calibration: tuple[float, float] = (1.0, 0.0), **more: Any
) -> dict[str, Any]:
    """Return the metadata of a model.

    Parameters
    ----------
    types : tuple of str
    version : str
    calibration : tuple of float
        Slope and intercept that turn the logit of a score into that of a probability.
    **more
        Plain values: what else there is to say.
    """
    slope, intercept = calibration
    return {
        "version": version,
        "types": list(types),
        "stride": STRIDE,
        "size_px": [SMALLEST_PX, LARGEST_PX],
        "best_size_px": BEST_SIZE_PX,
        "learned_size_px": list(SIZE_RANGE_PX),
        "calibration": {"slope": slope, "intercept": intercept},
        "normalization": NORMALIZATION,
        **more,
    }
