"""``defectkit plugins``: all that is registered, where it comes from, and what failed."""

from __future__ import annotations

import json
import warnings

import attrs
import click

from defectkit.cli.command import Command
from defectkit.cli.console import print_table, say
from defectkit.cli.options import json_option

COLUMNS = ("kind", "name", "distribution", "version", "description")
FAILURE_COLUMNS = ("distribution", "version", "plugin", "module", "reason")


@click.command(cls=Command, example="defectkit plugins\ndefectkit plugins --kind detector --json")
@click.option(
    "--kind",
    metavar="KIND",
    help="Only one kind: detector, splitter, metric, hardening_model, label_format, image_format, dataset or command.",
)
@json_option
def plugins(kind: str | None, as_json: bool) -> None:
    """List all that is registered, and what failed to load.

    Detectors, splitters, metrics, hardening models, formats, data sets and commands, each with the distribution it came
    with. A plugin that failed is named with the reason; the rest works without it.
    """
    registered, failures = rows(kind)
    if as_json:
        say(json.dumps({"registered": registered, "failures": failures}, indent=1))
        return
    print_table("", COLUMNS, ([row[column] for column in COLUMNS] for row in registered))
    if failures:
        print_table("Failed", FAILURE_COLUMNS, ([row[column] for column in FAILURE_COLUMNS] for row in failures))


def rows(kind: str | None) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Return what is registered and what failed, of one kind or (None) of all, as rows of text.

    Raises
    ------
    UnknownPluginError
        If there is no such kind.
    """
    from defectkit import hooks
    from defectkit.cli.group import command_clashes, plugin_commands
    from defectkit.hooks.kinds import COMMAND, KINDS, kind_of

    kinds = [*KINDS, COMMAND] if kind is None else [kind if kind == COMMAND else kind_of(kind).name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # each failure is a row of its own below
        failed = [f for f in (*hooks.failures(), *command_clashes()) if set(kinds) & set(f.kinds)]
    found: list[hooks.Registered | hooks.RegisteredCommand] = []
    for name in kinds:
        if name == COMMAND:
            found += [row for row in hooks.commands().values() if row.name in plugin_commands()]
        else:
            found += hooks.table(name).values()
    registered = [
        {
            "kind": getattr(row, "kind", COMMAND),
            "name": row.name,
            "distribution": row.distribution,
            "version": row.version,
            "description": row.description,
        }
        for row in found
    ]
    failures = [{key: str(value) for key, value in attrs.asdict(f).items() if key in FAILURE_COLUMNS} for f in failed]
    return registered, failures
