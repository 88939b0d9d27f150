"""The declarations of the studies."""

from __future__ import annotations

import math

import attrs
import pytest
from defectkit_jacobs2022.level import LEVELS, Level
from defectkit_jacobs2022.published import published_tables
from defectkit_jacobs2022.reproduction import ARTIFACTS, PLANS, Effort, LeftOut, Plan, effort_for, plan_for
from defectkit_jacobs2022.reproduction.artifacts import chosen
from defectkit_jacobs2022.reproduction.studies import INITIAL, STUDIES, Declaring, with_group_splits, with_initial_split
from defectkit_jacobs2022.tables.counting import split_counts

from defectkit.errors import SplitError, StudyError, UnknownDatasetError, UnknownNameError, UnknownPluginError
from defectkit.studies.data import StudyData
from defectkit.studies.running.cells import cells_of
from defectkit.testing.synthetic import synthetic_fecral


@pytest.fixture
def declaring(plan: Plan, data: StudyData, effort: Effort) -> Declaring:
    with_splits, _ = with_group_splits(with_initial_split(data, plan), plan)
    return Declaring(plan=plan, data=with_splits, effort=effort, convention="jacobs2022")


def test_every_artifact_needs_studies_that_there_are() -> None:
    needed = {study for artifact in ARTIFACTS.values() for study in artifact.studies}
    assert needed == set(STUDIES)


def test_artifacts_are_those_of_the_paper_in_its_order() -> None:
    numbered = [name for name in ARTIFACTS if name.startswith(("table", "figure"))]
    assert numbered == [*(f"table{k}" for k in range(1, 11)), *(f"figure{k}" for k in range(1, 16))]
    assert chosen(["all"]) == tuple(ARTIFACTS.values())
    with pytest.raises(UnknownNameError, match=r"no table or figure is named 'table11'"):
        chosen(["table11"])


@pytest.mark.parametrize("name", sorted(STUDIES))
def test_every_study_can_be_declared_and_its_sides_are_apart(name: str, declaring: Declaring) -> None:
    cells = cells_of(STUDIES[name](declaring), declaring.data)
    assert cells
    for cell in cells:
        split = cell.predictions.split
        assert not set(split.train) & set(split.test)
        assert split.train_labels in declaring.data.label_sets
        assert split.test_labels in declaring.data.label_sets


def test_all_studies_share_their_trainings(declaring: Declaring) -> None:
    cells = [c for name in STUDIES for c in cells_of(STUDIES[name](declaring), declaring.data)]
    trainings = {cell.predictions.key for cell in cells}
    assert len(trainings) < len(cells)
    initial, *_ = (c for c in cells if c.predictions.split.name == INITIAL)
    assert sum(cell.predictions.key == initial.predictions.key for cell in cells) > 4


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
def test_a_level_says_how_many_trainings_there_are(level: Level, plan: Plan, data: StudyData) -> None:
    given = effort_for("pixel-forest", max(level.minutes, 1) if math.isfinite(level.minutes) else None, plan=plan)
    assert given.level is level
    full = attrs.evolve(
        plan, left_out=(*plan.left_out, LeftOut(by="alloy", test="alloy 1"), LeftOut(by="alloy", test="alloy 2"))
    )
    with_splits, _ = with_group_splits(with_initial_split(data, full), full)
    declaring = Declaring(plan=full, data=with_splits, effort=given, convention="jacobs2022")
    keys = {
        name: {cell.predictions.key for cell in cells_of(declare(declaring), declaring.data)}
        for name, declare in STUDIES.items()
    }
    of_survey = keys.pop("hyperparameters")
    assert (len(set().union(*keys.values())), len(of_survey)) == (level.n_trainings, level.n_survey)


def test_a_group_is_tested_by_models_of_both_label_sets(declaring: Declaring) -> None:
    study = STUDIES["groups"](declaring)
    cells = cells_of(study, declaring.data)
    assert [c.predictions.split.train_labels for c in cells] == ["dataset2@1", "dataset2-expanded@1"]
    tested = {c.predictions.split.test for c in cells}
    assert len(tested) == 1
    of_group = {declaring.data.images[name].specimen.microscope for name in tested.pop()}
    assert of_group == {"Talos F200X"}
    learned = {declaring.data.images[name].specimen.microscope for c in cells for name in c.predictions.split.train}
    assert learned == {"CM200"}


@pytest.fixture(scope="module")
def stand_in() -> StudyData:
    fecral = synthetic_fecral(14691207, binning=4)
    label_sets = {labels.key: labels for labels in fecral.labels.values()}
    return StudyData(name="synthetic-fecral", images=fecral.images, label_sets=label_sets)


