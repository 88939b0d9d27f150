"""Sweeps: F1 against contrast, size, blur and noise on drawn images, one of them varied at a time."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np
from scipy.ndimage import gaussian_filter

from defectkit.detectors import Detector, detect
from defectkit.records import Image, Instances
from defectkit.workflows import evaluate

SIDE, N_DEFECTS, N_IMAGES = 320, 16, 3
USUAL = {"contrast": 0.25, "size": 16.0, "blur": 0.7, "noise": 0.04}
"""Depth as a part of the background, diameter in px, blur in px, noise as a part of the background."""
SWEEPS: Mapping[str, tuple[float, ...]] = {
    "contrast": (0.02, 0.04, 0.06, 0.08, 0.12, 0.25),
    "size": (4, 5, 6, 8, 12, 16, 24, 40),
    "blur": (0.5, 1, 2, 3, 4, 6),
    "noise": (0.02, 0.05, 0.1, 0.16, 0.25, 0.4),
}
"""For the size alone the side of the image grows with it, so that as many fit."""
UNITS = {
    "contrast": "contrast, part of the background",
    "size": "diameter, px",
    "blur": "blur (standard deviation), px, of defects of 16 px",
    "noise": "noise, part of the background; the contrast is 0.25",
}


def swept(detector: Detector, name: str) -> list[float]:
    """Return F1 at a mask IoU of 0.3 for each value of a sweep, over several images."""
    return [_f1(detector, {**USUAL, name: value}) for value in SWEEPS[name]]


def _f1(detector: Detector, look: Mapping[str, float]) -> float:
    scenes = [scene(seed, **look) for seed in range(N_IMAGES)]
    found = {p.image: p.instances for p in detect(detector, [image for image, _ in scenes])}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = evaluate({i.name: t for i, t in scenes}, found, iou_thresholds=[0.3], metrics=["find"])
    return float(result["find_f1_score"].sel(iou_threshold=0.3))


def scene(seed: int, *, contrast: float, size: float, blur: float, noise: float) -> tuple[Image, Instances]:
    """Return dark elliptic spots of one size on a slowly varying, noisy background, and where they are."""
    rng = np.random.default_rng([seed, 77])
    side = int(max(160, SIDE * max(1.0, size / USUAL["size"])))
    background = 1 + 0.1 * _normal(gaussian_filter(rng.normal(size=(side, side)), side / 8))
    background += 0.01 * _normal(gaussian_filter(rng.normal(size=(side, side)), 0.6 * size))
    rows, cols = np.mgrid[:side, :side] + 0.5
    masks, depth = [], np.zeros((side, side))
    centers: list[np.ndarray] = []
    while len(centers) < N_DEFECTS:
        center = rng.uniform(size, side - size, 2)
        if all(np.hypot(*(center - other)) > 1.8 * size for other in centers):
            centers.append(center)
    for center in centers:
        turn, ratio = rng.uniform(0, np.pi), rng.uniform(0.6, 1)
        y, x = rows - center[0], cols - center[1]
        along, across = y * np.sin(turn) + x * np.cos(turn), y * np.cos(turn) - x * np.sin(turn)
        distance = np.hypot(along * ratio**0.5, across / ratio**0.5) / (size / 2)
        masks.append(distance <= 1)
        depth = np.maximum(depth, 0.5 * (1 - np.tanh((distance - 1) / 0.15)))
    image = gaussian_filter(background * (1 - contrast * depth), blur) + noise * rng.normal(size=(side, side))
    pixels = np.clip(image * 32768, 0, 65535).astype(np.uint16)
    name = f"spots-{seed}"
    truth = Instances.from_masks(masks, types=["loop"] * len(masks), shape=(side, side))
    return Image.from_array(name, pixels, pixel_size="1 nm/px"), truth


def _normal(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / values.std()
