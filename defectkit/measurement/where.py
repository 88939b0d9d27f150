"""Where: which defects count, as an expression over the columns of the table of defects."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import FilterError, UnitError, UnknownNameError
from defectkit.measurement.columns import COLUMN
from defectkit.units import as_measured, shorten

if TYPE_CHECKING:
    import xarray

Bools = NDArray[np.bool_]

TEXTS = ("image", "defect_type")
WORDS = ("touches_border",)
"""Columns that are true or false and stand for themselves."""

KNOWN = tuple(name for name in COLUMN if name not in ("weight", "volume_weight"))
"""Columns that an expression may name."""

LONGEST, DEEPEST = 1000, 40
"""Characters of an expression, and parentheses and ``not`` within each other."""

OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType(
    {
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
        "==": operator.eq,
        "!=": operator.ne,
    }
)
_TOKEN = re.compile(r"\s*(?:(?P<compare><=|>=|==|!=|<|>)|(?P<paren>[()])|(?P<word>[A-Za-z_]\w*))")
_TEXT = re.compile(r"\s*(?:'([^']*)'|\"([^\"]*)\"|([^\s()<>=!'\"]+))")
_VALUE = re.compile(r"\s*((?:(?!\s(?:and|or|not)\b)[^()<>=!])*)")

_BARE = re.compile(r"[+-]?[\d.]+(?:[eE][+-]?\d+)?")


class Condition(Protocol):
    """A part of an expression."""

    def holds(self, table: xarray.Dataset) -> Bools:
        """Return of which defects it holds, shape (N,)."""


@attrs.frozen(kw_only=True)
class Comparison:
    """A column compared with a value; it does not hold where the column has none."""

    column: str
    operator: str
    value: str | float

    def holds(self, table: xarray.Dataset) -> Bools:
        """Return of which defects it holds, shape (N,)."""
        if self.column not in table:
            raise FilterError(f"where: this table has no column {self.column!r}: no defect was drawn as a polygon")
        values = table[self.column].values
        if isinstance(self.value, str):
            return np.asarray(OPERATORS[self.operator](values.astype(str), self.value), np.bool_)
        numbers = values.astype(np.float64)
        return np.asarray(OPERATORS[self.operator](numbers, self.value) & ~np.isnan(numbers), np.bool_)


@attrs.frozen(kw_only=True)
class Flag:
    """A column that is true or false."""

    column: str

    def holds(self, table: xarray.Dataset) -> Bools:
        """Return of which defects it holds, shape (N,)."""
        flags: Bools = table[self.column].values.astype(np.bool_)
        return flags


@attrs.frozen(kw_only=True)
class Not:
    """What another condition is not."""

    part: Condition

    def holds(self, table: xarray.Dataset) -> Bools:
        """Return of which defects it holds, shape (N,)."""
        return ~self.part.holds(table)


@attrs.frozen(kw_only=True)
class Joined:
    """Conditions that hold all (``and``), or of which one holds (``or``)."""

    word: str
    parts: tuple[Condition, ...]

    def holds(self, table: xarray.Dataset) -> Bools:
        """Return of which defects it holds, shape (N,)."""
        join = np.logical_and if self.word == "and" else np.logical_or
        found: Bools = join.reduce([part.holds(table) for part in self.parts])
        return found


@attrs.frozen(repr=False)
class Where:
    """Which defects count.

    Parameters
    ----------
    text : str
        Comparisons of columns of the table of defects (``size > 5 nm``, ``defect_type == loop_111``) with ``<``,
        ``<=``, ``>``, ``>=``, ``==`` or ``!=``, and ``touches_border``, joined by ``and``, ``or``, ``not`` and
        parentheses. ``not`` binds more strongly than ``and``, ``and`` more strongly than ``or``. A number of a column
        with a unit has a unit.

    Raises
    ------
    FilterError
        If it is no such expression; the message says where.

    Notes
    -----
    Nothing is evaluated. A comparison does not hold where a defect has no value; its ``not`` does.

    Examples
    --------
    >>> Where("size > 5 nm and heywood_circularity < 1.2").condition.parts[0]
    Comparison(column='size', operator='>', value=5.0)
    """

    text: str
    condition: Condition = attrs.field(init=False, eq=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "condition", _Parser(self.text).whole())

    @classmethod
    def of(cls, value: str | Where) -> Where:
        """Return an expression from its text; one that is ready is returned as it is."""
        return value if isinstance(value, Where) else cls(value)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Where({self.text!r})"

    @property
    def types(self) -> tuple[str, ...]:
        """The defect types that it names."""
        return tuple(dict.fromkeys(_types_in(self.condition)))

    def holds(self, table: xarray.Dataset) -> Bools:
        """Return which defects of a table count, shape (N,).

        Raises
        ------
        FilterError
            If the table lacks a column: those of polygons are there only where some were drawn.
        """
        return self.condition.holds(table)


def _types_in(condition: Condition) -> Iterator[str]:
    if isinstance(condition, Comparison) and condition.column == "defect_type":
        yield str(condition.value)
    elif isinstance(condition, Not):
        yield from _types_in(condition.part)
    elif isinstance(condition, Joined):
        for part in condition.parts:
            yield from _types_in(part)


class _Parser:
    """Reads an expression from left to right."""

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise FilterError(f"where: an expression has at most {LONGEST} characters, not {len(text)}")
        self.text, self.at, self.depth = text, 0, 0

    def whole(self) -> Condition:
        """Return the condition; all of the text has to belong to it."""
        found = self._joined("or")
        if self._rest():
            self._fail("expected 'and', 'or' or the end")
        return found

    def _joined(self, word: str) -> Condition:
        def part() -> Condition:
            return self._joined("and") if word == "or" else self._single()

        parts = [part()]
        while self._took(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Joined(word=word, parts=tuple(parts))

    def _single(self) -> Condition:
        self.depth += 1
        if self.depth > DEEPEST:
            self._fail(f"more than {DEEPEST} parentheses and 'not' within each other")
        found = self._negated_or_enclosed()
        self.depth -= 1
        return found

    def _negated_or_enclosed(self) -> Condition:
        if self._took("not"):
            return Not(part=self._single())
        if self._took("("):
            inner = self._joined("or")
            if not self._took(")"):
                self._fail("expected ')'")
            return inner
        return self._comparison()

    def _comparison(self) -> Condition:
        match = _TOKEN.match(self.text, self.at)
        name = match["word"] if match else None
        if match is None or name is None or name in ("and", "or"):
            self._fail("expected a column")
        if name not in KNOWN:
            self._fail(str(UnknownNameError.of("column", name, KNOWN).args[0]))
        self.at = match.end()
        sign = _TOKEN.match(self.text, self.at)
        if name in WORDS:
            if sign is not None and sign["compare"]:
                self._fail(f"{name!r} is true or false and stands by itself, or after 'not'")
            return Flag(column=name)
        if sign is None or not sign["compare"]:
            self._fail(f"expected one of {', '.join(OPERATORS)} after {name!r}")
        self.at = sign.end()
        value = self._text_of(name, sign["compare"]) if name in TEXTS else self._number_of(name)
        return Comparison(column=name, operator=sign["compare"], value=value)

    def _text_of(self, name: str, sign: str) -> str:
        if sign not in ("==", "!="):
            self._fail(f"{name!r} is text and is compared by == or !=")
        match = _TEXT.match(self.text, self.at)
        if match is None:
            self._fail(f"expected a text after {name} {sign}, for instance loop_111 or 'frame 3'")
        self.at = match.end()
        return next(part for part in match.groups() if part is not None)

    def _number_of(self, name: str) -> float:
        match = _VALUE.match(self.text, self.at)
        given = match[1].strip() if match else ""
        unit = COLUMN[name].units or ""
        if unit and _BARE.fullmatch(given):
            self._fail(f"{given!r} has no unit, for instance '{given} {unit}'")
        try:
            value, error = (float(given), 0.0) if not unit else _magnitudes(given, unit, name)
        except UnitError as fault:
            self._fail(
                str(fault)
                .removeprefix(f"{name}: ")
                .removesuffix(f'; give it as text or Quantity, for instance "1 {unit}"')
            )
        except ValueError:
            self._fail(f"{given!r} is no number, and {name!r} has no unit")
        if error or not np.isfinite(value):
            self._fail(f"{given!r} is not one finite number")
        self.at = match.end() if match else self.at
        return value

    def _took(self, token: str) -> bool:
        match = _TOKEN.match(self.text, self.at)
        if match is None or match[0].strip() != token:
            return False
        self.at = match.end()
        return True

    def _rest(self) -> str:
        return self.text[self.at :].strip()

    def _fail(self, reason: str) -> NoReturn:
        rest = self._rest()
        place = self.at + len(self.text[self.at :]) - len(self.text[self.at :].lstrip()) + 1
        before = f"before {shorten(rest, 30)}" if rest else "at the end"
        raise FilterError(f"where: character {place}, {before}: {reason}")


def _magnitudes(text: str, unit: str, name: str) -> tuple[float, float]:
    value, error = as_measured(text, unit, what=name)
    return float(value.magnitude), float(error.magnitude)
