"""Ellipses of equal moments: how large, how long and how elliptic regions are."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@attrs.frozen(kw_only=True, eq=False)
class Ellipses:
    """The ellipses that have the second moments of N regions.

    Parameters
    ----------
    major, minor : array of float, shape (N,)
        Full axes in pixels.
    ellipticity : array of float, shape (N,)
        Area of the region over area of the ellipse: 1 for an ellipse, less for anything else (a square 0.955, half a
        disc 0.946, an outline far less), because no region of an area has smaller moments than the ellipse.
    """

    major: Floats
    minor: Floats
    ellipticity: Floats

    @property
    def elongation(self) -> Floats:
        """Major over minor axis."""
        return self.major / self.minor


def power_sums(labels: NDArray[Any], n_labels: int) -> Floats:
    """Return number and sums of row, column, their squares and their product for labels 0 .. n, shape (n + 1, 6)."""
    row, col = np.nonzero(labels)
    label = labels[row, col]
    weights = (None, row, col, row * row, col * col, row * col)
    return np.stack([np.bincount(label, weights=w, minlength=n_labels + 1) for w in weights], axis=1).astype(float)


def ellipses_of(sums: Floats) -> Ellipses:
    """Return the ellipses of regions with such power sums, shape (N, 6); the sums of joined regions add up."""
    n, r, c, rr, cc, rc = np.maximum(sums, 0).T
    n = np.maximum(n, 1.0)
    var_r = rr / n - (r / n) ** 2 + 1 / 12  # a pixel is a square, not a point
    var_c = cc / n - (c / n) ** 2 + 1 / 12
    cov = rc / n - r * c / n**2
    mean = (var_r + var_c) / 2
    root = np.sqrt(np.maximum(mean**2 - np.maximum(var_r * var_c - cov**2, 0), 0))
    major, minor = 4 * np.sqrt(mean + root), 4 * np.sqrt(np.maximum(mean - root, 1 / 144))
    return Ellipses(major=major, minor=minor, ellipticity=np.minimum(4 * n / (np.pi * major * minor), 1.0))


def ellipse_of(mask: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Return major axis, minor axis (px) and ellipticity of one region."""
    one = ellipses_of(power_sums(mask.astype(np.int8), 1)[1:])
    return float(one.major[0]), float(one.minor[0]), float(one.ellipticity[0])
