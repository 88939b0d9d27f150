"""Options that say for how many defects each one stands, of the commands that give densities."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from defectkit.cli.analysis_options import pairs

TRUNCATIONS = ("none", "spheres", "discs")
EDGES = ("all", "exclude", "half", "guard", "horvitz-thompson")


class WhereParam(click.ParamType):  # type: ignore[type-arg]  # generic only since click 8.4, and older ones do
    """An expression over the columns of the table of defects; it is checked and stays text."""

    name = "where"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text, or end with a usage error that says where it is wrong."""
        from defectkit.errors import FilterError
        from defectkit.measurement.where import Where

        try:
            return str(Where.of(value))
        except FilterError as error:
            self.fail(str(error).removeprefix("where: "), param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return what the help shows in place of the value."""
        return "EXPRESSION"


where_option = click.option(
    "--where",
    type=WhereParam(),
    help="Count only defects of which this holds: comparisons of columns of defects.csv, 'size > 5 nm and "
    "heywood_circularity < 1.2', with and, or, not, parentheses and units.",
)

edges_option = click.option(
    "--edges",
    type=click.Choice(EDGES),
    help="What is done with defects that the border of an image cuts; by default what the convention says, and of a "
    "finished analysis what it did. `horvitz-thompson`, the default, leaves them out and lets the others stand for "
    "them; `half` and `guard` are unbiased, too; `all` gives densities that are too high, `exclude` too low.",
)


class VisibilityParam(click.ParamType):  # type: ignore[type-arg]  # generic only since click 8.4, and older ones do
    """Text ``TYPE=FRACTION`` or ``TYPE=FAMILY, g=HKL`` to a defect type and what is shown of it."""

    name = "visibility"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Any]:
        """Return type and what is shown, or end with a usage error."""
        from defectkit.errors import RecordError
        from defectkit.measurement import Shown

        name, _, text = (part.strip() for part in str(value).partition("="))
        if not name or not text:
            self.fail(f"{value!r} is not TYPE=FRACTION, for instance loop_111=0.5", param, ctx)
        try:
            return name, Shown.of(text)
        except RecordError as error:
            self.fail(str(error).removeprefix("visibility: "), param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return what the help shows in place of the value."""
        return "TYPE=SHOWN"


visibility_option = click.option(
    "--visibility",
    "visibilities",
    type=VisibilityParam(),
    multiple=True,
    help="Which fraction of the defects of a type the image shows: a number (loop_111=0.5), or Burgers vectors and the "
    "imaging condition, 'loop_111=a/2<111> in bcc, g = 110' or 'loop_100=a<100> in bcc, zone = 001'. Densities are "
    "divided by it; by default none is. May be given several times.",
)

truncation_option = click.option(
    "--truncation",
    type=click.Choice(TRUNCATIONS),
    help="Correct numbers in a volume for defects that the surfaces of the foil cut, N = n / (A (t + h)) with the "
    "height h of spheres (the size) or of discs that are turned at random (pi/4 of it); by default none.",
)


def counting_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options; the command gets them together, as ``counting``."""

    @functools.wraps(command)
    def with_counting(
        *,
        where: str | None,
        edges: str | None,
        visibilities: tuple[tuple[str, Any], ...],
        truncation: str | None,
        **others: Any,
    ) -> None:
        from defectkit.measurement import Counting

        shown = pairs(visibilities, "--visibility") or None
        command(counting=Counting(where=where, edges=edges, visibility=shown, truncation=truncation), **others)

    for option in (where_option, edges_option, visibility_option, truncation_option)[::-1]:
        with_counting = option(with_counting)
    return with_counting
