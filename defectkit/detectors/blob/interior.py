"""The inside of a defect: solid, hollow or with a double edge, from its darkness by distance from its outline."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from defectkit.detectors.blob.rules import Interior

Floats = NDArray[np.floating]
Bools = NDArray[np.bool_]

EDGE_NM = 5.0
"""The darkest place of an outline lies at most this far inside it."""
GAP_NM = 2.0
"""What is nearer to the darkest place belongs to the outline."""
BRIGHT = 0.5
"""An inside that has less than this part of the darkness of the outline is hollow."""
VALLEY = 0.75
"""Between two edges the darkness falls below this part of the fainter one."""


def shell_profile(dark: Floats, mask: Bools, spacing_nm: float) -> NDArray[np.float64]:
    """Return the mean darkness by distance from the outline, in steps of one pixel, from the outline inwards.

    Parameters
    ----------
    dark : array of float, shape (h, w)
        The darkness in a crop around the defect.
    mask : array of bool, shape (h, w)
    spacing_nm : float
        Edge of a pixel; only used by :func:`interior_of`.
    """
    from scipy.ndimage import distance_transform_edt

    depth = distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1][mask]
    shell = np.ceil(depth).astype(int) - 1
    return np.bincount(shell, weights=dark[mask]) / np.maximum(np.bincount(shell), 1)


def interior_of(dark: Floats, mask: Bools, spacing_nm: float) -> Interior:
    """Return what the inside of a defect looks like.

    Notes
    -----
    The shells of equal distance from the outline follow the edges of a loop, so that noise averages out along them. The
    defect is hollow where the darkness falls from its outline to below half, and has a double edge where it falls and
    then rises again to more than half.
    """
    profile = shell_profile(dark, mask, spacing_nm)
    edge_end = max(1, int(EDGE_NM / spacing_nm))
    outer = int(np.argmax(profile[:edge_end]))
    gap = max(1, round(GAP_NM / spacing_nm))
    inner = profile[outer + gap :]
    if profile[outer] <= 0 or not len(inner):
        return Interior.SOLID
    lowest_so_far = np.minimum.accumulate(inner)
    if ((inner > BRIGHT * profile[outer]) & (lowest_so_far < VALLEY * inner)).any():
        return Interior.DOUBLE_EDGE
    return Interior.HOLLOW if inner.min() < BRIGHT * profile[outer] else Interior.SOLID
