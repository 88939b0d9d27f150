"""``defectkit materials``: the constants that turn defects into megapascals, and where each came from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from defectkit.cli.command import Command
from defectkit.cli.console import print_table, say
from defectkit.cli.options import json_option

if TYPE_CHECKING:
    from defectkit.hardening import Material

FAULTS_FOUND = 1
"""Exit status of a check that found something missing."""


@click.group()
def materials() -> None:
    """List, show and check the constants of materials."""


@materials.command("list", cls=Command, example="defectkit materials list")
@json_option
def list_materials(as_json: bool) -> None:
    """List the materials of the registry."""
    from defectkit.hardening import known_materials, load_material

    found = [load_material(name) for name in known_materials()]
    rows = [(m.name, m.title, ", ".join(m.alloys), ", ".join(m.barrier_strengths), m.doi or "") for m in found]
    columns = ("name", "title", "alloys", "types with a barrier strength", "doi")
    if as_json:
        say(json.dumps([dict(zip(columns, row, strict=True)) for row in rows], indent=1))
    else:
        print_table("", columns, rows)


@materials.command(cls=Command, example="defectkit materials show fecral")
@click.argument("name", metavar="NAME_OR_FILE")
@json_option
def show(name: str, as_json: bool) -> None:
    """Show every constant of a material with its unit, uncertainty and source."""
    from defectkit.hardening import load_material

    material = load_material(name)
    rows = constant_rows(material)
    columns = ("constant", "value", "unit", "standard uncertainty", "doi", "from")
    if as_json:
        say(json.dumps([dict(zip(columns, row, strict=True)) for row in rows], indent=1))
        return
    say(f"{material.name}: {material.title or material.name}\n")
    if material.description:
        say(f"{material.description}\n")
    say(f"source  {material.source}")
    print_table("", columns, [(*row[:3], row[3] or "not stated", *row[4:]) for row in rows])
    for line in absent(material):
        say(line)


@materials.command(cls=Command, example="defectkit materials check steel.toml")
@click.argument("name", metavar="NAME_OR_FILE")
@click.pass_context
def check(ctx: click.Context, name: str) -> None:
    """Say what a material lacks: a constant, or an uncertainty, a DOI or an origin of one.

    Exits with 1 where something is missing, and with 2 where the file cannot be read.
    """
    from defectkit.hardening import load_material

    missing = gaps(load_material(Path(name) if name.endswith(".toml") else name))
    if not missing:
        say(f"{name}: every constant has a unit, an uncertainty, a DOI and an origin")
        return
    for line in missing:
        say(f"{name}: {line}")
    ctx.exit(FAULTS_FOUND)


def constant_rows(material: Material) -> list[tuple[str, str, str, str, str, str]]:
    """Return name, value, unit, uncertainty, DOI and origin of each constant, empty where one is not stated."""
    rows = []
    for name, value in material.constants.items():
        uncertainty = material.uncertainty(name)
        rows.append(
            (
                name,
                f"{value.magnitude:g}",
                "" if value.dimensionless else str(value.units),
                "" if uncertainty is None else f"{uncertainty.magnitude:g}",
                material.dois.get(name, material.doi or ""),
                material.origins.get(name, ""),
            )
        )
    return rows


def gaps(material: Material) -> list[str]:
    """Return what is not stated of the constants of a material, one sentence for each."""
    wanted = {3: "no uncertainty", 4: "no DOI", 5: "no origin"}
    stated = [f"{row[0]} has {what}" for row in constant_rows(material) for k, what in wanted.items() if not row[k]]
    return [*absent(material), *stated]


def absent(material: Material) -> list[str]:
    """Return which constants a material does not have, and how they are given, one sentence for each."""
    found = []
    if material.taylor_factor is None:
        found.append('no Taylor factor: give one where it is needed (harden --taylor-factor "VALUE +/- UNCERTAINTY")')
    if not material.barrier_strengths:
        found.append(
            "no barrier strength of any type: give those that are needed "
            '(--barrier-strength "TYPE=VALUE +/- UNCERTAINTY"), or ask for a model that needs none'
        )
    return found
