"""Rounding: what a printed decimal can stand for, and what follows from it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from decimal import Decimal

import attrs

from defectkit_jacobs2022.audit.finding import FindingKind

NOTHING = Decimal(0)


def half_unit(printed: Decimal) -> Decimal:
    """Return half a unit of the last printed digit: how far a rounded result can lie from what is printed.

    Examples
    --------
    >>> half_unit(Decimal("0.80")), half_unit(Decimal("135.5")), half_unit(Decimal("1067"))
    (Decimal('0.005'), Decimal('0.05'), Decimal('0.5'))
    """
    exponent = printed.as_tuple().exponent
    return Decimal(5).scaleb(min(exponent, 0) - 1) if isinstance(exponent, int) else NOTHING


def reach_of(printed: Decimal) -> Decimal:
    """Return how far an input can lie from what is printed: whole numbers are counts, and exact.

    Examples
    --------
    >>> reach_of(Decimal("0.80")), reach_of(Decimal("1051"))
    (Decimal('0.005'), Decimal('0'))
    """
    return NOTHING if printed.as_tuple().exponent == 0 else half_unit(printed)


@attrs.frozen(kw_only=True)
class Computed:
    """A recomputed number.

    Parameters
    ----------
    value : decimal.Decimal
        From the printed inputs as they stand.
    reach : decimal.Decimal
        How far it can move while the inputs stay within their rounding.
    """

    value: Decimal
    reach: Decimal

    def verdict(self, printed: Decimal) -> FindingKind | None:
        """Return how far ``printed`` is from closing: None if it does.

        Examples
        --------
        >>> mean([Decimal("0.00"), Decimal("0.70"), Decimal("33.72")]).verdict(Decimal("11.48")).value
        'rounding'
        >>> mean([Decimal("0.00"), Decimal("0.70"), Decimal("33.72")]).verdict(Decimal("11.47")) is None
        True
        """
        distance, half = abs(self.value - printed), half_unit(printed)
        if distance <= half:
            return None
        return FindingKind.ROUNDING if distance <= half + self.reach else FindingKind.CONTRADICTION


def mean(printed: Sequence[Decimal]) -> Computed:
    """Return the mean of printed numbers."""
    n = len(printed)
    return Computed(value=sum(printed, NOTHING) / n, reach=sum(map(reach_of, printed), NOTHING) / n)


def extent(printed: Sequence[Decimal]) -> Computed:
    """Return the largest minus the smallest of printed numbers."""
    reach = 2 * max(map(reach_of, printed))
    return Computed(value=max(printed) - min(printed), reach=reach)


def spread(printed: Sequence[Decimal], ddof: int) -> Computed:
    """Return the standard deviation of printed numbers, with ``ddof`` 0 or 1.

    Notes
    -----
    Centering is a projection, so errors ``e_i`` of the inputs move it by at most ``sqrt(sum e_i^2 / (n - ddof))``.
    """
    sd = statistics.pstdev(printed) if ddof == 0 else statistics.stdev(printed)
    squares = sum(float(reach_of(x)) ** 2 for x in printed)
    return Computed(value=Decimal(sd), reach=Decimal(math.sqrt(squares / (len(printed) - ddof))))
