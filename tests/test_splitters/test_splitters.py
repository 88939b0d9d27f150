from __future__ import annotations

from typing import Any

import pytest

from defectkit.errors import SplitError
from defectkit.splitters import (
    GroupLearningCurve,
    LearningCurve,
    LeaveFractionOut,
    LeaveGroupsOut,
    LeaveOneGroupOut,
    Predefined,
    RandomKFold,
    Relation,
    make_splits,
)
from defectkit.splitters.leave_fraction_out import left_out_size

LABELS: dict[str, Any] = {"train_labels": "a@1", "test_labels": "a@1"}


def split(splitter, images):
    return list(make_splits(splitter, images, **LABELS))


def test_k_fold_makes_the_sizes_of_the_published_cross_validation(make_images):
    # Table 2 of the paper: 107 images, four random splits of 86 (21) and one of 85 (22)
    sizes = sorted((len(s.train), len(s.test)) for s in split(RandomKFold(n_splits=5), make_images(107)))
    assert sizes == [(85, 22), (85, 22), (86, 21), (86, 21), (86, 21)]


def test_k_fold_is_frozen_for_a_seed(make_images):
    # a pinned draw: a new version of a library must not change the splits of an old study
    (first, _) = split(RandomKFold(n_splits=2, seed=11), make_images(6))
    assert first.test == ("image 002", "image 003", "image 005")


def test_another_seed_makes_other_folds(make_images):
    tests = {split(RandomKFold(n_splits=2, seed=seed), make_images(12))[0].test for seed in range(4)}
    assert len(tests) == 4


@pytest.mark.parametrize("n_splits", [0, 1, 4])
def test_k_fold_takes_at_most_as_many_folds_as_bundles(make_images, n_splits):
    images = make_images(4, area=["A", "A", None, None])
    with pytest.raises(SplitError, match=f"4 images in 3 bundles.*{n_splits} folds"):
        split(RandomKFold(n_splits=n_splits), images)


def test_areas_may_be_parted_where_both_sides_of_the_work_say_so(make_images):
    images = make_images(4, area=["A"] * 4)
    with pytest.raises(SplitError, match="1 bundles"):
        split(RandomKFold(n_splits=2), images)
    splitter = RandomKFold(n_splits=2, keep_together=())
    assert len(list(make_splits(splitter, images, accepted=(Relation.AREA,), **LABELS))) == 2


@pytest.mark.parametrize(
    ("fraction", "train", "test"), [(0.1, 164, 18), (0.25, 137, 45), (0.5, 91, 91), (0.75, 46, 136), (0.9, 18, 164)]
)
def test_leaving_fractions_out_makes_the_published_sizes(make_images, fraction, train, test):
    splits = split(LeaveFractionOut(fraction=fraction, n_repeats=2), make_images(182))
    assert [(len(s.train), len(s.test)) for s in splits] == [(train, test)] * 2
    assert splits[0].test != splits[1].test


def test_a_repeat_does_not_depend_on_how_many_there_are(make_images):
    images = make_images(20)
    assert (
        split(LeaveFractionOut(n_repeats=2, seed=4), images) == split(LeaveFractionOut(n_repeats=5, seed=4), images)[:2]
    )


def test_a_group_that_does_not_fit_the_fraction_is_passed_over(make_images):
    images = make_images(10, area=["A"] * 6 + [None] * 4)
    for one in split(LeaveFractionOut(fraction=0.2, n_repeats=10), images):
        assert len(one.test) == 2
        assert set(one.test) <= {f"image 00{i}" for i in range(6, 10)}


@pytest.mark.parametrize("fraction", [-0.1, 0.0, 1.0, 1.5])
def test_a_fraction_outside_the_open_interval_is_an_error(make_images, fraction):
    with pytest.raises(SplitError, match="must lie between 0 and 1"):
        split(LeaveFractionOut(fraction=fraction), make_images(5))


@pytest.mark.parametrize(("fraction", "areas"), [(0.01, [None] * 4), (0.99, [None] * 4), (0.5, ["A"] * 4)])
def test_a_fraction_that_leaves_a_side_empty_is_an_error(make_images, fraction, areas):
    with pytest.raises(SplitError, match="cannot be left out"):
        split(LeaveFractionOut(fraction=fraction), make_images(4, area=areas))