@pytest.mark.parametrize("key", published_tables()[6].rows)
def test_groups_of_the_stand_in_have_the_numbers_of_table_6(key: tuple[str, str], stand_in: StudyData) -> None:
    group, trained_on = key
    data, names = with_group_splits(stand_in, plan_for("synthetic-fecral"))
    fact = group.removeprefix("leave-out-")
    (name,) = (n for n in names if n.startswith(f"leave out {fact}") and n.endswith(f"trained on {trained_on}@1"))
    split = split_counts(data, data.split(name))
    row = published_tables()[6][key]
    assert (split.train.n_images, split.test.n_images) == (row["train_images"], row["test_images"])
    assert split.train.counts == {kind: row[f"train_{kind}"] for kind in ("bdot", "loop_100", "loop_111")}
    assert sum(split.test.counts.values()) == row["test_defects"]


def test_without_groups_there_is_no_group_study(declaring: Declaring) -> None:
    bare = attrs.evolve(declaring, plan=attrs.evolve(declaring.plan, left_out=()))
    with pytest.raises(StudyError, match="no group of them can be left out"):
        STUDIES["groups"](bare)


def test_learning_curves_test_the_images_of_the_initial_split(declaring: Declaring) -> None:
    cells = cells_of(STUDIES["learning-curve"](declaring), declaring.data)
    test = declaring.data.split(INITIAL).test
    assert {tuple(sorted(c.predictions.split.test)) for c in cells} == {tuple(sorted(test))}
    sizes = [len(c.predictions.split.train) for c in cells]
    assert sizes == sorted(set(sizes))
    assert sizes[-1] == len(declaring.data.split(INITIAL).train)


def test_the_budget_sets_the_options(plan: Plan) -> None:
    efforts = [effort_for("pixel-forest", minutes, plan=plan) for minutes in (3, 30, 60, None)]
    assert [effort.level for effort in efforts] == list(LEVELS)
    assert [effort.detector.options.get("n_trees", 30) for effort in efforts] == [6, 12, 30, 30]
    assert [effort.survey["n_trees"] for effort in efforts] == [2, 4, 10, 10]
    assert efforts[-1].detector.options == {}
    assert "a budget of 30 minutes" in str(efforts[1])
    assert "no limit of time" in str(efforts[-1])
    with pytest.raises(StudyError, match="a budget of 0 minutes"):
        effort_for("pixel-forest", 0, plan=plan)
    with pytest.raises(UnknownPluginError, match="nothing"):
        effort_for("nothing", 30, plan=plan)


def test_two_budgets_do_not_run_the_same(plan: Plan, data: StudyData) -> None:
    with_splits, _ = with_group_splits(with_initial_split(data, plan), plan)
    keys = []
    for minutes in (3, 30):
        effort = effort_for("pixel-forest", minutes, plan=plan)
        declaring = Declaring(plan=plan, data=with_splits, effort=effort, convention="jacobs2022")
        keys.append({c.predictions.key for d in STUDIES.values() for c in cells_of(d(declaring), declaring.data)})
    assert not keys[0] & keys[1]
    assert len(keys[0]) < len(keys[1])


def test_a_detector_that_does_not_learn_shows_one_model_and_another_learns(plan: Plan, declaring: Declaring) -> None:
    effort = effort_for("loopnet", 30, plan=plan)
    assert effort.shipped is not None
    given = attrs.evolve(declaring, effort=effort)
    (shown,) = STUDIES["initial"](given).detectors
    assert shown.detector == "loopnet"
    for name in STUDIES.keys() - {"initial"}:
        assert {choice.detector for choice in STUDIES[name](given).detectors} == {"pixel-forest"}
    assert str(effort).startswith("detector loopnet as it is")
    with pytest.raises(StudyError, match="loopnet does not learn; name a detector that does"):
        effort_for("loopnet", 30, plan=plan, learner="loopnet")


def test_there_is_a_plan_for_each_set_and_an_error_for_others() -> None:
    assert set(PLANS) == {"fecral", "synthetic-fecral", "ti-loops"}
    assert [plan.is_original for plan in PLANS.values()] == [True, False, False]
    with pytest.raises(UnknownDatasetError, match=r"steel-316l.*fecral, synthetic-fecral, ti-loops"):
        plan_for("steel-316l")


def test_a_published_split_without_its_images_is_an_error(data: StudyData) -> None:
    fecral = plan_for("fecral")

    class Unpublished(StudyData):
        def split(self, name: str):
            raise SplitError(f"split {name!r}: which images are on which side is not in the registry")

    bare = Unpublished(name="fecral", images=data.images, label_sets=data.label_sets)
    with pytest.raises(SplitError, match="dataset1/initial"):
        with_initial_split(bare, fecral)
