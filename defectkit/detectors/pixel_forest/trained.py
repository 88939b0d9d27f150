"""Trained: what fitting gave, kept as plain arrays and texts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.detectors.card import ModelCard
from defectkit.detectors.learning.example import rescaled
from defectkit.detectors.learning.model_folder import SelfTest, read_card, read_self_test
from defectkit.detectors.learning.normalization import Normalization
from defectkit.detectors.pixel_forest.features import n_features
from defectkit.detectors.pixel_forest.forest import Forest
from defectkit.detectors.pixel_forest.instances import watershed_instances
from defectkit.detectors.pixel_forest.targets import FIRST_TYPE
from defectkit.detectors.pixel_forest.working import Working
from defectkit.errors import DetectorError
from defectkit.records.image import Image
from defectkit.records.instances import Instances

if TYPE_CHECKING:
    from defectkit.detectors.pixel_forest.detector import PixelForest

TREES = "forest.npz"


@attrs.frozen(kw_only=True, eq=False)
class Trained:
    """A forest and all that its predictions depend on.

    Parameters
    ----------
    forest : Forest
    working : Working
    types : tuple of str
    threshold : float
        The probability above which a pixel is in a defect.
    min_score : float
        Defects below it are left out.
    pixel_size_range_nm : tuple of float
    card : ModelCard
    self_test : SelfTest, optional
    """

    forest: Forest
    working: Working
    types: tuple[str, ...]
    threshold: float
    min_score: float
    pixel_size_range_nm: tuple[float, float]
    card: ModelCard
    self_test: SelfTest | None

    def instances(self, image: Image, detector: PixelForest) -> Instances:
        """Return the defects of an image; one without contrast has none."""
        pixels = image.pixels
        low, high = np.percentile(pixels, [detector.lower_percentile, detector.upper_percentile])
        if low >= high:
            return Instances.empty(image.shape, self.types)
        probabilities = self.working.probabilities(image, self.forest)
        every = found(probabilities, image.shape, self.types, self.working, detector, self.threshold)
        kept = every.above(self.min_score)
        return attrs.evolve(kept, ids=np.arange(len(kept)))

    def settings(self) -> dict[str, Any]:
        """Return everything but the forest, the card and the self-test, ready for JSON."""
        return {
            "types": list(self.types),
            "threshold": self.threshold,
            "min_score": self.min_score,
            "pixel_size_nm": self.working.pixel_size_nm,
            "scales_nm": list(self.working.scales_nm),
            "percentiles": [self.working.normalization.lower, self.working.normalization.upper],
            "pixel_size_range_nm": list(self.pixel_size_range_nm),
        }

    @classmethod
    def load(cls, folder: Path, stored: dict[str, Any]) -> Trained:
        """Return what was saved in ``folder`` with these settings.

        Raises
        ------
        DetectorError
            If settings and forest do not fit each other.
        """
        forest = Forest.load(folder / TREES)
        try:
            low, high = stored["pixel_size_range_nm"]
            lower, upper = stored["percentiles"]
            trained = cls(
                forest=forest,
                working=Working(
                    pixel_size_nm=float(stored["pixel_size_nm"]),
                    scales_nm=tuple(float(s) for s in stored["scales_nm"]),
                    normalization=Normalization(lower=lower, upper=upper),
                ),
                types=tuple(stored["types"]),
                threshold=float(stored["threshold"]),
                min_score=float(stored["min_score"]),
                pixel_size_range_nm=(float(low), float(high)),
                card=read_card(folder),
                self_test=read_self_test(folder),
            )
        except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
            raise DetectorError(f"{folder}: the settings of the saved detector are damaged: {error}") from error
        if (forest.n_features, forest.n_classes) != (
            n_features(trained.working.scales_nm),
            FIRST_TYPE + len(trained.types),
        ):
            raise DetectorError(f"{folder}: the forest and the settings of the saved detector do not fit each other")
        return trained


def found(
    probabilities: NDArray[np.float32],
    shape: tuple[int, int],
    types: Sequence[str],
    working: Working,
    detector: PixelForest,
    threshold: float,
) -> Instances:
    """Return the defects that probabilities stand for, on the image's own pixels."""
    small = watershed_instances(
        probabilities,
        types,
        threshold=threshold,
        smoothing_px=detector.smoothing_nm / working.pixel_size_nm,
        depth_px=detector.depth_nm / working.pixel_size_nm,
        min_area_px=math.pi / 4 * (detector.min_diameter_nm / working.pixel_size_nm) ** 2,
    )
    large = rescaled(small, shape)
    return large.take(large.areas > 0)
