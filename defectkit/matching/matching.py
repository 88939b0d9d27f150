"""Matching: the pairs of true and predicted defects of one image that count as found."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from defectkit.errors import PairingError
from defectkit.geometry.columns import read_only
from defectkit.short_repr import short_repr


@attrs.frozen(kw_only=True, eq=False)
class Matching:
    """Which predicted defect stands for which true one, at one IoU threshold.

    Parameters
    ----------
    truth, predicted : numpy.ndarray, shape (K,), int64
        Indices of the two defects of each pair; no index occurs twice.
    iou : numpy.ndarray, shape (K,), float64
        Intersection over union of each pair, at least ``iou_threshold``.
    n_true, n_predicted : int
        How many defects there are on each side.
    iou_threshold : float

    Raises
    ------
    PairingError
        If a defect is in two pairs or in none of the two sides, or the columns differ in length.

    Examples
    --------
    >>> pairs = Matching.of([(0, 1, 0.8)], n_true=2, n_predicted=3, iou_threshold=0.5)
    >>> pairs.n_found, pairs.missed.tolist(), pairs.false_finds.tolist()
    (1, [1], [0, 2])
    """

    truth: NDArray[np.int64] = attrs.field(converter=read_only)
    predicted: NDArray[np.int64] = attrs.field(converter=read_only)
    iou: NDArray[np.float64] = attrs.field(converter=read_only)
    n_true: int
    n_predicted: int
    iou_threshold: float

    __repr__ = short_repr

    def __attrs_post_init__(self) -> None:
        if not len(self.truth) == len(self.predicted) == len(self.iou):
            raise PairingError(
                f"matching: {len(self.truth)} true and {len(self.predicted)} predicted defects "
                f"and {len(self.iou)} IoUs make no pairs"
            )
        for side, indices, n in (
            ("true", self.truth, self.n_true),
            ("predicted", self.predicted, self.n_predicted),
        ):
            if len(indices) and not 0 <= indices.min() <= indices.max() < n:
                raise PairingError(f"matching: a pair names a {side} defect that is none of the {n}")
            if len(indices) and np.bincount(indices).max() > 1:
                raise PairingError(f"matching: a {side} defect is in two pairs")

    @classmethod
    def of(cls, pairs: ArrayLike, *, n_true: int, n_predicted: int, iou_threshold: float) -> Matching:
        """Build from rows (truth, predicted, iou); the pairs are sorted by truth."""
        rows = np.asarray(pairs, dtype=np.float64).reshape(-1, 3)
        rows = rows[np.argsort(rows[:, 0], kind="stable")]
        return cls(
            truth=rows[:, 0].astype(np.int64),
            predicted=rows[:, 1].astype(np.int64),
            iou=rows[:, 2],
            n_true=n_true,
            n_predicted=n_predicted,
            iou_threshold=iou_threshold,
        )

    @property
    def n_found(self) -> int:
        """The number of pairs."""
        return len(self.truth)

    @property
    def missed(self) -> NDArray[np.int64]:
        """Indices of the true defects that nothing was found for."""
        return np.setdiff1d(np.arange(self.n_true), self.truth)

    @property
    def false_finds(self) -> NDArray[np.int64]:
        """Indices of the predicted defects that stand for nothing."""
        return np.setdiff1d(np.arange(self.n_predicted), self.predicted)
