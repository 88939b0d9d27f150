"""Explore: every matcher, kind of IoU, size rule and threshold, one evaluation each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
import numpy as np

from defectkit.conventions import Convention, IoUKind, convention as find_convention
from defectkit.errors import StudyError
from defectkit.measurement.size_rules import SIZE_RULES, size_rule
from defectkit.metrics import EndToEnd, Find, Metric, TypeScores
from defectkit.metrics.class_means import QUANTITIES, class_sums
from defectkit.metrics.errors import errors
from defectkit.records.defect_type import Taxonomy
from defectkit.records.inputs import Images, InstanceSets, images_by_name
from defectkit.records.label_set import LabelSet
from defectkit.records.names import as_names
from defectkit.statistics.totals import Totals
from defectkit.statistics.units import Sum, Units
from defectkit.statistics.variables import Variable
from defectkit.workflows.evaluate import IOU_THRESHOLDS, evaluate

if TYPE_CHECKING:
    import xarray

CHOICES = ("matcher", "iou_kind", "size_rule", "iou_threshold")
"""The dimensions of an exploration: what may be chosen."""


@attrs.frozen(kw_only=True)
class ErrorsAtEveryThreshold(Metric):
    """Percent errors of size, shape and density with "found" meant at each threshold in turn."""

    name: ClassVar[str] = "errors-at-every-threshold"
    description: ClassVar[str] = "Percent errors of size, shape and density, found defects by IoU threshold."

    def sums(self, units: Units) -> Mapping[str, Sum]:
        """Return counts and sums of sizes and shapes, of all defects and of those found at each threshold."""
        sums: dict[str, Sum] = {}
        for k, threshold in enumerate(units.comparison.iou_thresholds):
            at = attrs.evolve(units, comparison=attrs.evolve(units.comparison, iou_threshold=threshold))
            sums |= {f"{k} {name}": added for name, added in class_sums(at).items()}
        return sums

    def values(self, totals: Totals) -> Mapping[str, Variable]:
        """Return ``X_error`` and ``overall_X_error`` with the dimension ``iou_threshold`` before their own."""
        each = []
        for k in range(len(totals.comparison.iou_thresholds)):
            own = {name.removeprefix(f"{k} "): s for name, s in totals.sums.items() if name.startswith(f"{k} ")}
            each.append(errors(Totals(units=totals.units, sums=own, drawn=totals.drawn)))
        kept = [f"{prefix}{quantity}_error" for quantity in QUANTITIES for prefix in ("", "overall_")]
        return {
            name: attrs.evolve(
                each[0][name],
                dims=("iou_threshold", *each[0][name].dims),
                values=np.stack([np.asarray(at[name].values) for at in each], axis=1),
            )
            for name in kept
        }


def explore_conventions(
    truth: InstanceSets,
    predicted: InstanceSets,
    images: Images = (),
    *,
    convention: Convention | str = "defectkit",
    matchers: Sequence[str] | None = None,
    iou_kinds: Sequence[IoUKind | str] = tuple(IoUKind),
    size_rules: Sequence[str] = tuple(SIZE_RULES),
    iou_thresholds: Sequence[float] = IOU_THRESHOLDS,
    taxonomy: Taxonomy | None = None,
) -> xarray.Dataset:
    """Return the statistics of one set of predictions under every combination of choices.

    Parameters
    ----------
    truth, predicted : LabelSet, mapping of str to Instances, or iterable of Prediction
        Predictions from an iterable are taken once.
    images : iterable or mapping of Image, optional
    convention : Convention or str
        Everything that is not varied: box rule, shape rule, types.
    matchers : sequence of str, optional
        By default all of :data:`defectkit.matching.MATCHERS`.
    iou_kinds, size_rules, iou_thresholds : sequence
    taxonomy : Taxonomy, optional

    Returns
    -------
    xarray.Dataset
        Dimensions ``matcher``, ``iou_kind``, ``size_rule`` and ``iou_threshold`` before those of
        :func:`defectkit.workflows.evaluate`: find, type and end-to-end scores, and the percent errors of size, shape
        and density with "found" meant at each threshold.

    Raises
    ------
    StudyError
        If there is nothing to choose from.
    UnknownMatcherError, ConventionError
        If a choice is none that there is.
    """
    import xarray

    from defectkit.matching import MATCHERS

    rule = find_convention(convention)
    chosen_matchers = tuple(MATCHERS) if matchers is None else as_names(matchers)
    kinds, rules = (
        tuple(map(IoUKind, as_names(iou_kinds))),
        tuple(size_rule(name).name for name in as_names(size_rules)),
    )
    choices = zip(CHOICES, (chosen_matchers, kinds, rules, tuple(iou_thresholds)), strict=True)
    empty = [name for name, values in choices if not values]
    if empty:
        raise StudyError(f"exploring conventions: there is no {', no '.join(empty)} to choose from")
    sides = [side if isinstance(side, LabelSet | Mapping) else list(side) for side in (truth, predicted)]
    given = images_by_name(images)

    def at(matcher: str, kind: IoUKind, size: str) -> xarray.Dataset:
        result = evaluate(
            sides[0],
            sides[1],
            given,
            convention=attrs.evolve(rule, matcher=matcher, iou_kind=kind, size_rule=size),
            iou_threshold=min(iou_thresholds),
            iou_thresholds=iou_thresholds,
            taxonomy=taxonomy,
            metrics=[Find(), TypeScores(), EndToEnd(), ErrorsAtEveryThreshold()],
        )
        pooled = [n for n in result.data_vars if not str(n).startswith(("image_", "undefined_"))]
        return result[pooled].expand_dims(matcher=[matcher], iou_kind=[str(kind)], size_rule=[size])

    parts = [at(matcher, kind, size) for matcher in chosen_matchers for kind in kinds for size in rules]
    joined: Any = xarray.combine_by_coords(parts, combine_attrs="override")
    ordered: xarray.Dataset = joined.reindex(
        matcher=list(chosen_matchers), iou_kind=[str(k) for k in kinds], size_rule=list(rules)
    )
    ordered.attrs = {
        "convention": rule.name,
        "convention_settings": json.dumps(rule.settings()),
        "overall_types": parts[0].attrs["overall_types"],
        "defectkit_version": parts[0].attrs["defectkit_version"],
    }
    return ordered
