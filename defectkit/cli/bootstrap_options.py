"""What commands that print intervals share: the options of a bootstrap, and a number with its interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    import xarray

    from defectkit.statistics import Bootstrap

F = TypeVar("F", bound=Callable[..., Any])

LEVELS = ("images", "images-and-defects")

resamples_option = click.option(
    "--resamples",
    type=click.IntRange(0),
    default=2000,
    show_default=True,
    metavar="N",
    help="Number of bootstrap resamples for the intervals; 0 for no intervals.",
)

confidence_option = click.option(
    "--confidence",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.9,
    show_default=True,
    metavar="X",
    help="Confidence level of the intervals, between 0 and 1.",
)

resampling_option = click.option(
    "--resampling",
    type=click.Choice(LEVELS),
    default=LEVELS[0],
    show_default=True,
    help="What is resampled: images, or images and then the defects in each.",
)

seed_option = click.option("--seed", type=int, default=0, show_default=True, help="Seed of the resampling.")


def bootstrap_options(command: F) -> F:
    """Add the options of a bootstrap."""
    for option in (resamples_option, confidence_option, resampling_option, seed_option)[::-1]:
        command = option(command)
    return command


def bootstrap_of(resamples: int, confidence: float, resampling: str, seed: int) -> Bootstrap | None:
    """Return how intervals are made; None where there are to be none."""
    from defectkit.statistics import Bootstrap, Level

    if not resamples:
        return None
    return Bootstrap(n_resamples=resamples, level=Level(resampling), seed=seed, confidence=confidence)


def with_interval(result: xarray.Dataset, name: str, decimals: int, **where: Any) -> str:
    """Return a number and, where it has one, its interval; a dash stands for what is undefined.

    Examples
    --------
    >>> import xarray
    >>> with_interval(xarray.Dataset({"f1": 0.5, "f1_low": 0.25, "f1_high": 0.75}), "f1", 2)
    '0.50 (0.25 to 0.75)'
    """
    value = _text(result, name, decimals, where)
    if value == "-" or f"{name}_low" not in result:
        return value
    low, high = (_text(result, f"{name}{end}", decimals, where) for end in ("_low", "_high"))
    return f"{value} ({low} to {high})"


def interval_row(numbers: Sequence[tuple[xarray.Dataset, str]], decimals: int) -> list[tuple[str, ...]]:
    """Return the row of a table that stands below numbers and says their intervals; none where they have none.

    Parameters
    ----------
    numbers : sequence of (xarray.Dataset, str)
        Where each is found, and under which name.
    decimals : int
    """
    if not all(f"{name}_low" in result for result, name in numbers):
        return []
    ends = ([_text(result, f"{name}{end}", decimals, {}) for end in ("_low", "_high")] for result, name in numbers)
    return [("interval", *(f"{low} to {high}" for low, high in ends))]


def _text(result: xarray.Dataset, name: str, decimals: int, where: dict[str, Any]) -> str:
    value = float(result[name].sel(where))
    return "-" if value != value else f"{value:.{decimals}f}"
