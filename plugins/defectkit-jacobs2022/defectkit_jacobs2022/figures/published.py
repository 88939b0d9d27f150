"""Published figures: the few numbers that the paper's text gives of its figures, with the page of each."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import attrs

from defectkit.errors import DecodingError, RecordError
from defectkit.files.decoding import parse_toml, read_text
from defectkit_jacobs2022.places import REGISTRY

FORMAT = 1


@attrs.frozen(kw_only=True)
class PublishedNumber:
    """One number of a figure, as the text prints it.

    Parameters
    ----------
    figure : int
    what : str
        What it is a number of.
    value : decimal.Decimal
        With the digits that were printed.
    unit : str
    page : int
        Of the manuscript text.
    mark : str
        What stands before the number, for instance ``about``.
    """

    figure: int
    what: str
    value: Decimal = attrs.field(converter=Decimal)
    unit: str = ""
    page: int
    mark: str = ""

    def __str__(self) -> str:
        parts = (self.what, self.mark, str(self.value), self.unit, f"(p. {self.page})")
        return " ".join(part for part in parts if part)


def published_numbers(figure: int, path: Path | None = None) -> tuple[PublishedNumber, ...]:
    """Return what the text prints of a figure; nothing of most.

    Parameters
    ----------
    figure : int
    path : pathlib.Path, optional
        ``registry/published/figures.toml`` by default.

    Raises
    ------
    RecordError
        If the file cannot be read as such numbers.

    Examples
    --------
    >>> [str(number) for number in published_numbers(2)]
    ['find F1 at IoU 0.3: about 0.8 (p. 11)']
    """
    place = path or REGISTRY / "figures.toml"
    try:
        text = parse_toml(read_text(place), where=str(place), parse_float=Decimal)
        if text["format"] != FORMAT:
            raise RecordError(f"published figures {place}: this version of defectkit reads format {FORMAT}")
        numbers = tuple(PublishedNumber(**row) for row in text["number"])
    except DecodingError as error:
        raise RecordError(f"published figures {error}") from error
    except (KeyError, TypeError) as error:
        raise RecordError(f"published figures {place}: {error}") from error
    return tuple(number for number in numbers if number.figure == figure)


def published_note(figure: int, *, is_original: bool) -> str:
    """Return a line for the provenance of a figure, empty where the text prints no number of it.

    Parameters
    ----------
    figure : int
    is_original : bool
        Whether the data are those of the paper.
    """
    numbers = published_numbers(figure)
    if not numbers:
        return ""
    of_what = "published" if is_original else "published (other images)"
    return f"{of_what}: {'; '.join(map(str, numbers))}"
