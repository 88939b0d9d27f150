from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs
import numpy as np
import pytest
import xarray

from defectkit.errors import BootstrapError, ConventionError, PairingError
from defectkit.metrics import (
    BUILT_IN,
    Confusion,
    EndToEnd,
    Errors,
    Find,
    Metric,
    Parity,
    SizeDistribution,
    TypeScores,
    Variable,
)
from defectkit.records import Image, Instances, LabelSet
from defectkit.statistics import Bootstrap, Sum, Totals, linked_units, resample
from defectkit.statistics.drawing import DrawnDefects, drawn_defects
from defectkit.studies import bootstrap, bootstrap_difference, evaluate_resampleable, resample_statistics
from defectkit.studies.uncertainty import StoredComparison, comparison_of
from defectkit.workflows import evaluate

Scene = tuple[dict[str, Image], LabelSet]
Simulated = Callable[[list[np.ndarray]], xarray.Dataset]


@attrs.frozen(kw_only=True)
class NotFound(Metric):
    """A metric that no evaluation was made with."""

    name = "not-found"
    description = "Share of true defects that were not found."

    def sums(self, units):
        return {"true": units.over_true(), "found": units.over_found()}

    def values(self, totals):
        share = 1 - totals["found"] / totals["true"]
        return {"share_not_found": Variable(dims=(), values=share, long_name="share that was not found")}


@pytest.mark.parametrize("convention", ["defectkit", "jacobs2022"])
def test_a_stored_evaluation_gives_its_comparison_again(
    scene: Scene, model: Callable[..., Any], convention: str
) -> None:
    images, labels = scene
    evaluation = evaluate_resampleable(labels, model(4), images, convention=convention)
    again = comparison_of(evaluation)
    for metric in (*(metric() for metric in BUILT_IN), StoredComparison()):
        found = metric.compute(again)
        for name in found.data_vars:
            xarray.testing.assert_identical(found[name].assign_attrs(metric=metric.name), evaluation[name])


def test_every_figure_that_is_pooled_has_an_interval(scene: Scene, model: Callable[..., Any]) -> None:
    images, labels = scene
    evaluation = evaluate_resampleable(labels, model(4), images)
    interval = bootstrap(evaluation, Bootstrap(n_resamples=8))
    pooled = {
        str(name)
        for name in evaluation.data_vars
        if not str(name).startswith(("image_", "true_defect_", "predicted_defect_", "undefined_", "overlap_"))
        and not str(name).endswith(("_parity_n", "_parity_n_undefined"))
    }
    assert {f"{name}{end}" for name in pooled for end in ("", "_low", "_high", "_degenerate")} == set(
        interval.data_vars
    )
    direct = evaluate(labels, model(4), images, bootstrap=Bootstrap(n_resamples=8))
    for name in interval.data_vars:
        xarray.testing.assert_allclose(interval[name], direct[name])


def test_a_metric_of_somebody_else_has_intervals_and_differences(
    evaluation: xarray.Dataset, other_evaluation: xarray.Dataset
) -> None:
    how = Bootstrap(n_resamples=200, seed=3)
    own = bootstrap(evaluation, how, metrics=[NotFound()])
    recall = bootstrap(evaluation, how, statistics=["find_recall"]).sel(iou_threshold=0.3)
    assert float(own["share_not_found_low"]) == pytest.approx(1 - float(recall["find_recall_high"]))
    assert float(own["share_not_found_high"]) == pytest.approx(1 - float(recall["find_recall_low"]))
    ours = bootstrap_difference(evaluation, other_evaluation, how, metrics=[NotFound()])
    theirs = bootstrap_difference(evaluation, other_evaluation, how, statistics=["find_recall"]).sel(iou_threshold=0.3)
    assert float(ours["share_not_found_low"]) == pytest.approx(-float(theirs["find_recall_high"]))


