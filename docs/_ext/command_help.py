"""Command help: what ``--help`` says of every command, asked of the commands when the pages are built."""

from __future__ import annotations

from collections.abc import Iterator

import click
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

from defectkit.cli import cli, nouns

WIDTH = 84
"""What a page shows without a bar to scroll with."""


class BuiltIn(click.Group):
    """The root command without those of plugins, which other machines do not have; the order is its own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of ``defectkit --help``."""
        return list(nouns.NOUNS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name."""
        return nouns.load(cmd_name)


def root() -> BuiltIn:
    """Return the root command as the pages show it."""
    return BuiltIn(name="defectkit", params=cli.params, help=cli.help, context_settings=cli.context_settings)


def contexts(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[click.Context]:
    """Yield a context for a command and for each command below it, in the order of their help."""
    settings = {**command.context_settings, "max_content_width": WIDTH, "terminal_width": WIDTH}
    context = click.Context(command, info_name=name, parent=parent, **settings)
    yield context
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            if found is not None and not found.hidden:
                yield from contexts(found, below, context)


class CommandHelp(SphinxDirective):
    """``command-help::``: a section for each command, with its help text."""

    def run(self) -> list[nodes.Node]:
        """Return the sections."""
        found: list[nodes.Node] = []
        for context in contexts(root(), "defectkit"):
            path = context.command_path
            section = nodes.section(ids=[nodes.make_id(path)], names=[path])
            section += nodes.title(path, path)
            text = context.get_help()
            section += nodes.literal_block(text, text, language="none")
            found.append(section)
        return found


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directive."""
    app.add_directive("command-help", CommandHelp)
    return {"version": "1", "parallel_read_safe": True}
