"""Agreement: how far two label sets of the same images agree, with intervals: the ceiling a model is held to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from defectkit.conventions import Convention
from defectkit.formats.labels import Unpaired
from defectkit.formats.refusals import Refused, check_refused
from defectkit.metrics.bootstrap import Floats, Interval, bootstrapped
from defectkit.metrics.type_scores import cohen_kappa
from defectkit.records.image import Image
from defectkit.records.label_set import LabelSet
from defectkit.workflows.evaluate import evaluate

if TYPE_CHECKING:
    import xarray

FIGURES = {
    "f1_score": "F1 score of finding the defects of the other set",
    "kappa": "Cohen's kappa of the types of matched pairs",
    "size_difference": "mean size of the second set minus that of the first, of the first",
    "density_difference": "density of the second set minus that of the first, of the first",
}
BOUNDS = {"_low": "lower end", "_high": "upper end"}


def agree(
    first: LabelSet,
    second: LabelSet,
    images: Iterable[Image] | Mapping[str, Image] = (),
    *,
    convention: Convention | str = "defectkit",
    iou_threshold: float | None = None,
    unpaired: Unpaired | str = Unpaired.RAISE,
    refused: Refused | str = Refused.RAISE,
    n_resamples: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> xarray.Dataset:
    """Return how far two label sets agree, each figure with a bootstrap interval over images.

    Parameters
    ----------
    first, second : LabelSet
        Labels of the same images; neither is taken for the truth.
    images : iterable or mapping of Image, optional
        For their pixel sizes.
    convention, iou_threshold, unpaired, refused
        As in :func:`~defectkit.workflows.evaluate.evaluate`.
    n_resamples, level, seed
        As in :func:`~defectkit.metrics.bootstrap.bootstrapped`.

    Returns
    -------
    xarray.Dataset
        ``f1_score`` and ``kappa`` (iou_threshold); ``size_difference`` and ``density_difference`` in percent
        (defect_type, with ``all``); each with ``_low``, ``_high`` and ``_undefined`` (resamples in which it was not
        defined); ``confusion`` (iou_threshold, first_type, second_type) with ``background`` for what only one set has;
        ``first_count``, ``second_count`` (image, defect_type); ``first_n_refused``, ``second_n_refused`` (image), the
        regions that were refused when the sets were read.

    Notes
    -----
    F1 is ``2 n / (n1 + n2)`` over pairs n of defects n1 and n2, which is the same whichever set is called the truth.
    With few images an interval is narrow for want of variety: it tells what other images *like these* would give.

    Examples
    --------
    >>> from defectkit.records import Instances
    >>> mask = np.zeros((1, 16, 16), bool)
    >>> mask[0, 2:6, 2:6] = True
    >>> labels = LabelSet(name="a", instances={"one": Instances.from_masks(mask, types=["bdot"], shape=(16, 16))})
    >>> float(agree(labels, labels)["f1_score"].min())
    1.0
    """
    import xarray

    result = evaluate(
        first,
        second,
        images,
        convention=convention,
        iou_threshold=iou_threshold,
        unpaired=unpaired,
        refused=refused,
    )
    n_images = result.sizes["image"]

    found, n_first, n_second = (
        result[name].to_numpy().astype(np.float64) for name in ("image_n_found", "image_n_true", "image_n_predicted")
    )
    confusion = result["image_confusion"].to_numpy().astype(np.float64)[..., :-1, :-1]
    counts = tuple(result[f"image_{side}_count"].sel(subset="all").to_numpy() for side in ("true", "predicted"))
    sums = tuple(_size_sums(result, side) for side in ("true", "predicted"))

    def f1_score(weights: Floats) -> Floats:
        return _ratio(2 * weights @ found, (weights @ (n_first + n_second))[:, None])

    def kappa(weights: Floats) -> Floats:
        return cohen_kappa(np.einsum("ri,itab->rtab", weights, confusion))

    def size_difference(weights: Floats) -> Floats:
        before, after = (_ratio(weights @ s, weights @ c) for s, c in zip(sums, counts, strict=True))
        return 100 * (_ratio(after, before) - 1)

    def density_difference(weights: Floats) -> Floats:
        return 100 * (_ratio(weights @ counts[1], weights @ counts[0]) - 1)

    def interval(figure: Callable[[Floats], Floats]) -> Interval:
        return bootstrapped(figure, n_images, n_resamples=n_resamples, level=level, seed=seed)

    of_threshold, of_type = ("iou_threshold",), ("defect_type",)
    intervals = {
        "f1_score": (of_threshold, interval(f1_score)),
        "kappa": (of_threshold, interval(kappa)),
        "size_difference": (of_type, interval(size_difference)),
        "density_difference": (of_type, interval(density_difference)),
    }
    variables: dict[str, tuple[tuple[str, ...], NDArray[np.generic], dict[str, str]]] = {}
    for name, (dims, bounds) in intervals.items():
        variables |= _with_bounds(name, dims, bounds)
    for number, place, side in (("first", 0, "true"), ("second", 1, "predicted")):
        variables[f"{number}_count"] = (("image", "defect_type"), counts[place], {"units": ""})
        variables[f"{number}_n_refused"] = (("image",), result[f"image_n_refused_{side}"].to_numpy(), {"units": ""})
    renamed = result[["confusion"]].rename(true_type="first_type", predicted_type="second_type")
    table = xarray.Dataset(
        variables, coords={name: result[name] for name in ("image", "iou_threshold", "defect_type")}
    ).merge(renamed)
    kept = (
        "convention",
        "convention_settings",
        "iou_threshold",
        "length_unit",
        "assumed_calibration",
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
        "bootstrap": f"{n_resamples} resamples of {n_images} images, {100 * level:g} % interval, seed {seed}",
    }
    return table


def _size_sums(result: xarray.Dataset, side: str) -> Floats:
    counts = result[f"image_{side}_count"].sel(subset="all").to_numpy()
    means = result[f"image_{side}_size"].sel(subset="all").to_numpy()
    sums: Floats = np.where(counts > 0, means, 0.0) * counts
    return sums


def _ratio(above: Floats, below: Floats) -> Floats:
    above, below = np.broadcast_arrays(above, below)
    ratio: Floats = np.divide(above, below, out=np.full(above.shape, np.nan), where=below != 0)
    return ratio


def _with_bounds(
    name: str, dims: tuple[str, ...], interval: Interval
) -> dict[str, tuple[tuple[str, ...], NDArray[np.generic], dict[str, str]]]:
    units = "percent" if name.endswith("difference") else ""
    title = FIGURES[name]
    bounds = {
        name + suffix: (dims, getattr(interval, suffix[1:]), {"units": units, "long_name": f"{end} of: {title}"})
        for suffix, end in BOUNDS.items()
    }
    return {
        name: (dims, interval.value, {"units": units, "long_name": title}),
        **bounds,
        f"{name}_undefined": (dims, interval.n_undefined, {"units": "", "long_name": f"undefined resamples: {title}"}),
    }
