"""SlidingWindow: how an image is shown to a network, and how its answers become defects of the image."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.detectors.learning.cells import CELL
from defectkit.detectors.learning.example import rescaled_shape, resize
from defectkit.detectors.learning.normalization import Normalization
from defectkit.detectors.learning.pasting import paste_masks
from defectkit.detectors.learning.window_detections import WindowDetections, fuse
from defectkit.detectors.merging import merge_tiles
from defectkit.detectors.tiles import Tile, tiles_of
from defectkit.errors import RecordError
from defectkit.geometry.sets import crop
from defectkit.records.image import Image
from defectkit.records.instances import Instances
from defectkit.units import as_pixel_size

Window = NDArray[np.float32]
Look = Callable[[Sequence[Window]], Sequence[WindowDetections]]
"""Takes windows of one shape, normalized to [0, 1], and says what is in each."""

REACH = 160
"""Pixels that a network sees at least around each place, up to the borders of the image, in the window it belongs to.

What a network computes for a place depends on all that lies within its receptive field (some 250 pixels on each side
for a MobileNetV2 with a feature pyramid), but ever less on what is farther away: at this distance from a cut the
features differ from those of the whole image by 0.5 (fine) to 5 (coarse) per cent of their mean, at 96 by 4 to 32.
"""


@attrs.frozen(kw_only=True)
class SlidingWindow:
    """Rescales, normalizes and tiles images for a network, and merges what it finds.

    Parameters
    ----------
    types : tuple of str
        What codes of detections stand for.
    pixel_size_nm : float
        What images are rescaled to.
    normalization : Normalization
    min_score : float
        WindowDetections below are left out.
    tile, overlap : int
        An image with a longer edge than ``tile`` (rescaled pixels) is shown in tiles that overlap by ``overlap``, each
        with context around it.
    flips : bool
        Whether each window is shown in all four mirror images, and the answers fused.
    batch_size : int
        How many windows are shown at once.

    Raises
    ------
    RecordError
        If the pixel size is not positive, ``min_score`` is not in [0, 1], or the batch is empty.
    DetectorError
        If tiles of this size cannot overlap so.
    """

    types: tuple[str, ...]
    pixel_size_nm: float
    normalization: Normalization
    min_score: float
    tile: int = 1024
    overlap: int = 128
    flips: bool = False
    batch_size: int = 1

    def __attrs_post_init__(self) -> None:
        tiles_of((1, 1), tile=self.tile, overlap=self.overlap)
        if not self.pixel_size_nm > 0 or not 0 <= self.min_score <= 1 or self.batch_size < 1:
            raise RecordError(
                f"sliding window: pixel size {self.pixel_size_nm} nm, lowest score {self.min_score} and batch size "
                f"{self.batch_size} are not all possible; above 0, in [0, 1] and at least 1 are"
            )

    def instances(self, image: Image, look: Look) -> tuple[Instances, bool]:
        """Return the defects of an image, and whether the network stopped at its limit somewhere.

        An image without contrast has no defect. Masks come in the image's own pixels, each drawn on a crop of its own;
        one without a pixel is left out.

        Raises
        ------
        MissingCalibrationError
            If the image has no pixel size.
        """
        shape = rescaled_shape(image, as_pixel_size(f"{self.pixel_size_nm!r} nm/px"))
        normalized = self.normalization.apply(image.pixels)
        if not normalized.any():
            return Instances.empty(image.shape, self.types), False
        pixels = resize(normalized, shape)
        windows = windows_of(shape, tile=self.tile, overlap=self.overlap)
        factors = np.array(image.shape) / np.array(shape)
        frames, parts, capped = [], [], False
        for window, detections in zip(windows, self._detections(pixels, windows, look), strict=True):
            frame = on_grid(window, factors, image.shape)
            frames.append(frame)
            parts.append(self._part(detections, window, frame, factors))
            capped |= detections.capped
        return (parts[0] if len(parts) == 1 else merge_tiles(frames, parts, image.shape)), capped

    def _detections(self, pixels: Window, windows: Sequence[Tile], look: Look) -> Iterator[WindowDetections]:
        for _, alike in groupby(windows, key=lambda window: window.crop(pixels).shape):
            same = list(alike)
            for k in range(0, len(same), self.batch_size):
                yield from self._seen([window.crop(pixels) for window in same[k : k + self.batch_size]], look)

    def _seen(self, windows: Sequence[Window], look: Look) -> Iterator[WindowDetections]:
        views = [(), (0,), (1,), (0, 1)] if self.flips else [()]
        answers = [look([np.ascontiguousarray(np.flip(window, axes)) for window in windows]) for axes in views]
        for window, of_window in zip(windows, zip(*answers, strict=True), strict=True):
            together = fuse([_unflipped(f, window.shape, axes) for f, axes in zip(of_window, views, strict=True)])
            yield together.take(together.scores >= self.min_score)

    def _part(self, detections: WindowDetections, window: Tile, frame: Tile, factors: NDArray[np.float64]) -> Instances:
        """Return what was found in a window, in pixels of ``frame``, which is that window on the grid of the image."""
        corner = np.array([window.top, window.left] * 2)
        boxes = (detections.boxes + corner) * np.tile(factors, 2)
        runs = paste_masks(detections.probabilities, boxes, frame.shape)
        inside, kept = crop(runs, frame.top, frame.left, frame.bottom, frame.right)
        return Instances(
            shape=(frame.bottom - frame.top, frame.right - frame.left),
            types=self.types,
            type_codes=detections.codes[kept].astype(np.int16),
            runs=inside,
            scores=detections.scores[kept].clip(0, 1),
            given_boxes=boxes[kept] - np.array([frame.top, frame.left] * 2),
        )


def windows_of(shape: tuple[int, int], *, tile: int, overlap: int) -> list[Tile]:
    """Return what a network is shown of an image: tiles with context around, but for those that lie in another one.

    The context is what half of the overlap lacks of 160 pixels, so that no defect is judged nearer to a cut than that.
    Windows begin and end, unless the image does, at multiples of 64 pixels: there the coarsest features of a network
    lie where those of the whole image do, nothing has to be padded, and a limit for each cell meets the same cells.

    Examples
    --------
    >>> [(w.left, w.right) for w in windows_of((50, 1500), tile=512, overlap=128)]
    [(0, 640), (192, 960), (512, 1280), (832, 1500)]
    """
    context = max(0, REACH - overlap // 2)
    windows = list(dict.fromkeys(_grown(each, context) for each in tiles_of(shape, tile=tile, overlap=overlap)))
    return [w for w in windows if not any(other.holds(w) for other in windows if other != w)]


def _grown(tile: Tile, context: int) -> Tile:
    return attrs.evolve(
        tile,
        top=max(0, (tile.top - context) // CELL * CELL),
        left=max(0, (tile.left - context) // CELL * CELL),
        bottom=min(-(-(tile.bottom + context) // CELL) * CELL, tile.shape[0]),
        right=min(-(-(tile.right + context) // CELL) * CELL, tile.shape[1]),
    )


def on_grid(tile: Tile, factors: NDArray[np.float64], shape: tuple[int, int]) -> Tile:
    """Return the pixels of an image whose centers lie in a ``tile`` of the rescaled one, ``factors`` times as wide."""
    ends = np.array([tile.top, tile.left, tile.bottom, tile.right]) * np.tile(factors, 2)
    top, left, bottom, right = (int(end) for end in np.ceil(ends - 0.5))
    return Tile(top=top, left=left, bottom=min(bottom, shape[0]), right=min(right, shape[1]), shape=shape)


def _unflipped(detections: WindowDetections, shape: tuple[int, ...], axes: tuple[int, ...]) -> WindowDetections:
    for axis in axes:
        detections = detections.flip((shape[0], shape[1]), axis)
    return detections
