from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from defectkit.geometry.masks import masks_to_runs


@pytest.fixture(scope="session")
def blobs():
    """Masks of many looks: blobs with holes and several parts, salt noise, lines, single pixels, none and all."""
    rng = np.random.default_rng(20220415)
    scales = np.repeat([1, 1.5, 2, 3, 4], 6)
    smooth = [gaussian_filter(rng.normal(size=(37, 45)), scale) > 0.1 / scale for scale in scales]
    noise = [rng.random((37, 45)) < p for p in (0.02, 0.3, 0.5, 0.9)]
    lines = [np.zeros((37, 45), bool) for _ in range(5)]
    lines[0][5, 3:40] = True
    lines[1][2:30, 44] = True
    lines[2][np.arange(30), np.arange(30)] = True
    lines[3][36, 0] = True
    lines[4][[4, 4, 6], [3, 9, 5]] = True  # as many runs as rows from top to bottom, but not one in each
    frame = [np.zeros((37, 45), bool), np.ones((37, 45), bool)]
    return np.stack([*smooth, *noise, *lines, *frame])


@pytest.fixture(scope="session")
def blob_runs(blobs):
    return masks_to_runs(blobs)


@pytest.fixture(scope="session")
def disc():
    """A function that draws a disc, or an ellipse for a pair of radii, by the pixel-center rule."""

    def draw(center, radius, shape=(64, 64), spacing=(1.0, 1.0)):
        row, col = (np.indices(shape) + 0.5 - np.reshape(center, (2, 1, 1))) * np.reshape(spacing, (2, 1, 1))
        along_row, along_col = np.broadcast_to(radius, 2)
        return (row / along_row) ** 2 + (col / along_col) ** 2 <= 1

    return draw
