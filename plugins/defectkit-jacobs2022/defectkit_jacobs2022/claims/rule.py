"""Rule: the range in which a number lies if a claim holds, and what an interval says of that."""

from __future__ import annotations

import enum
import math

import attrs

from defectkit_jacobs2022.claims.measured import Measured


class Verdict(enum.StrEnum):
    """What becomes of a claim."""

    HOLDS = "holds"
    DOES_NOT_HOLD = "does not hold"
    CANNOT_BE_TESTED = "cannot be tested here"


@attrs.frozen(kw_only=True)
class Rule:
    """A claim holds if a number lies within a range.

    Parameters
    ----------
    low, high : float
        The ends of the range, which are not in it.

    Examples
    --------
    >>> Rule(low=0).verdict(Measured(value=2.0, low=1.0, high=3.0, n=5)).value
    'holds'
    >>> Rule(low=0).verdict(Measured(value=2.0, low=-1.0, high=5.0, n=5)).value
    'cannot be tested here'
    """

    low: float = -math.inf
    high: float = math.inf

    def verdict(self, measured: Measured) -> Verdict:
        """Return what an interval says: the claim holds if all of it lies in the range, and does not if none does."""
        if not measured.is_known:
            return Verdict.CANNOT_BE_TESTED
        has_low, has_high = not math.isinf(self.low), not math.isinf(self.high)
        if (has_low and measured.high <= self.low) or (has_high and measured.low >= self.high):
            return Verdict.DOES_NOT_HOLD
        if (not has_low or self.low < measured.low) and (not has_high or measured.high < self.high):
            return Verdict.HOLDS
        return Verdict.CANNOT_BE_TESTED

    def __str__(self) -> str:
        if math.isinf(self.low):
            return f"below {self.high:g}"
        return f"above {self.low:g}" if math.isinf(self.high) else f"from {self.low:g} to {self.high:g}"


POSITIVE, NEGATIVE = Rule(low=0), Rule(high=0)


def alike(margin: float) -> Rule:
    """Return the rule of differences that are smaller than a margin."""
    return Rule(low=-margin, high=margin)
