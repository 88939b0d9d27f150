"""Defect pairs: every defect of both sides in a table, and which of them stand for each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.metrics.class_means import SIDES
from defectkit.metrics.comparison import Comparison, Defects, ImageComparison, Part
from defectkit.metrics.dataset import Variable, dataset
from defectkit.metrics.interface import Metric

if TYPE_CHECKING:
    import xarray

NO_PARTNER = -1


def defect_pairs(comparison: Comparison) -> xarray.Dataset:
    """Return the measured defects of both sides, image after image.

    Parameters
    ----------
    comparison : Comparison
        Pairs are those at its ``iou_threshold``.

    Returns
    -------
    xarray.Dataset
        For ``true`` and ``predicted``, over a dimension ``true_defect`` or ``predicted_defect``: ``..._image``,
        ``..._id``, ``..._type``, ``..._size``, ``..._shape``, ``..._partner`` (the position on the other dimension of
        the defect that stands for this one, -1 where none does) and ``..._iou`` of the pair (NaN without a partner);
        ``predicted_defect_score`` besides.
    """
    variables: dict[str, Variable] = {}
    starts = {side: np.cumsum([0, *(_defects(i, side).n for i in comparison.images)]) for side in SIDES}
    for side, other in (SIDES, SIDES[::-1]):
        dim = f"{side}_defect"
        all_defects = [_defects(i, side) for i in comparison.images]
        partner = np.full(starts[side][-1], NO_PARTNER, np.int64)
        iou = np.full(starts[side][-1], np.nan)
        for k, image in enumerate(comparison.images):
            matching = image.matchings[comparison.primary]
            own, others = (matching.truth, matching.predicted)[:: 1 if side == "true" else -1]
            partner[starts[side][k] + own] = starts[other][k] + others
            iou[starts[side][k] + own] = matching.iou
        names = [i.image for i, d in zip(comparison.images, all_defects, strict=True) for _ in range(d.n)]
        columns = {
            "image": (np.array(names, dtype=str), "image", ""),
            "id": (_joined([d.ids for d in all_defects], np.int64), "identifier within the image", ""),
            "type": (np.array([t for d in all_defects for t in d.types], dtype=str), "type", ""),
            "size": (_joined([d.sizes for d in all_defects], np.float64), "size", comparison.length_unit),
            "shape": (_joined([d.shapes for d in all_defects], np.float64), "shape factor", ""),
            "partner": (partner, f"position of the {other} defect it is paired with, or -1", ""),
            "iou": (iou, "intersection over union with its partner", ""),
        }
        if side == "predicted":
            columns["score"] = (_joined([d.scores for d in all_defects], np.float64), "confidence", "")
        variables |= {
            f"{dim}_{name}": Variable(dims=(dim,), values=values, long_name=title, units=units)
            for name, (values, title, units) in columns.items()
        }
    return dataset(comparison, variables)


def _defects(image: ImageComparison, side: str) -> Defects:
    defects: Defects = getattr(image, side)
    return defects


def _joined(parts: list[Any], dtype: type[np.generic]) -> NDArray[Any]:
    return np.concatenate([np.zeros(0, dtype), *parts])


@attrs.frozen(kw_only=True)
class DefectPairs(Metric):
    """The metric of :func:`defect_pairs`."""

    name: ClassVar[str] = "defect-pairs"
    description: ClassVar[str] = "Every true and predicted defect with its type, size, shape and partner."
    needs: ClassVar[frozenset[Part]] = frozenset({Part.MEASURES})

    def compute(self, comparison: Comparison) -> xarray.Dataset:
        """Return :func:`defect_pairs` of the comparison."""
        return defect_pairs(comparison)
