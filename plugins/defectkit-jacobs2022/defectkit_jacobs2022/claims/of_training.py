"""Claims about how much is learned from, and what is tuned."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from defectkit_jacobs2022.claims.claim import Claim
from defectkit_jacobs2022.claims.evidence import SURVEY, Evidence, RunNumbers
from defectkit_jacobs2022.claims.measured import Measured, counted, difference, mean
from defectkit_jacobs2022.claims.of_splits import MARGIN, random_curve
from defectkit_jacobs2022.claims.rule import POSITIVE, Rule, alike

CLEARLY_ABOVE = 0.85
"""Our reading of a score meaningfully above 0.8."""


def _score_after(n: int) -> Callable[[Evidence], Measured]:
    def measure(evidence: Evidence) -> Measured:
        curve = random_curve(evidence)
        if curve is None:
            return counted(math.nan, 0)
        found = curve.at(n)
        return Measured(value=found.value, low=found.low, high=found.high, n=_n_random(evidence))

    return measure


def _needed(evidence: Evidence) -> Measured:
    curve = random_curve(evidence)
    if curve is None:
        return counted(math.nan, 0)
    found = curve.needed(CLEARLY_ABOVE)
    return Measured(value=found.value, low=found.low, high=found.high, n=_n_random(evidence))


def _n_random(evidence: Evidence) -> int:
    return len(evidence.of("learning-curve")) + len(evidence.of("leave-percent-out"))


def _one_curve(evidence: Evidence) -> Measured:
    """Return by how much splits of the expanded set lie above those of the first one, at the same number of defects."""
    curve = random_curve(evidence)
    if curve is None:
        return counted(math.nan, 0)

    def residuals(study: str) -> list[float]:
        return [run.value("type_f1") - curve.at(run.n_trained).value for run in evidence.of(study)]

    return difference(residuals("leave-percent-out"), residuals("learning-curve"))


def _left_out(percent: int) -> Callable[[RunNumbers], bool]:
    return lambda run: run.splits == f"leave out {percent} %"


def _rise(statistic: str) -> Callable[[Evidence], Measured]:
    """Return by how much an error rises from 10 to 90 % left out."""
    return lambda evidence: difference(
        evidence.values("leave-percent-out", statistic, "all", _left_out(90)),
        evidence.values("leave-percent-out", statistic, "all", _left_out(10)),
    )


def _better_type(better: str, worse: str) -> Callable[[Evidence], Measured]:
    def measure(evidence: Evidence) -> Measured:
        each = {kind: evidence.values("random-cv", "type_f1", kind) for kind in (better, worse)}
        return mean(each[better] - each[worse])

    return measure


def _tuned_more(more: str, other: str) -> Callable[[Evidence], Measured]:
    """Return how much further one statistic ranges over the survey than another, both in percent."""

    def measure(evidence: Evidence) -> Measured:
        n = len(evidence.of(SURVEY))
        if not n:
            return counted(math.nan, 0)
        return counted(_range(evidence, more) - _range(evidence, other), n)

    return measure


def _range(evidence: Evidence, statistic: str) -> float:
    if statistic == "find_f1":
        return float(np.ptp(100 * evidence.values(SURVEY, statistic, "all")))
    return float(np.ptp(evidence.values(SURVEY, statistic)))


CLAIMS = (
    Claim(
        name="size-by-training",
        page=27,
        says="With less to learn from, sizes are predicted worse image by image.",
        published="RMSE 6.25 and 3.20 nm",
        quantity="RMSE with 90 % left out less that with 10 %",
        measure=_rise("size_rmse"),
        rule=POSITIVE,
        unit="nm",
    ),
    Claim(
        name="density-by-training",
        page=28,
        says="So are densities, where they are below 10 x 10^-4 nm^-2.",
        published="1.49 and 1.07 x 10^-4 nm^-2",
        quantity="RMSE with 90 % left out less that with 10 %",
        measure=_rise("density_rmse"),
        rule=POSITIVE,
        unit="10^-4 nm^-2",
    ),
    Claim(
        name="below-1000",
        page=30,
        says="Type F1 approaches 0.7 with fewer than 1000 defects to learn from.",
        published="approaching 0.7",
        quantity="power law of random splits at 1000 defects",
        measure=_score_after(1000),
        rule=Rule(low=0.65),
    ),
    Claim(
        name="above-6000",
        page=30,
        says="It is about 0.8 with more than 6000.",
        published="about 0.8",
        quantity="power law of random splits at 6000 defects",
        measure=_score_after(6000),
        rule=Rule(low=0.75, high=0.85),
    ),
    Claim(
        name="50000-defects",
        page=30,
        says="A score meaningfully above 0.8 may take more than 50,000.",
        published="more than 50,000",
        quantity=f"defects at which the power law reaches {CLEARLY_ABOVE:g}",
        measure=_needed,
        rule=Rule(low=50_000),
        decimals=0,
    ),
    Claim(
        name="one-curve",
        page=30,
        says="Random splits of the expanded set and of Dataset1 lie on one curve.",
        quantity="type F1 of the former less that of the latter, both less the power law",
        measure=_one_curve,
        rule=alike(MARGIN),
    ),
    Claim(
        name="black-dots-are-easiest",
        page=31,
        says="Black dots are told more surely than <111> loops.",
        published="0.82 to 0.88 and 0.82 to 0.86",
        quantity="type F1, random splits: black dots less <111>",
        measure=_better_type("bdot", "loop_111"),
        rule=POSITIVE,
    ),
    Claim(
        name="loops-100-are-hardest",
        page=31,
        says="<100> loops are told least surely.",
        published="0.66 to 0.74 and 0.82 to 0.86",
        quantity="type F1, random splits: <111> less <100>",
        measure=_better_type("loop_111", "loop_100"),
        rule=POSITIVE,
    ),
    Claim(
        name="tuning-densities",
        page=38,
        says="Tuning improves densities more than the F1.",
        quantity="range over the survey, density error less 100 F1",
        measure=_tuned_more("density_error", "find_f1"),
        rule=POSITIVE,
        unit="%",
        decimals=1,
    ),
    Claim(
        name="tuning-sizes",
        page=38,
        says="Tuning changes sizes least.",
        quantity="range over the survey, 100 F1 less size error",
        measure=_tuned_more("find_f1", "size_error"),
        rule=POSITIVE,
        unit="%",
        decimals=1,
    ),
)
