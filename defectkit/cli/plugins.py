"""``defectkit plugins``: all that is registered and what failed, what can be set, what holds, and a new one."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click

from defectkit.cli.command import Command
from defectkit.cli.console import print_table, say
from defectkit.cli.options import json_option
from defectkit.hooks.template import TEMPLATE_KINDS, write_plugin

if TYPE_CHECKING:
    from defectkit.hooks import Registered

COLUMNS = ("kind", "name", "distribution", "version", "description")
LAWS_BROKEN = 1
"""Exit status of a check that found a law broken."""
FAILURE_COLUMNS = ("distribution", "version", "plugin", "module", "reason")


@click.group(invoke_without_command=True)
@click.option(
    "--kind",
    metavar="KIND",
    help="Only one kind: detector, splitter, metric, hardening_model, label_format, image_format, dataset or command.",
)
@json_option
@click.pass_context
def plugins(ctx: click.Context, kind: str | None, as_json: bool) -> None:
    """List all that is registered, and what failed to load.

    Detectors, splitters, metrics, hardening models, formats, data sets and commands, each with the distribution it came
    with. A plugin that failed is named with the reason; the rest works without it.
    """
    if ctx.invoked_subcommand is not None:
        return
    registered, failures = rows(kind)
    if as_json:
        say(json.dumps({"registered": registered, "failures": failures}, indent=1))
        return
    print_table("", COLUMNS, ([row[column] for column in COLUMNS] for row in registered))
    if failures:
        print_table("Failed", FAILURE_COLUMNS, ([row[column] for column in FAILURE_COLUMNS] for row in failures))


kind_option = click.option("--kind", metavar="KIND", help="The kind, where several have the name.")


@plugins.command(cls=Command, example="defectkit plugins show blob\ndefectkit plugins show coco --json")
@click.argument("name")
@kind_option
@json_option
def show(name: str, kind: str | None, as_json: bool) -> None:
    """Show what can be set: each option with its kind, unit, default, what is allowed, and what it means."""
    from defectkit.hooks.described import described_options

    found = registered_as(name, kind)
    options = [attrs.asdict(option) for option in described_options(found.cls)]
    if as_json:
        facts = {"kind": found.kind, "name": found.name, "distribution": found.distribution, "version": found.version}
        say(json.dumps({**facts, "options": options}, indent=1))
        return
    say(f"{found.name}, a {found.kind.replace('_', ' ')} of {found.distribution} {found.version}: {found.description}")
    if not options:
        say("It has no options.")
        return
    print_table("", tuple(options[0]), ([*option.values()] for option in options))


@plugins.command(cls=Command, example="defectkit plugins check blob\ndefectkit plugins check coco --kind label_format")
@click.argument("name")
@kind_option
@json_option
@click.pass_context
def check(ctx: click.Context, name: str, kind: str | None, as_json: bool) -> None:
    """Ask every law of something registered, and print which hold; exit status 1 where one does not.

    A law is excepted where the suite of the plugin says why it need not hold, and open where it needs what only the
    author can say, in a suite of its own.
    """
    from defectkit.errors import PluginError

    found = registered_as(name, kind)
    try:
        from defectkit.testing.checking import Status, check as outcomes_of, suite_of
    except ImportError as error:
        raise PluginError(
            f"the laws need {error.name}: install it with `python -m pip install 'defectkit[testing]'`"
        ) from error
    outcomes = list(outcomes_of(suite_of(found.kind, found.cls)))
    failed = sum(outcome.status is Status.FAILED for outcome in outcomes)
    if as_json:
        say(json.dumps([attrs.asdict(outcome) for outcome in outcomes], indent=1))
    else:
        print_table("", ("", "law", "reason"), ((o.status.value, o.sentence, o.reason) for o in outcomes))
        counts = ", ".join(f"{sum(o.status is s for o in outcomes)} {s.value}" for s in Status)
        say(f"{found.name}: {counts}")
    if failed:
        ctx.exit(LAWS_BROKEN)


@plugins.command(cls=Command, example="defectkit plugins new darkest --kind detector")
@click.argument("name")
@click.option("--kind", type=click.Choice([*TEMPLATE_KINDS]), required=True, help="What the plugin adds.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path(), metavar="FOLDER", help="Where it is made; here."
)
def new(name: str, kind: str, output: Path) -> None:
    """Write a plugin to begin with: a distribution that installs and passes its tests as it is."""
    made = write_plugin(name, kind, output)
    say(f'{made}\n\npython -m pip install -e "{made}[test]"\npython -m pytest {made}')


def registered_as(name: str, kind: str | None) -> Registered:
    """Return what is registered by a name, of a kind where it is given.

    Raises
    ------
    UnknownPluginError
        If there is none.
    PluginError
        If it cannot be loaded, or several kinds have the name and none was given.
    """
    from defectkit import hooks
    from defectkit.errors import PluginError, UnknownPluginError
    from defectkit.hooks.kinds import KINDS, kind_of

    kinds = [*KINDS] if kind is None else [kind_of(kind.replace("-", "_")).name]
    found = [hooks.table(each)[name] for each in kinds if name in hooks.table(each)]
    if len(found) > 1:
        of = ", ".join(row.kind for row in found)
        raise PluginError(f"{name!r} is the name of several: {of}. Say which with --kind")
    if found:
        return found[0]
    if kind is not None:
        hooks.find(kinds[0], name)
    known = sorted({each for k in kinds for each in hooks.table(k)})
    raise UnknownPluginError.of("plugin", name, known, advice="`defectkit plugins` lists all that are installed.")


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
