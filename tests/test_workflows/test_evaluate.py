from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import attrs
import numpy as np
import pytest
import xarray

from defectkit.conventions import DEFECTKIT, JACOBS2022, Convention
from defectkit.errors import (
    ConventionError,
    EmptyInputError,
    MissingCalibrationError,
    PairingError,
    PluginError,
    RefusedRegionsError,
    UnknownDefectTypeError,
    UnknownPluginError,
    WorkersError,
)
from defectkit.formats import Unpaired
from defectkit.metrics import BUILT_IN, Find, Metric
from defectkit.records import Calibration, DefectType, Image, Instances, LabelSet, Prediction, Source, Taxonomy
from defectkit.statistics.variables import Variable
from defectkit.workflows import evaluate, pair_images
from defectkit.workflows.evaluate import IOU_THRESHOLDS, with_threshold

SHAPE = (48, 64)


def squares(*rows: tuple[int, int, int, str], **columns: Any) -> Instances:
    masks = np.zeros((len(rows), *SHAPE), bool)
    for mask, (top, left, side, _) in zip(masks, rows, strict=True):
        mask[top : top + side, left : left + side] = True
    return Instances.from_masks(masks, types=[r[3] for r in rows], shape=SHAPE, **columns)


TRUTH = {
    "b": squares((2, 2, 8, "bdot"), (20, 20, 12, "loop_100_open")),
    "a": squares((10, 10, 10, "bdot")),
    "empty": squares(),
}
PREDICTED = {
    "a": squares((10, 11, 10, "bdot"), scores=np.array([0.9])),
    "b": squares((2, 2, 8, "bdot"), (20, 20, 12, "loop_100"), (40, 40, 4, "bdot"), scores=np.array([0.8, 0.7, 0.2])),
    "empty": squares(scores=np.zeros(0)),
}


def images(pixel_size: str | None = "0.5 nm/px", **other: str | None) -> list[Image]:
    sizes = dict.fromkeys(TRUTH, pixel_size) | other
    return [Image.from_array(name, np.zeros(SHAPE, np.uint8), pixel_size=size) for name, size in sizes.items()]


def predictions(**columns: Any) -> Iterator[Prediction]:
    for name, instances in PREDICTED.items():
        yield Prediction(image=name, instances=instances, detector="blob", detector_version="1.2", **columns)


def at_threshold(result: xarray.Dataset) -> xarray.Dataset:
    return result.sel(iou_threshold=result.attrs["iou_threshold"])


def test_everything_is_in_one_data_set() -> None:
    result = evaluate(TRUTH, PREDICTED)
    assert result.image.values.tolist() == ["a", "b", "empty"]
    assert result.defect_type.values.tolist() == ["bdot", "loop_100", "all"]
    assert result.iou_threshold.values.tolist() == list(IOU_THRESHOLDS)
    assert result.subset.values.tolist() == ["all", "found"]
    now = at_threshold(result)
    assert (int(now.n_true), int(now.n_predicted), int(now.n_found)) == (3, 4, 3)
    assert float(now.find_precision) == 3 / 4
    assert float(now.overall_type_f1_score) == 1.0
    assert now.confusion.values.tolist() == [[2, 0, 0], [0, 1, 0], [1, 0, 0]]


@pytest.mark.parametrize("convention", ["defectkit", "jacobs2022"])
def test_the_sources_of_labels_do_not_matter(convention: str) -> None:
    expected = evaluate(TRUTH, PREDICTED, convention=convention)
    truth = LabelSet(name="truth", instances=TRUTH)
    label_set = LabelSet(name="predicted", version="2", instances=PREDICTED)
    for ours, theirs in ((truth, label_set), (truth, predictions()), (TRUTH, label_set), (predictions(), PREDICTED)):
        result = evaluate(ours, theirs, convention=convention)
        if not isinstance(ours, LabelSet | dict):
            expected = evaluate(PREDICTED, PREDICTED, convention=convention)
        xarray.testing.assert_equal(result, expected)


def test_labels_against_themselves_are_perfect() -> None:
    result = at_threshold(evaluate(TRUTH, TRUTH))
    assert float(result.find_f1_score) == float(result.overall_type_f1_score) == 1.0
    for error in ("overall_size_error", "overall_shape_error", "overall_density_error"):
        assert result[error].values.tolist() == [0, 0]
    assert float(result.foreground_iou) == 1.0


