"""Command: a click command whose help ends in an example."""

from __future__ import annotations

from typing import Any

import click


class Command(click.Command):
    """A command with an example.

    Parameters
    ----------
    example : str
        One command line or several, as a user types them.
    *args, **kwargs
        As of :class:`click.Command`.
    """

    def __init__(self, *args: Any, example: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.example = example

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example, then the epilog."""
        write_example(formatter, self.example)
        super().format_epilog(ctx, formatter)


def write_example(formatter: click.HelpFormatter, example: str) -> None:
    """Write an example line by line, unwrapped, so that it can be copied."""
    with formatter.section("Example"):
        for line in example.strip().splitlines():
            formatter.write(f"{'':>{formatter.current_indent}}{line.strip()}\n")
