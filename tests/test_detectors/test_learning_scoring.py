from __future__ import annotations

import itertools

import numpy as np
import pytest

from defectkit import Image, Instances, LabelSet
from defectkit.detectors import TrainingSet
from defectkit.detectors.learning.anchors import fitted_aspect_ratios, octave_sizes
from defectkit.detectors.learning.provenance import (
    fullest_window,
    seen_pixel_sizes,
    trained_on,
    training_digest,
)
from defectkit.detectors.learning.scoring import best_of, f1_scores, find_counts, reported_metrics
from defectkit.errors import EmptyInputError
from defectkit.statistics import Bootstrap
from defectkit.workflows import evaluate


def squares(*corners: tuple[int, int], scores: list[float] | None = None, edge: int = 10) -> Instances:
    masks = np.zeros((len(corners), 60, 60), bool)
    for mask, (row, column) in zip(masks, corners, strict=True):
        mask[row : row + edge, column : column + edge] = True
    columns = {} if scores is None else {"scores": np.array(scores)}
    return Instances.from_masks(masks, types=["bdot"] * len(corners), shape=(60, 60), **columns)


def test_each_defect_is_found_once_by_what_is_believed() -> None:
    truth = squares((0, 0), (20, 20), (40, 40))
    guess = squares((0, 0), (0, 1), (21, 21), (40, 0), scores=[0.3, 0.9, 0.6, 0.8])
    assert find_counts(truth, guess, (0.1, 0.5, 0.7, 0.95)).tolist() == [[2, 3, 4], [2, 3, 3], [1, 3, 2], [0, 3, 0]]
    assert find_counts(truth, squares(), (0.5,)).tolist() == [[0, 3, 0]]
    assert find_counts(squares(), guess, (0.5,)).tolist() == [[0, 0, 3]]


def test_f1_scores_of_counts() -> None:
    counts = np.array([[2, 3, 4], [0, 3, 0], [0, 0, 0], [3, 3, 3]])
    assert f1_scores(counts) == pytest.approx([4 / 7, 0, 1, 1])
    assert best_of(counts[[0, 1, 3]]) == 2
    assert best_of(np.array([[0, 3, 9], [2, 3, 3], [2, 3, 3], [2, 3, 3]])) == 2


def test_reported_metrics_have_intervals_where_images_differ() -> None:
    counts = np.array([[8, 10, 9], [2, 10, 9], [6, 10, 9], [7, 10, 9]])
    precision, recall, f1 = reported_metrics(counts, measured_on="four images")
    assert (precision.name, recall.name, f1.name) == ("find_precision", "find_recall", "find_f1_score")
    assert (precision.value, recall.value) == (pytest.approx(23 / 36), pytest.approx(23 / 40))
    assert f1.low is not None
    assert f1.high is not None
    assert 2 * 2 / 19 < f1.low < f1.value < f1.high < 2 * 8 / 19 + 0.01
    assert reported_metrics(counts, measured_on="four images") == (precision, recall, f1)
    (alone, _, _) = reported_metrics(counts[:1], measured_on="one image")
    assert (alone.low, alone.high) == (None, None)


def test_a_card_says_what_an_evaluation_says() -> None:
    truth = {"a": squares((0, 0), (20, 20), (40, 40)), "b": squares((10, 10)), "c": squares(), "d": squares((0, 40))}
    guess = {
        "a": squares((0, 0), (21, 21), (40, 0), scores=[0.9, 0.6, 0.8]),
        "b": squares((12, 12), scores=[0.7]),
        "c": squares(),
        "d": squares((0, 43), (30, 30), scores=[0.4, 0.2]),
    }
    counts = np.array([find_counts(truth[name], guess[name], (0.3,))[0] for name in truth])
    result = evaluate(truth, guess, min_score=0.3, metrics=["find"], bootstrap=Bootstrap()).sel(iou_threshold=0.3)
    for metric in reported_metrics(counts, measured_on="four images"):
        ends = [float(result[f"{metric.name}{end}"]) for end in ("", "_low", "_high")]
        assert [metric.value, metric.low, metric.high] == ends
    nothing = reported_metrics(np.array([[0, 3, 0], [0, 2, 0]]), measured_on="two images")
    assert [(m.name, m.value) for m in nothing] == [("find_recall", 0.0), ("find_f1_score", 0.0)]


