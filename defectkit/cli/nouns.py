"""The built-in commands: what ``defectkit --help`` says of each, without importing it.

The command ``NAME`` is the object ``NAME`` (with ``_`` for ``-``) of the module ``defectkit.cli.NAME``, which is
imported when the command is run.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

NOUNS = {
    "analyze": "Find, measure and report the defects in images.",
    "measure": "Measure and report the defects that labels outline.",
    "harden": "Give densities, swelling and hardening with their intervals.",
    "compare": "Compare two conditions, with the interval of each difference.",
    "track": "Follow defects through the frames of a series.",
    "simulation": "Compare simulated sizes with measured ones.",
    "evaluate": "Compare predicted labels with the truth.",
    "demo": "Run the whole analysis on synthetic micrographs with known truth.",
    "train": "Train a detector and save it.",
    "retrain": "Train a detector further on corrected images.",
    "study": "Run a study: every split with every detector, seed and convention.",
    "datasets": "List, fetch, check and add data sets.",
    "labels": "Compare, merge, export, add and tag versions of label sets.",
    "materials": "List, show and check the constants of materials.",
    "models": "Show the card of a detector, or list all of them.",
    "plugins": "List all that is registered, and what failed to load.",
    "doctor": "Say what is installed, what is missing, and how to install it.",
}
"""Help line by command, in the order of ``defectkit --help``; the line is the first sentence of the command's help."""


def load(name: str) -> click.Command:
    """Import and return the built-in command of that name."""
    attribute = name.replace("-", "_")
    command: click.Command = getattr(import_module(f"defectkit.cli.{attribute}"), attribute)
    return command
