"""Numbers as people read them."""

from __future__ import annotations

import math

from markupsafe import Markup

MISSING = "\N{EN DASH}"
"""Stands for a number that is missing."""


def significant(value: float, digits: int = 3) -> str:
    """Return a number with so many significant digits, a dash for NaN.

    Examples
    --------
    >>> significant(12.3456), significant(0.98765), significant(12345.6), significant(float("nan")) == MISSING
    ('12.3', '0.988', '12346', True)
    """
    if math.isnan(value):
        return MISSING
    if value == 0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:.{decimals}f}"


def scientific(value: float, digits: int = 3) -> Markup:
    """Return a number with a power of ten as HTML, a dash for NaN.

    Examples
    --------
    >>> scientific(2.0824e-4)
    Markup('2.08 &times; 10<sup>&minus;4</sup>')
    """
    if math.isnan(value):
        return Markup(MISSING)
    if value == 0:
        return Markup("0")
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    power = int(exponent)
    sign = Markup("&minus;" if power < 0 else "")
    return Markup("{} &times; 10<sup>{}{}</sup>").format(mantissa, sign, abs(power))


def mean_and_sd(mean: float, sd: float, digits: int = 3) -> str:
    """Return ``mean ± sd`` with the decimals of the mean; the deviation is left out where there is none.

    Examples
    --------
    >>> mean_and_sd(12.34, 1.2), mean_and_sd(12.34, float("nan"))
    ('12.3 ± 1.2', '12.3')
    """
    text = significant(mean, digits)
    if math.isnan(mean) or math.isnan(sd):
        return text
    decimals = len(text.partition(".")[2])
    return f"{text} ± {sd:.{decimals}f}"
