"""Sweeps of scores, reports of pixels and extreme images, each against numbers made by other means."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
import xarray

from defectkit import evaluate
from defectkit.errors import EmptyInputError
from defectkit.records import Image, Instances, LabelSet
from defectkit.studies import extreme_images
from defectkit.testing.synthetic import synthetic_dataset
from defectkit.workflows import pixel_report, sweep_scores

TYPES = ("bdot", "loop_111", "loop_100")


@pytest.fixture(scope="module")
def sides() -> tuple[LabelSet, dict[str, Instances], list[Image]]:
    """Five images, and detections that miss some, call one type another, and have scores."""
    counts = {"bdot": 5, "loop_111": 4, "loop_100": 3}
    images, truth = synthetic_dataset(7, 5, shape=(128, 128), counts=counts)
    rng = np.random.default_rng(1)
    found = {}
    for k, name in enumerate(truth.images):
        kept = truth[name].take(np.sort(rng.permutation(len(truth[name]))[: len(truth[name]) - k]))
        codes = kept.type_codes.copy()
        codes[: k // 2] = kept.types.index("bdot")
        found[name] = attrs.evolve(kept, type_codes=codes, scores=rng.random(len(kept)))
    return truth, found, list(images.values())


def test_each_score_is_an_evaluation_of_what_is_left(sides) -> None:
    truth, found, images = sides
    swept = sweep_scores(truth, found, images, scores=[0.6, 0.0, 0.3])
    assert swept["min_score"].values.tolist() == [0.0, 0.3, 0.6]
    assert (np.diff(swept["n_predicted"].values) <= 0).all()
    for score in (0.0, 0.3, 0.6):
        kept = {name: of.take(of.scores >= score) for name, of in found.items()}
        one = evaluate(truth, kept, images).sel(iou_threshold=0.3)
        for name in ("find_f1_score", "find_recall", "overall_type_f1_score", "density_error", "n_predicted"):
            np.testing.assert_allclose(swept[name].sel(min_score=score).values, one[name].values)


def test_a_sweep_without_a_score_is_an_error(sides) -> None:
    with pytest.raises(EmptyInputError, match="at least one"):
        sweep_scores(*sides, scores=[])


def test_a_type_that_is_gone_at_a_higher_score_stays_in_the_sweep() -> None:
    masks = np.zeros((2, 8, 8), bool)
    masks[0, :3, :3] = masks[1, 5:, 5:] = True
    truth = {"a": Instances.from_masks(masks[:1], types=["bdot"], shape=(8, 8))}
    found = {"a": Instances.from_masks(masks, types=["bdot", "loop_111"], shape=(8, 8), scores=[0.9, 0.4])}
    swept = sweep_scores(truth, found, scores=[0.3, 0.5])
    assert swept["predicted_count"].sel(defect_type="loop_111", subset="all").values[0] == 1
    assert swept["n_predicted"].values.tolist() == [2, 1]


def test_pixels_of_a_type_are_those_of_its_masks(sides) -> None:
    truth, found, images = sides
    report = pixel_report(truth, found, images)
    for name in (*TYPES, "all"):
        counts = np.zeros(3, int)
        for image in truth.images:
            ours, theirs = (_union(side[image], name) for side in (truth, found))
            counts += [ours.sum(), theirs.sum(), (ours & theirs).sum()]
        here = report.sel(defect_type=name)
        assert [int(here[f"{side}_pixels"]) for side in ("true", "predicted", "shared")] == counts.tolist()
        assert float(here["precision"]) == pytest.approx(counts[2] / counts[1])
        assert float(here["recall"]) == pytest.approx(counts[2] / counts[0])
        assert float(here["iou"]) == pytest.approx(counts[2] / (counts[0] + counts[1] - counts[2]))
        assert float(here["dice"]) == pytest.approx(2 * counts[2] / (counts[0] + counts[1]))


def _union(instances: Instances, name: str) -> np.ndarray:
    kept = [k for k, code in enumerate(instances.type_codes) if name == "all" or instances.types[code].startswith(name)]
    masks = [instances.runs.to_mask(k, instances.shape) for k in kept]
    return np.any([np.zeros(instances.shape, bool), *masks], axis=0)


def test_the_whole_report_agrees_with_the_metric_of_the_foreground(sides) -> None:
    truth, found, images = sides
    whole = pixel_report(truth, found, images).sel(defect_type="all")
    assert float(whole["iou"]) == pytest.approx(float(evaluate(truth, found, images)["foreground_iou"]))


def test_sub_types_are_folded_and_what_is_not_there_is_undefined() -> None:
    mask = np.zeros((1, 6, 6), bool)
    mask[0, :3] = True
    truth = {"a": Instances.from_masks(mask, types=["loop_100_open"], shape=(6, 6))}
    found = {"a": Instances.from_masks(mask, types=["loop_100_solid"], shape=(6, 6))}
    report = pixel_report(truth, found, convention="jacobs2022")
    assert float(report["iou"].sel(defect_type="loop_100")) == 1
    assert np.isnan(report["iou"].sel(defect_type="bdot"))
    with pytest.raises(EmptyInputError, match="both in the truth and in the prediction"):
        pixel_report(truth, {"b": found["a"]})


def test_extreme_images_are_those_of_each_image_evaluated_alone(sides) -> None:
    truth, found, images = sides
    rows = {e.statistic: e for e in extreme_images(evaluate(truth, found, images, convention="jacobs2022"))}
    alone = {name: _alone(truth, found, images, name) for name in truth.images}
    for statistic, sign in (("find_f1_score", 1), ("type_f1_score", 1), ("size_error", -1), ("density_error", -1)):
        values = {name: sign * alone[name][statistic] for name in alone if not np.isnan(alone[name][statistic])}
        row = rows[statistic]
        assert sign * row.best_value == pytest.approx(max(values.values()))
        assert sign * row.worst_value == pytest.approx(min(values.values()))
        assert values[row.best] == pytest.approx(max(values.values()))
        assert values[row.worst] == pytest.approx(min(values.values()))
        assert row.n_undefined == len(alone) - len(values)


def _alone(truth: LabelSet, found: dict[str, Instances], images: list[Image], name: str) -> dict[str, float]:
    own = [image for image in images if image.name == name]
    one = evaluate({name: truth[name]}, {name: found[name]}, own, convention="jacobs2022")
    one = one.sel(iou_threshold=0.3)
    return {
        "find_f1_score": float(one["find_f1_score"]),
        "type_f1_score": float(one["overall_type_f1_score"]),
        "size_error": float(one["overall_size_error"].sel(subset="all")),
        "density_error": float(one["overall_density_error"].sel(subset="all")),
    }


def test_without_any_value_no_image_is_named() -> None:
    nothing = Instances.empty(shape=(8, 8))
    result = evaluate({"a": nothing}, {"a": nothing}, convention="jacobs2022")
    rows = {e.statistic: e for e in extreme_images(result)}
    assert (rows["find_f1_score"].best, rows["find_f1_score"].best_value) == ("a", 1)
    assert (rows["size_error"].best, rows["size_error"].worst, rows["size_error"].n_undefined) == ("", "", 1)
    assert isinstance(result, xarray.Dataset)
