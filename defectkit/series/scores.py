"""Scores: how well predicted tracks follow the true ones: HOTA, IDF1 and MOTA."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from defectkit.errors import PairingError
from defectkit.records.instances import Instances

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ALPHAS = tuple(round(0.05 * k, 2) for k in range(1, 20))
"""IoU thresholds that HOTA is the mean over."""

_EPSILON = float(np.finfo(np.float64).eps)


@attrs.frozen(kw_only=True)
class TrackScores:
    """How well predicted tracks follow the true ones; NaN where there is neither a true nor a predicted defect.

    Parameters
    ----------
    hota, detection_accuracy, association_accuracy : float
        Means over :data:`ALPHAS`.
    idf1 : float
        Share of defects that have the track of their own, under the best one-to-one assignment of whole tracks.
    mota : float
        1 less misses, false finds and switches per true defect; it can be negative, and NaN without a true defect.
    n_switches : int
        How often a true track goes on under another number.
    """

    hota: float
    detection_accuracy: float
    association_accuracy: float
    idf1: float
    mota: float
    n_switches: int


def similarities(truth: Sequence[Instances], predicted: Sequence[Instances]) -> list[Floats]:
    """Return the mask IoU of all true with all predicted defects of each frame.

    Parameters
    ----------
    truth, predicted : sequence of Instances
        One for each frame.

    Returns
    -------
    list of numpy.ndarray, shape (N_t, M_t)

    Raises
    ------
    PairingError
        If the numbers of frames differ.
    """
    from defectkit.geometry.overlap import mask_iou

    if len(truth) != len(predicted):
        raise PairingError(f"there are {len(truth)} true and {len(predicted)} predicted frames; give the same frames")
    return [mask_iou(one.runs, other.runs) for one, other in zip(truth, predicted, strict=True)]


def score_tracks(
    true_tracks: Sequence[ArrayLike],
    predicted_tracks: Sequence[ArrayLike],
    similarity: Sequence[ArrayLike],
    *,
    iou_threshold: float = 0.5,
) -> TrackScores:
    r"""Return the scores of predicted tracks.

    Parameters
    ----------
    true_tracks, predicted_tracks : sequence of array of int, shapes (N_t,) and (M_t,)
        The track of each defect of each frame; within a frame each is there once.
    similarity : sequence of numpy.ndarray, shape (N_t, M_t)
        Between 0 and 1; see :func:`similarities`.
    iou_threshold : float
        From which on a defect is found, for IDF1 and MOTA.

    Raises
    ------
    PairingError
        If the numbers of frames differ, shapes do not fit, or a track is twice in a frame.

    Notes
    -----
    HOTA [1]_ at a threshold is :math:`\sqrt{\text{DetA} \cdot \text{AssA}}`, with DetA = TP / (TP + FN + FP), and AssA
    the mean over true positives of the IoU of the two tracks that they belong to. Which predicted defect is which
    true one is decided once for all thresholds, by similarity times the similarity of the whole tracks. IDF1 [2]_ is
    2 IDTP / (2 IDTP + IDFP + IDFN), MOTA [3]_ is 1 - (FN + FP + switches) / (TP + FN), where a track that is followed
    already is kept as long as its similarity reaches the threshold.

    References
    ----------
    .. [1] Luiten, J. et al., Int. J. Comput. Vis. 129, 548 (2021). https://doi.org/10.1007/s11263-020-01375-2
    .. [2] Ristani, E. et al., ECCV Workshops (2016). https://doi.org/10.1007/978-3-319-48881-3_2
    .. [3] Bernardin, K., Stiefelhagen, R., EURASIP J. Image Video Process. (2008). https://doi.org/10.1155/2008/246309

    Examples
    --------
    >>> same = [np.eye(2), np.eye(2)]
    >>> score_tracks([[0, 1], [0, 1]], [[5, 6], [5, 6]], same).hota
    1.0
    >>> swapped = score_tracks([[0, 1], [0, 1]], [[5, 6], [6, 5]], same)
    >>> swapped.n_switches, swapped.mota, swapped.idf1
    (2, 0.5, 0.5)
    """
    true, predicted, similar = _checked(true_tracks, predicted_tracks, similarity)
    detection, association = _hota(true, predicted, similar)
    mota, n_switches = _mota(true, predicted, similar, iou_threshold)
    return TrackScores(
        hota=float(np.mean(np.sqrt(detection * association))),
        detection_accuracy=float(np.mean(detection)),
        association_accuracy=float(np.mean(association)),
        idf1=_idf1(true, predicted, similar, iou_threshold),
        mota=mota,
        n_switches=n_switches,
    )


def _checked(
    true_tracks: Sequence[ArrayLike], predicted_tracks: Sequence[ArrayLike], similarity: Sequence[ArrayLike]
) -> tuple[list[Ints], list[Ints], list[Floats]]:
    if not len(true_tracks) == len(predicted_tracks) == len(similarity):
        raise PairingError(
            f"there are {len(true_tracks)} frames of true tracks, {len(predicted_tracks)} of predicted ones and "
            f"{len(similarity)} of similarities; give one of each for each frame"
        )
    sides = [[np.asarray(t, np.int64).reshape(-1) for t in side] for side in (true_tracks, predicted_tracks)]
    similar = []
    for frame, (one, other, values) in enumerate(zip(*sides, similarity, strict=True)):
        matrix = np.asarray(values, np.float64).reshape(np.shape(values) or (0, 0))
        if matrix.size == 0:
            matrix = matrix.reshape(len(one), len(other)) if not len(one) * len(other) else matrix
        if matrix.shape != (len(one), len(other)):
            raise PairingError(
                f"frame {frame}: similarities have shape {matrix.shape}, for {len(one)} true and {len(other)} "
                "predicted defects"
            )
        if len(set(one.tolist())) < len(one) or len(set(other.tolist())) < len(other):
            raise PairingError(f"frame {frame}: a track is there twice; it can be in one place only")
        similar.append(matrix)
    numbered = [_numbered(side) for side in sides]
    return numbered[0], numbered[1], similar


def _numbered(tracks: list[Ints]) -> list[Ints]:
    """Return tracks numbered from 0 without gaps."""
    known, codes = np.unique(np.concatenate([np.empty(0, np.int64), *tracks]), return_inverse=True)
    del known
    return np.split(codes.astype(np.int64), np.cumsum([len(t) for t in tracks])[:-1]) if tracks else []


def _counts(tracks: list[Ints]) -> Ints:
    return np.bincount(np.concatenate([np.empty(0, np.int64), *tracks])).astype(np.int64)


def _best(gain: Floats) -> tuple[Ints, Ints]:
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(-gain)
    return np.asarray(rows, np.int64), np.asarray(columns, np.int64)


def _hota(true: list[Ints], predicted: list[Ints], similar: list[Floats]) -> tuple[Floats, Floats]:
    """Return DetA and AssA at each of :data:`ALPHAS`."""
    n_true, n_predicted = _counts(true), _counts(predicted)
    if not n_true.sum() + n_predicted.sum():
        nothing = np.full(len(ALPHAS), np.nan)
        return nothing, nothing
    together = np.zeros((len(n_true), len(n_predicted)))
    for one, other, s in zip(true, predicted, similar, strict=True):
        either = s.sum(axis=0)[None, :] + s.sum(axis=1)[:, None] - s
        together[np.ix_(one, other)] += np.divide(s, either, out=np.zeros_like(s), where=either > _EPSILON)
    alignment = together / (n_true[:, None] + n_predicted[None, :] - together)
    met = np.zeros((len(ALPHAS), *together.shape))
    for one, other, s in zip(true, predicted, similar, strict=True):
        rows, columns = _best(alignment[np.ix_(one, other)] * s)
        for k, alpha in enumerate(ALPHAS):
            found = s[rows, columns] >= alpha - _EPSILON
            met[k, one[rows[found]], other[columns[found]]] += 1
    hits = met.sum(axis=(1, 2))
    association = (met * met / (n_true[:, None] + n_predicted[None, :] - met)).sum(axis=(1, 2)) / np.maximum(hits, 1)
    return hits / (n_true.sum() + n_predicted.sum() - hits), association


def _idf1(true: list[Ints], predicted: list[Ints], similar: list[Floats], threshold: float) -> float:
    n_true, n_predicted = _counts(true), _counts(predicted)
    if not n_true.sum() + n_predicted.sum():
        return float("nan")
    shared = np.zeros((len(n_true), len(n_predicted)))
    for one, other, s in zip(true, predicted, similar, strict=True):
        shared[np.ix_(one, other)] += s >= threshold
    rows, columns = _best(shared)
    return float(2 * shared[rows, columns].sum() / (n_true.sum() + n_predicted.sum()))


def _mota(true: list[Ints], predicted: list[Ints], similar: list[Floats], threshold: float) -> tuple[float, int]:
    n_true, n_predicted = (sum(map(len, side)) for side in (true, predicted))
    followed: dict[int, int] = {}
    last: dict[int, int] = {}
    hits = switches = 0
    for one, other, s in zip(true, predicted, similar, strict=True):
        kept = np.array([followed.get(int(t), -1) for t in one], np.int64)[:, None] == other[None, :]
        gain = np.where(s >= threshold - _EPSILON, 1000.0 * kept + s, 0.0)
        rows, columns = _best(gain)
        found = gain[rows, columns] > _EPSILON
        followed = {int(one[i]): int(other[j]) for i, j in zip(rows[found], columns[found], strict=True)}
        switches += sum(t in last and last[t] != p for t, p in followed.items())
        last |= followed
        hits += len(followed)
    if not n_true:
        return float("nan"), switches
    return float((hits - (n_predicted - hits) - switches) / n_true), switches
