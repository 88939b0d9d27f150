"""The command line: one file per noun, each a thin layer over a function of the library."""

from __future__ import annotations

from defectkit.cli.group import CommandGroup, cli, main

__all__ = ["CommandGroup", "cli", "main"]
