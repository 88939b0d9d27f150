"""``defectkit evaluate``: from truth and prediction to tables and plots of how far they are apart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from defectkit.cli.analysis_options import Assignment, confirm_option, pairs
from defectkit.cli.command import Command
from defectkit.cli.console import note, print_table, print_warning, say
from defectkit.cli.image_files import open_images
from defectkit.cli.options import (
    convention_option,
    format_option,
    frame_option,
    min_score_option,
    output_option,
    overwrite_option,
    pixel_size_option,
    workers_option,
)
from defectkit.cli.params import PluginNameParam

if TYPE_CHECKING:
    import xarray

    from defectkit.workflows import ReadSide

F = TypeVar("F", bound=Callable[..., Any])

EXAMPLE = """
defectkit evaluate --truth labels/ --predicted out/ --images frames/ --convention defectkit -o evaluation
defectkit evaluate --truth new/ --predicted old/ --format yolo-seg --images frames/ --pixel-size "0.2554 nm" -o people
"""


def side_options(side: str, metavar: str, what: str) -> Callable[[F], F]:
    """Return a decorator that adds the options of one side."""
    options = (
        click.option(f"--{side}", required=True, type=click.Path(path_type=Path), metavar=metavar, help=what),
        click.option(
            f"--{side}-format",
            type=PluginNameParam("label_format"),
            help=f"Format of --{side}, in place of --format.",
        ),
        click.option(
            f"--{side}-format-option",
            f"{side}_format_options",
            type=Assignment(),
            multiple=True,
            help=f"An option of the format of --{side}, for instance types=1=loop_111,*=loop_100.",
        ),
        click.option(
            f"--{side}-set",
            metavar="NAME@VERSION",
            help=f"Which label set or predictions are meant, where --{side} is a store that holds several.",
        ),
    )

    def add(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return add


@click.command(cls=Command, example=EXAMPLE)
@side_options("truth", "LABELS", "What people drew: label files, or a store.")
@side_options(
    "predicted", "LABELS_OR_RESULTS", "What is compared with it: label files, or what `defectkit analyze` wrote."
)
@format_option
@click.option(
    "--images",
    "image_paths",
    required=True,
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE_OR_FOLDER",
    help="The images that both belong to; may be given several times.",
)
@pixel_size_option
@confirm_option
@frame_option
@convention_option
@click.option(
    "--iou-threshold",
    type=float,
    metavar="X",
    help="IoU from which on a defect counts as found, above 0 and at most 1; by default the convention's.",
)
@min_score_option
@click.option(
    "--metric",
    "metrics",
    type=PluginNameParam("metric"),
    multiple=True,
    help="A metric to compute (see `defectkit plugins`), may be given several times; by default all built-in ones.",
)
@click.option(
    "--allow-partial",
    is_flag=True,
    help="Leave out images of one side only, and list them; otherwise they are an error.",
)
@workers_option
@overwrite_option
@output_option
def evaluate(
    truth: Path,
    truth_format: str | None,
    truth_format_options: tuple[tuple[str, Any], ...],
    truth_set: str | None,
    predicted: Path,
    predicted_format: str | None,
    predicted_format_options: tuple[tuple[str, Any], ...],
    predicted_set: str | None,
    format_name: str | None,
    image_paths: tuple[Path, ...],
    pixel_size: Any,
    confirm_pixel_size: bool,
    frame: Any,
    convention_name: str,
    iou_threshold: float | None,
    min_score: float | None,
    metrics: tuple[str, ...],
    allow_partial: bool,
    workers: int,
    overwrite: bool,
    output: Path,
) -> None:
    """Compare predicted labels with the truth.

    Writes find.csv (precision, recall and F1 over the IoU threshold), types.csv, confusion.csv, errors.csv (size, shape
    and density of all and of found defects), scores.csv (average precision and all else), pairs.csv, figures as PNG
    and evaluation.zarr. Lengths are in nm where the images have a pixel size, by --pixel-size or by their files, and in
    pixels where none has. With --metric, only that is computed and only what it is needed for is written.
    """
    from defectkit import workflows
    from defectkit.files import output_folder
    from defectkit.formats import Unpaired
    from defectkit.reports.evaluation import write_evaluation
    from defectkit.workflows.sides import joined_taxonomy, read_side, store_at

    unpaired = Unpaired.LEAVE_OUT if allow_partial else Unpaired.RAISE
    images = open_images(
        image_paths,
        pixel_size=pixel_size,
        confirm_pixel_size=confirm_pixel_size,
        frame=frame,
    )
    given = {
        "truth": (truth, truth_format, truth_format_options, truth_set),
        "predicted": (predicted, predicted_format, predicted_format_options, predicted_set),
    }
    sides = [
        read_side(
            path,
            images=images,
            format=own_format or (format_name if store_at(path) is None else None),
            options=pairs(options, f"--{name}-format-option"),
            key=key,
            unpaired=unpaired,
        )
        for name, (path, own_format, options, key) in given.items()
    ]
    inputs = [*image_paths, truth, predicted]
    with output_folder(output, command="evaluate", inputs=inputs, overwrite=overwrite) as folder:
        taxonomy = joined_taxonomy(side.taxonomy for side in sides)
        result = workflows.evaluate(
            sides[0].labels,
            sides[1].labels,
            images,
            convention=convention_name,
            iou_threshold=iou_threshold,
            unpaired=unpaired,
            min_score=min_score,
            taxonomy=taxonomy,
            metrics=metrics or None,
            workers=workers,
        )
        for name, side in zip(("truth", "predicted"), sides, strict=True):
            if side.report:
                side.report.to_csv(folder / f"repairs_{name}.csv")
        write_evaluation(result, folder, taxonomy)
    show(result, sides, output)


def show(result: xarray.Dataset, sides: list[ReadSide], output: Path) -> None:
    """Print what was left out, what to be careful about, the scores and the errors."""
    for name, side in zip(("truth", "prediction"), sides, strict=True):
        if side.without_image:
            print_warning(f"no image is given for these of the {name}, left out: {', '.join(side.without_image)}")
        if side.report:
            note(f"{name.capitalize()}: {side.report.summary()}")
    for key, said in (
        ("only_in_truth", "only in the truth, left out"),
        ("only_predicted", "only predicted, left out"),
        ("capped_images", "the detector reached its largest number of detections in"),
        ("assumed_calibration", "the pixel size is assumed, not measured, of"),
    ):
        if result.attrs[key]:
            print_warning(f"{said}: {', '.join(result.attrs[key])}")
    for text in result.attrs["notes"]:
        print_warning(text)

    now = result.sel(iou_threshold=result.attrs["iou_threshold"]) if "iou_threshold" in result.dims else result
    images = f"{result.sizes['image']} images, " if "image" in result.sizes else ""
    counts = f"{int(now['n_true'])} true and {int(now['n_predicted'])} predicted defects, " if "n_true" in now else ""
    kinds = {
        "finding": "find_{}",
        "type of found defects": "overall_type_{}",
        "finding and typing": "overall_end_to_end_{}",
    }
    scores = [
        (kind, *(_number(now[name.format(score)].item(), 3) for score in ("precision", "recall", "f1_score")))
        for kind, name in kinds.items()
        if name.format("f1_score") in now
    ]
    if scores:
        print_table(
            f"{images}{counts}convention {result.attrs['convention']}, found at IoU {result.attrs['iou_threshold']:g}",
            ("", "precision", "recall", "F1"),
            scores,
        )
    if "overall_size_error" in result:
        print_table(
            "Percent errors, mean over types",
            ("", "all defects", "found defects"),
            [(q, *(_number(v, 1) for v in result[f"overall_{q}_error"].values)) for q in ("size", "shape", "density")],
        )
    say(f"Tables and figures: {output}")


def _number(value: float, decimals: int) -> str:
    return "-" if value != value else f"{value:.{decimals}f}"
