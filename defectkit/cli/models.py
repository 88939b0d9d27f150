"""``defectkit models``: the cards of detectors, which say what to know before trusting their results."""

from __future__ import annotations

import json
from pathlib import Path

import click

from defectkit.cli.command import Command
from defectkit.cli.console import print_table, say
from defectkit.cli.options import json_option
from defectkit.cli.params import PluginNameParam

EXAMPLE = """
defectkit models
defectkit models loopnet
defectkit models pixel-forest --model trained/
"""


@click.command(cls=Command, example=EXAMPLE)
@click.argument("name", required=False, type=PluginNameParam("detector"), metavar="[NAME]")
@click.option("--model", type=click.Path(path_type=Path), metavar="FOLDER", help="Folder of a trained detector.")
@json_option
def models(name: str | None, model: Path | None, as_json: bool) -> None:
    """Show the card of a detector, or list all of them.

    A card names data, licences, results with intervals, and what the detector must not be used for.
    """
    if name is None:
        if model is not None:
            raise click.UsageError("--model needs the NAME of the detector that was saved there")
        _list(as_json)
        return
    from defectkit.records.json import to_json
    from defectkit.workflows import make_detector

    card = make_detector(name, model=model).card()
    say(json.dumps(json.loads(to_json(card)), indent=1) if as_json else card.to_markdown().rstrip("\n"))


def _list(as_json: bool) -> None:
    from defectkit import hooks
    from defectkit.workflows import make_detector

    cards = [make_detector(name).card() for name in hooks.table("detector")]
    rows = [
        {"name": card.name, "version": card.version, "types": ", ".join(card.types), "license": card.license}
        for card in cards
    ]
    if as_json:
        say(json.dumps(rows, indent=1))
        return
    print_table("", ("name", "version", "types", "license"), ([*row.values()] for row in rows))
