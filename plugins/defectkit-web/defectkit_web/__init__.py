"""A local page for defectkit: see what was found, correct it, and save it as a new sealed label version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from defectkit.hooks import hookimpl

if TYPE_CHECKING:
    import click


@hookimpl
def defectkit_register_commands() -> list[click.Command]:
    """Register ``defectkit serve``."""
    from defectkit_web.command import serve

    return [serve]
