from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest

from defectkit.detectors import Capability, Tiled, TrainingSet, detect, tiling
from defectkit.detectors.blob import Blob
from defectkit.detectors.merging import merge_tiles
from defectkit.detectors.tiles import Tile, tiles_of
from defectkit.errors import DetectionCapWarning, DetectorError, OutputError
from defectkit.geometry.overlap import mask_iou
from defectkit.records import Image, Instances, LabelSet, Prediction
from defectkit.testing.synthetic import synthetic_micrograph

SHAPE = (40, 100)
LEFT, RIGHT = (Tile(top=0, left=a, bottom=40, right=a + 60, shape=SHAPE) for a in (0, 40))
"""Two tiles that share columns 40 to 60."""


def boxes_in(tile: Tile, *boxes: tuple[int, int, int, int], scores: list[float] | None = None, types=None) -> Instances:
    """What a detector would see of boxes (in coordinates of the image) in a tile."""
    height, width = tile.bottom - tile.top, tile.right - tile.left
    masks = np.zeros((len(boxes), height, width), bool)
    for mask, (top, left, bottom, right) in zip(masks, boxes, strict=True):
        mask[
            max(0, top - tile.top) : max(0, bottom - tile.top), max(0, left - tile.left) : max(0, right - tile.left)
        ] = True
    return Instances.from_masks(
        masks,
        types=types or ["bdot"] * len(boxes),
        shape=(height, width),
        known_types=("bdot", "loop_111"),
        scores=np.array(scores if scores is not None else [0.5] * len(boxes), dtype=float),
    )


def merged(left: Instances, right: Instances) -> Instances:
    return merge_tiles([LEFT, RIGHT], [left, right], SHAPE)


def test_one_defect_on_each_side_stays():
    result = merged(boxes_in(LEFT, (5, 5, 9, 9), scores=[0.2]), boxes_in(RIGHT, (5, 80, 9, 90), scores=[0.9]))
    assert result.boxes.tolist() == [[5, 5, 9, 9], [5, 80, 9, 90]]
    assert result.scores.tolist() == [0.2, 0.9]
    assert result.shape == SHAPE


def test_a_defect_seen_by_both_tiles_is_kept_once_from_the_tile_that_sees_more_around_it():
    box = (5, 52, 9, 56)  # 4 px from the border of the left tile, 12 px from that of the right one
    result = merged(boxes_in(LEFT, box, scores=[0.9]), boxes_in(RIGHT, box, scores=[0.3]))
    assert len(result) == 1
    assert result.scores.tolist() == [0.3]


def test_a_cut_defect_gives_way_to_the_whole_one():
    box = (5, 50, 9, 70)
    result = merged(boxes_in(LEFT, box, scores=[0.9]), boxes_in(RIGHT, box, scores=[0.3]))
    assert result.boxes.tolist() == [list(box)]
    assert result.scores.tolist() == [0.3]


def test_a_sliver_at_the_border_goes_though_it_looks_different():
    whole, sliver = (5, 50, 15, 70), (5, 57, 12, 60)
    result = merged(boxes_in(LEFT, sliver), boxes_in(RIGHT, whole))
    assert result.boxes.tolist() == [list(whole)]


def test_halves_of_a_defect_larger_than_the_overlap_are_united_under_the_larger_one():
    box = (5, 20, 9, 95)
    left = boxes_in(LEFT, box, scores=[0.9], types=["bdot"])  # 40 columns of it
    right = boxes_in(RIGHT, box, scores=[0.3], types=["loop_111"])  # 55 columns of it
    result = merged(left, right)
    assert result.boxes.tolist() == [list(box)]
    assert result.areas.tolist() == [4 * 75]
    assert result.type_names == ("loop_111",)
    assert result.scores.tolist() == [0.3]


def test_two_cut_defects_that_cross_in_the_overlap_stay_two():
    upper, lower = (5, 20, 9, 95), (8, 20, 30, 95)
    result = merged(boxes_in(LEFT, upper, lower), boxes_in(RIGHT, upper, lower))
    assert result.boxes.tolist() == [list(upper), list(lower)]


