"""Example: normalized pixels with their labels, at the pixel size that a model works at."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.detectors.learning.normalization import Normalization
from defectkit.errors import RecordError
from defectkit.geometry.polygons import Polygons, polygons_to_runs
from defectkit.geometry.runs import Runs
from defectkit.records.image import Image
from defectkit.records.instances import Instances
from defectkit.units import PIXEL_SIZE, Quantity


@attrs.frozen(kw_only=True, eq=False)
class Example:
    """What a model learns from.

    Parameters
    ----------
    pixels : array of float32, shape (H, W)
        Normalized to [0, 1].
    instances : Instances
        The labels, of the same shape.
    """

    pixels: NDArray[np.float32]
    instances: Instances

    def __attrs_post_init__(self) -> None:
        if self.pixels.shape != self.instances.shape:
            raise RecordError(f"example: pixels of {self.pixels.shape} with labels of {self.instances.shape}")


def example(
    image: Image, instances: Instances, normalization: Normalization, *, pixel_size: Quantity | None = None
) -> Example:
    """Read, normalize and rescale one labelled image.

    Parameters
    ----------
    image : Image
    instances : Instances
        Its labels.
    normalization : Normalization
    pixel_size : pint.Quantity, optional
        The pixel size to rescale to; None leaves the image as it is.

    Raises
    ------
    MissingCalibrationError
        If a pixel size is asked for and the image has none.
    """
    pixels = normalization.apply(image.pixels)
    if pixel_size is None:
        return Example(pixels=pixels, instances=instances)
    shape = rescaled_shape(image, pixel_size)
    return Example(pixels=resize(pixels, shape), instances=rescale(instances, shape))


def rescaled_shape(image: Image, pixel_size: Quantity) -> tuple[int, int]:
    """Return the height and width, in pixels of ``pixel_size``, of what ``image`` shows; at least one pixel."""
    target = float(pixel_size.to(PIXEL_SIZE).magnitude)
    sizes = image.required_calibration().pixel_size_nm
    height, width = (max(1, round(n * size / target)) for n, size in zip(image.shape, sizes, strict=True))
    return height, width


def resize(pixels: NDArray[Any], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return ``pixels`` resampled linearly to ``shape``, smoothed first where that has fewer pixels."""
    from skimage.transform import resize

    if pixels.shape == shape:
        return np.asarray(pixels, dtype=np.float32)
    fewer = shape[0] < pixels.shape[0] or shape[1] < pixels.shape[1]
    smooth = resize(  # type: ignore[no-untyped-call]  # scikit-image has no types
        pixels.astype(np.float32), shape, order=1, anti_aliasing=fewer
    )
    return np.asarray(smooth, dtype=np.float32)


def rescale(instances: Instances, shape: tuple[int, int]) -> Instances:
    """Return ``instances`` as they are on the same image resampled to ``shape``.

    Drawn polygons are scaled and filled anew; other masks take, at each new pixel, what they had at its center.

    Notes
    -----
    A defect may be left without a pixel when ``shape`` is much smaller: it stays, with an empty mask.
    """
    if shape == instances.shape:
        return instances
    factors = np.array([shape[0] / instances.shape[0], shape[1] / instances.shape[1]])
    polygons = Polygons(vertices=instances.polygons.vertices * factors, offsets=instances.polygons.offsets)
    drawn = np.diff(polygons.offsets) > 0
    sampled, filled = _sampled(instances.runs, factors, shape), polygons_to_runs(polygons, shape)
    both = Runs.concatenate([sampled, filled])
    rows = np.arange(len(instances)) + np.where(drawn, len(instances), 0)
    return attrs.evolve(
        instances,
        shape=shape,
        runs=both.take(rows),
        polygons=polygons,
        given_boxes=instances.given_boxes * np.tile(factors, 2),
    )


def _sampled(runs: Runs, factors: NDArray[np.float64], shape: tuple[int, int]) -> Runs:
    """Sample masks at the centers of new pixels: each new row takes the runs of the old row that its center is in."""
    first = np.ceil(runs.row * factors[0] - 0.5).astype(np.int64)
    last = np.minimum(np.ceil((runs.row + 1) * factors[0] - 0.5).astype(np.int64), shape[0])
    start = np.ceil(runs.start * factors[1] - 0.5).astype(np.int64)
    end = np.minimum(np.ceil(runs.end * factors[1] - 0.5).astype(np.int64), shape[1])
    copies = np.where(end > start, np.maximum(last - first, 0), 0)
    source = np.repeat(np.arange(len(copies)), copies)
    row = first[source] + np.arange(copies.sum()) - np.repeat(np.cumsum(copies) - copies, copies)
    defect = np.repeat(np.arange(len(runs)), np.diff(runs.offsets))[source]
    order = np.lexsort((start[source], row, defect))
    row, defect, start, end = row[order], defect[order], start[source][order], end[source][order]
    fresh = np.ones(len(row), bool)
    fresh[1:] = (row[1:] != row[:-1]) | (defect[1:] != defect[:-1]) | (start[1:] > end[:-1])
    heads = np.flatnonzero(fresh)
    counts = np.bincount(defect[heads], minlength=len(runs)) if len(heads) else np.zeros(len(runs), np.int64)
    return Runs(
        row=row[heads].astype(np.int32),
        start=start[heads].astype(np.int32),
        end=(np.maximum.reduceat(end, heads) if len(heads) else end).astype(np.int32),
        offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
    )
