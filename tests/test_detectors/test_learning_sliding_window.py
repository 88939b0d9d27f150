from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
import pytest

from defectkit import Image, Instances
from defectkit.detectors.learning import Normalization, SlidingWindow, WindowDetections
from defectkit.detectors.learning.scoring import find_counts
from defectkit.detectors.learning.sliding_window import REACH, Window, on_grid, windows_of
from defectkit.detectors.learning.window_detections import fuse
from defectkit.detectors.tiles import Tile, tiles_of
from defectkit.errors import DetectorError, MissingCalibrationError, RecordError

SLIDING_WINDOW = SlidingWindow(
    types=("bdot", "loop_111"),
    pixel_size_nm=1.0,
    normalization=Normalization(lower=0, upper=100),
    min_score=0.2,
    tile=128,
    overlap=48,
)


def detections(
    *boxes: Sequence[float], scores: Sequence[float], codes: Sequence[int], capped: bool = False
) -> WindowDetections:
    probabilities = np.ones((len(boxes), 2, 2), np.float32)
    probabilities[:, 0, 0] = 0.25
    return WindowDetections(
        boxes=np.array(boxes, dtype=np.float64).reshape(-1, 4),
        scores=np.array(scores, dtype=np.float64),
        codes=np.array(codes, dtype=np.int64),
        probabilities=probabilities,
        capped=capped,
    )


class Components:
    """Sees each bright region of a window as a defect: a network that makes no mistake and knows no borders."""

    def __init__(self, cells: int = 28) -> None:
        self.cells = cells
        self.shown: list[tuple[int, int]] = []

    def __call__(self, windows: Sequence[Window]) -> list[WindowDetections]:
        self.shown.extend(window.shape for window in windows)
        return [self.seen(window) for window in windows]

    def seen(self, window: Window) -> WindowDetections:
        from skimage.measure import label, regionprops

        regions = regionprops(label(window > 0.5))
        boxes = np.array([r.bbox for r in regions], dtype=np.float64).reshape(-1, 4)
        masks = [self.grid(r.image) for r in regions]
        areas = np.array([r.area for r in regions], dtype=np.float64)
        return WindowDetections(
            boxes=boxes,
            scores=np.clip(areas / 1000, 0.3, 1.0),
            codes=(areas > 300).astype(np.int64),
            probabilities=np.array(masks, dtype=np.float32).reshape(-1, self.cells, self.cells),
        )

    def grid(self, mask: np.ndarray) -> np.ndarray:
        rows, columns = (((np.arange(self.cells) + 0.5) * n / self.cells).astype(int) for n in mask.shape)
        return mask[np.ix_(rows, columns)]


def discs(shape: tuple[int, int] = (400, 300), n: int = 40) -> tuple[Image, Instances]:
    rng = np.random.default_rng(4)
    rows, columns = np.indices(shape) + 0.5
    masks, taken = [], np.zeros(shape, bool)
    while len(masks) < n:
        center, radius = rng.uniform((0, 0), shape), rng.uniform(4, 16)
        distance = np.hypot(rows - center[0], columns - center[1])
        if not taken[distance < radius + 2].any() and (distance < radius).sum() > 20:
            masks.append(distance < radius)
            taken |= masks[-1]
    pixels = (taken * 200 + 20).astype(np.uint8)
    types = ["loop_111" if mask.sum() > 300 else "bdot" for mask in masks]
    return Image.from_array("discs", pixels, pixel_size="1 nm"), Instances.from_masks(masks, types=types, shape=shape)


def test_findings_are_columns_of_one_length() -> None:
    given = detections([0, 0, 4, 4], [2, 2, 6, 8], scores=[0.5, 0.9], codes=[0, 1])
    assert given.take(np.array([1])).codes.tolist() == [1]
    with pytest.raises(RecordError, match="2 scores with boxes of"):
        attrs.evolve(given, codes=np.zeros(3, np.int64))
    with pytest.raises(RecordError, match="masks of"):
        attrs.evolve(given, probabilities=np.ones((2, 4), np.float32))


def test_flipping_findings_back_brings_them_back() -> None:
    given = detections([0, 1, 4, 7], scores=[0.5], codes=[0])
    once = given.flip((10, 20), 1)
    assert once.boxes.tolist() == [[0, 13, 4, 19]]
    assert once.probabilities[0].tolist() == [[1, 0.25], [1, 1]]
    assert given.flip((10, 20), 0).boxes.tolist() == [[6, 1, 10, 7]]
    assert np.array_equal(once.flip((10, 20), 1).boxes, given.boxes)


def test_views_are_fused_by_type_and_overlap() -> None:
    views = [
        detections([0, 0, 10, 10], [20, 20, 30, 30], scores=[0.9, 0.4], codes=[0, 1]),
        detections([0, 0, 10, 12], [20, 20, 30, 30], scores=[0.3, 0.8], codes=[0, 0], capped=True),
    ]
    joined = fuse(views)
    assert joined.codes.tolist() == [0, 0, 1]
    assert joined.scores == pytest.approx([0.6, 0.4, 0.2])
    assert joined.boxes[0] == pytest.approx([0, 0, 10, 10.5])
    assert joined.capped
    assert fuse(views[:1]) is views[0]
    assert len(fuse([detections(scores=[], codes=[])] * 2)) == 0


def test_one_view_is_counted_once_in_a_fusion() -> None:
    twice = detections([0, 0, 10, 10], [0, 0, 10, 11], scores=[0.9, 0.8], codes=[0, 0])
    joined = fuse([twice, detections([0, 0, 10, 10], scores=[0.7], codes=[0])])
    assert joined.scores == pytest.approx([0.8, 0.4])