def test_a_dot_inside_a_loop_stays():
    loop, dot = (2, 42, 38, 58), (10, 48, 14, 52)
    result = merged(boxes_in(LEFT, loop, dot), boxes_in(RIGHT, loop, dot))
    assert sorted(result.boxes.tolist()) == [list(loop), list(dot)]


def test_what_a_border_cuts_and_the_neighbor_does_not_find_goes():
    assert len(merged(boxes_in(LEFT, (5, 50, 9, 70)), boxes_in(RIGHT))) == 0
    assert len(merged(boxes_in(LEFT, (5, 10, 9, 95)), boxes_in(RIGHT))) == 0  # though most of it lies in the left tile


def test_what_another_tile_had_nearer_to_its_middle_and_did_not_find_goes():
    near_the_border_of_left = (5, 53, 9, 58)
    assert len(merged(boxes_in(LEFT, near_the_border_of_left), boxes_in(RIGHT))) == 0
    assert len(merged(boxes_in(LEFT), boxes_in(RIGHT, near_the_border_of_left))) == 1


def test_what_belongs_to_another_tile_goes_whatever_a_third_one_says():
    """Two tiles agree on what lies near their borders, and the one that has it in its middle sees nothing there."""
    tiles = [Tile(top=0, left=a, bottom=40, right=a + 60, shape=(40, 140)) for a in (0, 20, 40)]
    box = (5, 46, 9, 54)
    found = [boxes_in(tile, *boxes) for tile, boxes in zip(tiles, ([box], [], [box]), strict=True)]
    assert len(merge_tiles(tiles, found, (40, 140))) == 0
    found[1] = boxes_in(tiles[1], box, scores=[0.9])
    assert merge_tiles(tiles, found, (40, 140)).scores.tolist() == [0.9]


def test_neighbors_that_overlap_stay_two_on_both_sides_of_where_places_change_hands():
    left, right = (5, 44, 25, 54), (5, 47, 25, 57)  # IoU 0.54; middles at columns 49 and 52, which change hands at 50
    both = merged(boxes_in(LEFT, left, right, scores=[0.9, 0.8]), boxes_in(RIGHT, left, right, scores=[0.7, 0.6]))
    assert both.boxes.tolist() == [list(left), list(right)]
    assert both.scores.tolist() == [0.9, 0.6]


@pytest.mark.parametrize(("in_left", "in_right"), [((46, 52), (48, 54)), ((48, 54), (46, 52))])
def test_outlines_that_differ_where_places_change_hands_are_one_defect(in_left, in_right):
    """Both tiles call it theirs, or both call it the other's."""
    columns = [(5, begin, 25, end) for begin, end in (in_left, in_right)]
    assert len(merged(boxes_in(LEFT, columns[0]), boxes_in(RIGHT, columns[1]))) == 1


@pytest.mark.parametrize(
    ("in_left", "in_right", "kept"), [((44, 54), (48, 54), (48, 54)), ((46, 52), (46, 56), (46, 52))]
)
def test_of_two_outlines_that_both_tiles_call_theirs_that_stays_which_is_farther_from_a_cut(in_left, in_right, kept):
    """6 px from the cut of one tile, 8 px from that of the other."""
    columns = [(5, begin, 25, end) for begin, end in (in_left, in_right)]
    result = merged(boxes_in(LEFT, columns[0]), boxes_in(RIGHT, columns[1]))
    assert result.boxes.tolist() == [[5, kept[0], 25, kept[1]]]


def test_boxes_that_a_detector_gave_stay_and_are_united():
    box, long = (5, 80, 9, 90), (20, 20, 24, 95)
    left = boxes_in(LEFT, long)
    right = boxes_in(RIGHT, box, long)
    left = attrs.evolve(left, given_boxes=np.array([[20.5, 19.5, 23.5, 60.0]]))
    right = attrs.evolve(right, given_boxes=np.array([[5.25, 40.5, 8.5, 49.5], [20.0, 0.0, 24.25, 55.5]]))
    result = merged(left, right)
    assert result.boxes.tolist() == [list(long), list(box)]
    assert result.given_boxes.tolist() == [[20.0, 19.5, 24.25, 95.5], [5.25, 80.5, 8.5, 89.5]]
    assert np.isnan(merged(boxes_in(LEFT, (5, 5, 9, 9)), boxes_in(RIGHT)).given_boxes).all()