def test_halves_go_to_the_train_side():
    assert [left_out_size(n, 0.5) for n in (1, 2, 3, 4, 5)] == [0, 1, 1, 2, 2]


def test_each_group_is_left_out_once(make_images):
    images = make_images(5, alloy=["x", "y", "x", "z", "y"])
    splits = split(LeaveOneGroupOut(by="alloy"), images)
    assert [s.name for s in splits] == ["leave out alloy x", "leave out alloy y", "leave out alloy z"]
    assert splits[1].test == ("image 001", "image 004")
    assert splits[1].train == ("image 000", "image 002", "image 003")


def test_quantities_and_enumerations_are_facts_too(make_images):
    images = make_images(3, dose=["1 dpa", "2 dpa", "1 dpa"], irradiation=["ion", "neutron", "ion"])
    assert [s.name for s in split(LeaveOneGroupOut(by="dose"), images)] == [
        "leave out dose 1.0 dpa",
        "leave out dose 2.0 dpa",
    ]
    assert [s.test for s in split(LeaveOneGroupOut(by="irradiation"), images)][1] == ("image 001",)


def test_an_unknown_fact_or_value_and_a_single_group_are_errors(make_images):
    with pytest.raises(SplitError, match=r"no fact 'aloy'.*alloy"):
        split(LeaveOneGroupOut(by="aloy"), make_images(2))
    with pytest.raises(SplitError, match="the alloy of 1 of 2 images is not known"):
        split(LeaveOneGroupOut(), make_images(2, alloy=["x", None]))
    with pytest.raises(SplitError, match="all 2 images share the alloy 'x'"):
        split(LeaveOneGroupOut(), make_images(2, alloy=["x", "x"]))


FACTS = {
    "irradiation": ["ion", "ion", "neutron", "neutron", "neutron"],
    "alloy": ["A", "B", "A", "B", "C"],
    "microscope": ["CM200", "Talos", "2100F", "CM200", "Talos"],
}


def test_a_fact_that_is_held_fixed_is_the_same_on_both_sides(make_images):
    images = make_images(5, **FACTS)
    ion, neutron = split(LeaveGroupsOut(by="irradiation", hold_fixed="alloy"), images)
    assert ion.name == "leave out irradiation ion, same alloy"
    assert (ion.train, ion.test) == (("image 002", "image 003"), ("image 000", "image 001"))
    assert (neutron.train, neutron.test) == (ion.test, ion.train)
    (only,) = split(LeaveGroupsOut(by="irradiation", hold_fixed=["alloy", "microscope"], test="ion"), make_images(
        3, irradiation=["ion", "neutron", "neutron"], alloy=["A", "A", "A"], microscope=["x", "x", "y"]
    ))  # fmt: skip
    assert (only.train, only.test) == (("image 001",), ("image 000",))


def test_sets_of_values_stand_on_a_side(make_images):
    images = make_images(5, **FACTS)
    (one,) = split(LeaveGroupsOut(by="microscope", test=("Talos", "2100F"), train="CM200"), images)
    assert one.name == "leave out microscope Talos, 2100F"
    assert (one.train, one.test) == (("image 000", "image 003"), ("image 001", "image 002", "image 004"))
    (others,) = split(LeaveGroupsOut(by="microscope", test=("Talos", "2100F")), images)
    assert (others.train, others.test) == (one.train, one.test)
    (part,) = split(LeaveGroupsOut(by="microscope", test="Talos", train="CM200"), images)
    assert part.test == ("image 001", "image 004")


def test_without_sets_it_leaves_one_group_out(make_images):
    images = make_images(5, **FACTS)
    several, one = split(LeaveGroupsOut(by="microscope"), images), split(LeaveOneGroupOut(by="microscope"), images)
    assert several == one


