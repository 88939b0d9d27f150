"""``defectkit compare``: how two conditions differ, with the interval of every difference."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from defectkit.cli.analysis_options import thickness_files
from defectkit.cli.command import Command
from defectkit.cli.condition_options import ConditionChoices, condition_options
from defectkit.cli.console import note, print_table, print_warning
from defectkit.cli.counting_options import counting_options
from defectkit.cli.options import output_option, overwrite_option, thickness_option

if TYPE_CHECKING:
    from defectkit.measurement import Counting

if TYPE_CHECKING:
    import xarray

ENDS = ("", "_low", "_high")

EXAMPLE = "defectkit compare as-received/ irradiated/ --material fecral -o compared"


@click.command(cls=Command, example=EXAMPLE)
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@click.option(
    "--paired",
    is_flag=True,
    help="Both are of the same images, FIRST by true labels and SECOND by a detector: hardening_errors.csv has the "
    "mean errors of the hardening of an image, with their intervals.",
)
@thickness_option
@condition_options
@counting_options
@overwrite_option
@output_option
def compare(
    first: Path,
    second: Path,
    paired: bool,
    thickness: str | None,
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
    from defectkit.reports.comparison import write_comparison, write_hardening_errors
    from defectkit.workflows.comparison import assess_pair
    from defectkit.workflows.condition import read_analysis, recounted
    from defectkit.workflows.paired_hardening import paired_hardening
    from defectkit.workflows.thickness import with_thickness

    measured = [with_thickness(read_analysis(path), thickness) for path in (first, second)]
    analyses = [recounted(analysis, counting) for analysis in measured]
    inputs: list[str | Path] = [first, second, choices["material"], *thickness_files(thickness)]
    with output_folder(output, command="compare", inputs=inputs, overwrite=overwrite) as partial:
        pair = assess_pair(*analyses, **choices)
        result = pair.table()
        write_comparison(result, pair.sizes(), partial)
        errors = None
        if paired:
            errors = paired_hardening(
                *analyses,
                material=choices["material"],
                model=choices["model"],
                barrier_strengths=choices["barrier_strengths"],
                bootstrap=choices["bootstrap"],
            )
            write_hardening_errors(errors, partial)
    for caution in result.attrs["cautions"]:
        print_warning(caution)
    of_all = result.isel(defect_type=-1)
    measures = ("areal_density", "number_density", "size_mean", "line_length_density", "swelling", "hardening")
    ends = ("_first", "_second", "_difference", "_difference_low", "_difference_high")
    rows = [(name, *(_number(float(of_all[f"{name}{end}"])) for end in ends)) for name in measures]
    title = f"All types, {100 * result.attrs['level']:g} % intervals of the difference"
    print_table(title, ("measure", "first", "second", "difference", "low", "high"), rows)
    if errors is not None:
        show_errors(errors)
    note(f"Tables, plots and comparison.zarr lie in {output}.")


def show_errors(errors: xarray.Dataset) -> None:
    """Print the mean errors of hardening with their intervals."""
    if errors.attrs["left_out"]:
        print_warning(
            f"these images are on one side only, left out of the errors: {', '.join(errors.attrs['left_out'])}"
        )
    rows = [
        (str(name), *(_number(float(errors[f"{error}{end}"].values[k])) for error in ("mae", "mape") for end in ENDS))
        for k, name in enumerate(errors["obstacles"].values)
    ]
    title = f"Hardening of {errors.sizes['image']} images, {100 * errors.attrs['level']:g} % intervals"
    print_table(title, ("obstacles", "MAE / MPa", "low", "high", "MAPE / %", "low", "high"), rows)


def _number(value: float) -> str:
    return "-" if value != value else f"{value:.4g}"