@pytest.mark.parametrize("flips", [False, True])
def test_what_a_network_sees_in_tiles_is_what_there_is(flips: bool) -> None:
    image, truth = discs((400, 1000), n=80)
    sliding_window = attrs.evolve(SLIDING_WINDOW, flips=flips, batch_size=3)
    network = Components()
    found, capped = sliding_window.instances(image, network)
    assert len(network.shown) == 8 * (4 if flips else 1)
    assert max(max(shape) for shape in network.shown) == 512
    assert len(found) == len(truth)
    assert not capped
    assert find_counts(truth, found, (0.2,)).tolist() == [[len(truth)] * 3]
    assert sorted(found.type_names) == sorted(truth.type_names)
    whole, _ = attrs.evolve(sliding_window, tile=1024).instances(image, Components())
    assert find_counts(whole, found, (0.2,)).tolist() == [[len(whole)] * 3]


def test_masks_come_in_the_pixels_of_the_image() -> None:
    image, truth = discs((200, 300))
    finer = Image.from_array("finer", np.kron(image.pixels, np.ones((2, 3), np.uint8)), calibration=None)
    finer = attrs.evolve(finer, calibration=Image.from_array("a", finer.pixels, pixel_size="0.5 nm").calibration)
    calibration = attrs.evolve(finer.required_calibration(), pixel_size_x="0.333333333333 nm/px")
    finer = attrs.evolve(finer, calibration=calibration)
    for tile in (128, 1024):
        found, _ = attrs.evolve(SLIDING_WINDOW, tile=tile).instances(finer, Components())
        assert found.shape == (400, 900)
        assert len(found) == len(truth)
        assert found.areas.sum() == pytest.approx(6 * truth.areas.sum(), rel=0.02)


def test_scores_below_the_lowest_are_left_out() -> None:
    image, truth = discs()
    found, _ = attrs.evolve(SLIDING_WINDOW, min_score=0.301).instances(image, Components())
    assert 0 < len(found) < len(truth)
    assert found.scores.min() >= 0.301


def test_the_limit_of_any_window_is_told() -> None:
    image, _ = discs((100, 800))
    network = Components()
    _, capped = SLIDING_WINDOW.instances(
        image, lambda windows: [attrs.evolve(f, capped=len(network.shown) == 3) for f in network(windows)]
    )
    assert capped


def test_an_image_without_contrast_is_not_shown_at_all() -> None:
    flat = Image.from_array("flat", np.full((50, 40), 7, np.uint16), pixel_size="1 nm")
    network = Components()
    found, capped = SLIDING_WINDOW.instances(flat, network)
    assert (len(found), found.types, capped, network.shown) == (0, ("bdot", "loop_111"), False, [])
    with pytest.raises(MissingCalibrationError):
        SLIDING_WINDOW.instances(Image.from_array("bare", flat.pixels), network)


def test_windows_begin_on_the_grid_and_see_far_enough_around_what_is_theirs() -> None:
    shape = (1700, 900)
    for tile, overlap in ((256, 32), (512, 128), (200, 199), (1024, 400)):
        windows = windows_of(shape, tile=tile, overlap=overlap)
        for window in windows:
            assert window.top % 64 == window.left % 64 == 0
            assert window.bottom % 64 == 0 or window.bottom == 1700
            assert window.right % 64 == 0 or window.right == 900
            assert not any(other.holds(window) for other in windows if other != window)
        assert all(len({w.bottom for w in windows if w.top == top}) == 1 for top in {w.top for w in windows})
        rows, columns = np.meshgrid(np.arange(0.5, 1700, 20), np.arange(0.5, 900, 20), indexing="ij")
        places = np.stack([rows.ravel(), columns.ravel()], axis=1)
        deepest = np.max([w.depths(places).min(axis=1) for w in windows], axis=0)
        assert deepest.min() >= REACH


def test_an_image_no_larger_than_a_tile_is_one_window() -> None:
    (window,) = windows_of((300, 256), tile=300, overlap=20)
    assert (window.top, window.left, window.bottom, window.right) == (0, 0, 300, 256)


def test_tiles_on_the_grid_of_the_image_cover_it() -> None:
    factors = np.array([173 / 700, 1111 / 500])
    covered = np.zeros((173, 1111), int)
    for tile in tiles_of((700, 500), tile=256, overlap=32):
        frame = on_grid(tile, factors, (173, 1111))
        covered[frame.top : frame.bottom, frame.left : frame.right] += 1
        rows = (np.arange(173) + 0.5) / factors[0]
        assert np.array_equal(
            np.flatnonzero((rows >= tile.top) & (rows < tile.bottom)), np.arange(frame.top, frame.bottom)
        )
    assert covered.min() == 1
    whole = Tile(top=0, left=0, bottom=700, right=500, shape=(700, 500))
    assert (on_grid(whole, factors, (173, 1111)).bottom, on_grid(whole, factors, (173, 1111)).right) == (173, 1111)


@pytest.mark.parametrize("change", [{"pixel_size_nm": 0.0}, {"min_score": 1.5}, {"batch_size": 0}])
def test_what_cannot_be_inspected_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(RecordError, match="sliding window"):
        attrs.evolve(SLIDING_WINDOW, **change)
    with pytest.raises(DetectorError, match="overlap"):
        attrs.evolve(SLIDING_WINDOW, overlap=128)
