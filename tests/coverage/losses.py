"""Foils that are not wholly seen: borders and surfaces that cut, variants without contrast, a detector's errors."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.conventions import EdgeRule
from defectkit.measurement.edges import edge_weights
from defectkit.measurement.truncation import Truncation
from defectkit.uncertainty import Condition, DetectorError, SharedInput, Uncertainties
from tests.coverage.foils import DENSITIES_NM3, MEDIAN_NM, SPREAD, THICKNESS_ERROR, THICKNESS_NM, TYPES

Floats = NDArray[np.float64]

SIDE_PX = 400
"""Of a field, with pixels of 1 nm."""

REACH_NM = 150.0
"""How far around the field there are defects that may reach into it: larger ones are one in 10^8."""

SHOWN = {"loop_111": 0.5, "loop_100": 2 / 3}
"""By g = 110 in bcc."""

MISSED, FALSE = 0.2, 0.15
"""Shares of a detector: of the defects that it does not find, and of its finds that are none."""

OF_NUMBER = 0.05
"""Relative standard uncertainty of what the two do to the number, which differs from foil to foil."""


@attrs.frozen(kw_only=True)
class Lossy:
    """How images are made that do not show all, and by what they are corrected.

    Parameters
    ----------
    n_images : int
    edges : EdgeRule, optional
        The rule where the border of the images cuts defects; None where it cuts none.
    variants : bool
        Whether some Burgers vectors have no contrast.
    truncation : Truncation
        Of defects whose centers lie up to half their height outside of the foil; none where all lie within.
    detector : bool
        Whether a detector misses some and finds what is none.
    """

    n_images: int
    edges: EdgeRule | None = None
    variants: bool = False
    truncation: Truncation = Truncation.NONE
    detector: bool = False

    @property
    def declared(self) -> Uncertainties:
        """What is known of the errors."""
        error = DetectorError(false_fraction=FALSE, missed_fraction=MISSED, number_uncertainty=OF_NUMBER)
        return Uncertainties(foil_thickness=THICKNESS_ERROR, detector=error if self.detector else None)

    def condition(self, rng: np.random.Generator) -> Condition:
        """Return what somebody would measure of one such foil, with the weights of the corrections."""
        off = np.exp(OF_NUMBER * rng.standard_normal()) if self.detector else 1.0
        images = [self._image(rng, off) for _ in range(self.n_images)]
        sizes, codes, weights = (np.concatenate([image[k] for image in images]) for k in range(3))
        measured = THICKNESS_NM * np.exp(THICKNESS_ERROR * rng.standard_normal())
        counted = weights > 0
        return Condition(
            images=tuple(f"image {k}" for k in range(self.n_images)),
            types=TYPES,
            sizes_nm=sizes[counted],
            type_codes=codes[counted].astype(np.int64),
            image_codes=np.repeat(np.arange(self.n_images), [len(image[0]) for image in images])[counted],
            areas_nm2=np.full(self.n_images, float(SIDE_PX**2)),
            thicknesses_nm=np.full(self.n_images, measured),
            pixel_sizes=(SharedInput(name="1 nm"),) * self.n_images,
            foils=(SharedInput(name="foil"),) * self.n_images,
            partly_read=np.zeros(self.n_images, np.bool_),
            convention="defectkit",
            weights=weights[counted],
            visible_fractions=SHOWN if self.variants else {},
            truncation=self.truncation,
        )

    def _image(self, rng: np.random.Generator, off: float) -> tuple[Floats, NDArray[np.int64], Floats]:
        """Return sizes, types and weights of what one image shows."""
        reach = REACH_NM if self.edges is not None else 0.0
        depth = THICKNESS_NM + self.truncation.height_factor * 2 * REACH_NM
        expected = DENSITIES_NM3 * (SIDE_PX + 2 * reach) ** 2 * depth
        n_true, n_false = rng.poisson(expected), np.zeros(len(TYPES), np.int64)
        if self.detector:
            n_true = rng.binomial(n_true, (1 - MISSED) * off)
            n_false = rng.poisson(expected * (1 - MISSED) * off * FALSE / (1 - FALSE))
        codes = np.repeat(np.arange(len(TYPES)), n_true + n_false).astype(np.int64)
        sizes = MEDIAN_NM[codes] * np.exp(SPREAD * rng.standard_normal(codes.size))
        deep = rng.uniform(-depth / 2, depth / 2, codes.size)
        shown = np.array([SHOWN[name] if self.variants else 1.0 for name in TYPES])[codes]
        seen = np.abs(deep) <= (THICKNESS_NM + self.truncation.height_factor * sizes) / 2
        seen &= rng.random(codes.size) < shown
        sizes, codes, weights = sizes[seen], codes[seen], 1 / shown[seen]
        if self.edges is None:
            return sizes, codes, weights
        centers = rng.uniform(-reach, SIDE_PX + reach, (codes.size, 2))
        boxes = np.concatenate([np.floor(centers - sizes[:, None] / 2), np.ceil(centers + sizes[:, None] / 2)], axis=1)
        within = ((boxes[:, 2:] > 0) & (boxes[:, :2] < SIDE_PX)).all(axis=1)
        visible = np.clip(boxes, 0, SIDE_PX)[within]
        edges = edge_weights(visible, (SIDE_PX, SIDE_PX), self.edges)
        return _seen_sizes(visible, sizes[within]), codes[within], weights[within] * edges


def _seen_sizes(boxes: Floats, sizes: Floats) -> Floats:
    """Return the diameters of discs of equal area, of what a border leaves of discs: about the share of their box."""
    left = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]) / np.ceil(sizes) ** 2
    return sizes * np.sqrt(np.minimum(left, 1.0))
