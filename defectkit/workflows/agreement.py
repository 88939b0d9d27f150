"""Agreement: how far two label sets of the same images agree: the most that a model can be asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import attrs
import numpy as np

from defectkit.conventions import Convention
from defectkit.formats.labels import Unpaired
from defectkit.formats.refusals import Refused, check_refused
from defectkit.metrics import Confusion, Errors, Find, Metric, Part, TypeScores, Variable
from defectkit.metrics.class_means import SIDES, class_mean, class_sums
from defectkit.metrics.errors import POOLED
from defectkit.parallel import Workers
from defectkit.records.inputs import Images, InstanceSets, as_label_set
from defectkit.statistics import Bootstrap, Sum, Totals, Units
from defectkit.statistics.intervals import DEGENERATE, HIGH, LOW
from defectkit.workflows.evaluate import evaluate

if TYPE_CHECKING:
    import xarray

FIGURES = {"find_f1_score": "f1_score", "type_kappa": "kappa"}
"""What an evaluation calls the figures that are the same whichever set is called the truth."""

DIFFERENCES = ("size_difference", "density_difference")
ENDS = ("", LOW, HIGH, DEGENERATE)

DEFAULT = Bootstrap()


@attrs.frozen(kw_only=True)
class Differences(Metric):
    """How far the mean sizes and the densities of the predicted side lie above those of the true one, in percent.

    Notes
    -----
    Variables ``size_difference`` and ``density_difference`` (subset, defect_type).
    """

    name: ClassVar[str] = "differences"
    description: ClassVar[str] = "Signed differences of mean size and density, in percent of the true side."
    needs: ClassVar[frozenset[Part]] = frozenset({Part.MEASURES})

    def sums(self, units: Units) -> Mapping[str, Sum]:
        """Return counts and sums of sizes, by side, subset and type."""
        return class_sums(units)

    def values(self, totals: Totals) -> Mapping[str, Variable]:
        """Return both differences."""
        variables = {}
        for quantity in ("size", "density"):
            first, second = (class_mean(totals.__getitem__, side, quantity) for side in SIDES)
            with np.errstate(divide="ignore", invalid="ignore"):  # nothing to compare with is NaN
                percent = np.where(first == 0, np.nan, 100 * (second / first - 1))
            title = f"{'mean size' if quantity == 'size' else 'density'} of the second set minus that of the first"
            variables[f"{quantity}_difference"] = Variable(
                dims=POOLED, values=percent, long_name=f"{title}, of the first", units="percent"
            )
        return variables


def agree(
    first: InstanceSets,
    second: InstanceSets,
    images: Images = (),
    *,
    convention: Convention | str = "defectkit",
    iou_threshold: float | None = None,
    unpaired: Unpaired | str = Unpaired.RAISE,
    refused: Refused | str = Refused.RAISE,
    bootstrap: Bootstrap | None = DEFAULT,
    workers: Workers = 1,
) -> xarray.Dataset:
    """Return how far two label sets agree, each figure with a bootstrap interval over images.

    Parameters
    ----------
    first, second : LabelSet, mapping of str to Instances, or iterable of Prediction
        Labels of the same images; neither is taken for the truth. What is not a label set is called ``first`` or
        ``second``.
    images : iterable or mapping of Image, optional
        For their pixel sizes.
    convention, iou_threshold, unpaired, refused
        As in :func:`~defectkit.workflows.evaluate.evaluate`.
    bootstrap : Bootstrap, optional
        How intervals are made; None for no intervals.
    workers : int or Executor
        As in :func:`~defectkit.workflows.evaluate.evaluate`.

    Returns
    -------
    xarray.Dataset
        ``f1_score`` and ``kappa`` (iou_threshold); ``size_difference`` and ``density_difference`` in percent
        (defect_type, with ``all``); each with ``_low``, ``_high`` and ``_degenerate`` (resamples in which it is
        undefined); ``confusion`` (iou_threshold, first_type, second_type) with ``background`` for what only one set
        has; ``first_count``, ``second_count`` (image, defect_type); ``first_n_refused``, ``second_n_refused`` (image),
        the regions that were refused when the sets were read.

    Notes
    -----
    F1 is ``2 n / (n1 + n2)`` over pairs n of defects n1 and n2, which is the same whichever set is called the truth; it
    and kappa are those of :func:`~defectkit.workflows.evaluate.evaluate`, as are their intervals.
    With few images an interval is narrow for want of variety: it tells what other images *like these* would give.

    Examples
    --------
    >>> from defectkit.records import Instances, LabelSet
    >>> mask = np.zeros((1, 16, 16), bool)
    >>> mask[0, 2:6, 2:6] = True
    >>> labels = LabelSet(name="a", instances={"one": Instances.from_masks(mask, types=["bdot"], shape=(16, 16))})
    >>> float(agree(labels, labels)["f1_score"].min())
    1.0
    """
    import xarray

    first, second = as_label_set(first, name="first"), as_label_set(second, name="second")
    ends = ENDS if bootstrap else ENDS[:1]
    result = evaluate(
        first,
        second,
        images,
        convention=convention,
        iou_threshold=iou_threshold,
        unpaired=unpaired,
        refused=refused,
        metrics=[Find(), TypeScores(), Confusion(), Errors(), Differences()],
        bootstrap=bootstrap,
        workers=workers,
    )
    renamed = {f"{own}{end}": f"{name}{end}" for own, name in FIGURES.items() for end in ends}
    of_all = result.sel(subset="all", drop=True)
    table = xarray.merge(
        [
            result[list(renamed)].rename(renamed),
            of_all[[f"{name}{end}" for name in DIFFERENCES for end in ends]],
            of_all[["image_true_count", "image_predicted_count"]].rename(
                image_true_count="first_count", image_predicted_count="second_count"
            ),
            result[["image_n_refused_true", "image_n_refused_predicted"]].rename(
                image_n_refused_true="first_n_refused", image_n_refused_predicted="second_n_refused"
            ),
            result[["confusion"]].rename(true_type="first_type", predicted_type="second_type"),
        ]
    )
    kept = (
        "convention",
        "convention_settings",
        "iou_threshold",
        "length_unit",
        "assumed_calibration",
        "bootstrap",
        "defectkit_version",
    )
    table.attrs = {name: result.attrs[name] for name in kept if name in result.attrs} | {
        "first": first.key,
        "second": second.key,
        "first_digest": first.digest(),
        "second_digest": second.digest(),
        "only_in_first": result.attrs["only_in_truth"],
        "only_in_second": result.attrs["only_predicted"],
        "left_out_not_fully_read": result.attrs["left_out_not_fully_read"],
        "notes": list(dict.fromkeys(s for side in (first, second) for s in check_refused(side, refused))),
    }
    return table