def test_the_result_says_how_it_was_made() -> None:
    labels = LabelSet(name="people", version="3", instances=TRUTH)
    attributes = evaluate(labels, predictions(), images(), iou_threshold=0.45, min_score=0.5).attrs
    assert attributes["convention"] == "defectkit"
    assert Convention.from_settings(json.loads(attributes["convention_settings"])) == DEFECTKIT
    assert attributes["iou_threshold"] == 0.45
    assert attributes["min_score"] == 0.5
    assert attributes["truth"] == "people@3"
    assert attributes["predicted"] == "blob 1.2"
    assert attributes["overall_types"] == ["bdot", "loop_100"]
    assert attributes["defectkit_version"]


def test_a_detector_that_reached_its_cap_is_named_with_its_notes() -> None:
    attributes = evaluate(TRUTH, predictions(capped=True, notes=("beware",))).attrs
    assert attributes["capped_images"] == ["a", "b", "empty"]
    assert attributes["notes"] == ["beware"]
    assert evaluate(TRUTH, predictions()).attrs["capped_images"] == []


def test_min_score_leaves_predictions_out() -> None:
    assert int(evaluate(TRUTH, PREDICTED, min_score=0.5).n_predicted) == 3
    assert int(evaluate(TRUTH, TRUTH, min_score=0.5).n_predicted) == 3  # labels have no scores and stay


def test_lengths_are_in_nanometers_where_images_are_calibrated_and_in_pixels_where_not() -> None:
    in_px, in_nm = evaluate(TRUTH, PREDICTED), evaluate(TRUTH, PREDICTED, images("0.5 nm/px"))
    assert in_px.attrs["length_unit"] == in_px.true_size.attrs["units"] == "pixel"
    assert in_nm.attrs["length_unit"] == in_nm.true_size.attrs["units"] == "nanometer"
    xarray.testing.assert_allclose(in_nm.true_size, in_px.true_size * 0.5)
    xarray.testing.assert_allclose(in_nm.true_density, in_px.true_density / 0.25)
    xarray.testing.assert_equal(evaluate(TRUTH, PREDICTED, images(None)), in_px)


def test_pixels_need_not_be_square() -> None:
    calibration = Calibration(pixel_size_y="0.5 nm/px", pixel_size_x="2 nm/px", pixel_size_source=Source.ASSUMED)
    given = {i.name: attrs.evolve(i, calibration=calibration) for i in images()}
    result = evaluate(TRUTH, PREDICTED, given)
    assert float(result.true_size.sel(subset="all", defect_type="loop_100")) == pytest.approx(2 * 12 / np.sqrt(np.pi))
    assert result.attrs["assumed_calibration"] == ["a", "b", "empty"]


def test_some_calibrated_images_among_others_are_an_error() -> None:
    with pytest.raises(MissingCalibrationError, match=r"1 of 3 images have no pixel size \(b\)"):
        evaluate(TRUTH, PREDICTED, images("0.5 nm/px", b=None))


def test_an_image_that_is_not_given_or_has_another_shape_is_an_error() -> None:
    with pytest.raises(PairingError, match="image 'b', which is not among the 2 images"):
        evaluate(TRUTH, PREDICTED, [i for i in images() if i.name != "b"])
    large = [*images()[1:], Image.from_array("b", np.zeros((9, 9)), pixel_size="0.5 nm/px")]
    with pytest.raises(PairingError, match="image 'b' is 9 x 9 pixels, but its labels are for 48 x 64"):
        evaluate(TRUTH, PREDICTED, large)


def test_images_of_one_side_are_an_error_that_lists_them() -> None:
    fewer = {name: i for name, i in PREDICTED.items() if name != "b"} | {"x": squares()}
    with pytest.raises(PairingError, match=r"1 only in the truth: b; 1 only predicted: x.*--allow-partial"):
        evaluate(TRUTH, fewer)


def test_images_of_one_side_are_left_out_and_named_when_asked() -> None:
    fewer = {name: i for name, i in PREDICTED.items() if name != "b"} | {"x": squares()}
    result = evaluate(TRUTH, fewer, unpaired=Unpaired.LEAVE_OUT)
    assert result.image.values.tolist() == ["a", "empty"]
    assert result.attrs["only_in_truth"] == ["b"]
    assert result.attrs["only_predicted"] == ["x"]


