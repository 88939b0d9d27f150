"""From probabilities of pixels to defects: seeds, a watershed, and the class that each region has on average."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from defectkit.detectors.pixel_forest.targets import FIRST_TYPE
from defectkit.geometry.masks import crops_to_runs
from defectkit.records.instances import Instances

Floats = NDArray[np.float32]


def watershed_instances(
    probabilities: Floats,
    types: Sequence[str],
    *,
    threshold: float,
    smoothing_px: float,
    depth_px: float,
    min_area_px: float,
) -> Instances:
    """Return the defects that the probabilities of pixels stand for.

    Parameters
    ----------
    probabilities : numpy.ndarray, shape (H, W, 2 + types), float32
        Of background, border, and each type.
    types : sequence of str
    threshold : float
        A pixel is in a defect where the types together have at least this probability.
    smoothing_px : float
        Standard deviation of the Gaussian that smooths the sum of the types first.
    depth_px : float
        Two regions that a neck joins are two defects if each is deeper by this than the neck, as distance from the
        edge.
    min_area_px : float
        Smaller defects are left out.

    Returns
    -------
    Instances
        Masks without holes. A defect has the type with the highest mean probability over its pixels, among the types,
        and that mean as its score.

    Notes
    -----
    A watershed [1]_ of the distance from the edge, from its maxima that stand out.

    References
    ----------
    .. [1] F. Meyer, Signal Processing 38 (1994) 113, https://doi.org/10.1016/0165-1684(94)90060-4

    Examples
    --------
    >>> certain = np.zeros((8, 8, 3), np.float32)
    >>> certain[..., 0], certain[2:6, 2:6] = 1, (0.0, 0.1, 0.9)
    >>> found = watershed_instances(
    ...     certain, ["bdot"], threshold=0.5, smoothing_px=0, depth_px=1, min_area_px=4
    ... )
    >>> found.type_names, found.areas.tolist(), found.scores.round(3).tolist()
    (('bdot',), [16], [0.9])
    """
    from scipy.ndimage import binary_fill_holes, distance_transform_edt, find_objects, gaussian_filter, label
    from skimage.segmentation import watershed

    of_types = probabilities[..., FIRST_TYPE:]
    inside = gaussian_filter(of_types.sum(axis=-1), smoothing_px) if smoothing_px else of_types.sum(axis=-1)
    filled = binary_fill_holes(inside >= threshold)
    depth = distance_transform_edt(np.pad(filled, 1))[1:-1, 1:-1] if filled.any() else np.zeros(filled.shape)
    seeds, _ = label(_standing_out(depth, depth_px), structure=np.ones((3, 3), bool))
    regions: NDArray[Any] = watershed(-depth, seeds, mask=filled, connectivity=2)  # type: ignore[no-untyped-call]  # no types there
    crops, corners, names, scores = [], [], [], []
    for number, window in enumerate(find_objects(regions), start=1):
        mask = binary_fill_holes(regions[window] == number)
        if mask.sum() < min_area_px:
            continue
        means = of_types[window][mask].mean(axis=0, dtype=np.float64)
        crops.append(mask)
        corners.append((window[0].start, window[1].start))
        names.append(types[int(means.argmax())])
        scores.append(min(1.0, float(means.max())))
    at = np.array(corners, np.int64).reshape(-1, 2)
    runs = crops_to_runs(crops, at[:, 0], at[:, 1], filled.shape)
    return Instances.from_runs(
        runs, types=names, shape=filled.shape, known_types=types, scores=np.array(scores, np.float64)
    )


def _standing_out(depth: NDArray[Any], by: float) -> NDArray[np.bool_]:
    """Return the maxima of ``depth`` that are higher by ``by`` than any path to a higher one; shallow ones are kept."""
    from skimage.morphology import local_maxima, reconstruction

    if not depth.any():
        return np.zeros(depth.shape, bool)
    lowered = np.maximum(depth - by, np.where(depth > 0, np.minimum(depth, 0.5), 0))
    flooded = reconstruction(lowered, depth, method="dilation")  # type: ignore[no-untyped-call]  # no types there
    maxima = local_maxima(np.pad(flooded, 1))[1:-1, 1:-1]  # type: ignore[no-untyped-call]  # no types there
    return np.asarray(maxima & (depth > 0), np.bool_)
