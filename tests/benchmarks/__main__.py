"""Run the benchmarks: ``python -m tests.benchmarks``."""

from __future__ import annotations

import json
import tempfile
from importlib import import_module
from pathlib import Path

import attrs
import click

from tests.benchmarks.contest import Row
from tests.benchmarks.inputs import write_inputs
from tests.benchmarks.machine import machine, versions
from tests.benchmarks.plot import plotted
from tests.benchmarks.rounds import Outcome, played
from tests.benchmarks.table import as_json, disagreements, lines
from tests.benchmarks.workload import FULL, QUICK

ROWS = (
    "mask_iou",
    "stored_scores",
    "memory_scores",
    "shapes",
    "label_storage",
    "polygons",
    "threads",
    "start_up",
    "scale",
)
FEWEST_ROUNDS = 7


@click.command()
@click.argument("rows", nargs=-1, type=click.Choice(ROWS))
@click.option("--quick", is_flag=True, help="A small workload, worked through once: do all agree? Nothing is timed.")
@click.option("--rounds", type=click.IntRange(min=FEWEST_ROUNDS), default=FEWEST_ROUNDS, show_default=True)
@click.option("--output", type=click.Path(path_type=Path), help="Folder for benchmarks.json and benchmarks.png.")
def main(rows: tuple[str, ...], quick: bool, rounds: int, output: Path | None) -> None:
    """Time defectkit beside the libraries others use, all ROWS or some, and see whether the results agree."""
    workload = QUICK if quick else FULL
    chosen: list[Row] = [import_module(f"tests.benchmarks.rows.{name}").ROW for name in rows or ROWS]
    about = {"machine": machine(), "versions": versions(c.distribution for row in chosen for c in row.contestants)}
    click.echo(json.dumps({**about, "workload": attrs.asdict(workload)}, indent=2))
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory() as folder:
        write_inputs(workload, Path(folder))
        for row in chosen:
            outcomes.append(played(row, Path(folder), 0 if quick else rounds))
            click.echo("\n" + "\n".join(lines(outcomes[-1])))
            if output is not None:  # after each row, so that who interrupts a run keeps what was measured
                document = {**about, "workload": attrs.asdict(workload), "rows": [as_json(o) for o in outcomes]}
                output.mkdir(parents=True, exist_ok=True)
                (output / "benchmarks.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    if output is not None and not quick:
        plotted(outcomes, output / "benchmarks.png")
    wrong = disagreements(outcomes)
    if wrong:
        raise click.ClickException(f"results do not agree: {'; '.join(fact.what for fact in wrong)}")


if __name__ == "__main__":
    main()
