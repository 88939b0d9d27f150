"""Overlaps: the intersection over union of all pairs of an image that overlap, computed once for every threshold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from defectkit.conventions import BoxRule, Convention, IoUKind
from defectkit.errors import PairingError
from defectkit.measurement.outlines import Side, outlines
from defectkit.measurement.stacking import Stack
from defectkit.records.instances import Instances
from defectkit.short_repr import short_repr

if TYPE_CHECKING:
    import shapely

    from defectkit.geometry.overlap import IouPairs

Floats = NDArray[np.float64]


@attrs.frozen(kw_only=True, eq=False)
class Overlaps:
    """Pairs of a true and a predicted defect with an IoU above 0, sorted by truth, then predicted.

    They are of one image, or of several side by side, whose defects are then counted through.

    Parameters
    ----------
    truth, predicted : numpy.ndarray, shape (P,), int64
    iou : numpy.ndarray, shape (P,), float64
    n_true, n_predicted : int
        How many defects there are on each side.

    Examples
    --------
    >>> pairs = Overlaps.from_dense([[0.5, 0.45], [0.48, 0.0]])
    >>> pairs.truth.tolist(), pairs.predicted.tolist(), pairs.iou.tolist()
    ([0, 0, 1], [0, 1, 0], [0.5, 0.45, 0.48])
    """

    truth: NDArray[np.int64]
    predicted: NDArray[np.int64]
    iou: Floats
    n_true: int
    n_predicted: int

    __repr__ = short_repr

    def __len__(self) -> int:
        return len(self.iou)

    @classmethod
    def from_dense(cls, iou: ArrayLike) -> Overlaps:
        """Build from a matrix of n_true x n_predicted IoUs."""
        matrix = np.asarray(iou, dtype=np.float64)
        truth, predicted = np.nonzero(matrix)
        return cls(
            truth=np.ascontiguousarray(truth),
            predicted=np.ascontiguousarray(predicted),
            iou=matrix[truth, predicted],
            n_true=matrix.shape[0],
            n_predicted=matrix.shape[1],
        )

    @property
    def columns(self) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
        """``truth``, ``predicted`` and ``iou``."""
        return self.truth, self.predicted, self.iou

    def to_dense(self) -> Floats:
        """Return the matrix (n_true, n_predicted); 0 where two defects do not overlap."""
        matrix = np.zeros((self.n_true, self.n_predicted))
        matrix[self.truth, self.predicted] = self.iou
        return matrix

    @classmethod
    def side_by_side(cls, parts: Iterable[Overlaps]) -> Overlaps:
        """Join those of several images, whose defects are counted through, one image after the other."""
        given = list(parts)
        before_true = np.cumsum([0, *(part.n_true for part in given)])
        before_predicted = np.cumsum([0, *(part.n_predicted for part in given)])
        none = np.zeros(0, np.int64)
        return cls(
            truth=np.concatenate([none, *(p.truth + n for p, n in zip(given, before_true[:-1], strict=True))]),
            predicted=np.concatenate(
                [none, *(p.predicted + n for p, n in zip(given, before_predicted[:-1], strict=True))]
            ),
            iou=np.concatenate([np.zeros(0), *(part.iou for part in given)]),
            n_true=int(before_true[-1]),
            n_predicted=int(before_predicted[-1]),
        )

    def take(self, keep: NDArray[np.bool_]) -> Overlaps:
        """Return the pairs for which ``keep`` (P,) is true; the numbers of defects stay."""
        return attrs.evolve(self, truth=self.truth[keep], predicted=self.predicted[keep], iou=self.iou[keep])


def overlaps(truth: Instances, predicted: Instances, convention: Convention) -> Overlaps:
    """Return the overlaps of the defects of one image, of the kind that the convention names.

    Parameters
    ----------
    truth, predicted : Instances
        N and M defects of one frame.
    convention : Convention
        Its ``iou_kind`` and ``box_rule`` are used.

    Raises
    ------
    PairingError
        If the two are of frames of different shapes.

    Examples
    --------
    >>> from defectkit.conventions import DEFECTKIT
    >>> dot = Instances.from_masks([np.ones((4, 4), bool)], types=["bdot"], shape=(4, 4))
    >>> overlaps(dot, dot, DEFECTKIT).to_dense().tolist()
    [[1.0]]
    """
    check_shapes(truth, predicted)
    if convention.iou_kind is IoUKind.BOX:
        return box_overlaps(truth, predicted, convention.box_rule)
    if convention.iou_kind is IoUKind.POLYGON:
        return polygon_overlaps(truth, predicted)
    return mask_overlaps(truth, predicted)


def stacked_overlaps(truth: Stack, predicted: Stack, convention: Convention) -> Overlaps:
    """Return the overlaps of the defects of several images, counted through: those of two images never overlap.

    Parameters
    ----------
    truth, predicted : Stack
        N and M defects of the same images.
    convention : Convention
        Its ``iou_kind`` and ``box_rule`` are used.

    Raises
    ------
    PairingError
        If the two sides of an image are of frames of different shapes.
    """
    sides = list(zip(truth.parts, predicted.parts, strict=True))
    if convention.iou_kind is not IoUKind.MASK:
        return Overlaps.side_by_side(overlaps(ours, theirs, convention) for ours, theirs in sides)

    from defectkit.geometry.overlap import iou_pairs_by_frame

    for ours, theirs in sides:
        check_shapes(ours, theirs)
    pairs = iou_pairs_by_frame(truth.runs, truth.frames, predicted.runs, predicted.frames)
    return _of_masks(pairs, len(truth.runs), len(predicted.runs))


def check_shapes(truth: Instances, predicted: Instances) -> None:
    """Raise unless both sides are of frames of one shape.

    Raises
    ------
    PairingError
        Naming the two shapes.
    """
    if truth.shape != predicted.shape:
        raise PairingError(
            f"the truth is of an image of {truth.shape[0]} x {truth.shape[1]} pixels, "
            f"the prediction of {predicted.shape[0]} x {predicted.shape[1]}"
        )


def mask_overlaps(truth: Instances, predicted: Instances) -> Overlaps:
    """Return the overlaps of masks: pixels in both over pixels in either; the bits are those of pycocotools."""
    from defectkit.geometry.overlap import iou_pairs

    return _of_masks(iou_pairs(truth.runs, predicted.runs), len(truth), len(predicted))


def _of_masks(pairs: IouPairs, n_true: int, n_predicted: int) -> Overlaps:
    return Overlaps(truth=pairs.first, predicted=pairs.second, iou=pairs.iou, n_true=n_true, n_predicted=n_predicted)


def box_overlaps(truth: Instances, predicted: Instances, box_rule: BoxRule = BoxRule.MASK) -> Overlaps:
    """Return the overlaps of upright boxes in continuous coordinates, ``I / (A + B - I)``.

    Notes
    -----
    Two thin defects side by side at 45 degrees share most of their boxes and not one pixel: boxes call them the same.
    """
    from defectkit.geometry.boxes import box_iou

    return Overlaps.from_dense(box_iou(boxes(truth, Side.TRUTH, box_rule), boxes(predicted, Side.PREDICTION, box_rule)))


def boxes(instances: Instances, side: Side, box_rule: BoxRule = BoxRule.MASK) -> Floats:
    """Return the box (top, left, bottom, right) of each defect, shape (N, 4), under a rule.

    Notes
    -----
    Under ``BoxRule.DRAWN``, truth has the extent of the vertices of its drawn polygon cut to integers, a prediction the
    box that its detector gave; a defect that has none of its kind has the half-open box of its mask.
    """
    of_masks = instances.boxes.astype(np.float64)
    if box_rule is BoxRule.MASK:
        return of_masks
    if side is Side.PREDICTION:
        special = instances.given_boxes
    else:
        drawn = np.diff(instances.polygons.offsets) > 0
        special = np.where(drawn[:, None], outlines(instances, side).boxes(), np.nan)
    return np.where(np.isnan(special), of_masks, special)


def polygon_overlaps(truth: Instances, predicted: Instances) -> Overlaps:
    """Return the overlaps of the polygons as drawn, in exact areas; a mask without a polygon has its pixels' outline.

    Notes
    -----
    A self-crossing polygon covers what the even-odd rule gives it, as its mask does.
    """
    import shapely

    ours, theirs = _shapes(truth), _shapes(predicted)
    i, j = shapely.STRtree(theirs).query(ours, predicate="intersects")
    shared = shapely.area(shapely.intersection(ours[i], theirs[j]))
    together = shapely.area(ours)[i] + shapely.area(theirs)[j] - shared
    overlapping = shared > 0
    order = np.lexsort((j[overlapping], i[overlapping]))
    return Overlaps(
        truth=i[overlapping][order].astype(np.int64),
        predicted=j[overlapping][order].astype(np.int64),
        iou=(shared[overlapping] / together[overlapping])[order],
        n_true=len(truth),
        n_predicted=len(predicted),
    )


def _shapes(instances: Instances) -> NDArray[np.object_]:
    import shapely

    from defectkit.geometry.contours import runs_to_polygons

    def shape(k: int) -> shapely.Geometry:
        ring = instances.polygons.ring(k)
        if len(ring) >= 3:
            return shapely.make_valid(shapely.Polygon(ring))
        if len(ring):
            return shapely.Polygon()
        outer_and_holes = runs_to_polygons(instances.runs.take([k]))[0]
        covered: shapely.Geometry = shapely.Polygon()
        for pixel_ring in outer_and_holes:
            covered = shapely.symmetric_difference(covered, shapely.make_valid(shapely.Polygon(pixel_ring)))
        return covered

    shapes = np.empty(len(instances), dtype=object)
    for k in range(len(instances)):
        shapes[k] = shape(k)
    return shapes
