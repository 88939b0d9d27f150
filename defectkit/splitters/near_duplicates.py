"""Near-duplicates: images that show the same field though their pixels differ."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from defectkit.records.inputs import Images
from defectkit.splitters.relations import sorted_images

THUMBNAIL = 32
"""Edge of the thumbnails that are compared, in pixels."""


def near_duplicate_groups(images: Images, *, min_correlation: float = 0.5) -> dict[str, str]:
    """Return a group for each image that looks like another one.

    Parameters
    ----------
    images : iterable or mapping of Image
        With distinct names; each image's pixels are read once and not kept.
    min_correlation : float
        Correlation of two thumbnails from which on images are near-duplicates.

    Returns
    -------
    dict of str to str
        Image name to group, sorted by image name; a group is called by the first name in it. Images that resemble no
        other are not in it, so the result can be given as ``groups`` to a splitter.

    Notes
    -----
    Each image is averaged to 32 x 32 blocks, and the mean of the 5 x 5 blocks around is taken from each, so that
    shading common to a microscope's images does not make them alike. Pearson's correlation of two such thumbnails is
    compared with ``min_correlation``; likeness is passed on (if A is like B and B like C, all three are one group).
    Micrographs of different places were found to correlate by less than 0.25 in either direction, frames of one place
    by 0.4 (drifted) to 1. Rotated, mirrored or far shifted copies are not found.

    Examples
    --------
    >>> from defectkit.records import Image
    >>> field = np.random.default_rng(0).random((64, 64))
    >>> images = [Image.from_array("a", field), Image.from_array("b", field * 2 + 1), Image.from_array("c", field.T)]
    >>> near_duplicate_groups(images)
    {'a': 'a', 'b': 'a'}
    """
    by_name = sorted_images(images)
    names = list(by_name)
    thumbnails = np.stack([thumbnail(by_name[name].pixels) for name in names])
    alike = thumbnails @ thumbnails.T >= min_correlation
    group = list(range(len(names)))
    for i, j in zip(*np.nonzero(np.triu(alike, 1)), strict=True):
        low, high = sorted((group[i], group[j]))
        group = [low if g == high else g for g in group]
    sizes = np.bincount(group, minlength=len(names))
    return {name: names[g] for name, g in zip(names, group, strict=True) if sizes[g] > 1}


def thumbnail(pixels: NDArray[np.generic]) -> NDArray[np.float64]:
    """Return a flattened, shading-free thumbnail of norm 1, shape (``THUMBNAIL ** 2``,); zeros for a flat image."""
    from scipy.ndimage import uniform_filter

    edges = [np.linspace(0, side, THUMBNAIL + 1).astype(int) for side in pixels.shape]
    starts = [np.minimum(edge[:-1], side - 1) for edge, side in zip(edges, pixels.shape, strict=True)]
    counts = [np.maximum(np.diff(edge), 1) for edge in edges]
    blocks = np.add.reduceat(np.add.reduceat(pixels.astype(np.float64), starts[0], axis=0), starts[1], axis=1)
    small = blocks / np.outer(*counts)
    flat = (small - uniform_filter(small, 5, mode="reflect")).ravel()
    flat -= flat.mean()
    norm = np.linalg.norm(flat)
    return np.zeros_like(flat) if norm < 1e-9 * max(1.0, float(np.abs(small).max())) else flat / norm