def test_a_stream_of_predictions_is_paired_too() -> None:
    def stream() -> Iterator[Prediction]:
        yield Prediction(image="x", instances=squares(), detector="blob")
        yield from predictions()

    with pytest.raises(PairingError, match="1 only predicted: x"):
        evaluate(TRUTH, stream())
    result = evaluate(TRUTH, stream(), unpaired=Unpaired.LEAVE_OUT)
    assert result.attrs["only_predicted"] == ["x"]
    with pytest.raises(PairingError, match="2 only in the truth: b, empty"):
        evaluate(TRUTH, (p for p in predictions() if p.image == "a"))


def test_an_image_predicted_twice_is_an_error() -> None:
    with pytest.raises(PairingError, match="'a' is predicted twice"):
        evaluate(TRUTH, [*predictions(), next(predictions())])
    with pytest.raises(PairingError, match="'a' is there twice in the truth"):
        evaluate([*predictions(), next(predictions())], PREDICTED)


def test_no_image_at_all_and_no_common_image_are_errors() -> None:
    with pytest.raises(EmptyInputError, match="nothing to evaluate"):
        evaluate({}, {})
    with pytest.raises(EmptyInputError, match="nothing to evaluate"):
        evaluate({}, iter(()))
    with pytest.raises(PairingError, match="no image is on both sides"):
        evaluate({"a": squares()}, {"b": squares()}, unpaired=Unpaired.LEAVE_OUT)


def test_images_without_defects_are_evaluated() -> None:
    result = at_threshold(evaluate({"a": squares()}, {"a": squares()}))
    assert float(result.find_f1_score) == 1.0
    assert result.image_true_density.values.tolist() == [[[0.0], [0.0]]]


def test_the_threshold_joins_the_sweep() -> None:
    result = evaluate(TRUTH, PREDICTED, iou_threshold=0.33, iou_thresholds=[0.5])
    assert result.iou_threshold.values.tolist() == [0.33, 0.5]
    assert with_threshold([0.1 + 0.2], 0.3) == (0.3,)
    with pytest.raises(ConventionError, match="above 0"):
        evaluate(TRUTH, PREDICTED, iou_threshold=0)
    with pytest.raises(ConventionError, match="above 0"):
        evaluate(TRUTH, PREDICTED, iou_thresholds=[0.5, 2])


def test_taxonomies_of_both_sides_are_known() -> None:
    mine = Taxonomy(types=(DefectType(name="dot"), DefectType(name="small_dot", parent="dot")))
    theirs = Taxonomy(types=(DefectType(name="dot"), DefectType(name="big_dot", parent="dot")))
    truth = LabelSet(name="t", instances={"a": squares((2, 2, 8, "small_dot"))}, taxonomy=mine)
    predicted = LabelSet(name="p", instances={"a": squares((2, 2, 8, "big_dot"))}, taxonomy=theirs)
    assert evaluate(truth, predicted).defect_type.values.tolist() == ["dot", "all"]
    named = evaluate(truth, predicted, taxonomy=Taxonomy(types=()))
    assert named.defect_type.values.tolist() == ["big_dot", "small_dot", "all"]


def test_sub_types_of_black_dots_are_sized_as_black_dots() -> None:
    tiny = Taxonomy(types=(*Taxonomy.standard().types, DefectType(name="tiny", parent="bdot")))
    oblong = [(10.0, 10.0), (14.0, 6.0), (18.0, 10.0), (14.0, 30.0)]
    results = [
        evaluate(labels, labels, convention=JACOBS2022, taxonomy=tiny)
        for name in ("bdot", "tiny")
        for labels in [{"a": Instances.from_polygons([oblong], types=[name], shape=SHAPE)}]
    ]
    xarray.testing.assert_equal(results[0], results[1])


@attrs.frozen(kw_only=True)
class Clashing(Metric):
    name = "clashing"
    description = "Gives a variable that another metric gives."

    def values(self, totals):
        return {"n_true": Variable(dims=(), values=np.zeros(1), long_name="defects")}


def test_metrics_are_chosen_by_object_or_name() -> None:
    result = evaluate(TRUTH, PREDICTED, metrics=[Find()])
    assert "find_f1_score" in result
    assert "confusion" not in result
    with pytest.raises(UnknownPluginError, match="no metric"):
        evaluate(TRUTH, PREDICTED, metrics=["no such metric"])


