from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import attrs
import numpy as np
import pytest

from defectkit.detectors import TrainingSet, detect
from defectkit.detectors.model_folder import NAMES
from defectkit.detectors.pixel_forest import PixelForest
from defectkit.detectors.pixel_forest.feature_cache import FEATURES, FeatureCache
from defectkit.detectors.pixel_forest.features import PER_SCALE, margin_px, n_features, pixel_features
from defectkit.detectors.pixel_forest.forest import Forest, grown
from defectkit.detectors.pixel_forest.instances import watershed_instances
from defectkit.detectors.pixel_forest.targets import BACKGROUND, BORDER, FIRST_TYPE, drawn_samples, pixel_classes
from defectkit.detectors.pixel_forest.working import in_strips
from defectkit.errors import DefectkitError, DetectorError, MissingCalibrationError
from defectkit.records import Image, Instances, LabelSet
from defectkit.testing import TrainableDetectorSuite
from defectkit.testing.synthetic import synthetic_dataset
from defectkit.workflows import evaluate

SMALL: dict[str, Any] = {"scales_nm": (1.0, 3.0, 6.0), "n_trees": 8, "samples_per_class": 300}


def dataset(n: int, seed: int = 3) -> tuple[dict[str, Image], LabelSet]:
    counts = {"bdot": 12, "loop_111": 7}
    return synthetic_dataset(seed, n, shape=(256, 256), pixel_size="0.9 nm/px", counts=counts, n_lines=1)


@cache
def fitted() -> PixelForest:
    images, labels = dataset(4)
    return PixelForest(**SMALL).fit(TrainingSet(images=images, labels=labels))


class TestConformance(TrainableDetectorSuite):
    cls = PixelForest
    options: ClassVar = SMALL


def test_it_learns_what_it_is_shown() -> None:
    images, labels = dataset(4, seed=8)
    predictions = list(detect(fitted(), images.values()))
    result = evaluate(labels, predictions, images).sel(iou_threshold=0.3)
    assert float(result["find_f1_score"]) > 0.6
    assert float(result["overall_type_f1_score"]) > 0.7
    assert float(result["average_precision_50"].sel(defect_type="all")) > 0.3


def test_a_saved_model_holds_no_pickle_and_finds_the_same(tmp_path: Path) -> None:
    fitted().save(tmp_path / "model")
    names = {p.name for p in (tmp_path / "model").iterdir()}
    assert names == {*NAMES, "forest.npz", "forest.json"}
    with np.load(tmp_path / "model" / "forest.npz", allow_pickle=False) as stored:
        assert all(stored[name].dtype.kind in "if" for name in stored.files)
    loaded = PixelForest.load(tmp_path / "model")
    images, _ = dataset(1, seed=9)
    before, after = (next(detect(d, images.values())).instances for d in (fitted(), loaded))
    assert before == after


@pytest.mark.parametrize(
    ("column", "change", "said"),
    [
        ("left", lambda a: np.zeros_like(a), "leads back"),
        ("feature", lambda a: np.where(a >= 0, 1000, a).astype(a.dtype), "a feature that there is not"),
        ("probability", lambda a: a * 2, "do not sum to 1"),
        ("threshold", lambda a: np.full_like(a, np.nan), "not a number"),
        ("roots", lambda a: a[1:], "no tree"),
        ("right", lambda a: a.astype(np.int64), "another dtype"),
        ("left", lambda a: a[:-1], "differ in length"),
    ],
)
def test_a_damaged_forest_is_refused(
    tmp_path: Path, column: str, change: Callable[[np.ndarray], np.ndarray], said: str
) -> None:
    fitted().save(tmp_path / "model")
    trees = tmp_path / "model" / "forest.npz"
    with np.load(trees) as stored:
        arrays = dict(stored)
    np.savez(trees, **arrays | {column: change(arrays[column])})
    with pytest.raises(DetectorError, match=said):
        PixelForest.load(tmp_path / "model")


@pytest.mark.parametrize(("lower", "upper"), [(0.5, 255), (-1, 99), (60, 40)])
def test_percentiles_that_are_none_are_refused(lower: float, upper: float) -> None:
    with pytest.raises(DefectkitError, match="not two rising percentiles"):
        PixelForest(lower_percentile=lower, upper_percentile=upper)


def test_other_damage_to_a_model_is_told(tmp_path: Path) -> None:
    fitted().save(tmp_path / "model")
    settings = tmp_path / "model" / "forest.json"
    given = json.loads(settings.read_text())
    settings.write_text(json.dumps(given | {"scales_nm": [1.0]}))
    with pytest.raises(DetectorError, match="do not fit each other"):
        PixelForest.load(tmp_path / "model")
    settings.write_text(json.dumps(given | {"types": [*given["types"][:-1], 1.0]}))
    with pytest.raises(DetectorError, match="cannot read its model"):
        PixelForest.load(tmp_path / "model")
    settings.write_text(json.dumps({"types": ["bdot"]}))
    with pytest.raises(DetectorError, match="cannot read its model"):
        PixelForest.load(tmp_path / "model")
    settings.write_text(json.dumps(given))
    (tmp_path / "model" / "forest.npz").write_bytes(b"no zip")
    with pytest.raises(DetectorError, match="cannot be read"):
        PixelForest.load(tmp_path / "model")
    (tmp_path / "model" / "forest.npz").unlink()
    with pytest.raises(DetectorError, match="missing"):
        PixelForest.load(tmp_path / "model")