@pytest.mark.parametrize("level", ["images", "images-and-defects"])
def test_images_and_units_that_are_drawn_are_there_as_often(
    scene: Scene, model: Callable[..., Any], level: str
) -> None:
    images, labels = scene
    predicted = model(1)
    evaluation = evaluate_resampleable(labels, predicted, images)
    comparison = comparison_of(evaluation)
    (units,) = linked_units([comparison])
    rng = np.random.default_rng(5)
    order = [0, 0, 2, 3, 3]
    keep = rng.random(len(units)) < 0.6 if level == "images-and-defects" else np.ones(len(units), bool)
    first = np.searchsorted(units.image, np.arange(len(images) + 1))
    rows = tuple(np.flatnonzero(np.array(order) == k) for k in range(len(images)))
    weights = tuple(np.tile(keep[first[k] : first[k + 1]].astype(float), (len(own), 1)) for k, own in enumerate(rows))
    drawn = DrawnDefects(images=np.array([order]), rows=rows, weights=weights, first_unit=first)

    names = sorted(images)
    copies = {f"{place}-{names[k]}": names[k] for place, k in enumerate(order)}

    def kept(given: Mapping[str, Instances], unit: np.ndarray) -> dict[str, Instances]:
        ends = np.cumsum([len(given[n]) for n in names])
        parts = dict(zip(names, np.split(keep[unit], ends[:-1]), strict=True))
        return {copy: given[n].take(np.flatnonzero(parts[n])) for copy, n in copies.items()}

    again = evaluate(
        kept(labels.instances, units.of_true),
        kept(predicted, units.of_predicted),
        {copy: attrs.evolve(images[name], name=copy) for copy, name in copies.items()},
        taxonomy=labels.taxonomy,
    )
    for metric in (Find(), TypeScores(), EndToEnd(), Confusion(), Errors(), Parity(), SizeDistribution()):
        found = metric.values(Totals(units=units, sums=metric.sums(units), drawn=drawn))
        for name in (n for n, variable in found.items() if variable.is_resampled):
            (values,) = np.asarray(found[name].values, np.float64)
            np.testing.assert_allclose(values, again[name].values, rtol=1e-9, atol=1e-9, err_msg=name)


def test_units_hold_what_any_threshold_pairs(evaluation: xarray.Dataset, other_evaluation: xarray.Dataset) -> None:
    comparisons = [comparison_of(evaluation), comparison_of(other_evaluation)]
    linked = linked_units(comparisons)
    assert np.array_equal(linked[0].of_true, linked[1].of_true)
    for comparison, units in zip(comparisons, linked, strict=True):
        assert (np.diff(units.image) >= 0).all()
        assert np.array_equal(units.image[units.of_predicted], comparison.image_of(comparison.predicted_frames))
        for matching in comparison.matchings:
            assert np.array_equal(units.of_predicted[matching.predicted], units.of_true[matching.truth])
    assert len(linked[0]) < comparisons[0].true.n + sum(c.predicted.n for c in comparisons)


def test_the_variance_is_that_of_two_stages(simulated: Simulated) -> None:
    rng = np.random.default_rng(0)
    n_images, n = 8, 30
    is_found = [rng.random(n) < p for p in rng.beta(4, 2, n_images)]
    evaluation = simulated(is_found)
    means = np.array([f.mean() for f in is_found])
    between, within = means.var(), (means * (1 - means)).mean() / n
    expected = {"images": between / n_images, "images-and-defects": (between + within) / n_images}
    for level, variance in expected.items():
        how = Bootstrap(n_resamples=4000, level=level, seed=1)
        (drawn,) = resample_statistics([evaluation], how, statistics=["find_recall"])
        found = drawn["find_recall"].values[:, 0].var()
        assert found == pytest.approx(variance, rel=4 * np.sqrt(2 / 4000)), level


def test_degenerate_resamples_are_counted_and_widen_the_interval(simulated: Simulated) -> None:
    one_of_four = [np.array([True])] + [np.zeros(0, bool)] * 3
    interval = bootstrap(simulated(one_of_four), Bootstrap(n_resamples=500), statistics=["size_error"])
    assert (interval["size_error"] == 0).all()
    np.testing.assert_allclose(interval["size_error_degenerate"] / 500, 0.75**4, atol=0.1)
    assert np.isnan(interval["size_error_low"]).all()
    assert np.isnan(interval["size_error_high"]).all()
    assert interval["size_error_degenerate"].attrs["long_name"].startswith("resamples in which")


def test_a_rare_degenerate_resample_does_not_hide_the_interval(simulated: Simulated) -> None:
    three_of_four = [np.array([True, False, True, True])] * 3 + [np.zeros(0, bool)]
    interval = bootstrap(
        simulated(three_of_four),
        Bootstrap(n_resamples=1000, level="images-and-defects", confidence=0.95),
        statistics=["size_error"],
    )
    assert (interval["size_error_degenerate"] > 0).all()
    assert (interval["size_error_degenerate"] < 25).all()
    assert (interval["size_error_low"] == 0).all()
    assert (interval["size_error_high"] == 0).all()


def test_the_same_seed_gives_the_same_interval(evaluation: xarray.Dataset) -> None:
    first, again, other = (bootstrap(evaluation, Bootstrap(n_resamples=70, seed=s)) for s in (3, 3, 4))
    xarray.testing.assert_identical(first, again)
    assert not first.equals(other)


def test_the_interval_holds_the_estimate_and_its_units(evaluation: xarray.Dataset) -> None:
    interval = bootstrap(
        evaluation, Bootstrap(n_resamples=200), statistics=["true_size", "find_f1_score", "average_precision"]
    )
    assert set(interval.dims) == {"iou_threshold", "subset", "defect_type"}
    for name in ("true_size", "find_f1_score", "average_precision"):
        assert (interval[f"{name}_low"] <= interval[name]).all()
        assert (interval[name] <= interval[f"{name}_high"]).all()
    assert interval["true_size_low"].attrs["units"] == "nanometer"
    assert interval.attrs["level"] == "images"


