"""``defectkit simulation``: what would be seen of simulated sizes, beside what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from defectkit.cli.analysis_options import pairs, thickness_files
from defectkit.cli.command import Command
from defectkit.cli.condition_options import ConditionChoices, condition_options
from defectkit.cli.console import note, print_table, print_warning
from defectkit.cli.options import output_option, overwrite_option, thickness_option
from defectkit.cli.params import QuantityParam, ShareParam

EXAMPLE = """
defectkit simulation out simulated.csv --resolution "1.5 nm" --visible loop_111=0.5 -o compared
"""


@click.command(cls=Command, example=EXAMPLE)
@click.argument("measured", type=click.Path(path_type=Path))
@click.argument("simulated", type=click.Path(path_type=Path))
@click.option(
    "--resolution",
    type=QuantityParam("nanometer", "1.5 nm"),
    help="Defects below this size are not seen; by default all are.",
)
@click.option(
    "--size-spread",
    type=QuantityParam("nanometer", "0.5 nm"),
    help="Standard deviation of measured sizes around the true one; by default none.",
)
@click.option(
    "--visible",
    "visible_fractions",
    type=ShareParam(),
    multiple=True,
    help="Share of the defects of a type that the imaging condition shows; may be given several times. By default 1.",
)
@click.option(
    "--hit-rates",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="CSV file with size_low_nm, size_high_nm and hit_rate: the share that the detector finds; by default 1.",
)
@thickness_option
@click.option(
    "--class-width",
    type=QuantityParam("nanometer", "2 nm"),
    help="Width of the size classes; by default by the rule of Freedman and Diaconis.",
)
@condition_options
@overwrite_option
@output_option
def simulation(
    measured: Path,
    simulated: Path,
    resolution: Any,
    size_spread: Any,
    visible_fractions: tuple[tuple[str, float], ...],
    hit_rates: Path | None,
    thickness: str | None,
    class_width: Any,
    choices: ConditionChoices,
    overwrite: bool,
    output: Path,
) -> None:
    """Compare simulated sizes with measured ones.

    MEASURED is the folder of a finished analysis. SIMULATED is a CSV file with defect_type, size_low_nm, size_high_nm
    and number_density_per_m3. Writes size_classes.csv with residuals, types.csv with chi-square and the fraction
    unseen, covariance.csv, simulation.svg, simulation.png and simulation.zarr.
    """
    from defectkit.files import output_folder
    from defectkit.reports.simulation import write_simulation
    from defectkit.uncertainty.detection_limit import DetectionLimit
    from defectkit.uncertainty.size_tables import read_hit_rates, read_simulated_sizes
    from defectkit.workflows.condition import assess, read_analysis
    from defectkit.workflows.simulation import compare_simulation

    classes = read_simulated_sizes(simulated)
    limit = DetectionLimit(
        resolution="0 nm" if resolution is None else resolution,
        size_spread="0 nm" if size_spread is None else size_spread,
        visible_fractions=pairs(visible_fractions, "--visible"),
        hit_rates=() if hit_rates is None else read_hit_rates(hit_rates),
    )
    inputs: list[str | Path] = [
        measured,
        simulated,
        choices["material"],
        *filter(None, [hit_rates]),
        *thickness_files(thickness),
    ]
    with output_folder(output, command="simulation", inputs=inputs, overwrite=overwrite) as partial:
        assessment = assess(read_analysis(measured), thickness=thickness, **choices)
        width = None if class_width is None else class_width.magnitude
        result = compare_simulation(assessment, classes, limit, class_width_nm=width)
        write_simulation(result, partial)
    for caution in result.attrs["cautions"]:
        print_warning(caution)
    if result.attrs["left_out"]:
        print_warning(f"the simulation has no {', '.join(result.attrs['left_out'])}; these types are left out")
    columns = ("simulated_density", "unseen_fraction", "chi_square", "degrees_of_freedom", "p_value")
    rows = [
        (str(name), *(f"{float(result[column].values[t]):.3g}" for column in columns))
        for t, name in enumerate(result["type"].values)
    ]
    print_table("", ("type", "simulated per m^3", "unseen", "chi-square", "degrees of freedom", "p-value"), rows)
    note(f"Tables, plots and simulation.zarr lie in {output}.")
