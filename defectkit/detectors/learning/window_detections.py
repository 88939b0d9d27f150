"""WindowDetections: what a network says of one window, before it becomes defects of an image."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import RecordError
from defectkit.geometry.boxes import box_iou

Floats = NDArray[np.float64]

SAME_IOU = 0.5
"""Boxes of one type that overlap by at least this are one defect, seen in two mirror images."""


@attrs.frozen(kw_only=True, eq=False)
class WindowDetections:
    """Boxes, scores, types and small masks, N of each.

    Parameters
    ----------
    boxes : array of float64, shape (N, 4)
        Top, left, bottom, right, continuous, in pixels of the window.
    scores : array of float64, shape (N,)
    codes : array of int64, shape (N,)
        Indices into the types of the model.
    probabilities : array of float32, shape (N, m, m)
        Of being inside, on a grid of m by m cells that fill the box.
    capped : bool
        Whether the network stopped at its largest number of detections.

    Raises
    ------
    RecordError
        If the columns differ in length.
    """

    boxes: Floats
    scores: Floats
    codes: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    capped: bool = False

    def __attrs_post_init__(self) -> None:
        n = len(self.scores)
        rows = (self.boxes.shape, self.codes.shape, self.probabilities.shape[:1])
        if rows != ((n, 4), (n,), (n,)) or self.probabilities.ndim != 3:
            raise RecordError(
                f"detections: {n} scores with boxes of {self.boxes.shape}, codes of {self.codes.shape} "
                f"and masks of {self.probabilities.shape}; (N, 4), (N,) and (N, m, m) are needed"
            )

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, picked: NDArray[np.int64] | NDArray[np.bool_]) -> WindowDetections:
        """Return the picked ones, in that order."""
        return attrs.evolve(
            self,
            boxes=self.boxes[picked],
            scores=self.scores[picked],
            codes=self.codes[picked],
            probabilities=self.probabilities[picked],
        )

    def flip(self, shape: tuple[int, int], axis: int) -> WindowDetections:
        """Return the same detections in the window of ``shape`` mirrored along an axis: 0 for rows, 1 for columns."""
        return attrs.evolve(
            self,
            boxes=_flipped(self.boxes, shape[axis], axis),
            probabilities=np.flip(self.probabilities, axis + 1),
        )


def _flipped(boxes: Floats, size: int, axis: int) -> Floats:
    mirrored = boxes.copy()
    mirrored[:, axis], mirrored[:, axis + 2] = size - boxes[:, axis + 2], size - boxes[:, axis]
    return mirrored


def fuse(views: Sequence[WindowDetections]) -> WindowDetections:
    """Return what several views of one window say together.

    Parameters
    ----------
    views : sequence of WindowDetections
        At least one, all in coordinates of the same window.

    Returns
    -------
    WindowDetections
        In falling order of score; a single view comes back as it is.

    Notes
    -----
    The finding with the highest score leads; from every other view the free one of the same type with the highest
    IoU of boxes, at least 0.5, joins it. Boxes and probabilities are averaged with the scores as weights, and the score
    is the sum of the scores divided by the number of views: what only one of four views shows keeps a quarter.
    This is weighted boxes fusion (doi 10.1016/j.imavis.2021.104117), carried over to masks, whose cells lie alike in
    boxes that are alike.
    """
    if len(views) == 1:
        return views[0]
    everything = WindowDetections(
        boxes=np.concatenate([v.boxes for v in views]),
        scores=np.concatenate([v.scores for v in views]),
        codes=np.concatenate([v.codes for v in views]),
        probabilities=np.concatenate([v.probabilities for v in views]),
        capped=any(v.capped for v in views),
    )
    of_view = np.repeat(np.arange(len(views)), [len(v) for v in views])
    groups = _groups(everything, of_view)
    joined = attrs.evolve(
        everything.take(np.array([group[0] for group in groups], dtype=np.int64)),
        boxes=_means(everything.boxes, everything.scores, groups),
        probabilities=_means(everything.probabilities, everything.scores, groups).astype(np.float32),
        scores=np.array([everything.scores[group].sum() / len(views) for group in groups], dtype=np.float64),
    )
    return joined.take(np.argsort(-joined.scores, kind="stable"))


def _groups(everything: WindowDetections, of_view: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    alike = box_iou(everything.boxes, everything.boxes)
    alike[(alike < SAME_IOU) | (everything.codes[:, None] != everything.codes[None, :])] = 0.0
    free = np.ones(len(everything), dtype=bool)
    groups = []
    for leader in np.argsort(-everything.scores, kind="stable"):
        if not free[leader]:
            continue
        members = [int(leader)]
        for view in np.setdiff1d(np.unique(of_view), of_view[leader]):
            overlaps = np.where(free & (of_view == view), alike[leader], 0.0)
            if overlaps.any():
                members.append(int(overlaps.argmax()))
        free[members] = False
        groups.append(np.array(members, dtype=np.int64))
    return groups


def _means(values: NDArray[np.floating], scores: Floats, groups: Sequence[NDArray[np.int64]]) -> Floats:
    means = [np.average(values[group], axis=0, weights=np.maximum(scores[group], 1e-12)) for group in groups]
    return np.array(means, dtype=np.float64).reshape(len(groups), *values.shape[1:])
