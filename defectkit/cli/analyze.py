"""``defectkit analyze``: from images to a report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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
from defectkit.cli.command import Command
from defectkit.cli.console import note, progress
from defectkit.cli.counting_options import counting_options
from defectkit.cli.image_files import open_images
from defectkit.cli.options import min_score_option
from defectkit.cli.params import PluginNameParam
from defectkit.cli.worker_options import Crew

if TYPE_CHECKING:
    from defectkit.measurement import Counting

EXAMPLE = """
defectkit analyze image.tif --pixel-size "0.2554 nm" --foil-thickness "170 nm" -o out
defectkit analyze frames/ --operating-point count --convention jacobs2022 -o out
defectkit analyze frames/ -o out --dask
"""


@click.command(cls=Command, example=EXAMPLE)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="IMAGE_OR_FOLDER...")
@click.option(
    "--detector",
    type=PluginNameParam("detector"),
    default="loopnet",
    show_default=True,
    help="Detector that finds the defects (see `defectkit plugins`).",
)
@click.option(
    "--detector-option",
    "detector_options",
    type=Assignment(),
    multiple=True,
    help="An option of the detector; may be given several times.",
)
@click.option(
    "--model",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Folder of a trained detector of this kind.",
)
@click.option(
    "--operating-point",
    metavar="f1|count|precision=X",
    help="What decides how many defects are reported: the best F1, counts that are right on average, or a share of "
    "right finds. An option of the detector loopnet.",
)
@click.option(
    "--polarity",
    type=click.Choice(["dark", "bright", "auto"]),
    help="Whether defects are darker or brighter than their surroundings; auto: whichever the image shows. An option "
    "of the detector loopnet.",
)
@min_score_option
@analysis_options
@counting_options
def analyze(
    paths: tuple[Path, ...],
    detector: str,
    detector_options: tuple[tuple[str, Any], ...],
    model: Path | None,
    operating_point: str | None,
    polarity: str | None,
    min_score: float | None,
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
    """Find, measure and report the defects in images.

    Writes defects.csv, summary.csv, hardening.csv, overlays, report.html and results.zarr. When a run was
    interrupted, the same command resumes it with the images that are not done.
    """
    from defectkit.files import output_folder, unfinished_of
    from defectkit.reports import write_analysis
    from defectkit.workflows import analyze as run, make_detector

    field = field_of(crop=crop, exclude_mask=exclude_mask, include=include_overprints)
    named = {"operating_point": operating_point, "polarity": polarity}
    chosen = [*detector_options, *((key, value) for key, value in named.items() if value is not None)]
    finder = make_detector(detector, options=pairs(chosen, "--detector-option"), model=model)
    images = open_images(
        paths,
        pixel_size=pixel_size,
        confirm_pixel_size=confirm_pixel_size,
        foil_thickness=one_thickness(foil_thickness),
        frame=frame,
    )
    inputs: list[str | Path] = [
        *paths,
        material,
        *filter(None, (model, exclude_mask)),
        *thickness_files(foil_thickness),
    ]
    with (
        output_folder(output, command="analyze", inputs=inputs, overwrite=overwrite) as partial,
        _unfinished(unfinished_of(partial)) as folder,
    ):
        with crew.at_work() as workers:
            analysis = run(
                images,
                finder,
                min_score=min_score,
                field=field,
                convention=convention_name,
                counting=counting,
                foil_thickness=foil_thickness,
                material=material,
                hardening_model=hardening_model,
                barrier_strengths=pairs(barrier_strengths, "--barrier-strength"),
                unfinished=folder,
                progress=progress,
                workers=workers,
            )
        write_analysis(analysis, partial, progress=progress)
    show(analysis, output)


@contextmanager
def _unfinished(folder: Path) -> Iterator[Path]:
    """Give the folder that keeps what is done; say where it is if the run ends before its result is written."""
    try:
        yield folder
    except BaseException:
        done = sum(1 for _ in folder.glob("*/*.prediction"))
        if done:
            note(f"{done} images are done and kept in {folder}; the same command resumes from there")
        raise
