"""Claims about the choice of images: random splits, and groups that are left out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from defectkit.errors import EmptyInputError
from defectkit.statistics import LearningCurve, fit_learning_curve
from defectkit_jacobs2022.claims.claim import Claim
from defectkit_jacobs2022.claims.evidence import Evidence
from defectkit_jacobs2022.claims.measured import Measured, counted, difference, spread_ratio
from defectkit_jacobs2022.claims.rule import NEGATIVE, POSITIVE, Rule, alike
from defectkit_jacobs2022.tables.statistics import OVERALL

MARGIN = 0.05
"""F1 that differ by less are called alike: several times what the paper finds from one training to the next."""

SPREADS = (
    ("find_f1", "all", "find F1", "0.02 and 0.01"),
    ("type_f1", OVERALL, "type F1", "0.02, and none printed"),
    ("size_error", OVERALL, "size error", "3.80 and 0.95 %"),
    ("density_error", OVERALL, "density error", "5.31 and 2.78 %"),
)


def _spread(statistic: str, line: str) -> Callable[[Evidence], Measured]:
    return lambda evidence: spread_ratio(
        evidence.values("random-cv", statistic, line), evidence.values("runs", statistic, line)
    )


def _group_less_random(line: str) -> Callable[[Evidence], Measured]:
    return lambda evidence: difference(
        evidence.values("groups", "type_f1", line), evidence.values("random-cv", "type_f1", line)
    )


def _group_less_expanded(evidence: Evidence) -> Measured:
    """Return what groups are worse by than random splits that are tested with the same labels, 25 to 75 % left out."""
    alike = tuple(f"leave out {percent} %" for percent in (25, 50, 75))
    random = evidence.values("leave-percent-out", "type_f1", where=lambda run: run.splits in alike)
    groups = evidence.values("groups", "type_f1", where=lambda run: run.train_labels == evidence.roles.expanded)
    return difference(groups, random)


def _group_spread(evidence: Evidence) -> Measured:
    return spread_ratio(evidence.values("groups", "type_f1"), evidence.values("random-cv", "type_f1"))


def _gain(fact: str, line: str) -> Callable[[Evidence], Measured]:
    def measure(evidence: Evidence) -> Measured:
        return evidence.gains.get((fact, line), counted(float("nan"), 0))

    return measure


def _expanded_less_first(evidence: Evidence) -> Measured:
    """Return what random splits of the expanded set, 10 % left out, are better by than those of the first set."""
    expanded = evidence.values("leave-percent-out", "type_f1", where=lambda run: run.splits == "leave out 10 %")
    return difference(expanded, evidence.values("random-cv", "type_f1"))


def random_curve(evidence: Evidence) -> LearningCurve | None:
    """Return the power law through random splits; None where there are too few."""
    runs = (*evidence.of("learning-curve"), *evidence.of("leave-percent-out"))
    try:
        return fit_learning_curve([run.n_trained for run in runs], [run.value("type_f1") for run in runs])
    except EmptyInputError:
        return None


def _groups_above(evidence: Evidence) -> Measured:
    """Return how many models of a left-out group lie on or above the curve of random splits."""
    curve, groups = random_curve(evidence), evidence.of("groups")
    if curve is None or not groups:
        return counted(float("nan"), 0)
    residuals = np.array([run.value("type_f1") - curve.at(run.n_trained).value for run in groups])
    return counted(float((residuals >= 0).sum()), len(groups))


CLAIMS = (
    *(
        Claim(
            name=f"splits-{statistic}".replace("_", "-"),
            page=21,
            says=f"The choice of images changes the {title} more than another training of the same images does.",
            published=f"SD {published}",
            quantity="SD over random splits by SD over trainings",
            measure=_spread(statistic, line),
            rule=Rule(low=1),
        )
        for statistic, line, title, published in SPREADS
    ),
    Claim(
        name="groups-are-harder",
        page=23,
        says="Left-out groups have lower type F1 than random splits.",
        published="0.55 to 0.69 against 0.77 to 0.82",
        quantity="mean over groups less mean over random splits",
        measure=_group_less_random(OVERALL),
        rule=NEGATIVE,
    ),
    Claim(
        name="groups-are-harder-than-the-expanded-set",
        page=23,
        says="So they have where random splits are of the same labels (a row that was added after a first look).",
        quantity="models of the expanded set: groups less random splits, 25 to 75 % left out",
        measure=_group_less_expanded,
        rule=NEGATIVE,
    ),
    Claim(
        name="groups-differ",
        page=24,
        says="Type F1 of left-out groups differs more than that of random splits.",
        published="0.55 to 0.69 and 0.77 to 0.82",
        quantity="SD over groups by SD over random splits",
        measure=_group_spread,
        rule=Rule(low=1),
    ),
    *(
        Claim(
            name=f"expanded-labels-{fact}",
            page=24,
            says=f"Training on the expanded set raises the type F1 of the left-out {fact}.",
            published=published,
            quantity="expanded set less Dataset2, same images",
            measure=_gain(fact, OVERALL),
            rule=POSITIVE,
        )
        for fact, published in (("alloy", "0.64 and 0.55"), ("microscope", "0.69 and 0.60"))
    ),
    Claim(
        name="expanded-labels-irradiation",
        page=24,
        says="It leaves the type F1 of the left-out irradiation about the same.",
        published="0.63 and 0.66",
        quantity="expanded set less Dataset2, same images",
        measure=_gain("irradiation", OVERALL),
        rule=alike(MARGIN),
    ),
    *(
        Claim(
            name=f"alloy-gain-{kind}".replace("_", "-"),
            page=24,
            says=f"For the left-out alloy, {title} gain.",
            published=published,
            quantity=f"type F1 of {title}, expanded set less Dataset2",
            measure=_gain("alloy", kind),
            rule=POSITIVE,
        )
        for kind, title, published in (
            ("loop_100", "<100> loops", "0.43 and 0.36"),
            ("loop_111", "<111> loops", "0.62 and 0.50"),
            ("bdot", "black dots", "0.87 and 0.80"),
        )
    ),
    Claim(
        name="microscope-gain-loop-100",
        page=24,
        says="For the left-out microscope, <100> loops gain.",
        published="0.57 and 0.33",
        quantity="type F1 of <100> loops, expanded set less Dataset2",
        measure=_gain("microscope", "loop_100"),
        rule=POSITIVE,
    ),
    *(
        Claim(
            name=f"microscope-same-{kind}".replace("_", "-"),
            page=24,
            says=f"For the left-out microscope, {title} do not gain.",
            published=published,
            quantity=f"type F1 of {title}, expanded set less Dataset2",
            measure=_gain("microscope", kind),
            rule=alike(MARGIN),
        )
        for kind, title, published in (
            ("loop_111", "<111> loops", "0.68 and 0.68"),
            ("bdot", "black dots", "0.82 and 0.81"),
        )
    ),
    Claim(
        name="groups-below-curve",
        page=30,
        says="All models of left-out groups but one lie below the curve of random splits.",
        published="all but one of 6",
        quantity="models on or above the power law",
        measure=_groups_above,
        rule=Rule(high=1.5),
        decimals=0,
    ),
    Claim(
        name="groups-black-dots",
        page=31,
        says="Type F1 of black dots is the same for left-out groups and random splits.",
        published="0.80 to 0.87 and 0.82 to 0.88",
        quantity="groups less random splits",
        measure=_group_less_random("bdot"),
        rule=alike(MARGIN),
    ),
    *(
        Claim(
            name=f"groups-{kind}".replace("_", "-"),
            page=31,
            says=f"Type F1 of {title} is lower for left-out groups.",
            published=published,
            quantity="groups less random splits",
            measure=_group_less_random(kind),
            rule=NEGATIVE,
        )
        for kind, title, published in (
            ("loop_111", "<111> loops", "0.50 to 0.85 and 0.82 to 0.86"),
            ("loop_100", "<100> loops", "0.22 to 0.57 and 0.66 to 0.74"),
        )
    ),
    Claim(
        name="expanded-labels-random",
        page=33,
        says="The expanded set does not improve random cross validation.",
        quantity="type F1 of its random splits (10 % left out) less those of Dataset1",
        measure=_expanded_less_first,
        rule=Rule(high=MARGIN),
    ),
)
