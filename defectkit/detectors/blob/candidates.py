"""Candidates: regions of the working image that may be defects, and the choice among those that overlap."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.geometry.masks import crops_to_runs
from defectkit.geometry.moments import centroids
from defectkit.geometry.overlap import intersections
from defectkit.geometry.runs import Runs

Bools = NDArray[np.bool_]

SAME = 0.3
"""Candidates of a larger IoU are one defect seen twice."""
MOSTLY = 0.8
"""A blob that covers this part of a better one is a smear of it."""
CONCENTRIC = 0.15
"""What lies within a loop and has its center, to this part of the loop's size, is its inner edge."""
WITHIN = 0.6
"""A candidate of which this part lies within a better one, or within its dark outline, is a part of it."""


@attrs.frozen(kw_only=True, eq=False)
class Candidate:
    """A region that may be a defect.

    Parameters
    ----------
    mask : array of bool
        A crop of the working image.
    dark : array of bool
        The part of it that is dark: all of a solid defect, the outline of an open loop.
    top, left : int
        Where the crop lies.
    contrast_to_noise : float
        Mean darkness of the dark part against its surroundings, in standard deviations of the noise.
    ellipticity : float
    is_loop : bool
        Whether it was found as an outline rather than as a dark blob.
    """

    mask: Bools
    dark: Bools
    top: int
    left: int
    contrast_to_noise: float
    ellipticity: float
    is_loop: bool


def inside_frame(mask: Bools, top: int, left: int, shape: tuple[int, int]) -> tuple[Bools, int, int]:
    """Return a crop and its place with what reaches beyond the frame cut away."""
    row, col = max(top, 0), max(left, 0)
    return mask[row - top : shape[0] - top, col - left : shape[1] - left], row, col


def best_of(candidates: list[Candidate], shape: tuple[int, int]) -> list[Candidate]:
    """Return the candidates without those that are another one, or a part of another one.

    A loop within a larger one about the same center is its inner edge. Otherwise loops come before blobs, then the
    higher contrast-to-noise ratio and ellipticity. A blob inside an open loop stays unless it is the loop's outline.
    """
    if not candidates:
        return []
    corners = np.array([(c.top, c.left) for c in candidates], dtype=np.int64).T
    masks = crops_to_runs([c.mask for c in candidates], corners[0], corners[1], shape)
    darks = crops_to_runs([c.dark for c in candidates], corners[0], corners[1], shape)
    areas, centers = masks.areas(), centroids(masks)
    sizes = np.sqrt(areas)
    shared, inked = _shared_pixels(masks, masks), _shared_pixels(darks, masks)
    quality = np.array([1e3 * c.is_loop + c.contrast_to_noise * c.ellipticity for c in candidates])
    kept: list[int] = []
    gone = {
        other
        for one, others in shared.items()
        for other, pixels in others.items()
        if candidates[one].is_loop
        and candidates[other].is_loop
        and areas[one] > areas[other]
        and pixels > MOSTLY * areas[other]
        and _concentric(centers, sizes, one, other)
    }
    for one in map(int, np.argsort(-quality, kind="stable")):
        if one in gone:
            continue
        kept.append(one)
        for other, pixels in shared.get(one, {}).items():
            union = areas[one] + areas[other] - pixels
            part = max(inked.get(one, {}).get(other, 0), 0 if candidates[one].is_loop else pixels) / areas[other]
            covers = pixels > MOSTLY * areas[one] and not candidates[other].is_loop
            if other != one and (pixels > SAME * union or part > WITHIN or covers):
                gone.add(other)
    return [candidates[i] for i in sorted(kept)]


def _concentric(centers: NDArray[np.float64], sizes: NDArray[np.float64], one: int, other: int) -> bool:
    return bool(np.linalg.norm(centers[one] - centers[other]) < CONCENTRIC * sizes[one])


def _shared_pixels(a: Runs, b: Runs) -> dict[int, dict[int, int]]:
    table: dict[int, dict[int, int]] = {}
    pairs = intersections(a, b)
    for first, second, pixels in zip(pairs.first, pairs.second, pairs.intersection, strict=True):
        table.setdefault(int(first), {})[int(second)] = int(pixels)
    return table
