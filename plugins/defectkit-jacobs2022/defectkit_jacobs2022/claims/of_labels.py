"""Claims about who labelled the images."""

from __future__ import annotations

import math
from collections.abc import Callable

from defectkit_jacobs2022.claims.claim import Claim
from defectkit_jacobs2022.claims.evidence import Evidence
from defectkit_jacobs2022.claims.measured import Measured, counted, less
from defectkit_jacobs2022.claims.of_splits import MARGIN
from defectkit_jacobs2022.claims.rule import POSITIVE, Rule, alike
from defectkit_jacobs2022.tables.statistics import OVERALL


def _second_less_first(statistic: str, line: str) -> Callable[[Evidence], Measured]:
    return lambda evidence: less(
        evidence.interval(evidence.roles.second, statistic, line),
        evidence.interval(evidence.roles.first, statistic, line),
    )


def _first_less_second(statistic: str, line: str) -> Callable[[Evidence], Measured]:
    return lambda evidence: less(
        evidence.interval(evidence.roles.first, statistic, line),
        evidence.interval(evidence.roles.second, statistic, line),
    )


def _black_dots(evidence: Evidence) -> Measured:
    """Return how many black dots the model of the first labels predicts for one that the other does, same images."""
    each = [
        [run.value("predicted", "bdot") for run in evidence.of("label-sets") if run.train_labels == key]
        for key in (evidence.roles.first, evidence.roles.second)
    ]
    if not all(len(values) for values in each) or each[1][0] == 0:
        return counted(math.nan, 0)
    first, second = (values[0] for values in each)
    half = 1.96 * math.sqrt(1 / first + 1 / second) if first else math.nan
    ratio = first / second
    return Measured(value=ratio, low=ratio * math.exp(-half), high=ratio * math.exp(half), n=int(first + second))


CLAIMS = (
    *(
        Claim(
            name=f"labels-{statistic}".replace("_", "-"),
            page=25,
            says=f"Models of Dataset1 and Dataset2 have about the same {title}.",
            published=published,
            quantity="Dataset2 less Dataset1, each tested with its own labels",
            measure=_second_less_first(statistic, line),
            rule=alike(MARGIN),
        )
        for statistic, line, title, published in (
            ("find_f1", "all", "find F1", "0.82 and 0.81"),
            ("type_f1", OVERALL, "type F1", "0.75 and 0.77"),
        )
    ),
    Claim(
        name="labels-density",
        page=25,
        says="The model of Dataset1 has larger density errors of black dots.",
        published="16.28 and 5.06 %",
        quantity="Dataset1 less Dataset2",
        measure=_first_less_second("density_error", "bdot"),
        rule=POSITIVE,
        unit="%",
        decimals=1,
    ),
    Claim(
        name="labels-size",
        page=25,
        says="The model of Dataset2 has larger size errors of black dots.",
        published="15.37 and 7.40 %",
        quantity="Dataset2 less Dataset1",
        measure=_second_less_first("size_error", "bdot"),
        rule=POSITIVE,
        unit="%",
        decimals=1,
    ),
    Claim(
        name="bias-is-learned",
        page=26,
        says="A labeler's bias for black dots is likely to pass to the model.",
        quantity="black dots predicted by the model of Dataset1 for one of the model of Dataset2",
        measure=_black_dots,
        rule=Rule(low=1),
    ),
    Claim(
        name="as-good-as-people",
        page=1,
        says="The model is on par with experts who label.",
        reason="the only second labeler here is made up; it takes several people on the same images",
    ),
)
