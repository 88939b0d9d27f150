"""Matchers: the matching rules by the name that a convention calls them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import UnknownMatcherError
from defectkit.matching.greedy import greedy
from defectkit.matching.lexicographic import lexicographic, reading_order
from defectkit.matching.matchings import Matchings
from defectkit.matching.nearest import nearest
from defectkit.matching.optimal import optimal
from defectkit.matching.overlaps import Overlaps
from defectkit.matching.score_ordered import score_ordered
from defectkit.measurement.outlines import Side
from defectkit.measurement.stacking import Stack

Rule = Callable[[Stack, Stack, Overlaps, Sequence[float]], Matchings]


@attrs.frozen(kw_only=True)
class Matcher:
    """A rule that pairs the defects of one image, or of several side by side.

    Parameters
    ----------
    name : str
    description : str
        One sentence.
    rule : callable
        Takes the stacks of truth and prediction, their overlaps and thresholds; returns a matching for each
        threshold, as :class:`~defectkit.matching.matchings.Matchings`. Since nothing of one image overlaps anything of
        another, several side by side are matched as each by itself.
    """

    name: str
    description: str
    rule: Rule


def _lexicographic(truth: Stack, predicted: Stack, overlaps: Overlaps, thresholds: Sequence[float]) -> Matchings:
    orders = _reading_orders(truth, Side.TRUTH), _reading_orders(predicted, Side.PREDICTION)
    return lexicographic(overlaps, *orders, thresholds)


def _reading_orders(stack: Stack, side: Side) -> NDArray[np.int64]:
    orders = (reading_order(part, side) + n for part, n in zip(stack.parts, stack.frames[:-1], strict=True))
    return np.concatenate([np.zeros(0, np.int64), *orders])


def _table(*matchers: Matcher) -> Mapping[str, Matcher]:
    return MappingProxyType({m.name: m for m in matchers})


MATCHERS = _table(
    Matcher(
        name="optimal",
        description="The most pairs there can be, and of those the largest sum of IoU",
        rule=lambda truth, predicted, overlaps, thresholds: optimal(overlaps, thresholds),
    ),
    Matcher(
        name="greedy",
        description="The pair of highest IoU first",
        rule=lambda truth, predicted, overlaps, thresholds: greedy(overlaps, thresholds),
    ),
    Matcher(
        name="score-ordered",
        description="The prediction of highest score first, as COCO does",
        rule=lambda truth, predicted, overlaps, thresholds: score_ordered(overlaps, predicted.scores, thresholds),
    ),
    Matcher(
        name="lexicographic",
        description="The truth of smallest coordinates first, as Jacobs et al. (2022) do",
        rule=_lexicographic,
    ),
    Matcher(
        name="nearest",
        description="The most pairs there can be by the distance of centers over the diameter of the truth, "
        "of which one minus it stands for the IoU in thresholds",
        rule=nearest,
    ),
)
"""Every matcher by name."""


def matcher(name: str) -> Matcher:
    """Return the matcher called ``name``.

    Raises
    ------
    UnknownMatcherError
        If there is none.

    Examples
    --------
    >>> matcher("greedy").description
    'The pair of highest IoU first'
    """
    if name not in MATCHERS:
        raise UnknownMatcherError.of("matcher", name, MATCHERS)
    return MATCHERS[name]
