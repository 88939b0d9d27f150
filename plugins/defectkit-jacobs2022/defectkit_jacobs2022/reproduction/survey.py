"""Survey: the configurations of figure 11, and the one that all other studies take."""

from __future__ import annotations

import math

import attrs
import xarray

from defectkit.errors import StudyError
from defectkit.statistics import Bootstrap
from defectkit.studies import hyperparameters, rank_detectors
from defectkit.studies.study import DetectorChoice, SplitChoice, Study
from defectkit_jacobs2022.reproduction.effort import Effort

NAME = "hyperparameters"
WITHOUT_RESAMPLES = Bootstrap(n_resamples=1)
"""The order of configurations needs no intervals."""


@attrs.frozen(kw_only=True)
class Winner:
    """The configuration that the survey ranks first.

    Parameters
    ----------
    effort : Effort
        With the winner's options; as it was where no configuration has a rank.
    label : str
        Its name in figure 11; empty where no configuration has a rank.
    """

    effort: Effort
    label: str

    def __str__(self) -> str:
        given = self.effort
        shorter = ", ".join(f"{name}={value}" for name, value in given.survey.items())
        used = (
            f"{self.label} ranks first and is used" if self.label else "none has a rank, and the options above are used"
        )
        return (
            f"survey of {given.n_configurations} configurations on the initial split "
            f"({shorter or 'trained as long as the others'}): {used} in all studies that train"
        )


def survey(effort: Effort, *, splits: SplitChoice, convention: str) -> Study:
    """Return the study of every configuration, trained shorter than in other studies.

    Parameters
    ----------
    effort : Effort
    splits : SplitChoice
    convention : str

    Raises
    ------
    StudyError
        If there are not two configurations.
    """
    if effort.n_configurations < 2:
        raise StudyError(f"{effort.detector.detector}: no two configurations of it are known that could be compared")
    study = hyperparameters(effort.detector.detector, effort.grid, splits=splits, name=NAME, conventions=(convention,))
    base = {**effort.detector.options, **effort.survey}
    return attrs.evolve(study, detectors=[attrs.evolve(c, options={**base, **c.options}) for c in study.detectors])


def winner_of(effort: Effort, result: xarray.Dataset) -> Winner:
    """Return the configuration with the highest norm, to be trained as long as the other studies train.

    Parameters
    ----------
    effort : Effort
        That the survey was made of.
    result : xarray.Dataset
        Of the survey, under one convention.
    """
    ranked = rank_detectors(result, WITHOUT_RESAMPLES)
    if math.isnan(float(ranked["norm"].values[0])):
        return Winner(effort=effort, label="")
    label = str(ranked["detector"].values[0])
    tried = hyperparameters(effort.detector.detector, effort.grid, splits=SplitChoice(named=("any",)))
    (chosen,) = (choice for choice in tried.detectors if choice.label == label)
    options = {**effort.detector.options, **chosen.options}
    detector = DetectorChoice(detector=effort.detector.detector, options=options)
    return Winner(effort=attrs.evolve(effort, detector=detector), label=label)