def test_a_value_that_shares_nothing_is_passed_over_unless_it_is_named(make_images):
    images = make_images(3, microscope=["CM200", "Talos", "Titan"], alloy=["A", "A", "B"])
    splitter = LeaveGroupsOut(by="microscope", hold_fixed="alloy")
    assert [s.test for s in split(splitter, images)] == [("image 000",), ("image 001",)]
    with pytest.raises(SplitError, match="no image to learn from shares the alloy of one with the microscope Titan"):
        split(LeaveGroupsOut(by="microscope", hold_fixed="alloy", test="Titan"), images)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "microscope", "test": "Titan"}, "no image has the microscope Titan; there is 2100F, CM200, Talos"),
        ({"by": "microscope", "test": "Talos", "train": ["Talos", "CM200"]}, "Talos is to be tested and learned from"),
        ({"by": "alloy", "hold_fixed": "alloy"}, "alloy is what the images are split by"),
        ({"by": "alloy", "test": ["A", "B", "C"]}, "nothing to learn from beside the alloy A, B, C"),
        ({"by": "alloy", "hold_fixed": "aloy"}, "no fact 'aloy'"),
        ({"by": "alloy", "hold_fixed": "dose"}, "the dose of 5 of 5 images is not known"),
    ],
)
def test_groups_that_cannot_be_left_out_are_errors(make_images, options, message):
    with pytest.raises(SplitError, match=message):
        split(LeaveGroupsOut(**options), make_images(5, **FACTS))


def test_a_predefined_split_may_leave_images_out_but_not_name_others(make_images):
    (one,) = split(Predefined(split_name="initial", train=["image 002"], test=["image 000"]), make_images(3))
    assert (one.name, one.train, one.test) == ("initial", ("image 002",), ("image 000",))
    with pytest.raises(SplitError, match="'initial' names 1 images that are not among the 1 given"):
        split(Predefined(split_name="initial", train=["image 002"], test=["image 000"]), make_images(1))


def test_a_learning_curve_grows_over_one_test_side(make_images):
    curve = split(LearningCurve(fractions=(0.25, 0.5, 1.0), n_repeats=2), make_images(20))
    assert [len(s.train) for s in curve] == [4, 8, 16, 4, 8, 16]
    for run in (curve[:3], curve[3:]):
        assert len({s.test for s in run}) == 1
        assert set(run[0].train) < set(run[1].train) < set(run[2].train)
    assert curve[0].test != curve[3].test
    assert curve[0].name == "run 1, 25 % of 16"


def test_a_learning_curve_may_name_its_test_side_and_leaves_its_kin_out(make_images):
    images = make_images(8, area=["A", "A", *[None] * 6])
    curve = split(LearningCurve(fractions=(0.5, 1.0), test=["image 000"]), images)
    assert [s.test for s in curve] == [("image 000",)] * 2
    assert "image 001" not in curve[-1].train
    assert len(curve[-1].train) == 6
    with pytest.raises(SplitError, match="'ghost'"):
        split(LearningCurve(test=["ghost"]), images)


@pytest.mark.parametrize("fractions", [(), (0.5, 0.5), (0.0, 1.0), (0.5, 1.1), (0.9, 0.1)])
def test_fractions_must_rise_within_bounds(make_images, fractions):
    with pytest.raises(SplitError, match="must rise"):
        split(LearningCurve(fractions=fractions), make_images(10))


def test_fractions_that_give_the_same_images_are_an_error(make_images):
    with pytest.raises(SplitError, match="two of them give the same images"):
        split(LearningCurve(fractions=(0.1, 0.2, 1.0)), make_images(5))


def test_a_group_learning_curve_grows_by_whole_groups(make_images):
    images = make_images(9, alloy=list("wwwxxyyzz"))
    curve = split(GroupLearningCurve(by="alloy", n_repeats=2), images)
    assert len(curve) == 6
    by_name = {image.name: image.specimen.alloy for image in images}
    for run in (curve[:3], curve[3:]):
        assert [len({by_name[n] for n in s.train}) for s in run] == [1, 2, 3]
        assert len({by_name[n] for n in run[0].test}) == 1
        assert len(run[-1].train) + len(run[-1].test) == 9
    with pytest.raises(SplitError, match="a curve takes two groups"):
        split(GroupLearningCurve(by="alloy"), make_images(2, alloy=["x", "x"]))
