"""Type rules: what a blob is called, by its size and shape and by what its inside looks like."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import attrs

from defectkit.errors import RecordError, UnknownNameError
from defectkit.units import LENGTH, Quantity, QuantityLike, as_quantity

UNTYPED = "defect"
"""What a defect is called that no rule fits."""


class Interior(enum.StrEnum):
    """What the inside of a defect looks like."""

    SOLID = "solid"
    HOLLOW = "hollow"
    DOUBLE_EDGE = "double edge"


def _length(value: QuantityLike | None) -> Quantity | None:
    return None if value is None else as_quantity(value, LENGTH, what="diameter of a type rule")


def _interiors(value: Iterable[str]) -> tuple[Interior, ...]:
    return tuple(Interior(v) for v in ((value,) if isinstance(value, str) else value))


@attrs.frozen(kw_only=True)
class TypeRule:
    """A type, and the limits that a defect of it keeps; a limit that is not given holds always.

    Parameters
    ----------
    type : str
        What the defect is called.
    min_diameter, max_diameter : str or pint.Quantity, optional
        Of the major axis of the ellipse of equal second moments.
    min_elongation, max_elongation : float, optional
        Major over minor axis of that ellipse.
    interior : tuple of Interior
        What the inside may look like; empty for anything.

    Examples
    --------
    >>> rule = TypeRule(type="bdot", max_diameter="20 nm", interior="solid")
    >>> rule.fits(12.0, 1.2, Interior.SOLID), rule.fits(25.0, 1.2, Interior.SOLID)
    (True, False)
    """

    type: str = attrs.field(validator=attrs.validators.min_len(1))
    min_diameter: Quantity | None = attrs.field(default=None, converter=_length)
    max_diameter: Quantity | None = attrs.field(default=None, converter=_length)
    min_elongation: float | None = None
    max_elongation: float | None = None
    interior: tuple[Interior, ...] = attrs.field(default=(), converter=_interiors)

    @property
    def fits_all(self) -> bool:
        """Whether the rule has no limit."""
        return self == TypeRule(type=self.type)

    def fits(self, diameter_nm: float, elongation: float, interior: Interior) -> bool:
        """Return whether a defect keeps the limits."""
        return (
            (self.min_diameter is None or diameter_nm >= self.min_diameter.magnitude)
            and (self.max_diameter is None or diameter_nm <= self.max_diameter.magnitude)
            and (self.min_elongation is None or elongation >= self.min_elongation)
            and (self.max_elongation is None or elongation <= self.max_elongation)
            and (not self.interior or interior in self.interior)
        )


RULE_SETS: Mapping[str, tuple[TypeRule, ...]] = MappingProxyType(
    {
        "fecral": (
            TypeRule(type="loop_100", interior=Interior.DOUBLE_EDGE),
            TypeRule(type="loop_111", interior=Interior.HOLLOW),
            TypeRule(type="loop_100", interior=Interior.SOLID, min_elongation=2.2),
            TypeRule(type="bdot", interior=Interior.SOLID, max_diameter="20 nm"),
            TypeRule(type="loop_100"),
        ),
    }
)
"""Named rules. ``fecral``: on-zone [100] bright field of irradiated FeCrAl, after the words of Jacobs et al. (2022)."""


def type_rules(value: str | Iterable[TypeRule | Mapping[str, Any]]) -> tuple[TypeRule, ...]:
    """Return rules from the name of a set of :data:`RULE_SETS`, or from rules or the keywords of rules, in order.

    Raises
    ------
    UnknownNameError
        If no set has that name.
    RecordError
        If a rule is malformed, or one comes after a rule that fits everything.

    Examples
    --------
    >>> [rule.type for rule in type_rules([{"type": "void", "min_diameter": "2 nm"}])]
    ['void']
    """
    if isinstance(value, str):
        if value not in RULE_SETS:
            raise UnknownNameError.of("set of type rules", value, RULE_SETS)
        return RULE_SETS[value]
    rules = tuple(rule if isinstance(rule, TypeRule) else _rule(rule) for rule in value)
    for rule, later in pairwise(rules):
        if rule.fits_all:
            raise RecordError(f"type rules: {rule.type!r} fits everything, so {later.type!r} after it never fits")
    return rules


def _rule(keywords: Mapping[str, Any]) -> TypeRule:
    try:
        return TypeRule(**keywords)
    except (TypeError, ValueError) as error:
        raise RecordError(f"type rules: {dict(keywords)!r} is no rule: {error}") from error


def types_of(rules: tuple[TypeRule, ...]) -> tuple[str, ...]:
    """Return the types that rules can give, ``defect`` last unless one of them fits everything."""
    untyped = () if any(rule.fits_all for rule in rules) else (UNTYPED,)
    return tuple(dict.fromkeys((*(rule.type for rule in rules), *untyped)))


def type_by_rules(rules: tuple[TypeRule, ...], diameter_nm: float, elongation: float, interior: Interior) -> str:
    """Return the type of the first rule that fits, or ``defect``."""
    return next((rule.type for rule in rules if rule.fits(diameter_nm, elongation, interior)), UNTYPED)
