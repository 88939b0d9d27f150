"""``defectkit study``: run the studies that a file declares."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from defectkit.cli.command import Command
from defectkit.cli.console import note, print_table, print_warning, say
from defectkit.cli.worker_options import Crew, worker_options

if TYPE_CHECKING:
    import xarray

EXAMPLE = """
defectkit study run study.toml -o study
defectkit study run study.toml -o study --dask tcp://10.0.0.1:8786
"""


@click.group()
def study() -> None:
    """Run a study: every split with every detector, seed and convention."""


@study.command(cls=Command, example=EXAMPLE)
@click.argument("declaration", type=click.Path(path_type=Path), metavar="STUDY.toml")
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="FOLDER",
    help="Folder of the study; an existing study is resumed.",
)
@worker_options
def run(declaration: Path, output: Path, crew: Crew) -> None:
    """Run the study that a TOML file declares, or resume it.

    Writes results.zarr, and under cells/ what is finished. A run that was killed is resumed with the cells that
    are not done; a cell is computed again if something that it depends on has changed.
    """
    from defectkit.files import check_apart
    from defectkit.studies import headline, read_study, run_study
    from defectkit.studies.toml import data_paths, read_toml

    folder = output.expanduser().resolve()
    data_table = read_toml(declaration).get("data", {})
    check_apart(folder, data_paths(data_table if isinstance(data_table, dict) else {}, where=declaration))
    declared, data = read_study(declaration)
    with crew.at_work() as workers:
        result = run_study(declared, data, folder, report=lambda progress: note(str(progress)), workers=workers)
    show(headline(result))
    for text in result.attrs["notes"]:
        print_warning(text)
    say(f"Results: {folder / 'results.zarr'}")


def show(figures: xarray.Dataset) -> None:
    """Print the headline figures of each run."""
    shown = {
        "find F1": ("find_f1_score", 3),
        "type F1": ("type_f1_score", 3),
        "size error %": ("size_error", 1),
        "density error %": ("density_error", 1),
    }
    about = ("splits", "split", "train_labels", "test_labels", "detector", "seed", "convention")
    varying = [name for name in about if len(set(figures[name].values.tolist())) > 1 or name == "split"]
    print_table(
        f"{figures.sizes['run']} runs of {figures.attrs['study']!r} on {figures.attrs['data']!r}",
        (*(name.replace("_", " ") for name in varying), *shown),
        [
            (
                *(str(figures[name].values[k]) for name in varying),
                *(_number(float(figures[name].values[k]), decimals) for name, decimals in shown.values()),
            )
            for k in range(figures.sizes["run"])
        ],
    )


def _number(value: float, decimals: int) -> str:
    return "-" if value != value else f"{value:.{decimals}f}"