def training(seed: int = 0, size: str = "1 nm") -> TrainingSet:
    pixels = np.random.default_rng(seed).random((60, 60))
    labels = LabelSet(name="mine", instances={"a": squares((0, 0), (20, 20)), "b": squares()})
    return TrainingSet(images={"a": Image.from_array("a", pixels, pixel_size=size)}, labels=labels)


def test_a_training_is_known_by_all_that_it_depends_on() -> None:
    data = trained_on(training())
    assert (data.dataset, data.labels, data.n_images, data.n_defects) == ("mine", "mine@1", 1, 2)
    digests = {
        training_digest({"seed": 0}, training(), None),
        training_digest({"seed": 1}, training(), None),
        training_digest({"seed": 0}, training(1), None),
        training_digest({"seed": 0}, training(size="2 nm"), None),
        training_digest({"seed": 0}, training(), training()),
    }
    assert len(digests) == 5
    assert training_digest({"seed": 0}, training(), None) in digests
    assert trained_on(training(1)).images_digest != data.images_digest


def test_the_window_with_the_most_defects_is_shown() -> None:
    few = Image.from_array("few", np.zeros((600, 300), np.uint16), pixel_size="0.25 nm/px")
    many = Image.from_array("many", np.arange(600 * 300).reshape(600, 300).astype(np.uint16), pixel_size="0.5 nm/px")
    masks = np.zeros((3, 600, 300), bool)
    masks[0, 100:110, :10] = masks[1, 400:410, :10] = masks[2, 450:460, :10] = True
    labels = {
        "few": Instances.from_masks(masks[:2], types=["bdot"] * 2, shape=(600, 300)),
        "many": Instances.from_masks(masks, types=["bdot"] * 3, shape=(600, 300)),
    }
    training = TrainingSet(images={"few": few, "many": many}, labels=LabelSet(name="truth", instances=labels))
    window = fullest_window(training)
    assert np.array_equal(window.pixels, many.pixels[256:512, :256])
    assert window.required_calibration().pixel_size_nm == (0.5, 0.5)
    small = TrainingSet(
        images={"a": Image.from_array("a", np.ones((7, 5)))},
        labels=LabelSet(name="truth", instances={"a": Instances.empty((7, 5))}),
    )
    assert fullest_window(small).shape == (7, 5)
    assert fullest_window(small).calibration is None


def test_pixel_sizes_seen_are_widened() -> None:
    images = {n: Image.from_array(n, np.ones((4, 4)), pixel_size=f"{n} nm/px") for n in ("0.5", "2")}
    labels = LabelSet(name="truth", instances={n: Instances.empty((4, 4)) for n in images})
    training = TrainingSet(images=images, labels=labels)
    assert seen_pixel_sizes(training) == (0.5, 2.0)
    assert seen_pixel_sizes(training, widened_by=4) == (0.125, 8.0)
    bare = {n: Image.from_array(n, np.ones((4, 4))) for n in images}
    assert seen_pixel_sizes(TrainingSet(images=bare, labels=labels)) is None


def test_anchors_follow_the_sizes_of_the_boxes() -> None:
    extents = np.tile([[8.0, 8.0], [8.0, 16.0], [40.0, 40.0]], (10, 1))
    sizes = octave_sizes(extents, 5)
    assert sizes[0] == (8.0, 11.31)
    assert [b[0] / a[0] for a, b in itertools.pairwise(sizes)] == [2.0] * 4
    assert fitted_aspect_ratios(extents)[2] == 2.0
    for fitted in (lambda e: octave_sizes(e, 5), fitted_aspect_ratios):
        with pytest.raises(EmptyInputError):
            fitted(np.zeros((0, 2)))
