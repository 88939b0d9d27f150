"""The survey of figure 11, and its winner in all other studies."""

from __future__ import annotations

import re
from pathlib import Path

import attrs
import pytest
from defectkit_jacobs2022.reproduction import Effort, Plan, Reproduction, reproduce
from defectkit_jacobs2022.reproduction.grids import GRIDS, REFERENCE_NETWORKS, grid_for
from defectkit_jacobs2022.reproduction.studies import STUDIES, Declaring, with_initial_split
from defectkit_jacobs2022.reproduction.survey import winner_of

from defectkit.errors import StudyError
from defectkit.storage.results import load_results
from defectkit.studies import rank_detectors, run_study
from defectkit.studies.data import StudyData
from defectkit.studies.study import DetectorChoice


@pytest.fixture
def declaring(plan: Plan, data: StudyData, effort: Effort) -> Declaring:
    return Declaring(plan=plan, data=with_initial_split(data, plan), effort=effort, convention="jacobs2022")


def test_it_trains_shorter_than_the_rest(declaring: Declaring) -> None:
    study = STUDIES["hyperparameters"](declaring)
    assert {choice.options["n_trees"] for choice in study.detectors} == {2}
    assert {choice.options["smoothing_nm"] for choice in study.detectors} == {0.0, 2.0}
    assert declaring.effort.detector.options["n_trees"] == 3


def test_one_configuration_is_no_survey(declaring: Declaring) -> None:
    alone = attrs.evolve(declaring, effort=attrs.evolve(declaring.effort, grid={}))
    with pytest.raises(StudyError, match="no two configurations"):
        STUDIES["hyperparameters"](alone)


def test_the_winner_is_the_first_of_figure_11_trained_in_full(declaring: Declaring, tmp_path: Path) -> None:
    result = run_study(STUDIES["hyperparameters"](declaring), declaring.data, tmp_path)
    winner = winner_of(declaring.effort, result)
    assert winner.label == rank_detectors(result)["detector"].values[0]
    options = winner.effort.detector.options
    assert winner.label == f"smoothing_nm={options['smoothing_nm']}"
    assert options["n_trees"] == 3
    worse = result.copy(deep=True)
    order = list(map(str, result["detector"].values))
    worse["detector"] = ("run", order[::-1])
    assert winner_of(declaring.effort, worse).label != winner.label


def test_without_a_rank_the_options_stay(declaring: Declaring, tmp_path: Path) -> None:
    options = {**declaring.effort.detector.options, "min_diameter_nm": 1000.0}
    detector = DetectorChoice(detector="pixel-forest", options=options)
    blind = attrs.evolve(declaring, effort=attrs.evolve(declaring.effort, detector=detector))
    winner = winner_of(blind.effort, run_study(STUDIES["hyperparameters"](blind), blind.data, tmp_path))
    assert winner.label == ""
    assert winner.effort is blind.effort
    assert "none has a rank" in str(winner)


def test_all_other_studies_train_the_winner(plan: Plan, data: StudyData, effort: Effort, tmp_path: Path) -> None:
    made = reproduce(["figure2"], tmp_path / "out", plan=plan, data=data, effort=effort)
    ranked = rank_detectors(load_results(made.folder / "results" / "hyperparameters.zarr"))
    first = str(ranked["detector"].values[0])
    said = " ".join(made.provenance)
    assert f"{first} ranks first and is used in all studies that train" in said
    assert "survey of 2 configurations on the initial split (n_trees=2)" in said
    (options,) = re.findall(r"detector pixel-forest \((.*?)\)", said)
    assert first in options
    assert "n_trees=3" in options
    trained = winner_of(effort, load_results(made.folder / "results" / "hyperparameters.zarr")).effort
    assert all(kept(trained, made, plan, data))
    assert not all(kept(attrs.evolve(effort, detector=other(trained)), made, plan, data))


def other(trained: Effort) -> DetectorChoice:
    """The configuration that did not win."""
    options = trained.detector.options
    return attrs.evolve(trained.detector, options={**options, "smoothing_nm": 2.0 - options["smoothing_nm"]})


def kept(effort: Effort, made: Reproduction, plan: Plan, data: StudyData) -> list[bool]:
    """Whether the runs of the study ``initial`` of an effort lie in the folder of a reproduction."""
    told: list[bool] = []
    with_split = with_initial_split(data, plan)
    study = STUDIES["initial"](Declaring(plan=plan, data=with_split, effort=effort, convention="jacobs2022"))
    run_study(study, with_split, made.folder / "studies", report=lambda progress: told.append(progress.is_kept))
    return told


def test_the_network_of_the_paper_has_the_grid_of_the_paper() -> None:
    grid = grid_for({"config", "anchors", "overrides"}, {"config": "reference"}, 3)
    assert grid == {"overrides": REFERENCE_NETWORKS, "anchors": ("config", "fitted")}
    depths = [network.get("MODEL.RESNETS.DEPTH", 50) for network in REFERENCE_NETWORKS]
    assert depths == [50, 50, 101, 101]
    assert sum("ImageNet" in network.get("MODEL.WEIGHTS", "") for network in REFERENCE_NETWORKS) == 2
    assert grid_for({"nothing"}, {}, 3) == {}
    assert all(grid_for(grid, {}, 3) == grid for grid in GRIDS)