def test_depths_are_those_inside_the_cuts_of_a_tile():
    middle = Tile(top=0, left=20, bottom=40, right=80, shape=SHAPE)
    assert middle.depths(np.array([[10.0, 25.0], [10.0, 90.0]])).tolist() == [[np.inf, 5], [np.inf, -10]]
    assert LEFT.holds(Tile(top=3, left=0, bottom=40, right=60, shape=SHAPE))
    assert not LEFT.holds(RIGHT)


def test_borders_of_the_image_cut_nothing():
    corner = (0, 0, 4, 4)
    assert merged(boxes_in(LEFT, corner), boxes_in(RIGHT)).boxes.tolist() == [list(corner)]


def test_defects_of_one_tile_are_never_merged():
    twin = (5, 5, 9, 9)
    assert len(merged(boxes_in(LEFT, twin, twin), boxes_in(RIGHT))) == 2


def test_no_defect_at_all():
    result = merged(boxes_in(LEFT), boxes_in(RIGHT))
    assert (len(result), result.types, result.shape) == (0, ("bdot", "loop_111"), SHAPE)


def test_a_defect_over_the_corner_of_four_tiles_is_united():
    shape = (100, 100)
    tiles = tiles_of(shape, tile=60, overlap=20)
    box = (10, 15, 90, 95)
    result = merge_tiles(tiles, [boxes_in(tile, box) for tile in tiles], shape)
    assert len(tiles) == 4
    assert result.boxes.tolist() == [list(box)]
    assert result.areas.tolist() == [80 * 80]


def test_tiles_cover_an_image_with_the_overlap_asked_for():
    assert [(t.top, t.bottom) for t in tiles_of((60, 10), tile=60, overlap=5)] == [(0, 60)]
    assert [(t.top, t.bottom) for t in tiles_of((61, 10), tile=60, overlap=5)] == [(0, 60), (1, 61)]
    with pytest.raises(DetectorError, match="cannot overlap by 60"):
        tiles_of((100, 100), tile=60, overlap=60)
    with pytest.raises(DetectorError, match="cannot overlap by 0"):
        tiles_of((100, 100), tile=60, overlap=0)


def test_a_small_image_goes_to_the_detector_as_it_is(scripted, make_prediction, two_images):
    names = []

    def answer(images):
        for image in images:
            names.append(image.name)
            yield make_prediction(image.name, 0.5, notes=("seen",))

    (one, _) = detect(Tiled(detector=scripted(answer), tile=16, overlap=4), two_images)
    assert names == ["one", "two"]
    assert one.settings == {"tile": 16, "overlap": 4}
    assert (one.detector, one.notes) == ("scripted", ("seen",))


def test_each_tile_is_checked_and_named(scripted, make_prediction, two_images):
    detector = scripted(lambda images: (make_prediction(i.name, 2.0, shape=i.shape) for i in images))
    with pytest.raises(DetectorError, match=r"'scripted', image 'one \(tile 1 of 4\)'"):
        list(detect(Tiled(detector=detector, tile=12, overlap=4), two_images))


def test_a_tile_that_reaches_the_limit_marks_the_image(scripted, make_prediction, two_images):
    capability = Capability(types=("bdot",), max_detections=1)

    def answer(images):
        for number, image in enumerate(images):
            yield make_prediction(image.name, *([0.5] if number == 2 else []), shape=image.shape)

    tiled = Tiled(detector=scripted(answer, capability), tile=12, overlap=4)
    assert tiled.capability.max_detections is None
    with pytest.warns(DetectionCapWarning, match="tile 3 of 4"):
        (prediction,) = tiled.predict(two_images[:1])
    assert prediction.capped


