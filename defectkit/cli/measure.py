"""``defectkit measure``: from labels that people drew to a report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from defectkit.cli.analysis_options import (
    Assignment,
    analysis_options,
    field_of,
    one_thickness,
    pairs,
    show,
    thickness_files,
)
from defectkit.cli.boundary import told_with_results
from defectkit.cli.command import Command
from defectkit.cli.console import note, print_warning, progress
from defectkit.cli.counting_options import counting_options
from defectkit.cli.image_files import open_images
from defectkit.cli.options import allow_refused_option, format_option
from defectkit.cli.worker_options import Crew

if TYPE_CHECKING:
    from defectkit.measurement import Counting

EXAMPLE = """
defectkit measure --labels via.json --images frames/ --pixel-size "0.2554 nm" --foil-thickness "170 nm" -o out
"""


@click.command(cls=Command, example=EXAMPLE)
@click.option(
    "--labels",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE_OR_FOLDER",
    help="The labels.",
)
@format_option
@click.option(
    "--format-option",
    "format_options",
    type=Assignment(),
    multiple=True,
    help="An option of the format, for instance types=1=loop_111,*=loop_100; may be given several times.",
)
@click.option(
    "--images",
    "image_paths",
    required=True,
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE_OR_FOLDER",
    help="The images that the labels belong to; may be given several times.",
)
@click.option(
    "--allow-partial",
    is_flag=True,
    help="Leave out labels for which there is no image, and list them; otherwise they are an error.",
)
@allow_refused_option
@click.option(
    "--missing",
    type=click.Choice(["empty", "error"]),
    help="What an image without labels means: that nothing is there, or a mistake; by default it is left out and "
    "named.",
)
@analysis_options
@counting_options
def measure(
    labels: Path,
    format_name: str | None,
    format_options: tuple[tuple[str, Any], ...],
    image_paths: tuple[Path, ...],
    allow_partial: bool,
    allow_refused: bool,
    missing: str | None,
    pixel_size: Any,
    confirm_pixel_size: bool,
    foil_thickness: str | None,
    frame: Any,
    crop: tuple[int, int, int, int] | None,
    exclude_mask: Path | None,
    include_overprints: bool,
    convention_name: str,
    counting: Counting,
    material: str,
    hardening_model: str,
    barrier_strengths: tuple[tuple[str, float], ...],
    crew: Crew,
    overwrite: bool,
    output: Path,
) -> None:
    """Measure and report the defects that labels outline.

    Writes defects.csv, summary.csv, hardening.csv, overlays, report.html and results.zarr; of polygons also their
    own area, equivalent diameter and Feret diameter, and repairs.csv where labels had to be mended.
    """
    from defectkit.files import output_folder
    from defectkit.formats import Refused, Unpaired, read_labels
    from defectkit.reports import write_analysis
    from defectkit.workflows import measure_labels

    field = field_of(crop=crop, exclude_mask=exclude_mask, include=include_overprints)
    refused = Refused.LEAVE_OUT if allow_refused else Refused.RAISE
    images = open_images(
        image_paths,
        pixel_size=pixel_size,
        confirm_pixel_size=confirm_pixel_size,
        foil_thickness=one_thickness(foil_thickness),
        frame=frame,
    )
    with told_with_results():
        reading = read_labels(
            labels,
            images=images,
            format=format_name,
            options=pairs(format_options, "--format-option"),
            unpaired=Unpaired.LEAVE_OUT if allow_partial else Unpaired.RAISE,
            refused=refused,
        )
    inputs: list[str | Path] = [
        *image_paths,
        labels,
        material,
        *filter(None, [exclude_mask]),
        *thickness_files(foil_thickness),
    ]
    with output_folder(output, command="measure", inputs=inputs, overwrite=overwrite) as partial:
        with crew.at_work() as workers:
            analysis = measure_labels(
                reading.labels,
                images,
                field=field,
                convention=convention_name,
                counting=counting,
                foil_thickness=foil_thickness,
                material=material,
                hardening_model=hardening_model,
                barrier_strengths=pairs(barrier_strengths, "--barrier-strength"),
                repairs=reading.report,
                refused=refused,
                missing=missing,
                workers=workers,
            )
        write_analysis(analysis, partial, progress=progress)
    if reading.without_image:
        print_warning(f"no image is given for these, left out: {', '.join(reading.without_image)}")
    if reading.report:
        note(f"Labels: {reading.report.summary()}")
    show(analysis, output)
