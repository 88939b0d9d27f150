"""Drawing: the optical depth of the defects of a scene, and of dislocation lines."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from defectkit.testing.synthetic.populations import Look
from defectkit.testing.synthetic.scene import Scene

Floats = NDArray[np.float64]

EDGE_NM = 1.1
"""Standard deviation of the dark line that outlines an open loop."""
GAP_NM = 4.2
"""Distance between the two lines of a double edge."""
RIM_NM = 0.9
"""Width over which the edge of a solid fades."""
INSIDE = 0.06
"""Depth inside an open loop relative to that of its line."""
LINE_NM = 1.3
"""Standard deviation of a dislocation line."""


def defect_depth(scene: Scene, rng: np.random.Generator) -> Floats:
    """Return the optical depth (height, width) of all defects; where they overlap, depths add up."""
    depth = np.zeros(scene.shape)
    modulation = rng.uniform(0.0, 0.45, len(scene))
    phase = rng.uniform(0.0, 2 * np.pi, len(scene))
    for i in range(len(scene)):
        look = scene.populations[scene.members[i]].look
        window, along, across = local_frame(scene, i)
        semi_axes = scene.semi_axes[i] * scene.pixel_size_nm
        profile = scene.depths[i] * look_profile(look, along, across, semi_axes)
        if look is not Look.SOLID:
            azimuth = np.arctan2(across / semi_axes[1], along / semi_axes[0])
            profile *= 1 - modulation[i] * np.cos(azimuth - phase[i]) ** 2
        depth[window] += profile
    return depth


def local_frame(scene: Scene, index: int) -> tuple[tuple[slice, slice], Floats, Floats]:
    """Return the window around a defect, and its pixels' coordinates along the major and the minor axis in nm."""
    angle = scene.angles[index]
    margin = scene.semi_axes[index, 0] + 3 + 6 * max(EDGE_NM, RIM_NM) / scene.pixel_size_nm
    low = np.maximum(np.floor(scene.centers[index] - margin).astype(int), 0)
    high = np.minimum(np.ceil(scene.centers[index] + margin).astype(int), scene.shape)
    row = np.arange(low[0], high[0])[:, None] + 0.5 - scene.centers[index, 0]
    col = np.arange(low[1], high[1])[None, :] + 0.5 - scene.centers[index, 1]
    along = col * math.cos(angle) + row * math.sin(angle)
    across = row * math.cos(angle) - col * math.sin(angle)
    window = (slice(low[0], high[0]), slice(low[1], high[1]))
    return window, along * scene.pixel_size_nm, across * scene.pixel_size_nm


def look_profile(look: Look, along_nm: Floats, across_nm: Floats, semi_axes_nm: Floats) -> Floats:
    """Return the relative depth of an ellipse at coordinates along and across it, 1 at the darkest.

    The dark line of an open loop runs within its outer outline, which is what a person draws around.
    """
    outward = ellipse_distance(along_nm, across_nm, semi_axes_nm)
    inside = 0.5 * (1 + np.tanh(-outward / RIM_NM))
    if look is Look.SOLID:
        return inside
    profile = np.maximum(_line(outward + 1.5 * EDGE_NM), INSIDE * inside)
    if look is Look.DOUBLE_EDGE:
        inner_axes = np.maximum(semi_axes_nm - 1.5 * EDGE_NM - GAP_NM, EDGE_NM)
        profile = np.maximum(profile, 0.85 * inside * _line(ellipse_distance(along_nm, across_nm, inner_axes)))
    return profile


def ellipse_distance(along: Floats, across: Floats, semi_axes: Floats) -> Floats:
    """Return the distance outward from an ellipse, negative inside: to first order, exact on a circle."""
    major, minor = semi_axes
    radius = np.sqrt((along / major) ** 2 + (across / minor) ** 2)
    slope = np.sqrt((along / major**2) ** 2 + (across / minor**2) ** 2)
    distance: Floats = np.where(slope > 0, (radius - 1) * radius / np.where(slope > 0, slope, 1.0), -minor)
    return distance


def _line(distance_nm: Floats) -> Floats:
    profile: Floats = np.exp(-0.5 * (distance_nm / EDGE_NM) ** 2)
    return profile


def line_depth(shape: tuple[int, int], pixel_size_nm: float, n_lines: int, rng: np.random.Generator) -> Floats:
    """Return the optical depth of ``n_lines`` dislocation lines that wander through the frame, some of them dotted."""
    from scipy.ndimage import gaussian_filter

    ink = np.zeros((shape[0] + 2, shape[1] + 2))
    width_px = max(LINE_NM / pixel_size_nm, 0.7)
    for _ in range(n_lines):
        points, along = _wander(shape, pixel_size_nm, rng)
        depth, dotting = rng.uniform(0.35, 0.8), rng.uniform(0.0, 0.6) * (rng.random() < 0.5)
        period_px = rng.uniform(6, 14) / pixel_size_nm
        weight = depth * (1 - dotting * np.cos(np.pi * along / period_px) ** 2)
        _splat(ink, points + 0.5, weight * STEP_PX)  # the ink has a rim of one pixel, and centers lie at +0.5
    peak = width_px * math.sqrt(2 * math.pi)
    blurred: Floats = gaussian_filter(ink, width_px, truncate=4.0)[1:-1, 1:-1] * peak
    return blurred


STEP_PX = 0.5
"""Distance of the points that a dislocation line is made of."""


def _wander(shape: tuple[int, int], pixel_size_nm: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return points (K, 2) of a smooth curve that sets out from a side of the frame, and the length up to each."""
    height, width = shape
    side, position = int(rng.integers(4)), rng.random()
    start = [(0.0, position * width), (position * height, 0.0), (height, position * width), (position * height, width)]
    inward = (np.pi / 2, 0.0, -np.pi / 2, np.pi)[side]
    n = int(math.hypot(height, width) * rng.uniform(0.4, 1.3) / STEP_PX)
    correlation = max(60.0 / pixel_size_nm / STEP_PX, 2.0)
    nodes = np.cumsum(rng.normal(0.0, 0.35, int(n / correlation) + 4))
    bend = np.interp(np.arange(n), np.arange(len(nodes)) * correlation, nodes)
    heading = inward + rng.uniform(-0.8, 0.8) + bend
    steps = STEP_PX * np.stack([np.sin(heading), np.cos(heading)], axis=1)
    points: Floats = np.array(start[side]) + np.cumsum(steps, axis=0)
    return points, STEP_PX * np.arange(n, dtype=np.float64)


def _splat(ink: Floats, points: Floats, weights: Floats) -> None:
    """Add each weight to the four pixels around its point, in proportion to their nearness."""
    corner = np.floor(points).astype(int)
    part = points - corner
    for d_row in (0, 1):
        for d_col in (0, 1):
            row, col = corner[:, 0] + d_row, corner[:, 1] + d_col
            share = np.abs(1 - d_row - part[:, 0]) * np.abs(1 - d_col - part[:, 1])
            ok = (row >= 0) & (row < ink.shape[0]) & (col >= 0) & (col < ink.shape[1])
            np.add.at(ink, (row[ok], col[ok]), (weights * share)[ok])
