from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np
import pytest
import xarray

from defectkit.errors import ConventionError, PairingError, StudyError
from defectkit.records import Image, Instances, LabelSet
from defectkit.studies import bootstrap, bootstrap_difference, evaluate_resampleable
from defectkit.studies.uncertainty.drawing import Draws, draws, identity
from defectkit.studies.uncertainty.evidence import Evidence, groups
from defectkit.studies.uncertainty.resamples import resample_statistics
from defectkit.studies.uncertainty.statistics import FAMILIES
from defectkit.studies.uncertainty.sums import Sums, tables
from defectkit.workflows import evaluate

Scene = tuple[dict[str, Image], LabelSet]
Simulated = Callable[[list[np.ndarray]], xarray.Dataset]


def statistics(evaluation: xarray.Dataset, drawn: Draws | None = None) -> dict[str, np.ndarray]:
    evidence = Evidence.of(evaluation)
    linked = groups([evidence])
    added = tables(evidence, linked, linked.of_predicted[0])
    drawn = identity(linked.image, evidence.n_images) if drawn is None else drawn
    totals = Sums(evidence=evidence, groups=linked, of_predicted=linked.of_predicted[0], added=added, drawn=drawn)
    return {name: values for family in FAMILIES for name, values in family(evidence, totals).items()}


