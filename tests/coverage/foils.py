"""Foils of known density: defects of known sizes, and a thickness that is measured with an error."""

from __future__ import annotations

import attrs
import numpy as np

from defectkit.conventions import convention
from defectkit.hardening import Binning, DispersedBarrier, Material, Superposition
from defectkit.records import Taxonomy
from defectkit.uncertainty import Condition, SharedInput, Strengthening, Uncertainties

TYPES = ("loop_111", "loop_100")
DENSITIES_NM3 = np.array([8e-7, 5e-7])
MEDIAN_NM = np.array([15.0, 25.0])
SPREAD = 0.4
"""Of the logarithm of sizes."""

AREA_NM2 = 400.0**2
THICKNESS_NM = 100.0
THICKNESS_ERROR = 0.1
"""Relative standard uncertainty of the thickness that is measured."""

STEEL = Material(
    name="simulated",
    taylor_factor=3.06,
    shear_modulus="82 GPa",
    burgers_vector="0.249 nm",
    barrier_strengths={"loop_111": 0.11, "loop_100": 0.32},
    source="a simulation",
)
DECLARED = Uncertainties(foil_thickness=THICKNESS_ERROR)


@attrs.frozen(kw_only=True)
class Foil:
    """How images are made.

    Parameters
    ----------
    n_images : int
    spread_between : float
        Relative standard deviation of densities between images.
    """

    n_images: int
    spread_between: float = 0.0

    def condition(self, rng: np.random.Generator) -> Condition:
        """Return what somebody would measure of one such foil."""
        measured = THICKNESS_NM * np.exp(THICKNESS_ERROR * rng.standard_normal())
        between = np.ones(self.n_images)
        if self.spread_between:
            shape = self.spread_between**-2
            between = rng.gamma(shape, 1 / shape, self.n_images)
        counts = rng.poisson(np.outer(between, DENSITIES_NM3 * AREA_NM2 * THICKNESS_NM))
        images, types = np.indices(counts.shape)
        type_codes = np.repeat(types.ravel(), counts.ravel())
        return Condition(
            images=tuple(f"image {k}" for k in range(self.n_images)),
            types=TYPES,
            sizes_nm=MEDIAN_NM[type_codes] * np.exp(SPREAD * rng.standard_normal(len(type_codes))),
            type_codes=type_codes,
            image_codes=np.repeat(images.ravel(), counts.ravel()),
            areas_nm2=np.full(self.n_images, AREA_NM2),
            thicknesses_nm=np.full(self.n_images, measured),
            pixel_sizes=(SharedInput(name="0.5 nm"),) * self.n_images,
            foils=(SharedInput(name="foil"),) * self.n_images,
            partly_read=np.zeros(self.n_images, np.bool_),
            convention="defectkit",
        )


def strengthening() -> Strengthening:
    """Return dispersed barriers without bins, in quadrature."""
    return Strengthening.of(
        TYPES,
        model=DispersedBarrier(binning=Binning.unbinned()),
        material=STEEL,
        superposition=Superposition.of("quadrature"),
        convention=convention("defectkit"),
        taxonomy=Taxonomy.standard(),
    )


def truth() -> dict[str, float]:
    """Return what a foil without end has, in the units of the measures, of all types together."""
    means = MEDIAN_NM * np.exp(SPREAD**2 / 2)
    strengths = np.array([STEEL.barrier_strengths[name] for name in TYPES])
    stresses = STEEL.taylor_factor * strengths * 82_000 * 0.249 * np.sqrt(DENSITIES_NM3 * means)
    return {
        "areal_density": float(DENSITIES_NM3.sum() * THICKNESS_NM),
        "number_density": float(DENSITIES_NM3.sum() * 1e27),
        "size_mean": float(DENSITIES_NM3 @ means / DENSITIES_NM3.sum()),
        "line_length_density": float(np.pi * DENSITIES_NM3 @ means * 1e18),
        "hardening": float(np.sqrt(np.sum(stresses**2))),
    }
