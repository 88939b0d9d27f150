from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np
import pytest
from numpy.typing import NDArray

from defectkit.formats import Repair, RepairReport
from defectkit.records import Calibration, Image, Instances, LabelSet, Specimen
from defectkit.workflows import Analysis, measure_labels

SHAPE = (90, 120)
TYPES = ("bdot", "loop_111")


def disc(radius: float, row: float, col: float) -> NDArray[np.bool_]:
    rows, cols = np.indices(SHAPE) + 0.5
    mask: NDArray[np.bool_] = np.hypot(rows - row, cols - col) <= radius
    return mask


@pytest.fixture
def instances() -> Instances:
    """Five black dots and three loops, one of which hangs over the frame."""
    masks = [disc(3 + 0.5 * k, 15 + 8 * k, 20) for k in range(5)]
    masks += [disc(9, 30, 60), disc(13, 60, 80), disc(8, 88, 118)]
    return Instances.from_masks(masks, types=["bdot"] * 5 + ["loop_111"] * 3, shape=SHAPE, known_types=TYPES)


@pytest.fixture
def make_analysis(instances: Instances) -> Callable[..., Analysis]:
    """Return the analysis of images by name; those named ``none...`` hold no defect."""

    def make(
        *names: str,
        thickness: str | None = "100 nm",
        source: str = "given",
        repairs: RepairReport | None = None,
        convention: str = "defectkit",
        polygons: bool = False,
        alloy: str | None = "FeCrAl",
    ) -> Analysis:
        calibration = Calibration.square("0.5 nm/px", foil_thickness=thickness, source=source)
        rng = np.random.default_rng(0)
        pixels = {n: rng.integers(0, 255, SHAPE).astype(np.uint8) for n in names}
        images = [
            attrs.evolve(Image.from_array(n, p, calibration=calibration), specimen=Specimen(alloy=alloy))
            for n, p in pixels.items()
        ]
        held = {n: Instances.empty(SHAPE, TYPES) if n.startswith("none") else instances for n in names}
        if polygons:
            square = [(10.0, 10.0), (10.0, 30.0), (30.0, 30.0), (30.0, 10.0)]
            held[names[0]] = Instances.from_polygons([square], types=["bdot"], shape=SHAPE, known_types=TYPES)
        return measure_labels(LabelSet(name="mine", instances=held), images, repairs=repairs, convention=convention)

    return make


@pytest.fixture
def repairs() -> RepairReport:
    return RepairReport(
        (Repair(kind="mended", problem="open polygon", what="it was <closed>", file="a.json", image="one", region="3"),)
    )