def assert_equal(found: dict[str, np.ndarray], expected: xarray.Dataset) -> None:
    for name, values in found.items():
        np.testing.assert_allclose(values[0], expected[name].values, rtol=1e-12, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("convention", ["defectkit", "jacobs2022"])
def test_the_sample_itself_gives_the_evaluation(scene: Scene, model: Callable, convention: str) -> None:
    images, labels = scene
    evaluation = evaluate_resampleable(labels, model(4), images, convention=convention)
    found = statistics(evaluation)
    assert_equal(found, evaluation)
    pooled = {
        str(name)
        for name in evaluation.data_vars
        if not str(name).startswith(("image_", "true_defect_", "predicted_defect_", "undefined_"))
        and not str(name).endswith(("_parity_n", "_parity_n_undefined"))
    }
    assert pooled == set(found), "a statistic of the evaluation is not resampled"


def test_images_drawn_twice_are_two_images(scene: Scene, model: Callable) -> None:
    images, labels = scene
    predicted = model(1)
    evaluation = evaluate_resampleable(labels, predicted, images)
    names = sorted(images)
    order = [0, 0, 2, 3, 3]
    copies = {f"{place}-{names[k]}": names[k] for place, k in enumerate(order)}
    again = evaluate(
        {copy: labels[name] for copy, name in copies.items()},
        {copy: predicted[name] for copy, name in copies.items()},
        {copy: attrs.evolve(images[name], name=copy) for copy, name in copies.items()},
        taxonomy=labels.taxonomy,
    )
    whole = identity(groups([Evidence.of(evaluation)]).image, len(names))
    rows = tuple(np.flatnonzero(np.array(order) == k) for k in range(len(names)))
    drawn = attrs.evolve(
        whole,
        images=np.array([order]),
        rows=rows,
        weights=tuple(np.ones((len(r), w.shape[1])) for r, w in zip(rows, whole.weights, strict=True)),
    )
    assert_equal(statistics(evaluation, drawn), again)


def test_a_group_that_is_not_drawn_is_not_there(scene: Scene, model: Callable) -> None:
    images, labels = scene
    predicted = model(1)
    evaluation = evaluate_resampleable(labels, predicted, images)
    linked = groups([Evidence.of(evaluation)])
    keep = np.random.default_rng(5).random(len(linked.image)) < 0.6
    whole = identity(linked.image, len(images))
    drawn = attrs.evolve(whole, weights=tuple(np.split(keep[None].astype(float), whole.first_group[1:-1], axis=1)))

    def kept(given: dict[str, Instances], of_defect: np.ndarray) -> dict[str, Instances]:
        ends = np.cumsum([len(given[n]) for n in sorted(given)])
        return {
            n: given[n].take(keep[part]) for n, part in zip(sorted(given), np.split(of_defect, ends[:-1]), strict=True)
        }

    again = evaluate(
        kept(dict(labels.instances), linked.of_true),
        kept(predicted, linked.of_predicted[0]),
        images,
        taxonomy=labels.taxonomy,
    )
    found = statistics(evaluation, drawn)
    pixels = {name for name in found if "foreground" in name}
    assert_equal({name: values for name, values in found.items() if name not in pixels}, again)


def test_groups_hold_what_any_matching_links(evaluation: xarray.Dataset, other_evaluation: xarray.Dataset) -> None:
    evidences = [Evidence.of(evaluation), Evidence.of(other_evaluation)]
    linked = groups(evidences)
    assert (np.diff(linked.image) >= 0).all()
    for evidence, of_predicted in zip(evidences, linked.of_predicted, strict=True):
        assert np.array_equal(linked.image[of_predicted], evidence.predicted.image)
        for partner in evidence.partner_at.T:
            paired = partner >= 0
            assert np.array_equal(of_predicted[paired], linked.of_true[partner[paired]])
    assert len(linked.image) < len(linked.of_true) + sum(map(len, linked.of_predicted))


def test_the_variance_is_that_of_two_stages(simulated: Simulated) -> None:
    rng = np.random.default_rng(0)
    n_images, n = 8, 30
    is_found = [rng.random(n) < p for p in rng.beta(4, 2, n_images)]
    evaluation = simulated(is_found)
    means = np.array([f.mean() for f in is_found])
    between, within = means.var(), (means * (1 - means)).mean() / n
    expected = {
        ("image",): between / n_images,
        ("defect",): within / n_images,
        ("image", "defect"): (between + within) / n_images,
    }
    for levels, variance in expected.items():
        (drawn,) = resample_statistics(
            [evaluation], n_resamples=4000, levels=levels, statistics=["find_recall"], seed=1
        )
        found = drawn["find_recall"].values[:, 0].var()
        assert found == pytest.approx(variance, rel=4 * np.sqrt(2 / 4000)), levels


@pytest.mark.parametrize(
    ("levels", "n_images", "spread", "seed"),
    [(("image", "defect"), 22, (8.0, 4.0), 11), (("image",), 40, (8.0, 4.0), 12), (("defect",), 1, (8e6, 4e6), 13)],
)
def test_the_interval_covers_as_often_as_it_says(
    simulated: Simulated, levels: tuple[str, ...], n_images: int, spread: tuple[float, float], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    n_trials, n = 100, 25 if n_images > 1 else 300
    truth, covered = spread[0] / sum(spread), 0
    for trial in range(n_trials):
        is_found = [rng.random(n) < p for p in rng.beta(*spread, n_images)]
        interval = bootstrap(
            simulated(is_found), n_resamples=256, confidence=0.9, levels=levels, statistics=["find_recall"], seed=trial
        )
        covered += bool(interval["find_recall_low"][0] <= truth <= interval["find_recall_high"][0])
    assert covered / n_trials == pytest.approx(0.9, abs=2.5 * np.sqrt(0.9 * 0.1 / n_trials))


def test_degenerate_resamples_are_counted_and_widen_the_interval(simulated: Simulated) -> None:
    one_of_four = [np.array([True])] + [np.zeros(0, bool)] * 3
    interval = bootstrap(simulated(one_of_four), n_resamples=500, levels=["image"], statistics=["size_error"])
    assert (interval["size_error"] == 0).all()
    np.testing.assert_allclose(interval["size_error_degenerate"] / 500, 0.75**4, atol=0.1)
    assert np.isnan(interval["size_error_low"]).all()
    assert np.isnan(interval["size_error_high"]).all()
    assert interval["size_error_degenerate"].attrs["long_name"].startswith("resamples in which")


def test_a_rare_degenerate_resample_does_not_hide_the_interval(simulated: Simulated) -> None:
    three_of_four = [np.array([True, False, True, True])] * 3 + [np.zeros(0, bool)]
    interval = bootstrap(simulated(three_of_four), n_resamples=1000, statistics=["size_error"])
    assert (interval["size_error_degenerate"] > 0).all()
    assert (interval["size_error_degenerate"] < 25).all()
    assert (interval["size_error_low"] == 0).all()
    assert (interval["size_error_high"] == 0).all()


def test_the_same_seed_gives_the_same_interval(evaluation: xarray.Dataset) -> None:
    first, again, other = (bootstrap(evaluation, n_resamples=70, seed=s) for s in (3, 3, 4))
    xarray.testing.assert_identical(first, again)
    assert not first.equals(other)


def test_the_interval_holds_the_estimate_and_its_units(evaluation: xarray.Dataset) -> None:
    interval = bootstrap(evaluation, n_resamples=200, statistics=["true_size", "find_f1_score", "average_precision"])
    assert set(interval.dims) == {"iou_threshold", "subset", "defect_type"}
    for name in ("true_size", "find_f1_score", "average_precision"):
        assert (interval[f"{name}_low"] <= interval[name]).all()
        assert (interval[name] <= interval[f"{name}_high"]).all()
    assert interval["true_size_low"].attrs["units"] == "nanometer"
    assert interval.attrs["levels"] == ["image", "defect"]


def test_a_model_does_not_differ_from_itself(evaluation: xarray.Dataset) -> None:
    difference = bootstrap_difference(evaluation, evaluation, n_resamples=50)
    assert float(np.abs(difference["find_f1_score_high"]).max()) == 0
    assert float(np.abs(difference["find_f1_score_low"]).max()) == 0


def test_a_paired_difference_is_narrower_than_an_unpaired_one(simulated: Simulated) -> None:
    rng = np.random.default_rng(2)
    hardness = rng.beta(2, 2, 12)
    first = [rng.random(40) < p for p in hardness]
    second = [f | (rng.random(40) < 0.1) for f in first]
    one, two = simulated(first), simulated(second)
    paired = bootstrap_difference(one, two, n_resamples=400, statistics=["find_recall"])
    each = [bootstrap(e, n_resamples=400, statistics=["find_recall"]) for e in (one, two)]
    assert float(paired["find_recall"][0]) == pytest.approx(float(two.find_recall[0] - one.find_recall[0]))
    assert float(paired["find_recall_low"][0]) > 0
    width = [float((i["find_recall_high"] - i["find_recall_low"])[0]) for i in (paired, *each)]
    assert width[0] < 0.5 * np.hypot(*width[1:])


def test_only_one_truth_is_compared_in_pairs(
    scene: Scene, model: Callable, evaluation: xarray.Dataset, other_evaluation: xarray.Dataset
) -> None:
    images, labels = scene
    fewer = {name: labels[name] for name in list(images)[:3]}
    predicted = {name: model(1)[name] for name in fewer}
    with pytest.raises(PairingError, match="differ in 'image'"):
        bootstrap_difference(evaluation, evaluate_resampleable(fewer, predicted, images, taxonomy=labels.taxonomy))
    with pytest.raises(ConventionError):
        bootstrap_difference(evaluation, other_evaluation.assign_attrs(iou_threshold=0.5))


def test_what_cannot_be_resampled_is_refused(scene: Scene, model: Callable, evaluation: xarray.Dataset) -> None:
    images, labels = scene
    with pytest.raises(StudyError, match="evaluate_resampleable"):
        bootstrap(evaluate(labels, model(1), images))
    with pytest.raises(StudyError, match="image_find_recall cannot be resampled"):
        bootstrap(evaluation, statistics=["image_find_recall"])
    with pytest.raises(StudyError, match="confidence"):
        bootstrap(evaluation, confidence=95)
    with pytest.raises(StudyError, match="levels"):
        bootstrap(evaluation, levels=["pixel"])
    with pytest.raises(StudyError, match="cannot be drawn"):
        bootstrap(evaluation, n_resamples=0)
    with pytest.raises(StudyError, match="no evaluation"):
        resample_statistics([])


def test_no_defect_at_all_is_degenerate_throughout() -> None:
    nothing = {"a": Instances.empty((8, 8)), "b": Instances.empty((8, 8))}
    interval = bootstrap(evaluate_resampleable(nothing, nothing), n_resamples=20)
    assert (interval["find_f1_score_low"] == 1).all()
    assert (interval["size_error_degenerate"] == 20).all()
    assert np.isnan(interval["size_error_low"]).all()


def test_draws_are_as_large_as_the_sample() -> None:
    image = np.array([0, 0, 0, 2])
    (drawn,) = draws(image, 3, n_resamples=9, levels=["image", "defect"], rng=np.random.default_rng(0))
    assert (drawn.image_weights().sum(axis=1) == 3).all()
    weights = drawn.group_weights()
    assert np.array_equal(weights[:, :3].sum(axis=1), 3 * drawn.image_weights()[:, 0])
    assert np.array_equal(weights[:, 3], drawn.image_weights()[:, 2])
    assert np.array_equal(drawn.by_place(np.eye(4)).sum(axis=1), weights)