def test_what_no_metric_needs_is_not_computed_and_changes_nothing_else() -> None:
    whole = evaluate(TRUTH, PREDICTED)
    for metric in BUILT_IN:
        alone = evaluate(TRUTH, PREDICTED, metrics=[metric.name])
        for name in alone.data_vars:
            xarray.testing.assert_identical(alone[name], whole[name])


@attrs.frozen(kw_only=True)
class Understated(Metric):
    name = "understated"
    description = "Looks at pixels and says that it needs nothing."
    needs = frozenset()

    def sums(self, units):
        return {"pixels": units.over_images([image.true_foreground for image in units.comparison.images])}

    def values(self, totals):
        return {"pixels": Variable(dims=(), values=totals["pixels"], long_name="pixels in masks")}


def test_a_metric_that_looks_at_what_it_does_not_need_is_told_so() -> None:
    with pytest.raises(PluginError, match=r"holds no foreground.*Part\.FOREGROUND"):
        evaluate(TRUTH, PREDICTED, metrics=[Understated()])
    assert "pixels" in evaluate(TRUTH, PREDICTED, metrics=[Understated(), "foreground-fraction"])


def crowd(n_images: int) -> tuple[dict[str, Instances], dict[str, Instances]]:
    """Truth and prediction of many images, all different."""
    rng = np.random.default_rng(5)
    types = ("bdot", "loop_111", "loop_100")

    def side(**columns: Any) -> Instances:
        rows = [(*rng.integers(0, 30, 2).tolist(), int(rng.integers(3, 12)), types[rng.integers(3)]) for _ in range(9)]
        return squares(*rows, **columns)

    names = [f"image {k}" for k in range(n_images)]
    return {n: side() for n in names}, {n: side(scores=rng.random(9)) for n in names}


@pytest.mark.parametrize("convention", ["defectkit", "jacobs2022"])
def test_the_number_of_threads_changes_no_bit(convention: str) -> None:
    truth, predicted = crowd(40)
    alone = evaluate(truth, predicted, convention=convention)
    for workers in (2, 3, 7):
        xarray.testing.assert_identical(evaluate(truth, predicted, convention=convention, workers=workers), alone)


def test_a_stream_of_predictions_may_be_compared_by_several_threads() -> None:
    xarray.testing.assert_identical(
        evaluate(TRUTH, predictions(), workers=2), evaluate(TRUTH, predictions(), workers=1)
    )
    with pytest.raises(PairingError, match="'a' is predicted twice"):
        evaluate(TRUTH, [*predictions(), next(predictions())], workers=2)
    with pytest.raises(WorkersError, match="workers is 0"):
        evaluate(TRUTH, PREDICTED, workers=0)


def test_an_error_in_a_thread_names_the_image() -> None:
    truth, predicted = crowd(20)
    predicted["image 13"] = Instances.empty((3, 3))
    with pytest.raises(PairingError, match="image 'image 13': the truth is of an image of 48 x 64"):
        evaluate(truth, predicted, workers=2)


def test_two_metrics_with_one_variable_are_an_error() -> None:
    with pytest.raises(PluginError, match="'clashing' and 'find' both give a variable 'n_true'"):
        evaluate(TRUTH, PREDICTED, metrics=[Find(), Clashing()])


@attrs.frozen(kw_only=True)
class Mislabelled(Metric):
    name = "mislabelled"
    description = "Labels images in its own way."

    def values(self, totals):
        return {"one": Variable(dims=("image",), values=[[0.0] * len(totals.comparison.images)], long_name="one")}

    def labels(self, units):
        return {"image": [f"{name}, mine" for name in units.comparison.names]}


def test_a_metric_with_labels_of_its_own_is_an_error() -> None:
    with pytest.raises(PluginError, match="'mislabelled' labels the dimension 'image' in another way"):
        evaluate(TRUTH, PREDICTED, metrics=[Find(), Mislabelled()])


def test_pairs_are_sorted_by_name() -> None:
    result = pair_images(["b", "a", "c"], ["d", "c", "b"], Unpaired.LEAVE_OUT)
    assert (result.both, result.only_truth, result.only_predicted) == (("b", "c"), ("a",), ("d",))
    assert pair_images([], []).both == ()


