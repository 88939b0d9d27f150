"""``defectkit track``: the tracks of defects through the frames of a series."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from defectkit.cli.command import Command
from defectkit.cli.console import note, print_table, print_warning, progress, say
from defectkit.cli.options import output_option, overwrite_option
from defectkit.cli.params import QuantityParam

if TYPE_CHECKING:
    from defectkit.series import FrameTable

EXAMPLE = """
defectkit track found --frames frames.csv -o tracks
"""


@click.command(cls=Command, example=EXAMPLE)
@click.argument("analyzed", type=click.Path(path_type=Path), metavar="RESULT")
@click.option(
    "--frames",
    "frame_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.csv",
    help="When each frame was taken: the columns image and, where they are known, time_s, temperature_c and dose_dpa. "
    "Without it frames are in the order of the numbers in their names.",
)
@click.option(
    "--max-distance",
    type=QuantityParam("nanometer", "3 nm"),
    help="How far a defect may move from frame to frame; by default half the distance between neighbors at random.",
)
@click.option(
    "--max-gap",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="How many frames in a row a defect may be missing from.",
)
@click.option(
    "--max-size-ratio",
    type=click.FloatRange(min=1),
    default=3.0,
    show_default=True,
    help="How much larger or smaller a defect may be in the next frame.",
)
@click.option("--no-drift", is_flag=True, help="The area did not move: look for no drift.")
@overwrite_option
@output_option
def track(
    analyzed: Path,
    frame_file: Path | None,
    max_distance: Any,
    max_gap: int,
    max_size_ratio: float,
    no_drift: bool,
    overwrite: bool,
    output: Path,
) -> None:
    """Follow defects through the frames of a series.

    RESULT is the folder of a finished `analyze` or `measure` of frames that show one area. Writes tracks.csv (one row
    per track, with its growth rate), defects.csv, evolution.csv (densities and sizes over time, with intervals),
    evolution.png, tracks.png (some tracks in each frame), overlays with the numbers of tracks, report.html and
    series.zarr.
    """
    from defectkit.files import output_folder
    from defectkit.reports.series import counts_of, write_series
    from defectkit.series import estimate_drift, track_series
    from defectkit.series.frames import frames_of
    from defectkit.workflows.condition import read_analysis

    analysis = read_analysis(analyzed)
    images = {image.name: image for image in analysis.images}
    frames = frames_of(images) if frame_file is None else _frames(frame_file, list(images))
    inputs: list[str | Path] = [analyzed, *filter(None, [frame_file])]
    with output_folder(output, command="track", inputs=inputs, overwrite=overwrite) as partial:
        drift = None if no_drift else estimate_drift([images[name] for name in frames.names])
        series = track_series(
            images,
            analysis.defects,
            analysis.summary,
            frames=frames,
            drift=drift,
            max_distance_nm=None if max_distance is None else max_distance.magnitude,
            max_gap=max_gap,
            max_size_ratio=max_size_ratio,
        )
        series = attrs.evolve(series, settings={**series.settings, "drift": not no_drift, "result": str(analyzed)})
        write_series(series, analysis.instances, analysis.taxonomy, partial, progress=progress)
    for t in () if no_drift else series.drift.doubtful():
        print_warning(
            f"{frames.names[t]} hardly looks like the frame before it (correlation {series.drift.correlation[t]:.2f}): "
            "its drift is a guess, and so are the links to it"
        )
    if len(frames.names) == 1:
        print_warning("there is one frame only, so no defect is followed")
    print_table(f"{len(frames.names)} frames of {analyzed}", ("", "tracks"), counts_of(series))
    say(f"Report: {output / 'report.html'}")
    note(f"Tables, figures, overlays and series.zarr lie in {output}.")


def _frames(path: Path, names: list[str]) -> FrameTable:
    from defectkit.series import read_frame_table

    return read_frame_table(path, names)
