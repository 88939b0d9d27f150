from __future__ import annotations

import contextlib
import io
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from defectkit.conventions import DEFECTKIT
from defectkit.metrics import AveragePrecision
from defectkit.metrics.size_distribution import earth_movers_distance, ks_distance
from defectkit.metrics.type_scores import end_to_end_scores, type_scores
from defectkit.records import Instances
from defectkit.workflows import evaluate

SIDE = 20
TYPES = ("bdot", "loop_111")
NAMES = ("a", "b")
Scene = dict[str, Instances]


@st.composite
def instances(draw: st.DrawFn, scored: bool) -> Instances:
    row, col = np.indices((SIDE, SIDE)) + 0.5
    number = st.integers(2, SIDE - 2)
    drawn = draw(st.lists(st.tuples(number, number, st.integers(1, 7), st.sampled_from(TYPES)), max_size=6))
    scores = draw(st.lists(st.integers(0, 5).map(lambda k: k / 5), min_size=len(drawn), max_size=len(drawn)))
    return Instances.from_masks(
        [np.hypot(row - r, col - c) < radius for r, c, radius, _ in drawn],
        types=[name for *_, name in drawn],
        shape=(SIDE, SIDE),
        known_types=TYPES,
        **({"scores": np.array(scores, float)} if scored else {}),
    )


def scenes(scored: bool) -> st.SearchStrategy[Scene]:
    return st.fixed_dictionaries({name: instances(scored) for name in NAMES})


def rows(scene: Scene) -> list[dict[str, Any]]:
    return [
        {
            "image_id": NAMES.index(name) + 1,
            "category_id": TYPES.index(defect.type) + 1,
            "segmentation": (rle := coco_mask.encode(np.asfortranarray(defect.mask(), np.uint8))),
            "bbox": coco_mask.toBbox(rle).tolist(),
            "area": float(defect.area_px),
            "iscrowd": 0,
            **({} if np.isnan(defect.score) else {"score": defect.score}),
        }
        for name, found in scene.items()
        for defect in found
    ]


def coco_precision(truth: Scene, predicted: Scene) -> np.ndarray:
    """Precision (thresholds, recalls, types) of pycocotools with its cap on detections lifted; -1 where undefined."""
    with contextlib.redirect_stdout(io.StringIO()):
        ground = COCO()
        ground.dataset = {
            "info": {},
            "images": [{"id": k + 1, "height": SIDE, "width": SIDE} for k in range(len(NAMES))],
            "categories": [{"id": k + 1} for k in range(len(TYPES))],
            "annotations": [row | {"id": k + 1} for k, row in enumerate(rows(truth))],
        }
        ground.createIndex()
        evaluation = COCOeval(ground, ground.loadRes(rows(predicted)), "segm")
        evaluation.params.maxDets = [10_000]
        evaluation.evaluate()
        evaluation.accumulate()
    return evaluation.eval["precision"][:, :, :, 0, -1]


def of_one_type(instances: Instances) -> Instances:
    return attrs.evolve(instances, type_codes=np.zeros(len(instances), np.int16))


def mean_or_nan(precision: np.ndarray) -> float:
    return float("nan") if (precision == -1).all() else float(precision.mean())


@given(truth=scenes(scored=False), predicted=scenes(scored=True))
def test_average_precision_is_pycocotools(truth: Scene, predicted: Scene) -> None:
    if not rows(predicted):  # pycocotools loads no empty list of results
        return
    ours = evaluate(truth, predicted, metrics=[AveragePrecision()])
    by_type = coco_precision(truth, predicted)
    for k, name in enumerate(TYPES):
        if name in ours.defect_type:
            row = ours.sel(defect_type=name)
            assert float(row.average_precision) == pytest.approx(mean_or_nan(by_type[:, :, k]), nan_ok=True)
            assert float(row.average_precision_50) == pytest.approx(mean_or_nan(by_type[0, :, k]), nan_ok=True)
            assert float(row.average_precision_75) == pytest.approx(mean_or_nan(by_type[5, :, k]), nan_ok=True)
    defined = by_type[:, :, (by_type > -1).any(axis=(0, 1))]
    expected = float(defined.mean()) if defined.size else float("nan")
    assert float(ours.overall_average_precision) == pytest.approx(expected, nan_ok=True)
    untyped = ({name: of_one_type(found) for name, found in scene.items()} for scene in (truth, predicted))
    every = coco_precision(*untyped)[:, :, :1]
    assert float(ours.average_precision.sel(defect_type="all")) == pytest.approx(mean_or_nan(every), nan_ok=True)


