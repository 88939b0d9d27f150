"""ForestModel: what fitting gave, kept as plain arrays and texts."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.detectors.learning.example import rescale
from defectkit.detectors.learning.normalization import Normalization
from defectkit.detectors.pixel_forest.features import n_features
from defectkit.detectors.pixel_forest.forest import Forest
from defectkit.detectors.pixel_forest.instances import watershed_instances
from defectkit.detectors.pixel_forest.targets import FIRST_TYPE
from defectkit.detectors.pixel_forest.working import Working
from defectkit.errors import DetectorError
from defectkit.files.decoding import read_json
from defectkit.records.image import Image
from defectkit.records.instances import Instances

if TYPE_CHECKING:
    from defectkit.detectors.pixel_forest.detector import PixelForest

TREES, SETTINGS = "forest.npz", "forest.json"


@attrs.frozen(kw_only=True, eq=False)
class ForestModel:
    """A forest and all that its predictions depend on but the options of the detector.

    Parameters
    ----------
    forest : Forest
    working : Working
    types : tuple of str
    threshold : float
        The probability above which a pixel is in a defect.
    min_score : float
        Defects below it are left out.

    Raises
    ------
    DetectorError
        If forest, types and filters do not fit each other.
    """

    forest: Forest
    working: Working
    types: tuple[str, ...] = attrs.field(validator=attrs.validators.deep_iterable(attrs.validators.instance_of(str)))
    threshold: float
    min_score: float

    def __attrs_post_init__(self) -> None:
        expected = n_features(self.working.scales_nm), FIRST_TYPE + len(self.types)
        if (self.forest.n_features, self.forest.n_classes) != expected:
            raise DetectorError("the forest and the settings of the saved detector do not fit each other")

    def instances(self, image: Image, detector: PixelForest) -> Instances:
        """Return the defects of an image; one without contrast has none."""
        low, high = np.percentile(image.pixels, [detector.lower_percentile, detector.upper_percentile])
        if low >= high:
            return Instances.empty(image.shape, self.types)
        probabilities = self.working.probabilities(image, self.forest)
        every = found(probabilities, image.shape, self.types, self.working, detector, self.threshold)
        kept = every.above(self.min_score)
        return attrs.evolve(kept, ids=np.arange(len(kept)))

    def save(self, folder: Path) -> None:
        """Write the trees as arrays and the rest as JSON."""
        self.forest.save(folder / TREES)
        settings = {
            "types": list(self.types),
            "threshold": self.threshold,
            "min_score": self.min_score,
            "pixel_size_nm": self.working.pixel_size_nm,
            "scales_nm": list(self.working.scales_nm),
            "percentiles": [self.working.normalization.lower, self.working.normalization.upper],
        }
        (folder / SETTINGS).write_text(json.dumps(settings, indent=2, allow_nan=False) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> ForestModel:
        """Return what :meth:`save` wrote.

        Raises
        ------
        DefectkitError, KeyError, TypeError, ValueError
            If a file is missing or damaged, or they do not fit each other.
        """
        stored = read_json(folder / SETTINGS)
        lower, upper = stored["percentiles"]
        return cls(
            forest=Forest.load(folder / TREES),
            working=Working(
                pixel_size_nm=float(stored["pixel_size_nm"]),
                scales_nm=tuple(float(s) for s in stored["scales_nm"]),
                normalization=Normalization(lower=lower, upper=upper),
            ),
            types=tuple(stored["types"]),
            threshold=float(stored["threshold"]),
            min_score=float(stored["min_score"]),
        )


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
    large = rescale(small, shape)
    return large.take(large.areas > 0)
