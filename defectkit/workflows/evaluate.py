"""Evaluate: predictions against truth, under a convention, as one data set."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from defectkit.conventions import Convention, check_iou_threshold, convention as find_convention
from defectkit.errors import (
    EmptyInputError,
    PairingError,
    PluginError,
)
from defectkit.formats.labels import Unpaired
from defectkit.formats.names import list_names
from defectkit.formats.refusals import Refused
from defectkit.hooks.provenance import provenance_of
from defectkit.metrics import BUILT_IN, Comparison, ImageComparison, Metric
from defectkit.parallel import Workers, about, block_size, map_blocks, map_items, n_workers, threads_here
from defectkit.records.defect_type import Taxonomy
from defectkit.records.inputs import Images, InstanceSets, instances_by_image
from defectkit.records.label_set import LabelSet
from defectkit.statistics import Bootstrap, Units, intervals, resample, value_of
from defectkit.statistics.comparing import Sides, compare_images, compared_types
from defectkit.workflows.calibrations import Calibrations
from defectkit.workflows.compared_types import ComparedTypes
from defectkit.workflows.evaluation_notes import about_missing, about_types
from defectkit.workflows.pairing import ImagePairing, Missing, pair_images
from defectkit.workflows.predicted import Predicted
from defectkit.workflows.refused_regions import RefusedRegions
from defectkit.workflows.scored_field import LeftOut, in_field
from defectkit.workflows.sides import joined_taxonomy

if TYPE_CHECKING:
    import xarray

IOU_THRESHOLDS = tuple(round(0.05 * k, 2) for k in range(1, 20))
"""0.05, 0.10, ... 0.95."""

SAME_THRESHOLD = 1e-9
"""Thresholds closer than this are one."""


def evaluate(
    truth: InstanceSets,
    predicted: InstanceSets,
    images: Images = (),
    *,
    convention: Convention | str = "defectkit",
    iou_threshold: float | None = None,
    iou_thresholds: Sequence[float] = IOU_THRESHOLDS,
    unpaired: Unpaired | str = Unpaired.RAISE,
    missing: Missing | str = Missing.ERROR,
    refused: Refused | str = Refused.RAISE,
    min_score: float | None = None,
    predicted_types: Mapping[str, str] | None = None,
    ignore_types: bool = False,
    taxonomy: Taxonomy | None = None,
    metrics: Iterable[Metric | str] | None = None,
    bootstrap: Bootstrap | None = None,
    workers: Workers = 1,
) -> xarray.Dataset:
    """Return every statistic of predictions against truth, with intervals where these are asked for.

    Parameters
    ----------
    truth, predicted : LabelSet, mapping of str to Instances, or iterable of Prediction
        The defects of each image. An image without a defect is there, empty. Predictions are taken from an iterable one
        at a time, so a detector may still be at work on the next.
    images : iterable or mapping of Image, optional
        For their pixel sizes, and for the places that do not count (``Image.excluded``); pixels are not read. Without
        images, or where none of them is calibrated, lengths are in pixels. Defects where nothing counts are not
        compared, see :func:`defectkit.workflows.scored_field.in_field`, and densities go by the area that counts.
    convention : Convention or str
        How defects are matched and sized, and which types "overall" averages over.
    iou_threshold : float, optional
        Where a pair counts as found, in place of the convention's threshold.
    iou_thresholds : sequence of float
        The sweep; the threshold above is added to it.
    unpaired : Unpaired
        What to do with images that only one side speaks of. Those that have no prediction are then out of recall, too;
        ``notes`` say what that does to it.
    missing : Missing
        What a true image without a prediction means: ``empty``, nothing was found there, or ``error``, which leaves it
        to ``unpaired``. A program that writes one file per image may write none where it found nothing.
    refused : Refused
        What happens to images of a label set that are not fully read. ``raise``: it is an error if more than a tenth of
        the regions of a side was refused, or all of an image; fewer are a note. ``leave-out``: these images are not
        compared.
    min_score : float, optional
        Predicted defects below this score are left out; those without a score stay.
    predicted_types : mapping of str to str, optional
        From types of the prediction to what they are called in the truth.
    ignore_types : bool
        Whether all defects are taken as of one type, :data:`ANY_TYPE`.
    taxonomy : Taxonomy, optional
        Which types are sub-types of which; by default that of the truth with what the predicted label set adds to it,
        and the built-in one where neither side has one.
    metrics : iterable of Metric or str, optional
        By default all built-in ones. What none of them needs is not computed: ``["find"]`` takes a tenth of the time.
    bootstrap : Bootstrap, optional
        How intervals are made; by default there are none. An evaluation without takes a fraction of the time.
    workers : int or Executor
        Threads that compare images and compute metrics, or processes that compare images; the result is the same to
        the bit whoever does it. Predictions are still taken one at a time, and a few images ahead.

    Returns
    -------
    xarray.Dataset
        The variables of all metrics; see :class:`defectkit.metrics.Metric` for their names and dimensions. With a
        bootstrap each ``X`` that is not of a single image or defect has ``X_low`` and ``X_high``, the ends of its
        interval, and ``X_degenerate``, the number of resamples in which it is undefined. Images are sorted by name.
        Attributes name convention, IoU threshold, both sides, what was left out and what to beware of:
        ``only_in_truth``, ``only_predicted``, ``taken_as_empty`` and ``left_out_not_fully_read`` list images,
        ``notes`` are sentences. ``image_n_refused_true`` and ``image_n_refused_predicted``
        (image) are the numbers of its regions that were refused.

    Raises
    ------
    EmptyInputError
        If neither side has an image, or none is left to compare.
    RefusedRegionsError
        If too many regions of a side were refused and ``refused`` is ``raise``.
    UnknownDefectTypeError
        If ``predicted_types`` names a type that no prediction has.
    PairingError
        If images of one side only are refused, none is on both sides, one is predicted twice or not among ``images``,
        or shapes differ.
    MissingCalibrationError
        If some of the images are calibrated and others are not.
    ConventionError
        If a threshold is not above 0 and at most 1.
    WorkersError
        If ``workers`` is neither 1 or more nor an executor.
    PluginError
        If two metrics give a variable of one name.

    Examples
    --------
    >>> import numpy as np
    >>> from defectkit.records import Instances
    >>> masks = np.zeros((2, 16, 16), bool)
    >>> masks[0, 2:6, 2:6] = masks[1, 9:14, 9:14] = True
    >>> truth = {"one": Instances.from_masks(masks, types=["bdot", "loop_111"], shape=(16, 16))}
    >>> predicted = {"one": truth["one"].take([0])}
    >>> result = evaluate(truth, predicted)
    >>> round(float(result["find_f1_score"].sel(iou_threshold=0.3)), 3)
    0.667

    How sure that is, by a bootstrap over images; of one image there is no telling:

    >>> several = {name: truth["one"] for name in ("one", "two", "three", "four")}
    >>> predicted = {name: several[name].take([0] if name == "one" else [0, 1]) for name in several}
    >>> result = evaluate(several, predicted, bootstrap=Bootstrap(confidence=0.8)).sel(iou_threshold=0.3)
    >>> [round(float(result[f"find_recall{end}"]), 3) for end in ("", "_low", "_high")]
    [0.875, 0.75, 1.0]
    """
    rule = find_convention(convention)
    primary = check_iou_threshold(rule.iou_threshold if iou_threshold is None else iou_threshold)
    thresholds = with_threshold(iou_thresholds, primary)
    chosen = _metrics(metrics)
    parts = frozenset(part for metric in chosen for part in metric.needs)
    known = _taxonomy(truth, predicted) if taxonomy is None else taxonomy
    readings = [RefusedRegions.of(side, refused) for side in (truth, predicted)]
    incomplete = frozenset(name for reading in readings for name in reading.left_out)
    every = instances_by_image(truth, where="in the truth")
    ours = {name: instances for name, instances in every.items() if name not in incomplete}
    calibration = Calibrations.of(images, ours)
    source = Predicted.of(predicted, ours, unpaired=Unpaired(unpaired), missing=Missing(missing), left_out=incomplete)
    typed = ComparedTypes(predicted=predicted_types or {}, ignored=ignore_types)
    left_out = LeftOut()

    def sides() -> Iterator[Sides]:
        seen = set[str]()
        for name, instances in source:
            if name in seen:
                raise PairingError(f"image {name!r} is predicted twice")
            seen.add(name)
            kept = instances if min_score is None else instances.above(min_score)
            spacing = calibration.spacing(name, ours[name])
            field = calibration.field(name, ours[name])
            with about(name):
                true, found = in_field(field, ours[name], kept)
            left_out.add(field, true=len(ours[name]) - len(true), predicted=len(kept) - len(found))
            yield Sides(
                image=name,
                truth=typed.of_truth(true),
                predicted=typed.of_prediction(found),
                spacing=spacing,
                n_pixels=field.n_pixels,
            )

    def compared_block(block: Sequence[Sides]) -> list[ImageComparison]:
        with about(*(image.image for image in block)):
            return compare_images(block, convention=rule, iou_thresholds=thresholds, taxonomy=known, parts=parts)

    blocks = map_blocks(compared_block, sides(), workers=workers, block=block_size(len(ours), n_workers(workers)))
    compared = {image.image: image for image in blocks}
    pairing = pair_images(ours, [*compared, *source.without_truth], unpaired)
    if not compared:
        why = f"; not fully read: {list_names(incomplete)}" if incomplete else ""
        raise EmptyInputError(f"there is nothing to evaluate: no image is on both sides{why}")
    typed.check_used()

    occurring = {t for c in compared.values() for side in (c.true, c.predicted) for t in side.names}
    types, overall_types = compared_types(occurring, rule, known)
    comparison = Comparison(
        convention=rule,
        iou_thresholds=thresholds,
        iou_threshold=primary,
        types=types,
        overall_types=overall_types,
        length_unit=calibration.length_unit,
        images=tuple(compared[name] for name in sorted(compared)),
    )
    units = Units.images(comparison)
    computed = map_items(lambda metric: value_of(metric, units), chosen, workers=threads_here(workers), block=1)
    result = _merged(zip(chosen, computed, strict=True))
    if bootstrap is not None:
        (drawn,) = resample(chosen, [comparison], bootstrap)
        result = result.assign(intervals({name: result.variables[name] for name in drawn}, drawn, bootstrap.confidence))
    result = result.assign_coords(image=np.array(comparison.names, dtype=str))
    for side, reading in zip(("true", "predicted"), readings, strict=True):
        result = reading.counted(result, side)
    notes = (
        *(sentence for reading in readings for sentence in reading.sentences),
        *about_missing(comparison, pairing, ours, source.as_empty),
        *about_types(comparison),
        *left_out.sentences(),
        *source.notes,
    )
    result.attrs = {
        **_attributes(comparison, pairing),
        "taken_as_empty": sorted(source.as_empty),
        "left_out_not_fully_read": sorted(incomplete),
        "truth": _title(truth),
        "predicted": source.title or _title(predicted),
        "min_score": "" if min_score is None else min_score,
        "metrics": json.dumps([provenance_of(metric) for metric in chosen], sort_keys=True),
        "bootstrap": "" if bootstrap is None else bootstrap.describe(len(comparison.images)),
        "capped_images": source.capped,
        "assumed_calibration": calibration.assumed(compared),
        "notes": list(dict.fromkeys(notes)),
    }
    return result


def with_threshold(thresholds: Sequence[float], primary: float) -> tuple[float, ...]:
    """Return the thresholds in ascending order with ``primary`` among them, in place of one that is all but equal.

    Raises
    ------
    ConventionError
        If one is not above 0 and at most 1.

    Examples
    --------
    >>> with_threshold([0.5, 0.25], 0.3)
    (0.25, 0.3, 0.5)
    """
    others = [check_iou_threshold(t) for t in thresholds if abs(t - primary) > SAME_THRESHOLD]
    return tuple(sorted({*others, primary}))


def _metrics(given: Iterable[Metric | str] | None) -> list[Metric]:
    from defectkit import hooks

    if given is None:
        return [metric() for metric in BUILT_IN]
    several = [given] if isinstance(given, str) else given
    return [hooks.find("metric", m)() if isinstance(m, str) else m for m in several]


def _merged(computed: Iterable[tuple[Metric, xarray.Dataset]]) -> xarray.Dataset:
    import xarray

    variables: dict[str, Any] = {}
    coordinates: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for metric, part in computed:
        for name in part.data_vars:
            if name in origin:
                raise PluginError(
                    f"the metrics {metric.name!r} and {origin[str(name)]!r} both give a variable {name!r}; "
                    "leave one out"
                )
            origin[str(name)] = metric.name
            variables[str(name)] = part.variables[name].copy(deep=False)
            variables[str(name)].attrs["metric"] = metric.name
        for name, labels in part.coords.items():
            if name in coordinates and not labels.variable.equals(coordinates[str(name)]):
                raise PluginError(
                    f"the metric {metric.name!r} labels the dimension {name!r} in another way than others"
                )
            coordinates[str(name)] = part.variables[name]
    return xarray.Dataset(variables, coords=coordinates)


def _taxonomy(truth: InstanceSets, predicted: InstanceSets) -> Taxonomy:
    return joined_taxonomy(side.taxonomy for side in (truth, predicted) if isinstance(side, LabelSet))


def _title(labels: InstanceSets) -> str:
    return labels.key if isinstance(labels, LabelSet) else ""


def _attributes(comparison: Comparison, pairing: ImagePairing) -> dict[str, Any]:
    from defectkit import __version__

    return {
        "convention": comparison.convention.name,
        "convention_settings": json.dumps(comparison.convention.settings()),
        "iou_threshold": comparison.iou_threshold,
        "overall_types": list(comparison.overall_types),
        "true_types": sorted({name for image in comparison.images for name in image.true.names}),
        "predicted_types": sorted({name for image in comparison.images for name in image.predicted.names}),
        "length_unit": comparison.length_unit,
        "only_in_truth": list(pairing.only_truth),
        "only_predicted": list(pairing.only_predicted),
        "defectkit_version": __version__,
    }
