"""Levels: IoU thresholds as the kernels take them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


def threshold_array(iou_thresholds: Sequence[float]) -> NDArray[np.float64]:
    """Return thresholds as an array, made once: all images of an evaluation are matched at the same ones.

    Examples
    --------
    >>> threshold_array([0.3, 0.5]) is threshold_array((0.3, 0.5))
    True
    """
    return _levels(tuple(iou_thresholds))


@lru_cache(maxsize=64)
def _levels(iou_thresholds: tuple[float, ...]) -> NDArray[np.float64]:
    return np.array(iou_thresholds, np.float64)  # writable, since kernels are compiled anew for arrays that are not