def test_a_model_that_finds_something_else_is_refused(tmp_path: Path) -> None:
    fitted().save(tmp_path / "model")
    settings = tmp_path / "model" / "forest.json"
    settings.write_text(json.dumps(json.loads(settings.read_text()) | {"min_score": 0.99}))
    with pytest.raises(DetectorError, match="self-test"):
        PixelForest.load(tmp_path / "model")


def test_what_cannot_be_learned_from_is_refused() -> None:
    images, labels = dataset(2)
    empty = LabelSet(name="none", instances={n: Instances.empty(i.shape) for n, i in images.items()})
    with pytest.raises(DetectorError, match="none of the 2 training images holds a labelled defect"):
        PixelForest().fit(TrainingSet(images=images, labels=empty))
    bare = {n: attrs.evolve(i, calibration=None) for n, i in images.items()}
    with pytest.raises(MissingCalibrationError):
        PixelForest().fit(TrainingSet(images=bare, labels=labels))
    with pytest.raises(DetectorError, match="rising"):
        PixelForest(scales_nm=(2.0, 1.0))
    with pytest.raises(ValueError, match="threshold"):
        PixelForest(threshold=1.5)


def test_the_seed_decides() -> None:
    images, labels = dataset(1)
    training = TrainingSet(images=images, labels=labels)
    first, again, other = (
        PixelForest(**SMALL, threshold=0.5, min_score=0.0, seed=s).fit(training).required().model.forest
        for s in (1, 1, 2)
    )
    assert np.array_equal(first.threshold, again.threshold)
    assert not np.array_equal(first.threshold, other.threshold)


def test_thresholds_are_chosen_on_validation_images_or_taken_as_given() -> None:
    images, labels = dataset(2)
    training = TrainingSet(images=images, labels=labels)
    chosen = fitted().fit(training, training).required().model
    assert 0.3 <= chosen.threshold <= 0.7
    given = PixelForest(**SMALL, threshold=0.55, min_score=0.25).fit(training).required()
    assert (given.model.threshold, given.model.min_score) == (0.55, 0.25)
    assert given.card.settings["chosen_threshold"] == 0.55
    one = PixelForest(**SMALL).fit(training.only(list(images)[:1])).required().model
    assert (one.threshold, one.min_score) == (0.5, 0.0)


def test_the_trees_vote_as_scikit_learn_lets_them() -> None:
    from sklearn.ensemble import RandomForestClassifier

    rng = np.random.default_rng(0)
    features = rng.normal(size=(500, 6)).astype(np.float16)
    classes = (features[:, 0] + features[:, 3] ** 2 > 0.5).astype(np.int64) * 2
    forest = grown(features, classes, n_classes=4, n_trees=7, max_depth=6, min_leaf=2, seed=5)
    state = int(np.random.default_rng(5).integers(2**31))
    model = RandomForestClassifier(
        n_estimators=7, max_depth=6, min_samples_leaf=2, max_features="sqrt", n_jobs=1, random_state=state
    ).fit(features.astype(np.float32), classes)
    other = rng.normal(size=(300, 6)).astype(np.float16)
    for rows in (features, other):
        expected = np.zeros((len(rows), 4))
        expected[:, [0, 2]] = model.predict_proba(rows.astype(np.float32))
        np.testing.assert_allclose(forest.predict(rows), expected, atol=1e-6)
    assert forest.predict(features[:0]).shape == (0, 4)


def test_features_have_their_meaning() -> None:
    ramp = np.tile(np.linspace(0, 1, 101, dtype=np.float32), (81, 1))
    features = pixel_features(ramp, [2.0])[40, 50].astype(float)
    gray, gaussian, gradient, laplacian, larger, smaller, tensor_larger, tensor_smaller = features
    assert len(features) == n_features([2.0]) == 1 + len(PER_SCALE)
    assert gray == pytest.approx(gaussian, abs=1e-3)
    assert gradient == pytest.approx(2 * 0.01, rel=0.01)
    assert max(map(abs, (laplacian, larger, smaller, tensor_smaller))) < 1e-3
    assert tensor_larger == pytest.approx(2 * 0.01, rel=0.01)
    blob = np.exp(-((np.arange(81)[:, None] - 40.0) ** 2 + (np.arange(81) - 40.0) ** 2) / (2 * 3.0**2))
    at = pixel_features(blob.astype(np.float32), [3.0])[40, 40].astype(float)
    assert at[3] == pytest.approx(-0.5, abs=0.02)
    assert at[4] == pytest.approx(at[5], abs=1e-3)


