"""Statement: what the text of the paper says in words, with its numbers and page."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

import attrs

from defectkit.errors import DecodingError, RecordError, UnknownNameError
from defectkit.files.decoding import parse_toml, read_text
from defectkit_jacobs2022.places import REGISTRY
from defectkit_jacobs2022.published import Value

FORMAT = 1


def _frozen(values: Mapping[str, Value]) -> Mapping[str, Value]:
    wrong = [name for name, value in values.items() if isinstance(value, bool) or not isinstance(value, Value)]
    if wrong:
        raise RecordError(f"neither a number nor a text: {', '.join(wrong)}")
    return MappingProxyType(dict(values))


@attrs.frozen(kw_only=True)
class Statement:
    """One thing that the text says.

    Parameters
    ----------
    name : str
    page : int
        Of the manuscript text.
    says : str
        In our words.
    values : mapping of str to int, decimal.Decimal or str
        A Decimal has the digits that were printed.
    source : str
        Who says it, where it is not the paper.

    Examples
    --------
    >>> published_statements()["held-out-images"].number("images")
    Decimal('21')
    """

    name: str
    page: int
    says: str
    values: Mapping[str, Value] = attrs.field(converter=_frozen, hash=False)
    source: str = ""

    def __getitem__(self, name: str) -> Value:
        if name not in self.values:
            raise UnknownNameError.of(f"value of the statement {self.name!r}", name, self.values)
        return self.values[name]

    def number(self, name: str) -> Decimal:
        """Return a value that is a number.

        Raises
        ------
        RecordError
            If it is text.
        """
        value = self[name]
        if isinstance(value, str):
            raise RecordError(f"published statement {self.name}: {name} is text, not a number")
        return Decimal(value)

    def with_value(self, name: str, value: Value) -> Statement:
        """Return the statement with another value of one name."""
        self[name]
        return attrs.evolve(self, values={**self.values, name: value})


def published_statements(path: Path | None = None) -> Mapping[str, Statement]:
    """Return what the text of the paper says, by name.

    Parameters
    ----------
    path : pathlib.Path, optional
        ``registry/statements.toml`` by default.

    Raises
    ------
    RecordError
        If the file cannot be read as statements, or two have one name; the message names the file.
    """
    place = path or REGISTRY / "statements.toml"
    try:
        text = parse_toml(read_text(place), where=str(place), parse_float=Decimal)
    except DecodingError as error:
        raise RecordError(f"published statements {error}") from error
    try:
        if text["format"] != FORMAT:
            raise RecordError(f"this version of defectkit reads format {FORMAT}")
        return _by_name(text["statement"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"missing key: {error.args[0]}" if isinstance(error, KeyError) else str(error)
        raise RecordError(f"published statements {place}: {reason}") from error


def _by_name(rows: list[dict[str, Any]]) -> Mapping[str, Statement]:
    found: dict[str, Statement] = {}
    for row in rows:
        statement = Statement(**row)
        if statement.name in found:
            raise RecordError(f"{statement.name} is there twice")
        found[statement.name] = statement
    return MappingProxyType(found)
