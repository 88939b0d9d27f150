"""``defectkit analyze``: from images to a report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from defectkit.cli.analysis_options import Assignment, analysis_options, pairs, show
from defectkit.cli.command import Command
from defectkit.cli.console import note, progress
from defectkit.cli.image_files import open_images
from defectkit.cli.options import min_score_option
from defectkit.cli.output import output_folder
from defectkit.cli.params import PluginNameParam

EXAMPLE = """
defectkit analyze image.tif --pixel-size "0.2554 nm" --foil-thickness "170 nm" -o out
defectkit analyze frames/ --detector blob --min-score 0.5 --convention jacobs2022 -o out
"""


@click.command(cls=Command, example=EXAMPLE)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="IMAGE_OR_FOLDER...")
@click.option(
    "--detector",
    type=PluginNameParam("detector"),
    default="blob",
    show_default=True,
    help="What finds the defects (see `defectkit plugins`).",
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
    help="Folder that a fitted detector of this kind was saved in.",
)
@min_score_option
@analysis_options
def analyze(
    paths: tuple[Path, ...],
    detector: str,
    detector_options: tuple[tuple[str, Any], ...],
    model: Path | None,
    min_score: float | None,
    pixel_size: Any,
    confirm_pixel_size: bool,
    foil_thickness: Any,
    convention_name: str,
    material: str,
    hardening_model: str,
    barrier_strengths: tuple[tuple[str, float], ...],
    workers: int,
    overwrite: bool,
    output: Path,
) -> None:
    """Find, measure and report the defects in images.

    Writes defects.csv, summary.csv, hardening.csv, overlays, report.html and results.zarr. When a run was
    interrupted, the same command goes on with the images that are not done.
    """
    from defectkit.reports import write_analysis
    from defectkit.workflows import analyze as run, make_detector

    finder = make_detector(detector, options=pairs(detector_options, "--detector-option"), model=model)
    images = open_images(
        paths,
        pixel_size=pixel_size,
        confirm_pixel_size=confirm_pixel_size,
        foil_thickness=foil_thickness,
    )
    target = output.expanduser().resolve()
    with _unfinished(target) as folder, output_folder(target, overwrite) as partial:
        analysis = run(
            images,
            finder,
            min_score=min_score,
            convention=convention_name,
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
def _unfinished(output: Path) -> Iterator[Path]:
    """Give the folder that keeps what is done until ``output`` is written; it stays if the run ends before that."""
    from defectkit.workflows import Checkpoint

    folder = output.parent / f".{output.name}.unfinished"
    kept = Checkpoint(folder=folder)
    try:
        yield folder
    except BaseException:
        if folder.is_dir() and len(kept):
            note(f"{len(kept)} images are done and kept in {folder}; the same command goes on from there")
        elif folder.is_dir():
            kept.discard()
        raise
    kept.discard()