def test_features_do_not_depend_on_the_pixel_size() -> None:
    def blob(n: int, width: float) -> np.ndarray:
        r = (np.arange(n) + 0.5) - n / 2
        return np.exp(-(r[:, None] ** 2 + r**2) / (2 * width**2)).astype(np.float32)

    coarse, fine = pixel_features(blob(40, 4.0), [2.0, 4.0]), pixel_features(blob(80, 8.0), [4.0, 8.0])
    np.testing.assert_allclose(coarse[20, 20], fine[40, 40], atol=0.03)


def test_strips_are_the_same_as_the_whole() -> None:
    forest = fitted().required().model.forest
    scales = fitted().required().model.working.scales_px
    pixels = np.random.default_rng(1).random((150, 40), dtype=np.float32)
    features = pixel_features(pixels, scales)
    whole = forest.predict(features.reshape(-1, features.shape[-1])).reshape(150, 40, -1)
    assert margin_px(scales) < 150
    np.testing.assert_array_equal(in_strips(pixels, scales, forest, 37), whole)


def test_features_are_made_once_for_an_image() -> None:
    FEATURES.clear()
    images, _ = dataset(1, seed=21)
    (image,) = images.values()
    working = fitted().required().model.working
    assert working.features(image) is working.features(image)
    assert working.features(image).flags.writeable is False
    other = attrs.evolve(working, scales_nm=(1.0,))
    assert other.features(image).shape[-1] == n_features([1.0])


def test_what_is_too_large_is_not_kept() -> None:
    cache = FeatureCache(max_bytes=10)
    assert cache.get("a", lambda: np.zeros(100, np.float16)).size == 100
    assert cache.keys() == ()


def test_targets_part_defects_that_touch() -> None:
    left, right = np.zeros((2, 20, 20), bool)
    left[5:15, 3:10], right[5:15, 10:17] = True, True
    labels = Instances.from_masks([left, right], types=["bdot", "loop_111"], shape=(20, 20))
    classes = pixel_classes(labels, ["bdot", "loop_111"], 2)
    assert classes[10, 5] == FIRST_TYPE
    assert classes[10, 14] == FIRST_TYPE + 1
    assert classes[10, 9:11].tolist() == [BORDER, BORDER]
    assert classes[10, :3].tolist() == [BACKGROUND, BORDER, BORDER]
    assert classes[10, 3] == FIRST_TYPE
    assert (pixel_classes(Instances.empty((4, 4)), ["bdot"], 1) == BACKGROUND).all()


def test_samples_are_of_every_class_and_no_more_than_asked_for() -> None:
    classes = np.zeros((40, 40), np.int64)
    classes[:3, :3], classes[10:30, 10:30] = 1, 2
    picked = drawn_samples(classes, per_class=50, background_factor=3, rng=np.random.default_rng(0))
    assert np.bincount(classes.ravel()[picked]).tolist() == [150, 9, 50]
    assert len(set(picked.tolist())) == len(picked)


def certain(*discs: tuple[float, float, float], n: int = 60) -> np.ndarray:
    row, col = np.mgrid[:n, :n] + 0.5
    inside = np.zeros((n, n), bool)
    for y, x, r in discs:
        inside |= (row - y) ** 2 + (col - x) ** 2 < r**2
    probabilities = np.zeros((n, n, 4), np.float32)
    probabilities[..., 0] = ~inside
    probabilities[inside, 2:] = 0.8, 0.2
    return probabilities


def test_the_watershed_parts_discs_that_touch() -> None:
    options = {"threshold": 0.5, "smoothing_px": 0.0, "depth_px": 1.0, "min_area_px": 5.0}
    two = watershed_instances(certain((30, 20, 10), (30, 37, 10)), ["a", "b"], **options)
    assert len(two) == 2
    assert two.areas.sum() == certain((30, 20, 10), (30, 37, 10))[..., 2].astype(bool).sum()
    assert two.type_names == ("a", "a")
    np.testing.assert_allclose(two.scores, 0.8)
    assert len(watershed_instances(certain((30, 20, 10), (30, 23, 10)), ["a", "b"], **options)) == 1
    thin = certain()
    thin[10, 5:50] = 0, 0, 0.1, 0.9
    (line,) = watershed_instances(thin, ["a", "b"], **options)
    assert (line.type, line.area_px) == ("b", 45)
    assert len(watershed_instances(certain((30, 30, 1.2)), ["a", "b"], **options)) == 0
    assert len(watershed_instances(certain(), ["a", "b"], **options)) == 0


def test_holes_are_filled() -> None:
    ring = certain((30, 30, 15))
    ring[25:35, 25:35] = 1, 0, 0, 0
    (found,) = watershed_instances(ring, ["a", "b"], threshold=0.5, smoothing_px=0.0, depth_px=1.0, min_area_px=5.0)
    assert found.area_px == certain((30, 30, 15))[..., 2].astype(bool).sum()


def test_a_forest_without_a_tree_is_none() -> None:
    nothing = np.zeros(0, np.int32)
    with pytest.raises(DetectorError, match="no tree"):
        Forest(
            feature=nothing,
            threshold=np.zeros(0, np.float32),
            left=nothing,
            right=nothing,
            probability=np.zeros((0, 3), np.float32),
            roots=nothing,
            n_features=1,
        )