def test_a_model_does_not_differ_from_itself(evaluation: xarray.Dataset) -> None:
    difference = bootstrap_difference(evaluation, evaluation, Bootstrap(n_resamples=50, level="images-and-defects"))
    assert float(np.abs(difference["find_f1_score_high"]).max()) == 0
    assert float(np.abs(difference["find_f1_score_low"]).max()) == 0


@pytest.mark.parametrize("level", ["images", "images-and-defects"])
def test_a_paired_difference_is_narrower_than_an_unpaired_one(simulated: Simulated, level: str) -> None:
    rng = np.random.default_rng(2)
    hardness = rng.beta(2, 2, 12)
    first = [rng.random(40) < p for p in hardness]
    second = [f | (rng.random(40) < 0.1) for f in first]
    one, two = simulated(first), simulated(second)
    how = Bootstrap(n_resamples=400, level=level)
    paired = bootstrap_difference(one, two, how, statistics=["find_recall"])
    each = [bootstrap(e, how, statistics=["find_recall"]) for e in (one, two)]
    assert float(paired["find_recall"][0]) == pytest.approx(float(two.find_recall[0] - one.find_recall[0]))
    assert float(paired["find_recall_low"][0]) > 0
    width = [float((i["find_recall_high"] - i["find_recall_low"])[0]) for i in (paired, *each)]
    assert width[0] < 0.5 * np.hypot(width[1], width[2])


def test_only_one_truth_is_compared_in_pairs(
    scene: Scene, model: Callable[..., Any], evaluation: xarray.Dataset, other_evaluation: xarray.Dataset
) -> None:
    images, labels = scene
    fewer = {name: labels[name] for name in list(images)[:3]}
    predicted = {name: model(1)[name] for name in fewer}
    with pytest.raises(PairingError, match="differ in 'image'"):
        bootstrap_difference(evaluation, evaluate_resampleable(fewer, predicted, images, taxonomy=labels.taxonomy))
    with pytest.raises(ConventionError):
        bootstrap_difference(evaluation, other_evaluation.assign_attrs(iou_threshold=0.5))


def test_what_cannot_be_resampled_is_refused(
    scene: Scene, model: Callable[..., Any], evaluation: xarray.Dataset
) -> None:
    images, labels = scene
    with pytest.raises(BootstrapError, match="evaluate_resampleable"):
        bootstrap(evaluate(labels, model(1), images))
    with pytest.raises(BootstrapError, match="image_find_recall cannot be resampled"):
        bootstrap(evaluation, statistics=["image_find_recall"])
    with pytest.raises(BootstrapError, match="confidence"):
        Bootstrap(confidence=95)
    with pytest.raises(BootstrapError, match="'pixels' is none of images, images-and-defects"):
        Bootstrap(level="pixels")
    with pytest.raises(BootstrapError, match="cannot be drawn"):
        Bootstrap(n_resamples=0)
    with pytest.raises(BootstrapError, match="no evaluation"):
        resample_statistics([])
    with pytest.raises(BootstrapError, match="without an image"):
        resample([Find()], [attrs.evolve(comparison_of(evaluation), images=())], Bootstrap())


def test_one_image_has_no_interval_over_images(simulated: Simulated) -> None:
    one = simulated([np.array([True, False, True])])
    over_images = bootstrap(one, Bootstrap(n_resamples=50), statistics=["find_recall"])
    assert np.isnan(over_images["find_recall_low"]).all()
    within = bootstrap(one, Bootstrap(n_resamples=50, level="images-and-defects"), statistics=["find_recall"])
    assert (within["find_recall_low"] < within["find_recall_high"]).all()


def test_no_defect_at_all_is_degenerate_throughout() -> None:
    nothing = {"a": Instances.empty((8, 8)), "b": Instances.empty((8, 8))}
    interval = bootstrap(evaluate_resampleable(nothing, nothing), Bootstrap(n_resamples=20))
    assert (interval["find_f1_score_low"] == 1).all()
    assert (interval["size_error_degenerate"] == 20).all()
    assert np.isnan(interval["size_error_low"]).all()


def test_draws_are_as_large_as_the_sample(simulated: Simulated) -> None:
    comparison = comparison_of(simulated([np.ones(3, bool), np.zeros(0, bool), np.ones(1, bool)]))
    (units,) = linked_units([comparison])
    (drawn,) = drawn_defects(units, 9, seed=0)
    images = np.stack([(drawn.images == k).sum(axis=1) for k in range(3)], axis=1)
    assert (images.sum(axis=1) == 3).all()
    assert np.array_equal(drawn.unit_weights[:, :3].sum(axis=1), 3 * images[:, 0])
    assert np.array_equal(drawn.unit_weights[:, 3], images[:, 2])
    assert np.array_equal(drawn.of_images(Sum(values=np.eye(4))).sum(axis=1), drawn.unit_weights)
