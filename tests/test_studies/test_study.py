from __future__ import annotations

import json
from typing import Any

import attrs
import pytest

from defectkit.conventions import DEFECTKIT
from defectkit.errors import StudyError, UnknownConventionError
from defectkit.splitters import Relation
from defectkit.studies import (
    DetectorChoice,
    LabelPair,
    SplitChoice,
    Study,
    hyperparameters,
    label_set_comparison,
    learning_curve,
    leave_group_out,
    leave_percent_out,
    random_cross_validation,
    repeated_hold_out,
    run_to_run,
    single_split,
)

FOREST = DetectorChoice(detector="pixel-forest")
FOLDS = SplitChoice(splitter="random-k-fold", options={"n_splits": 2})
TRUTH = (LabelPair(train="truth@1", test="truth@1"),)


def test_a_study_says_all_of_itself() -> None:
    study = Study(
        name="one",
        splits=(attrs.evolve(FOLDS, accepted=("area",)),),
        detectors=(FOREST,),
        labels=TRUTH,
        conventions=("jacobs2022", attrs.evolve(DEFECTKIT, name="strict", iou_threshold=0.7)),
    )
    assert study.splits[0].accepted == (Relation.AREA,)
    settings = json.loads(json.dumps(study.settings()))
    assert settings["splits"][0] == {
        "splitter": "random-k-fold",
        "options": {"n_splits": 2},
        "named": [],
        "label": "random-k-fold",
        "accepted": ["area"],
    }
    assert [c["iou_threshold"] for c in settings["conventions"]] == [0.3, 0.7]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"detectors": ()}, "none of its detectors"),
        ({"seeds": ()}, "none of its seeds"),
        ({"labels": ()}, "names no label sets"),
        ({"detectors": (FOREST, FOREST)}, "two of its detectors are called pixel-forest"),
        ({"splits": (FOLDS, FOLDS)}, "two of its splits"),
        ({"seeds": (1, 1)}, "two of its seeds"),
        ({"validation_fraction": 1.0}, "not in"),
    ],
)
def test_a_study_that_cannot_be_run_is_refused(fields: dict[str, Any], said: str) -> None:
    whole: dict[str, Any] = {"name": "one", "splits": (FOLDS,), "detectors": (FOREST,), "labels": TRUTH}
    Study(**whole)
    with pytest.raises(StudyError, match=said):
        Study(**whole | fields)


def test_choices_that_contradict_themselves_are_refused() -> None:
    with pytest.raises(StudyError, match="either a splitter or splits"):
        SplitChoice()
    with pytest.raises(StudyError, match="either a splitter or splits"):
        SplitChoice(splitter="random-k-fold", named=("initial",))
    with pytest.raises(StudyError, match="seeds of the study"):
        DetectorChoice(detector="pixel-forest", options={"seed": 3})
    with pytest.raises(UnknownConventionError):
        Study(name="one", splits=(FOLDS,), detectors=(FOREST,), labels=TRUTH, conventions=("jacobs",))


def test_every_test_type_of_the_paper_is_one_call() -> None:
    studies = [
        single_split("initial split", FOREST),
        random_cross_validation(FOREST, "a@1"),
        repeated_hold_out(FOREST, "a@1"),
        leave_group_out(FOREST, "a@1", facts=("alloy", "microscope")),
        leave_percent_out(FOREST, "a@1"),
        learning_curve(FOREST, "a@1", by="alloy"),
        label_set_comparison(FOREST, ["a@1", "b@1"], splits=FOLDS),
        run_to_run(FOREST, splits=FOLDS, labels=TRUTH),
        hyperparameters("pixel-forest", {"n_trees": [1, 2], "max_depth": [3, 4]}, splits=FOLDS, labels=TRUTH),
    ]
    assert [[c.label for c in s.splits] for s in studies] == [
        ["single"],
        ["random-k-fold"],
        ["repeated hold-out"],
        ["leave out alloy", "leave out microscope"],
        ["leave out 10 %", "leave out 25 %", "leave out 50 %", "leave out 75 %", "leave out 90 %"],
        ["random curve", "curve by alloy"],
        ["random-k-fold"],
        ["random-k-fold"],
        ["random-k-fold"],
    ]
    assert [str(pair) for pair in studies[6].labels] == ["a@1", "a@1 > b@1", "b@1 > a@1", "b@1"]
    assert studies[7].seeds == (0, 1, 2)
    assert [c.options for c in studies[8].detectors] == [{"n_trees": n, "max_depth": d} for n in (1, 2) for d in (3, 4)]
    assert random_cross_validation(FOREST, "a@1", conventions=("jacobs2022",)).conventions[0].name == "jacobs2022"


def test_leave_percent_out_draws_each_fraction_anew() -> None:
    seeds = [c.options["seed"] for c in leave_percent_out(FOREST, "a@1", seed=5).splits]
    assert seeds == [5, 6, 7, 8, 9]
