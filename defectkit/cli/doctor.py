"""``defectkit doctor``: what is installed, what is missing, and how to install it."""

from __future__ import annotations

import json

import attrs
import click

from defectkit.cli.command import Command
from defectkit.cli.console import print_table, say
from defectkit.cli.options import json_option


@click.command(cls=Command, example="defectkit doctor")
@json_option
def doctor(as_json: bool) -> None:
    """Say what is installed, what is missing, and how to install it.

    Python, the libraries that defectkit needs, those that only some plugins need, the catalogue, the cache and the
    plugins. For each thing that is missing the last column is the command that installs it. The exit status is 0
    whatever is found.
    """
    from defectkit.cli.checks import run_checks

    checks = list(run_checks())
    if as_json:
        say(json.dumps([attrs.asdict(check) for check in checks], indent=1))
        return
    print_table(
        "",
        ("", "part", "name", "found", "to mend it"),
        (("ok" if c.ok else "--", c.part, c.name, c.found, c.advice) for c in checks),
    )
