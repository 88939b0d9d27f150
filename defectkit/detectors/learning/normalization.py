"""Normalization: gray values of any depth to [0, 1], in a way that is recorded with the model."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import RecordError

Pixels = NDArray[np.float32]


@attrs.frozen(kw_only=True)
class Normalization:
    """Stretch between two percentiles of each image to [0, 1]; what lies beyond is cut off.

    8-bit, 16-bit and float images of one scene come out alike, whatever gain and offset they were stored with.

    Parameters
    ----------
    lower, upper : float
        Percentiles, ``0 <= lower < upper <= 100``.

    Examples
    --------
    >>> import numpy as np
    >>> Normalization(lower=0, upper=100).apply(np.array([[100, 150, 200]], np.uint16)).tolist()
    [[0.0, 0.5, 1.0]]
    """

    lower: float = 0.5
    upper: float = 99.5

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.lower < self.upper <= 100:
            raise RecordError(f"normalization: {self.lower} and {self.upper} are not two rising percentiles")

    def apply(self, pixels: NDArray[Any]) -> Pixels:
        """Return ``pixels``, shape (H, W), as float32 in [0, 1]; an image of one gray value becomes 0 throughout."""
        low, high = (float(v) for v in np.percentile(pixels, [self.lower, self.upper]))
        if high <= low:
            return np.zeros(pixels.shape, np.float32)
        stretched: Pixels = ((pixels.astype(np.float64) - low) / (high - low)).clip(0, 1).astype(np.float32)
        return stretched
