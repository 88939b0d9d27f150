"""Evidence: the defects of an evaluation as columns, and which of them belong together."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import PairingError, StudyError
from defectkit.statistics.same_convention import check_same_convention

if TYPE_CHECKING:
    import xarray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

NEEDED = (
    "true_defect_type",
    "predicted_defect_score",
    "predicted_defect_partner_at",
    "predicted_defect_coco_partner",
    "predicted_defect_panoptic_partner",
    "image_field_area",
)


@attrs.frozen(kw_only=True, eq=False)
class Column:
    """The N defects of one side.

    Parameters
    ----------
    image, code : numpy.ndarray, shape (N,), int64
        Positions of image and type.
    size, shape : numpy.ndarray, shape (N,), float64
    """

    image: Integers
    code: Integers
    size: Floats
    shape: Floats


@attrs.frozen(kw_only=True, eq=False)
class Evidence:
    """All that the statistics of one evaluation depend on.

    Parameters
    ----------
    n_images : int
    types, overall_types : tuple of str
    primary : int
        Position of the IoU threshold at which "found" is meant.
    image_ddof : int
    true, predicted : Column
        N and M defects.
    scores : numpy.ndarray, shape (M,)
    partner_at : numpy.ndarray, shape (M, thresholds)
    coco_partner : numpy.ndarray, shape (2, M, 10)
    panoptic_partner, panoptic_iou : numpy.ndarray, shape (2, M)
        As :func:`~defectkit.studies.uncertainty.units.resampling_units` gives them.
    field_areas : numpy.ndarray, shape (images,)
    pixels : numpy.ndarray, shape (images, 4), float64
        All pixels, those in true masks, in predicted ones, and in both.
    """

    n_images: int
    types: tuple[str, ...]
    overall_types: tuple[str, ...]
    primary: int
    image_ddof: int
    true: Column
    predicted: Column
    scores: Floats
    partner_at: Integers
    coco_partner: Integers
    panoptic_partner: Integers
    panoptic_iou: Floats
    field_areas: Floats
    pixels: Floats

    @classmethod
    def of(cls, evaluation: xarray.Dataset) -> Evidence:
        """Read the evidence of an evaluation.

        Raises
        ------
        StudyError
            If the evaluation was made without the metrics that keep it.
        """
        missing = [name for name in NEEDED if name not in evaluation]
        if missing:
            raise StudyError(
                f"the evaluation lacks {', '.join(missing)}, so it cannot be resampled: make it with "
                "defectkit.studies.evaluate_resampleable"
            )
        types = tuple(str(t) for t in evaluation["defect_type"].values[:-1])
        thresholds = evaluation["iou_threshold"].values
        return cls(
            n_images=evaluation.sizes["image"],
            types=types,
            overall_types=tuple(evaluation.attrs["overall_types"]),
            primary=int(np.abs(thresholds - evaluation.attrs["iou_threshold"]).argmin()),
            image_ddof=int(json.loads(evaluation.attrs["convention_settings"])["image_ddof"]),
            true=_column(evaluation, "true_defect", types),
            predicted=_column(evaluation, "predicted_defect", types),
            scores=evaluation["predicted_defect_score"].values,
            partner_at=evaluation["predicted_defect_partner_at"].values,
            coco_partner=evaluation["predicted_defect_coco_partner"].values,
            panoptic_partner=evaluation["predicted_defect_panoptic_partner"].values,
            panoptic_iou=evaluation["predicted_defect_panoptic_iou"].values,
            field_areas=evaluation["image_field_area"].values,
            pixels=np.stack(
                [
                    evaluation[f"image_{name}"].values.astype(np.float64)
                    for name in ("n_pixels", "true_pixels", "predicted_pixels", "shared_pixels")
                ],
                axis=1,
            ),
        )


def _column(evaluation: xarray.Dataset, dim: str, types: Sequence[str]) -> Column:
    place = {str(name): k for k, name in enumerate(evaluation["image"].values)}
    codes = {name: k for k, name in enumerate(types)}
    return Column(
        image=np.array([place[str(n)] for n in evaluation[f"{dim}_image"].values], np.int64),
        code=np.array([codes[str(n)] for n in evaluation[f"{dim}_type"].values], np.int64),
        size=evaluation[f"{dim}_size"].values,
        shape=evaluation[f"{dim}_shape"].values,
    )


def check_same_truth(evaluations: Sequence[xarray.Dataset]) -> None:
    """Raise unless the evaluations are of one truth under one convention: only then can they be resampled together.

    Raises
    ------
    ConventionError
        If they were made under different conventions.
    PairingError
        If their images or their true defects differ.
    """
    check_same_convention(evaluations)
    first = evaluations[0]
    for other in evaluations[1:]:
        for name in ("image", "true_defect_image", "true_defect_id", "true_defect_type"):
            if not np.array_equal(first[name].values, other[name].values):
                raise PairingError(
                    f"two evaluations are compared in pairs, but they differ in {name!r}: "
                    "evaluate both models on the same images against the same labels"
                )


@attrs.frozen(kw_only=True, eq=False)
class Groups:
    """Defects that are drawn together: each group is a unit of the bootstrap within an image.

    Parameters
    ----------
    image : numpy.ndarray, shape (U,), int64
        The image of each group; ascending.
    of_true : numpy.ndarray, shape (N,), int64
        The group of each true defect.
    of_predicted : tuple of numpy.ndarray
        For each evaluation, the group of each predicted defect.
    """

    image: Integers
    of_true: Integers
    of_predicted: tuple[Integers, ...]


def groups(evidences: Sequence[Evidence]) -> Groups:
    """Return the groups of defects that any matching of any of the evaluations links.

    Parameters
    ----------
    evidences : sequence of Evidence
        Of one truth.

    Notes
    -----
    Most groups are a pair, a missed defect or a false find. Pairs stay pairs under every matching, so nothing is
    matched again in a resample. Predictions of several evaluations that agree in image, type, size, shape and score are
    one object, for instance those of one model with two lowest scores. False finds of different models at one
    place are drawn apart, since evaluations do not say where defects lie; intervals of differences are a little wider
    for it, never narrower.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    first = evidences[0]
    starts = np.cumsum([len(first.true.code), *(len(e.predicted.code) for e in evidences)])
    edges: list[Integers] = [np.empty((0, 2), np.int64)]
    for start, evidence in zip(starts[:-1], evidences, strict=True):
        own = start + np.arange(len(evidence.predicted.code))
        for partner in (
            *evidence.partner_at.T,
            *evidence.coco_partner[0].T,
            *evidence.coco_partner[1].T,
            *evidence.panoptic_partner,
        ):
            linked = partner >= 0
            edges.append(np.stack([own[linked], partner[linked]], axis=1))
    edges.append(_same_objects(evidences, starts))
    pairs = np.unique(np.concatenate(edges), axis=0)
    n = int(starts[-1])
    graph = coo_array((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    n_groups, label = connected_components(graph, directed=False)
    node_image = np.concatenate([first.true.image, *(e.predicted.image for e in evidences)])
    image = np.zeros(n_groups, np.int64)
    image[label] = node_image
    order = np.argsort(image, kind="stable")
    rank = np.empty(n_groups, np.int64)
    rank[order] = np.arange(n_groups)
    ordered = rank[label]
    parts = np.split(ordered, starts[:-1])
    return Groups(image=image[order], of_true=parts[0], of_predicted=tuple(parts[1:]))


def _same_objects(evidences: Sequence[Evidence], starts: Integers) -> Integers:
    """Return edges between predictions of different evaluations that agree in all that is known of them."""
    first: dict[tuple[float, ...], int] = {}
    edges = []
    for start, evidence in zip(starts[:-1], evidences, strict=True):
        known = evidence.predicted
        rows = np.stack([known.image, known.code, known.size, known.shape, evidence.scores], axis=1)
        keys = [tuple(row) for row in np.where(np.isnan(rows), -1.0, rows).tolist()]
        counts = Counter(keys)
        for k, key in enumerate(keys):
            if counts[key] == 1 and (node := int(start) + k) != first.setdefault(key, node):
                edges.append((node, first[key]))
    return np.array(edges, np.int64).reshape(-1, 2)
