"""Options that say for how many defects each one stands, of the commands that give densities."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

EDGES = ("all", "exclude", "half", "guard", "horvitz-thompson")

edges_option = click.option(
    "--edges",
    type=click.Choice(EDGES),
    help="What is done with defects that the border of an image cuts; by default what the convention says, and of a "
    "finished analysis what it did. `horvitz-thompson`, the default, leaves them out and lets the others stand for "
    "them; `half` and `guard` are unbiased, too; `all` gives densities that are too high, `exclude` too low.",
)


def counting_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options; the command gets them together, as ``counting``."""

    @functools.wraps(command)
    def with_counting(*, edges: str | None, **others: Any) -> None:
        from defectkit.measurement import Counting

        command(counting=Counting(edges=edges), **others)

    for option in (edges_option,)[::-1]:
        with_counting = option(with_counting)
    return with_counting