def test_no_type_on_both_sides_is_said_and_what_to_do() -> None:
    truth, predicted = {"a": squares((2, 2, 8, "loop"))}, {"a": squares((2, 2, 8, "defect"))}
    result = evaluate(truth, predicted)
    (note,) = result.attrs["notes"]
    for words in ("no type is on both sides", "--ignore-types", "--predicted-types defect=loop"):
        assert words in note
    assert float(at_threshold(result).find_f1_score) == 1
    assert float(at_threshold(result).overall_end_to_end_f1_score) == 0

    for options in ({"ignore_types": True}, {"predicted_types": {"defect": "loop"}}):
        same = evaluate(truth, predicted, **options)
        assert same.attrs["notes"] == []
        assert float(at_threshold(same).overall_end_to_end_f1_score) == 1
    assert evaluate(truth, predicted, ignore_types=True).attrs["true_types"] == ["defect"]
    assert evaluate(truth, predicted, predicted_types={"defect": "loop"}).attrs["predicted_types"] == ["loop"]


def test_a_type_that_no_prediction_has_cannot_be_renamed() -> None:
    with pytest.raises(UnknownDefectTypeError, match=r"'defcet'.*did you mean 'defect'.*--predicted-types"):
        evaluate(
            {"a": squares((2, 2, 8, "loop"))}, {"a": squares((2, 2, 8, "defect"))}, predicted_types={"defcet": "loop"}
        )


def test_percent_errors_have_a_sign_beside() -> None:
    truth = {"a": squares((2, 2, 10, "bdot")), "b": squares((2, 2, 10, "bdot"))}
    predicted = {"a": squares((2, 2, 9, "bdot")), "b": squares((2, 2, 12, "bdot"), (30, 30, 4, "bdot"))}
    result = evaluate(truth, predicted)
    signed, unsigned = (
        result[f"image_size_{name}"].sel(subset="found", defect_type="bdot").values
        for name in ("signed_error", "error")
    )
    assert signed == pytest.approx([-10, 20])
    assert unsigned == pytest.approx([10, 20])
    averaged = result[["averaged_size_error", "averaged_size_signed_error"]].sel(subset="found", defect_type="bdot")
    assert [float(averaged[name]) for name in averaged] == pytest.approx([15, 5])
    assert float(result["overall_density_signed_error"].sel(subset="all")) == pytest.approx(50)
    fewer = evaluate(predicted, truth)
    assert float(fewer["overall_density_signed_error"].sel(subset="all")) == pytest.approx(-100 / 3)
    assert float(fewer["overall_density_error"].sel(subset="all")) == pytest.approx(100 / 3)


@pytest.mark.parametrize("as_stream", [False, True])
def test_an_image_without_a_prediction_counts_as_asked(as_stream: bool) -> None:
    def fewer() -> dict[str, Instances] | Iterator[Prediction]:
        return (
            (p for p in predictions() if p.image != "b")
            if as_stream
            else {n: i for n, i in PREDICTED.items() if n != "b"}
        )

    with pytest.raises(PairingError, match=r"--missing empty.*--allow-partial"):
        evaluate(TRUTH, fewer())
    empty = evaluate(TRUTH, fewer(), missing="empty")
    assert empty.attrs["taken_as_empty"] == ["b"]
    assert empty.attrs["only_in_truth"] == []
    assert empty["image_n_predicted"].sel(image="b") == 0
    left_out = evaluate(TRUTH, fewer(), unpaired="leave-out")
    assert left_out.attrs["only_in_truth"] == ["b"]
    (note,) = [note for note in left_out.attrs["notes"] if "recall" in note]
    lower = float(at_threshold(empty).find_recall)
    assert f"and {lower:.3f} if nothing was found there" in note


def test_images_that_are_not_fully_read_are_counted_or_left_out() -> None:
    truth = LabelSet(name="truth", instances=TRUTH, refused={"a": 1})
    with pytest.raises(RefusedRegionsError, match=r"a \(1 of"):
        evaluate(truth, PREDICTED)
    result = evaluate(truth, PREDICTED, refused="leave-out")
    assert "a" not in result["image"].values
    assert result.attrs["left_out_not_fully_read"] == ["a"]
    true, found = ({n: i for n, i in side.items() if n != "a"} for side in (TRUTH, PREDICTED))
    xarray.testing.assert_equal(result, evaluate(true, found))