@settings(max_examples=25)
@given(truth=scenes(scored=False), predicted=scenes(scored=True))
def test_numbers_of_an_evaluation_close(truth: Scene, predicted: Scene) -> None:
    result = evaluate(truth, predicted)
    assert (result.image_confusion.sum("image") == result.confusion).all()
    real = result.confusion.isel(true_type=slice(-1))
    assert (real.sum(["true_type", "predicted_type"]) == result.n_true).all()
    claimed = result.confusion.isel(predicted_type=slice(-1))
    assert (claimed.sum(["true_type", "predicted_type"]) == result.n_predicted).all()
    pairs = result.confusion.isel(true_type=slice(-1), predicted_type=slice(-1))
    assert (pairs.sum(["true_type", "predicted_type"]) == result.n_found).all()
    assert (result.image_true_count.sum("image") == result.true_count).all()
    assert (result.image_n_found.diff("iou_threshold") <= 0).all()
    f1, p, r = (result[f"find_{name}"] for name in ("f1_score", "precision", "recall"))
    both = (p + r) > 0
    np.testing.assert_allclose(f1.where(both), (2 * p * r / (p + r)).where(both))
    found = result.sel(subset="found", defect_type="all")
    assert int(found.true_count) == int(found.predicted_count) == int(result.n_found.sel(iou_threshold=0.3))
    partners = result.true_defect_partner.values
    back = result.predicted_defect_partner.values
    assert all(back[j] == i for i, j in enumerate(partners) if j >= 0)


@settings(max_examples=25)
@given(scene=scenes(scored=False))
def test_a_scene_against_itself_has_no_error(scene: Scene) -> None:
    result = evaluate(scene, scene, convention=DEFECTKIT)
    for quantity in ("size", "shape", "density"):
        error = result[f"{quantity}_error"].values
        assert (np.isnan(error) | (error == 0)).all()
    assert float(result.foreground_iou) == 1.0
    assert float(result.find_f1_score.min()) == 1.0


@given(
    counts=st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=3, max_size=3).map(np.array),
)
def test_misses_and_false_finds_never_raise_a_score(counts: np.ndarray) -> None:
    counts[2, 2] = 0
    over_pairs = type_scores(counts[:2, :2])
    end_to_end = end_to_end_scores(counts)
    for name in ("precision", "recall", "f1_score"):
        before, after = getattr(over_pairs, name), getattr(end_to_end, name)
        both = ~(np.isnan(before) | np.isnan(after))
        assert (after[both] <= before[both] + 1e-12).all()


samples = st.lists(st.integers(0, 12).map(float), min_size=1, max_size=12)


@given(a=samples, b=samples, shift=st.integers(-5, 5))
def test_distances_are_distances(a: list[float], b: list[float], shift: int) -> None:
    assert earth_movers_distance(a, b) == pytest.approx(earth_movers_distance(b, a))
    assert ks_distance(a, b) == ks_distance(b, a)
    assert ks_distance(a, a) == earth_movers_distance(a, a) == 0
    assert earth_movers_distance(a, np.add(a, shift)) == pytest.approx(abs(shift))
    assert 0 <= ks_distance(a, b) <= 1
    assert earth_movers_distance(a, b) >= abs(np.mean(a) - np.mean(b)) - 1e-9
