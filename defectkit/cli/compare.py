"""``defectkit compare``: how two conditions differ, with the interval of every difference."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from defectkit.cli.command import Command
from defectkit.cli.condition_options import ConditionChoices, condition_options
from defectkit.cli.console import note, print_table, print_warning
from defectkit.cli.counting_options import counting_options
from defectkit.cli.options import output_option, overwrite_option

if TYPE_CHECKING:
    from defectkit.measurement import Counting

EXAMPLE = "defectkit compare as-received/ irradiated/ --material fecral -o compared"


@click.command(cls=Command, example=EXAMPLE)
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@condition_options
@counting_options
@overwrite_option
@output_option
def compare(
    first: Path,
    second: Path,
    choices: ConditionChoices,
    counting: Counting,
    overwrite: bool,
    output: Path,
) -> None:
    """Compare two conditions, with the interval of each difference.

    FIRST and SECOND are folders of finished analyses. Writes comparison.csv, sizes.csv (the distributions of sizes),
    comparison.svg, comparison.png and comparison.zarr.
    """
    from defectkit.files import output_folder
    from defectkit.reports.comparison import write_comparison
    from defectkit.workflows.comparison import assess_pair
    from defectkit.workflows.condition import read_analysis

    analyses = [read_analysis(path) for path in (first, second)]
    inputs: list[str | Path] = [first, second, choices["material"]]
    with output_folder(output, command="compare", inputs=inputs, overwrite=overwrite) as partial:
        pair = assess_pair(*analyses, counting=counting, **choices)
        result = pair.table()
        write_comparison(result, pair.sizes(), partial)
    for caution in result.attrs["cautions"]:
        print_warning(caution)
    of_all = result.isel(defect_type=-1)
    measures = ("areal_density", "number_density", "size_mean", "line_length_density", "swelling", "hardening")
    ends = ("_first", "_second", "_difference", "_difference_low", "_difference_high")
    rows = [(name, *(_number(float(of_all[f"{name}{end}"])) for end in ends)) for name in measures]
    title = f"All types, {100 * result.attrs['level']:g} % intervals of the difference"
    print_table(title, ("measure", "first", "second", "difference", "low", "high"), rows)
    note(f"Tables, plots and comparison.zarr lie in {output}.")


def _number(value: float) -> str:
    return "-" if value != value else f"{value:.4g}"
