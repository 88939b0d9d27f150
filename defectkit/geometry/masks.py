"""Masks: dense masks, label images and predicted crops to runs, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from defectkit.errors import GeometryError
from defectkit.geometry.columns import offsets_of
from defectkit.geometry.frames import Shape, check_shape
from defectkit.geometry.runs import Runs


def masks_to_runs(masks: Iterable[NDArray[np.bool_]]) -> Runs:
    """Return the runs of dense masks, taken one at a time.

    Parameters
    ----------
    masks : iterable of numpy.ndarray, shape (H, W), bool
        One mask for each defect, each with its first pixel at (0, 0) of the frame; a stack (N, H, W) will do.

    Returns
    -------
    Runs
        One mask for each entry; a mask without a pixel gives an empty one.

    Raises
    ------
    GeometryError
        If a mask is not a 2-D array of booleans.

    Examples
    --------
    >>> masks_to_runs(np.ones((2, 3, 4), bool)).areas().tolist()
    [12, 12]
    """
    return _join(_scan_mask(mask, 0, 0, None, what=f"mask {i}") for i, mask in enumerate(masks))


def crops_to_runs(crops: Sequence[NDArray[np.bool_]], tops: ArrayLike, lefts: ArrayLike, shape: Shape) -> Runs:
    """Return the runs of masks given as crops of a frame; what reaches beyond the frame is cut away.

    Parameters
    ----------
    crops : sequence of numpy.ndarray, shape (h, w), bool
        One crop for each defect, of any size.
    tops, lefts : array_like, shape (N,), int
        Row and column of the frame at which the first pixel of each crop lies; they may be negative.
    shape : (int, int)
        Rows and columns of the frame.

    Returns
    -------
    Runs
        N masks in coordinates of the frame.

    Raises
    ------
    GeometryError
        If a crop is not a 2-D array of booleans, ``tops`` and ``lefts`` are not one integer a crop, or ``shape`` is
        not two non-negative integers.

    Examples
    --------
    >>> crops_to_runs([np.ones((2, 3), bool)], [-1], [4], shape=(8, 6)).boxes().tolist()
    [[0, 4, 1, 6]]
    """
    frame = check_shape(shape)
    corners = []
    for what, given in (("tops", tops), ("lefts", lefts)):
        array = np.asarray(given)
        if array.shape != (len(crops),) or (array.size and array.dtype.kind not in "iu"):
            raise GeometryError(
                f"{what} has shape {array.shape} and dtype {array.dtype}, "
                f"but {len(crops)} integers are needed, one a crop"
            )
        corners.append(array.tolist())
    return _join(
        _scan_mask(crop, top, left, frame, what=f"crop {i}")
        for i, (crop, top, left) in enumerate(zip(crops, *corners, strict=True))
    )


def label_image_to_runs(labels: NDArray[Any]) -> tuple[Runs, NDArray[Any]]:
    """Return the masks of a label image: for each value but 0, the pixels that have it.

    Parameters
    ----------
    labels : numpy.ndarray, shape (H, W), integer or bool
        0 is background. Pixels of one value are one defect, connected or not.

    Returns
    -------
    runs : Runs
        A mask for each value, in ascending order of the values.
    values : numpy.ndarray, shape (N,)
        The values, of the dtype of ``labels``.

    Raises
    ------
    GeometryError
        If ``labels`` is not a 2-D array of integers or booleans.

    Examples
    --------
    >>> runs, values = label_image_to_runs(np.array([[0, 7, 7], [2, 0, 7]]))
    >>> values.tolist(), runs.areas().tolist()
    ([2, 7], [1, 3])
    """
    from defectkit.geometry.kernels.scan import group_order, scan_rows

    image = np.asarray(labels)
    if image.ndim != 2 or image.dtype.kind not in "biu":
        raise GeometryError(
            f"labels has shape {image.shape} and dtype {image.dtype}; a 2-D array of integers is needed"
        )
    row, start, end = scan_rows(_read_only(image))
    values, groups = np.unique(image[row, start], return_inverse=True)
    order, offsets = group_order(groups.astype(np.int64, copy=False), values.size)
    return Runs(row=row[order], start=start[order], end=end[order], offsets=offsets), values


def runs_to_label_image(runs: Runs, shape: Shape, values: ArrayLike | None = None) -> NDArray[Any]:
    """Return the image of a label for each pixel; where masks overlap the later defect wins.

    Parameters
    ----------
    runs : Runs
        N masks.
    shape : (int, int)
        Rows and columns of the image.
    values : array_like, shape (N,), integer, optional
        The value of each defect, 1 to N in int32 where not given. A value of 0 erases.

    Returns
    -------
    numpy.ndarray, shape ``shape``
        0 where there is no defect, of the dtype of ``values`` in native byte order.

    Raises
    ------
    GeometryError
        If a run leaves the frame, or ``values`` is not one integer a defect.

    Examples
    --------
    >>> runs = masks_to_runs([np.ones((1, 2), bool)])
    >>> runs_to_label_image(runs, (2, 3), values=np.array([5], np.uint8)).tolist()
    [[5, 5, 0], [0, 0, 0]]
    """
    from defectkit.geometry.kernels.scan import paint

    runs.validate(shape)
    given = np.arange(1, len(runs) + 1, dtype=np.int32) if values is None else np.asarray(values)
    if given.size == 0:
        given = given.astype(np.int32) if given.dtype.kind not in "iu" else given
    if given.shape != (len(runs),) or given.dtype.kind not in "iu":
        raise GeometryError(
            f"values has shape {given.shape} and dtype {given.dtype}, but {len(runs)} integers are needed, one a defect"
        )
    image = np.zeros(check_shape(shape), given.dtype.newbyteorder("="))
    paint(image, runs.row, runs.start, runs.end, runs.offsets, _read_only(given))
    return image


def _scan_mask(mask: Any, top: int, left: int, frame: Shape | None, *, what: str) -> list[NDArray[np.int32]]:
    from defectkit.geometry.kernels.scan import scan_rows

    if not isinstance(mask, np.ndarray) or mask.ndim != 2 or mask.dtype != np.bool_:
        kind = f"shape {mask.shape} and dtype {mask.dtype}" if isinstance(mask, np.ndarray) else type(mask).__name__
        raise GeometryError(f"{what} is no mask ({kind}); a 2-D numpy array of bool is needed: threshold it first")
    if frame is not None:
        row0, col0 = max(0, -top), max(0, -left)
        mask = mask[row0 : max(0, frame[0] - top), col0 : max(0, frame[1] - left)]
        top, left = top + row0, left + col0
    if mask.size == 0:
        return [np.zeros(0, np.int32)] * 3
    row, start, end = scan_rows(_read_only(mask))
    return [row + np.int32(top), start + np.int32(left), end + np.int32(left)]


def _join(parts: Iterable[list[NDArray[np.int32]]]) -> Runs:
    given = list(parts)
    if not given:
        return Runs.empty()
    row, start, end = (np.concatenate(columns) for columns in zip(*given, strict=True))
    return Runs(row=row, start=start, end=end, offsets=offsets_of(np.array([part[0].size for part in given])))


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    """Return a contiguous, read-only view in native byte order: the one form that kernels are compiled for."""
    view = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("=")).view()
    view.flags.writeable = False
    return view