def f1_score(found: Instances, expected: Instances) -> float:
    pairs = np.count_nonzero((mask_iou(expected.runs, found.runs) > 0.5).any(axis=1))
    return 2 * pairs / (len(found) + len(expected))


def test_the_tiled_detector_agrees_with_the_untiled_one_on_micrographs():
    scores, n = 0.0, 0
    for seed in (21, 22):
        image, _ = synthetic_micrograph(seed, shape=(700, 900), n_lines=0)
        image = Image.from_array(image.name, image.pixels, calibration=image.calibration)
        (whole,) = detect(Blob(), [image])
        (tiled,) = detect(Tiled(detector=Blob(), tile=512, overlap=160), [image])
        assert len(whole.instances) > 20
        scores, n = scores + f1_score(tiled.instances, whole.instances), n + 1
    assert scores / n > 0.98


def test_a_tiled_detector_is_saved_and_loaded(tmp_path):
    tiled = Tiled(detector=Blob(min_diameter="5 nm"), tile=300, overlap=50)
    tiled.save(tmp_path / "model")
    assert Tiled.load(tmp_path / "model") == tiled
    assert tiled.card().settings["overlap"] == 50
    with pytest.raises(OutputError, match="already holds"):
        tiled.save(tmp_path / "model")
    with pytest.raises(DetectorError, match="holds the detector 'blob', not 'tiled'"):
        Tiled.load(tmp_path / "model" / "detector")


def test_what_cannot_be_tiled_is_refused():
    with pytest.raises(DetectorError, match="cannot be tiled again"):
        Tiled(detector=Tiled(detector=Blob()))
    with pytest.raises(DetectorError, match="cannot overlap"):
        Tiled(detector=Blob(), tile=10, overlap=10)


def test_a_fitted_detector_stays_tiled(scripted, two_images):
    def fit(self, training, validation=None):
        return type(self)(self.answer)

    learner = type("Learner", (scripted,), {"fit": fit})
    tiled = Tiled(detector=learner(lambda images: iter(())), tile=99, overlap=9)
    empty = {image.name: Instances.empty(image.shape) for image in two_images}
    labels = LabelSet(name="empty", instances=empty)
    fitted = tiled.fit(TrainingSet(images={image.name: image for image in two_images}, labels=labels))
    assert fitted.detector is not tiled.detector
    assert (fitted.tile, fitted.overlap) == (99, 9)


def test_predictions_are_for_the_image_not_its_tiles(scripted, make_prediction, two_images):
    detector = scripted(lambda images: (make_prediction(i.name, shape=i.shape) for i in images))
    predictions = list(detect(Tiled(detector=detector, tile=12, overlap=4), two_images))
    assert [p.image for p in predictions] == ["one", "two"]
    assert all(isinstance(p, Prediction) and p.instances.shape == (16, 16) for p in predictions)


@attrs.frozen(kw_only=True, eq=False)
class Counted:
    """Pixels that say how many were read at a time."""

    array: np.ndarray
    read_sizes: list[Any]

    reads_boxes = True

    @property
    def shape(self):
        return self.array.shape

    @property
    def dtype(self):
        return self.array.dtype

    def read(self):
        self.read_sizes.append(self.array.size)
        return self.array

    def read_box(self, box):
        top, left, bottom, right = box
        part = self.array[top:bottom, left:right]
        self.read_sizes.append(part.size)
        return part


def test_of_a_large_file_one_tile_at_a_time_is_read(monkeypatch):
    image, _ = synthetic_micrograph(5, shape=(300, 300), counts={"bdot": 6}, n_lines=0)
    tiled = Tiled(detector=Blob(), tile=200, overlap=80)
    source = Counted(array=image.pixels, read_sizes=[])
    [whole] = detect(tiled, [attrs.evolve(image, source=source)])
    assert source.read_sizes == [300 * 300]
    monkeypatch.setattr(tiling, "WHOLE_BYTES", 1000)
    source.read_sizes.clear()
    [in_parts] = detect(tiled, [attrs.evolve(image, source=source)])
    assert source.read_sizes == [200 * 200] * 4
    assert in_parts.instances.runs == whole.instances.runs
