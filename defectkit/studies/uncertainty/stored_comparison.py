"""Kept: what of a comparison is stored with an evaluation, and the comparison that is made of it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.conventions import Convention
from defectkit.errors import BootstrapError
from defectkit.files.decoding import parse_json
from defectkit.matching.matchings import FramedMatchings, Matchings
from defectkit.matching.overlaps import Overlaps
from defectkit.metrics.class_means import SIDES
from defectkit.metrics.interface import Metric
from defectkit.statistics import Totals, Variable
from defectkit.statistics.comparison import Comparison, Defects, Foregrounds, ImageComparison, Measures

if TYPE_CHECKING:
    import xarray

Indices = NDArray[np.int64]

OF_IMAGES = {
    "image_field_area": "area of the image that counts",
    "image_n_pixels": "pixels that count",
    "image_true_pixels": "pixels in any true mask",
    "image_predicted_pixels": "pixels in any predicted mask",
    "image_shared_pixels": "pixels in both a true and a predicted mask",
}
OF_OVERLAPS = {
    "overlap_true": "position of the true defect",
    "overlap_predicted": "position of the predicted defect",
    "overlap_iou": "intersection over union",
    "overlap_taken": "whether the two are a pair",
}


@attrs.frozen(kw_only=True)
class StoredComparison(Metric):
    """What, beside the tables of :class:`defectkit.metrics.DefectPairs`, a comparison is made of again.

    Notes
    -----
    Positions on the dimensions ``true_defect`` and ``predicted_defect`` of all pairs that overlap: ``overlap_true``,
    ``overlap_predicted`` and ``overlap_iou`` (overlap), and which the convention's matcher takes, ``overlap_taken``
    (overlap, iou_threshold). Of each image ``image_field_area``, ``image_n_pixels`` and the pixels in masks.

    It is registered by no hook, on purpose: it says nothing of a detector. A study keeps it, so that every metric, one
    of a plugin as well, can be resampled later on (:func:`comparison_of`).
    """

    name: ClassVar[str] = "kept-comparison"
    description: ClassVar[str] = "Which defects overlap and which are pairs, for resampling an evaluation later on."

    def values(self, totals: Totals) -> Mapping[str, Variable]:
        """Return the overlaps and what is known of images."""
        comparison = totals.comparison
        matchings, images = comparison.matchings, comparison.images
        overlaps = matchings.overlaps
        taken = np.zeros((len(overlaps), len(matchings)), np.int64)
        taken[matchings.pairs, matchings.thresholds_of_pairs] = 1
        of_images = (
            comparison.field_areas,
            *(
                np.array([getattr(i, name) for i in images], np.int64)
                for name in ("n_pixels", "true_foreground", "predicted_foreground", "shared_foreground")
            ),
        )
        variables = {
            name: Variable(dims=("image",), values=values[None], long_name=title, has_interval=False)
            for (name, title), values in zip(OF_IMAGES.items(), of_images, strict=True)
        }
        area = variables["image_field_area"]
        variables["image_field_area"] = attrs.evolve(area, units=f"{comparison.length_unit} ** 2")
        for (name, title), column in zip(OF_OVERLAPS.items(), (*overlaps.columns, taken), strict=True):
            dims = ("overlap", "iou_threshold")[: column.ndim]
            variables[name] = Variable(dims=dims, values=column[None], long_name=title, has_interval=False)
        return variables


def comparison_of(evaluation: xarray.Dataset) -> Comparison:
    """Return the comparison that an evaluation was made of.

    Parameters
    ----------
    evaluation : xarray.Dataset
        Made by :func:`defectkit.studies.evaluate_resampleable`.

    Raises
    ------
    BootstrapError
        If the evaluation does not hold what it takes.
    """
    tables = [f"{side}_defect_{c}" for side in SIDES for c in ("image", "id", "type", "size", "shape")]
    missing = [n for n in (*OF_IMAGES, *OF_OVERLAPS, *tables, "predicted_defect_score") if n not in evaluation]
    if missing:
        raise BootstrapError(
            f"the evaluation lacks {', '.join(missing)}, so it cannot be resampled: make it with "
            "defectkit.studies.evaluate_resampleable"
        )
    about = evaluation.attrs
    names = tuple(str(n) for n in evaluation["image"].values)
    types = tuple(str(t) for t in evaluation["defect_type"].values[:-1])
    thresholds = tuple(evaluation["iou_threshold"].values.tolist())
    primary = int(np.abs(np.array(thresholds) - about["iou_threshold"]).argmin())
    (true, true_frames), (predicted, predicted_frames) = (_side(evaluation, side, names, types) for side in SIDES)
    block = FramedMatchings(
        matchings=_matchings(evaluation, thresholds, true.n, predicted.n),
        true_frames=true_frames,
        predicted_frames=predicted_frames,
    )
    area, *pixels = (evaluation[name].values.tolist() for name in OF_IMAGES)
    return Comparison(
        convention=Convention.from_settings(
            parse_json(str(about["convention_settings"]), where="the convention of the evaluation")
        ),
        iou_thresholds=thresholds,
        iou_threshold=thresholds[primary],
        types=types,
        overall_types=tuple(about["overall_types"]),
        length_unit=str(about["length_unit"]),
        images=tuple(
            ImageComparison(
                image=name,
                field_area=area[k],
                n_pixels=int(pixels[0][k]),
                true=_part(true, true_frames, k),
                predicted=_part(predicted, predicted_frames, k),
                block=block,
                place=k,
                foregrounds=Foregrounds(true=int(pixels[1][k]), predicted=int(pixels[2][k]), shared=int(pixels[3][k])),
            )
            for k, name in enumerate(names)
        ),
    )


def _side(
    evaluation: xarray.Dataset, side: str, names: tuple[str, ...], types: tuple[str, ...]
) -> tuple[Defects, Indices]:
    """Return the defects of one side of all images, and where those of each image begin."""
    column = {c: evaluation[f"{side}_defect_{c}"].values for c in ("image", "id", "type", "size", "shape")}
    place = {name: k for k, name in enumerate(names)}
    image = np.array([place[str(name)] for name in column["image"]], np.int64)
    n = len(image)
    scores = evaluation["predicted_defect_score"].values if side == "predicted" else np.full(n, np.nan)
    defects = Defects(
        names=types,
        codes=np.array([types.index(str(t)) for t in column["type"]], np.int64),
        scores=scores,
        ids=column["id"].astype(np.int64),
        measures=Measures(sizes=column["size"], shapes=column["shape"]),
    )
    return defects, np.searchsorted(image, np.arange(len(names) + 1))


def _part(defects: Defects, frames: Indices, image: int) -> Defects:
    """Return the defects of one image."""
    own = slice(int(frames[image]), int(frames[image + 1]))
    return Defects(
        names=defects.names,
        codes=defects.codes[own],
        scores=defects.scores[own],
        ids=defects.ids[own],
        measures=Measures(sizes=defects.sizes[own], shapes=defects.shapes[own]),
    )


def _matchings(evaluation: xarray.Dataset, thresholds: tuple[float, ...], n_true: int, n_predicted: int) -> Matchings:
    taken = evaluation["overlap_taken"].values.astype(np.bool_)
    return Matchings(
        overlaps=Overlaps(
            truth=evaluation["overlap_true"].values.astype(np.int64),
            predicted=evaluation["overlap_predicted"].values.astype(np.int64),
            iou=evaluation["overlap_iou"].values.astype(np.float64),
            n_true=n_true,
            n_predicted=n_predicted,
        ),
        pairs=np.concatenate([np.zeros(0, np.int64), *(np.flatnonzero(column) for column in taken.T)]),
        offsets=np.cumsum([0, *taken.sum(axis=0)], dtype=np.int64),
        iou_thresholds=thresholds,
    )
