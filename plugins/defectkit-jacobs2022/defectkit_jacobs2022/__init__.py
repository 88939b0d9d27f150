"""Jacobs et al. (2022) for defectkit: the published tables, their audit, and every table and figure made again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from defectkit.hooks import hookimpl

if TYPE_CHECKING:
    import click


@hookimpl
def defectkit_register_commands() -> list[click.Command]:
    """Register ``defectkit reproduce`` and ``defectkit audit``."""
    from defectkit_jacobs2022.audit_command import audit
    from defectkit_jacobs2022.command import reproduce

    return [reproduce, audit]
