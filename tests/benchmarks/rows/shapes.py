"""Area, perimeter, Heywood circularity, largest Feret diameter and ellipse axes of every true defect."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from defectkit.geometry.masks import masks_to_runs, runs_to_label_image
from defectkit.geometry.shape import heywood_circularities, measure_shapes
from tests.benchmarks.contest import PART, Answers, Contestant, Fact, Row, Run, Yardstick
from tests.benchmarks.inputs import frames_of

Floats = NDArray[np.float64]

AREA, PERIMETER, HEYWOOD, FERET, MAJOR, MINOR = range(6)
"""The columns of an answer."""

PROPERTIES = ("area", "perimeter_crofton", "feret_diameter_max", "axis_major_length", "axis_minor_length")

PIXEL_MOMENT = 1 / 12
"""Second moment of a pixel about its center: regionprops takes pixels for points, defectkit for squares."""

RADII = (5.0, 6.0, 8.0, 12.0, 20.0, 40.0)
PLACES = 400
"""Discs of each radius, anywhere between pixels."""


def ours(folder: Path) -> Run:
    masks = [frame.truth.runs for frame in frames_of(folder)]
    return lambda: [measure_shapes(runs) for runs in masks]


def our_columns(shapes: list[Any]) -> Floats:
    return np.concatenate(
        [
            np.stack(
                [
                    s.areas,
                    s.perimeters,
                    s.heywood_circularities,
                    s.max_feret_diameters,
                    s.axes_major,
                    s.axes_minor,
                ]
            )
            for s in shapes
        ],
        axis=1,
    )


def regionprops(folder: Path, step: int = 1) -> Run:
    """Prepare one image in ``step``."""
    from skimage import measure

    images = [
        runs_to_label_image(frame.truth.runs, frame.truth.shape, np.arange(1, len(frame.truth) + 1, dtype=np.int32))
        for frame in frames_of(folder)[::step]
    ]

    def run() -> list[list[float]]:
        rows = []
        for image in images:
            for region in measure.regionprops(image):
                area, around, feret, major, minor = (region[name] for name in PROPERTIES)
                rows.append([area, around, around / (2 * np.sqrt(np.pi * area)), feret, major, minor])
        return rows

    return run


def opencv(folder: Path) -> Run:
    """Prepare crops with a border of one pixel; contours run through the centers of the pixels at the rim."""
    import cv2

    cv2.setNumThreads(1)
    crops = []
    for frame in frames_of(folder):
        for k, (top, left, bottom, right) in enumerate(frame.truth.boxes.tolist()):
            mask = frame.truth.runs.to_mask(k, frame.truth.shape)[top:bottom, left:right]
            crops.append(np.pad(mask.astype(np.uint8), 1))

    def run() -> list[list[float]]:
        rows = []
        for crop in crops:
            contours, _ = cv2.findContours(crop, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
            outline = contours[0]
            area = cv2.contourArea(outline) + len(outline) / 2 + 1  # Pick's theorem: the number of pixels
            around = cv2.arcLength(outline, True)
            hull = cv2.convexHull(outline)[:, 0].astype(np.float64)
            feret = np.sqrt(((hull[:, None] - hull[None]) ** 2).sum(axis=2).max())
            _, axes, _ = cv2.fitEllipse(outline)
            rows.append([area, around, around / (2 * np.sqrt(np.pi * area)), feret, max(axes), min(axes)])
        return rows

    return run


def as_columns(rows: list[list[float]]) -> Floats:
    return np.array(rows, np.float64).T


def agree(answers: Answers) -> list[Fact]:
    own = answers["defectkit"]
    facts = [Fact(what="defects measured", value=own.shape[1], at_least=1)]
    if "scikit-image" in answers:
        theirs = answers["scikit-image"]
        for what, column in (
            ("areas", AREA),
            ("Crofton perimeters", PERIMETER),
            ("Heywood circularities", HEYWOOD),
            ("major axes", MAJOR),
            ("minor axes", MINOR),
        ):
            mine = np.sqrt(own[column] ** 2 - 16 * PIXEL_MOMENT) if column in (MAJOR, MINOR) else own[column]
            off = np.abs(mine / theirs[column] - 1).max()
            facts.append(Fact(what=f"{what}, largest relative difference from regionprops", value=off, at_most=1e-9))
        off = np.abs(own[FERET] - theirs[FERET]).max()
        facts.append(
            Fact(what="Feret diameters, largest difference from regionprops", value=off, unit="px", at_most=1.5)
        )
    if "OpenCV" in answers:
        theirs = answers["OpenCV"]
        off = np.abs(own[AREA] - theirs[AREA]).max()
        facts.append(Fact(what="areas, largest difference from OpenCV", value=off, unit="px", at_most=0))
        # A contour through pixel centers lies half a pixel inside the rim, all around.
        for what, column, most in (("Feret diameters", FERET, 2.0), ("major axes", MAJOR, 2.5)):
            off = np.abs(own[column] - theirs[column]).max()
            facts.append(Fact(what=f"{what}, largest difference from OpenCV", value=off, unit="px", at_most=most))
    facts += [disc_fact(radius) for radius in RADII]
    return facts


def disc_fact(radius: float) -> Fact:
    """Return how far the mean Heywood circularity of discs, placed anywhere, is from 1."""
    rng = np.random.default_rng(0)
    side = int(2 * radius) + 4
    rows, cols = np.mgrid[:side, :side] + 0.5
    centers = side / 2 + rng.uniform(-0.5, 0.5, (PLACES, 2))
    discs = ((rows - r) ** 2 + (cols - c) ** 2 <= radius**2 for r, c in centers)
    mean = float(heywood_circularities(masks_to_runs(discs)).mean())
    return Fact(
        what=f"Heywood circularity of discs of radius {radius:g} px, mean less 1",
        value=100 * (mean - 1),
        unit="%",
        at_least=-0.5,
        at_most=0.5,
    )


ROW = Row(
    name="shapes",
    title="area, perimeter, Heywood, Feret, ellipse axes",
    contestants=(
        Contestant(name="defectkit", prepare=ours, answer=our_columns),
        Contestant(
            name="scikit-image",
            prepare=regionprops,
            modules=("skimage",),
            distribution="scikit-image",
            answer=as_columns,
            prepare_part=partial(regionprops, step=PART),
        ),
        Contestant(
            name="OpenCV",
            prepare=opencv,
            modules=("cv2",),
            distribution="opencv-python-headless",
            answer=as_columns,
        ),
    ),
    yardsticks=(
        Yardstick(what="faster than regionprops", slow="scikit-image", fast="defectkit", at_least=500),
        Yardstick(what="faster than OpenCV contours", slow="OpenCV", fast="defectkit", at_least=4),
    ),
    agree=agree,
)
