"""Where detectors, splitters, metrics, hardening models, formats, data sets and commands are registered and found.

A plugin is a module with functions marked by :data:`hookimpl` and one line in the entry-point group ``defectkit``; the
built-ins of defectkit come in by the same way.
"""

from __future__ import annotations

from defectkit.hooks.manager import Registry, commands, failures, find, interface, table, tables
from defectkit.hooks.registered import Failure, Registered, RegisteredCommand
from defectkit.hooks.specs import hookimpl

__all__ = [
    "Failure",
    "Registered",
    "RegisteredCommand",
    "Registry",
    "commands",
    "failures",
    "find",
    "hookimpl",
    "interface",
    "table",
    "tables",
]
