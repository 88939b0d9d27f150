"""ModelFacts: what a model file says of itself."""

from __future__ import annotations

import math
from typing import Any

import attrs

from defectkit.detectors.loopnet.normalizing import NORMALIZATION
from defectkit.errors import DetectorError
from defectkit.files.decoding import parse_json
from defectkit.records.names import as_names

STRIDE = 2
"""Pixels of the input along each side of a pixel of the maps."""
SHAPE_MAPS = 7
"""Maps before those of the types: object, foreground, offset (2), logarithm of the shape (3)."""
METADATA_KEY = "defectkit"


def _numbers(value: Any) -> tuple[float, float]:
    low, high = (float(number) for number in value)
    return low, high


def _finite(_: object, field: attrs.Attribute[Any], value: float) -> None:
    if not math.isfinite(value):
        raise ValueError(f"{field.name} is {value}")


@attrs.frozen(kw_only=True)
class ModelFacts:
    """What a model file says of itself, in its metadata.

    Parameters
    ----------
    version : str
    types : tuple of str
        What its maps of types stand for.
    size_px : tuple of float
        Equivalent diameters of the smallest and the largest defect that it was trained on, in pixels of its input.
    best_size_px : float
        The equivalent diameter that it sees best.
    slope, intercept : float
        They turn the logit of a score into that of a probability.
    """

    version: str
    types: tuple[str, ...] = attrs.field(converter=as_names)
    size_px: tuple[float, float] = attrs.field(converter=_numbers)
    best_size_px: float = attrs.field(converter=float, validator=[_finite, attrs.validators.gt(0)])
    slope: float = attrs.field(default=1.0, converter=float, validator=[_finite, attrs.validators.gt(0)])
    intercept: float = attrs.field(default=0.0, converter=float, validator=_finite)

    @classmethod
    def of(cls, metadata: str, *, source: str) -> ModelFacts:
        """Return the facts that the text of a model's metadata holds.

        Parameters
        ----------
        metadata : str
            JSON, with the keys that :doc:`/decisions/loopnet` names.
        source : str
            What to call the model in a message.

        Raises
        ------
        DetectorError
            If a key is missing or wrong, or the model was made for another normalization or stride.

        Examples
        --------
        >>> ModelFacts.of(
        ...     '{"version": "1", "types": ["loop"], "stride": 2, "size_px": [6, 60], "best_size_px": 16,'
        ...     ' "calibration": {"slope": 1.2, "intercept": -0.1}, "normalization": "local-contrast-1"}',
        ...     source="an example",
        ... ).types
        ('loop',)
        """
        try:
            stated = parse_json(metadata, where="its text")
            expected = {"normalization": NORMALIZATION, "stride": STRIDE}
            for key, value in expected.items():
                if stated[key] != value:
                    raise ValueError(f"its {key} is {stated[key]!r}, and this defectkit has {value!r}")
            return cls(
                version=str(stated["version"]),
                types=tuple(str(name) for name in stated["types"]),
                size_px=stated["size_px"],
                best_size_px=stated["best_size_px"],
                slope=stated["calibration"]["slope"],
                intercept=stated["calibration"]["intercept"],
            )
        except (KeyError, TypeError, ValueError) as error:
            what = f"{error} is missing" if isinstance(error, KeyError) else error
            raise DetectorError(
                f"{source}: its metadata does not fit this defectkit: {what}. "
                "Use a model that was exported for this version"
            ) from error
