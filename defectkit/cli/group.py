"""The root command: built-in commands and those of plugins, each imported when it is run."""

from __future__ import annotations

import gc
import logging
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from defectkit import __version__
from defectkit.cli import nouns
from defectkit.cli.boundary import exit_status, show_warnings
from defectkit.cli.command import write_example
from defectkit.cli.console import configure, note_compiling
from defectkit.cli.interrupting import ends_soon_after_interrupt
from defectkit.errors import DefectkitError, DuplicateNameError, PluginWarning

if TYPE_CHECKING:
    from defectkit.hooks import Failure

logger = logging.getLogger(__name__)

EXAMPLE = 'defectkit analyze image.tif --pixel-size "0.2554 nm" --foil-thickness "170 nm" -o out'


class CommandGroup(click.Group):
    """A group whose built-in commands are loaded on use, and whose errors end as one message and an exit status.

    What a command returns is dropped; it ends with a status of its own by :meth:`click.Context.exit`.

    Parameters
    ----------
    *args, **kwargs
        As of :class:`click.Group`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("result_callback", _drop)
        super().__init__(*args, **kwargs)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands: the built-in ones in their own order, then those of plugins."""
        return [*nouns.NOUNS, *sorted(plugin_commands())]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name, or None; a built-in one is imported now."""
        if cmd_name in nouns.NOUNS:
            return nouns.load(cmd_name)
        return plugin_commands().get(cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing the built-in ones."""
        rows = list(nouns.NOUNS.items())
        for name, command in sorted(plugin_commands().items()):
            if not command.hidden:
                rows.append((name, command.get_short_help_str(limit=200)))
        for clash in command_clashes():
            warnings.warn(str(clash), PluginWarning, stacklevel=2)
        with formatter.section("Commands"):
            formatter.write_dl(rows)
        write_example(formatter, EXAMPLE)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; with ``-vv`` it is also shown where an error of defectkit's was raised."""
        try:
            return super().invoke(ctx)
        except DefectkitError as error:
            logger.debug("where the error was raised:", exc_info=error)
            raise

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command line; outside ``standalone_mode`` exceptions and the result are handed to the caller."""

        def run() -> Any:
            return super(CommandGroup, self).main(args, prog_name, complete_var, standalone_mode=False, **extra)

        if not standalone_mode:
            return run()
        with show_warnings():
            raise SystemExit(exit_status(run))


def _drop(*_: Any, **__: Any) -> None:
    """Take what a command returned, so that the only number that leaves click is an exit status."""


def plugin_commands() -> dict[str, click.Command]:
    """Return the commands of plugins by name; one that has the name of a built-in command is not among them."""
    from defectkit import hooks

    return {name: row.command for name, row in hooks.commands().items() if name not in nouns.NOUNS}


def command_clashes() -> list[Failure]:
    """Return a failure for each command of a plugin that has the name of a built-in command."""
    from defectkit import hooks

    failures = []
    for name, row in hooks.commands().items():
        if name in nouns.NOUNS:
            error = DuplicateNameError(
                f"the command {name!r} is one of defectkit's own; ask its authors to rename theirs"
            )
            failures.append(
                hooks.Failure(
                    distribution=row.distribution,
                    version=row.version,
                    plugin=row.plugin,
                    module=row.module,
                    reason=str(error),
                    kinds=("command",),
                    name=name,
                    error=error,
                )
            )
    return failures


@click.command(cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="defectkit", help="Print the version and exit.")
@click.option("-v", "--verbose", count=True, help="Say more on stderr; twice for everything.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no notes on stderr, only warnings and errors.")
@click.pass_context
def cli(ctx: click.Context, verbose: int, quiet: bool) -> None:
    """From micrographs to megapascals: find, measure and evaluate radiation defects in electron micrographs."""
    configure(ctx, verbose=verbose, quiet=quiet)
    note_compiling(ctx)


def main() -> None:
    """Run the command line of this process; the console script ``defectkit``.

    Cyclic garbage is looked for less often than Python does by itself: the libraries that a command imports make
    hundreds of thousands of objects that stay, and looking through them again and again is a tenth of a short command.
    """
    gc.set_threshold(10_000, 20, 50)
    with ends_soon_after_interrupt():
        cli.main(prog_name="defectkit")
