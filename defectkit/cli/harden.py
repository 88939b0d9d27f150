"""``defectkit harden``: from measured defects to densities, swelling and megapascals with their intervals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from defectkit.cli.analysis_options import pairs, thickness_files
from defectkit.cli.boundary import told_with_results
from defectkit.cli.command import Command
from defectkit.cli.condition_options import ConditionChoices, condition_options
from defectkit.cli.console import note, print_table, print_warning, say
from defectkit.cli.counting_options import counting_options
from defectkit.cli.image_files import open_images
from defectkit.cli.options import format_option, output_option, overwrite_option, pixel_size_option, thickness_option
from defectkit.cli.params import LineParam, QuantityParam

if TYPE_CHECKING:
    import xarray

    from defectkit.measurement import Counting

EXAMPLE = """
defectkit harden out --material fecral --thickness "100 +/- 20 nm" -o hardening
defectkit harden via.json --images frames/ --pixel-size "0.25 nm" --thickness "100 +/- 20 nm" -o hardening
"""


@click.command(cls=Command, example=EXAMPLE)
@click.argument("source", type=click.Path(path_type=Path), metavar="FOLDER_OR_LABELS")
@click.option(
    "--images",
    "image_paths",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE_OR_FOLDER",
    help="The images that labels belong to; may be given several times. Not for the folder of an analysis.",
)
@format_option
@pixel_size_option
@thickness_option
@click.option(
    "--class-width",
    type=QuantityParam("nanometer", "2 nm"),
    help="Width of the size classes; by default by the rule of Freedman and Diaconis.",
)
@click.option(
    "--boundary",
    "boundaries",
    multiple=True,
    type=LineParam(),
    help="A line along which densities are given by their distance from it, a grain boundary for instance: the name of "
    "an image and x,y of each vertex in pixels. May be given for several images.",
)
@click.option(
    "--boundary-width",
    type=QuantityParam("nanometer", "20 nm"),
    default="20 nm",
    show_default=True,
    help="Width of the strips along the boundary.",
)
@condition_options
@counting_options
@overwrite_option
@output_option
def harden(
    source: Path,
    image_paths: tuple[Path, ...],
    format_name: str | None,
    pixel_size: Any,
    thickness: str | None,
    class_width: Any,
    boundaries: tuple[tuple[str, list[tuple[float, float]]], ...],
    boundary_width: Any,
    choices: ConditionChoices,
    counting: Counting,
    overwrite: bool,
    output: Path,
) -> None:
    """Give densities, swelling and hardening with their intervals.

    FOLDER_OR_LABELS is the folder of a finished analysis, its results.zarr, or a label file with --images. Writes
    condition.csv (one row for each type and one for all), budget.csv and budget.svg, size_classes.csv with
    covariance.csv for modelling codes, fits.csv (distributions of sizes), spatial.csv (patterns),
    boundary.csv with --boundary, figures as .svg and .png, condition.zarr and report.html.
    """
    from defectkit.files import output_folder
    from defectkit.reports.condition import write_condition
    from defectkit.workflows.boundary import boundary_profile
    from defectkit.workflows.condition import assess, recounted
    from defectkit.workflows.thickness import with_thickness

    inputs: list[str | Path] = [source, *image_paths, choices["material"], *thickness_files(thickness)]
    with output_folder(output, command="harden", inputs=inputs, overwrite=overwrite) as partial:
        measured = with_thickness(_analysis(source, image_paths, format_name, pixel_size), thickness)
        analysis = recounted(measured, counting)
        assessment = assess(analysis, **choices)
        lines = pairs(boundaries, "--boundary")
        write_condition(
            assessment,
            partial,
            class_width_nm=None if class_width is None else class_width.magnitude,
            boundary=boundary_profile(analysis, lines, width=boundary_width) if lines else None,
        )
    show_condition(assessment.table())
    say(f"Report: {output / 'report.html'}")
    note("Tables of values, budget, size classes and fits, budget.svg and condition.zarr lie beside it.")


def _analysis(source: Path, image_paths: tuple[Path, ...], format_name: str | None, pixel_size: Any) -> Any:
    from defectkit.formats import read_labels
    from defectkit.workflows import measure_labels
    from defectkit.workflows.condition import read_analysis

    if not image_paths:
        if pixel_size is not None or format_name is not None:
            raise click.UsageError("--pixel-size and --format go with a label file and its --images")
        return read_analysis(source)
    images = open_images(image_paths, pixel_size=pixel_size, confirm_pixel_size=False)
    with told_with_results():
        reading = read_labels(source, images=images, format=format_name)
    return measure_labels(reading.labels, images, repairs=reading.report)


def show_condition(table: xarray.Dataset) -> None:
    """Print the cautions of a condition and its values with their intervals."""
    from defectkit.reports.condition import number_with_interval

    for caution in table.attrs["cautions"]:
        print_warning(caution)
    columns = ("number_density", "size_mean", "hardening")
    rows = [
        (str(name), int(table["count"].values[t]), *(number_with_interval(table, column, t) for column in columns))
        for t, name in enumerate(table["defect_type"].values)
    ]
    title = f"{table.attrs['n_images']} images, {100 * table.attrs['level']:g} % intervals"
    print_table(title, ("type", "defects", "per m^3", "size / nm", "hardening / MPa"), rows)
    say(f"Superposition: {table.attrs['superposition']} (exponent {table.attrs['superposition_exponent']:g})")
