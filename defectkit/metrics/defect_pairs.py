"""Defect pairs: every defect of both sides in a table, and which of them stand for each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import attrs
import numpy as np

from defectkit.metrics.class_means import SIDES
from defectkit.metrics.interface import Metric
from defectkit.statistics.comparison import Defects, Part
from defectkit.statistics.totals import Totals
from defectkit.statistics.variables import Variable

if TYPE_CHECKING:
    pass

NO_PARTNER = -1


@attrs.frozen(kw_only=True)
class DefectPairs(Metric):
    """The measured defects of both sides, image after image, and which of them stand for each other.

    Notes
    -----
    For ``true`` and ``predicted``, over a dimension ``true_defect`` or ``predicted_defect``: variables ``..._image``,
    ``..._id``, ``..._type``, ``..._size``, ``..._shape``, ``..._partner`` (the position on the other dimension of the
    defect that stands for this one at the comparison's ``iou_threshold``, -1 where none does) and ``..._iou`` of the
    pair (NaN without a partner); ``predicted_defect_score`` besides. They are a table, so none has an interval.
    """

    name: ClassVar[str] = "defect-pairs"
    description: ClassVar[str] = "Every true and predicted defect with its type, size, shape and partner."
    needs: ClassVar[frozenset[Part]] = frozenset({Part.MEASURES})

    def values(self, totals: Totals) -> Mapping[str, Variable]:
        """Return the columns of both tables."""
        variables: dict[str, Variable] = {}
        comparison, matching = totals.comparison, totals.comparison.found
        for side, other, own, others in (
            (*SIDES, matching.truth, matching.predicted),
            (*SIDES[::-1], matching.predicted, matching.truth),
        ):
            dim = f"{side}_defect"
            defects: Defects = getattr(comparison, side)
            partner = np.full(defects.n, NO_PARTNER, np.int64)
            partner[own] = others
            iou = np.full(defects.n, np.nan)
            iou[own] = matching.iou
            images = comparison.image_of(getattr(comparison, f"{side}_frames"))
            columns = {
                "image": (np.array(comparison.names, dtype=str)[images], "image", ""),
                "id": (defects.ids, "identifier within the image", ""),
                "type": (np.array(comparison.types, dtype=str)[defects.codes], "type", ""),
                "size": (defects.sizes, "size", comparison.length_unit),
                "shape": (defects.shapes, "shape factor", ""),
                "partner": (partner, f"position of the {other} defect it is paired with, or -1", ""),
                "iou": (iou, "intersection over union with its partner", ""),
            }
            if side == "predicted":
                columns["score"] = (defects.scores, "confidence", "")
            for name, (values, title, units) in columns.items():
                variables[f"{dim}_{name}"] = Variable(
                    dims=(dim,), values=np.asarray(values)[None], long_name=title, units=units, has_interval=False
                )
        return variables
