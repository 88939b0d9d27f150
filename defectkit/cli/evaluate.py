"""``defectkit evaluate``: from truth and prediction to tables and plots of how far they are apart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from defectkit.cli.analysis_options import Assignment, TypeNames, confirm_option, field_of, pairs
from defectkit.cli.bootstrap_options import bootstrap_of, bootstrap_options, interval_row
from defectkit.cli.boundary import told_with_results
from defectkit.cli.command import Command
from defectkit.cli.console import note, print_table, print_warning, say
from defectkit.cli.image_files import open_images
from defectkit.cli.options import (
    allow_refused_option,
    convention_option,
    crop_option,
    exclude_mask_option,
    format_option,
    frame_option,
    include_overprints_option,
    min_score_option,
    output_option,
    overwrite_option,
    pixel_size_option,
)
from defectkit.cli.params import PluginNameParam
from defectkit.cli.worker_options import Crew, worker_options

if TYPE_CHECKING:
    import xarray

    from defectkit.workflows import EvaluationSide

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
    help="The images of both sides; may be given several times.",
)
@pixel_size_option
@confirm_option
@frame_option
@crop_option
@exclude_mask_option
@include_overprints_option
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
    help="Leave out images of one side only, and list them; otherwise they are an error. Images without a prediction "
    "do not count in recall then.",
)
@click.option(
    "--missing",
    type=click.Choice(["empty", "error"]),
    default="error",
    show_default=True,
    help="What an image of the truth without a prediction means: that nothing was found there, or a mistake.",
)
@allow_refused_option
@click.option(
    "--predicted-types",
    type=TypeNames(),
    metavar="TYPE=TYPE,...",
    default="",
    help="What types of the prediction are called in the truth, for instance defect=loop.",
)
@click.option(
    "--ignore-types", is_flag=True, help="Treat all defects of both sides as one type: only finding is scored."
)
@bootstrap_options
@worker_options
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
    crop: tuple[int, int, int, int] | None,
    exclude_mask: Path | None,
    include_overprints: bool,
    convention_name: str,
    iou_threshold: float | None,
    min_score: float | None,
    metrics: tuple[str, ...],
    allow_partial: bool,
    missing: str,
    allow_refused: bool,
    predicted_types: dict[str, str],
    ignore_types: bool,
    resamples: int,
    confidence: float,
    resampling: str,
    seed: int,
    crew: Crew,
    overwrite: bool,
    output: Path,
) -> None:
    """Compare predicted labels with the truth.

    Writes find.csv (precision, recall and F1 over the IoU threshold), types.csv, confusion.csv, errors.csv (size, shape
    and density of all and of found defects), scores.csv (average precision and all else), pairs.csv, figures as PNG
    and evaluation.zarr. Every figure has an interval, by a bootstrap over images: in intervals.csv and, as X_low and
    X_high, in evaluation.zarr; --resamples 0 leaves them out. Lengths are in nm where the images have a pixel size, by
    --pixel-size or by their files, and in pixels where none has. What lies in burned-in scale bars and information
    strips, outside --crop or in --exclude-mask is not compared. With --metric, only that is computed and only what it
    is needed for is written.
    """
    from defectkit import workflows
    from defectkit.files import output_folder
    from defectkit.formats import Refused, Unpaired
    from defectkit.reports.evaluation import write_evaluation
    from defectkit.workflows.sides import joined_taxonomy, read_side, store_at

    unpaired = Unpaired.LEAVE_OUT if allow_partial else Unpaired.RAISE
    refused = Refused.LEAVE_OUT if allow_refused else Refused.RAISE
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
    with told_with_results():
        sides = [
            read_side(
                path,
                images=images,
                format=own_format or (format_name if store_at(path) is None else None),
                options=pairs(options, f"--{name}-format-option"),
                key=key,
                truth=truth if name == "predicted" and truth.is_file() else None,
                unpaired=unpaired,
                refused=refused,
            )
            for name, (path, own_format, options, key) in given.items()
        ]
    field = field_of(crop=crop, exclude_mask=exclude_mask, include=include_overprints)
    inputs = [*image_paths, truth, predicted, *filter(None, [exclude_mask])]
    with (
        output_folder(output, command="evaluate", inputs=inputs, overwrite=overwrite) as folder,
        crew.at_work() as workers,
    ):
        images = field.of_images(images, sides[0].labels, workers=workers)
        taxonomy = joined_taxonomy(side.taxonomy for side in sides)
        result = workflows.evaluate(
            sides[0].labels,
            sides[1].labels,
            images,
            convention=convention_name,
            iou_threshold=iou_threshold,
            unpaired=unpaired,
            missing=missing,
            refused=refused,
            predicted_types=predicted_types,
            ignore_types=ignore_types,
            min_score=min_score,
            taxonomy=taxonomy,
            metrics=metrics or None,
            bootstrap=bootstrap_of(resamples, confidence, resampling, seed),
            workers=workers,
        )
        for name, side in zip(("truth", "predicted"), sides, strict=True):
            if side.report:
                side.report.to_csv(folder / f"repairs_{name}.csv")
        write_evaluation(result, folder, taxonomy)
    show(result, sides, output)


def show(result: xarray.Dataset, sides: list[EvaluationSide], output: Path) -> None:
    """Print what was left out, what to be careful about, the scores and the errors."""
    for name, side in zip(("truth", "prediction"), sides, strict=True):
        if side.without_image:
            print_warning(f"no image is given for these of the {name}, left out: {', '.join(side.without_image)}")
        if side.report:
            note(f"{name.capitalize()}: {side.report.summary()}")
    for key, said in (
        ("only_in_truth", "only in the truth, left out"),
        ("only_predicted", "only predicted, left out"),
        ("left_out_not_fully_read", "not fully read, left out of all scores"),
        ("capped_images", "the detector reached its largest number of detections in"),
        ("assumed_calibration", "the pixel size is assumed, not measured, of"),
    ):
        if result.attrs[key]:
            print_warning(f"{said}: {', '.join(result.attrs[key])}")
    for text in result.attrs["notes"]:
        print_warning(text)

    now = result.sel(iou_threshold=result.attrs["iou_threshold"]) if "iou_threshold" in result.dims else result
    rows = score_rows(now)
    if rows:
        images = f"{result.sizes['image']} images, " if "image" in result.sizes else ""
        marked = _not_fully_read(result)
        partly = f"{marked} of them not fully read, " if marked else ""
        counts = (
            f"{int(now['n_true'])} true and {int(now['n_predicted'])} predicted defects, " if "n_true" in now else ""
        )
        threshold = f"found at IoU {result.attrs['iou_threshold']:g}"
        title = f"{images}{partly}{counts}convention {result.attrs['convention']}, {threshold}"
        print_table(title, ("", "precision", "recall", "F1"), rows)
    if "overall_size_error" in result:
        print_table(
            "Percent errors, mean over types; in brackets with their sign: + is predicted too large",
            ("", "all defects", "found defects"),
            [row for quantity in ("size", "shape", "density") for row in error_rows(result, quantity)],
        )
    if result.attrs["bootstrap"]:
        note(f"Intervals: {result.attrs['bootstrap']}.")
    say(f"Tables and figures: {output}")


def score_rows(now: xarray.Dataset) -> list[tuple[str, ...]]:
    """Return the rows of scores: of finding and, where both sides share several types, of typing.

    With one type nothing is said by the type of what was found, and without a shared one nothing by any type.
    """
    kinds = {"finding": "find_{}"}
    if len(shared_types(now)) > 1:
        kinds |= {"type of found defects": "overall_type_{}", "finding and typing": "overall_end_to_end_{}"}
    rows = []
    for kind, name in kinds.items():
        names = [name.format(score) for score in ("precision", "recall", "f1_score")]
        if names[-1] in now:
            rows.append((kind, *(_number(now[n].item(), 3) for n in names)))
            rows += interval_row([(now, n) for n in names], 3)
    return rows


def shared_types(result: xarray.Dataset) -> list[str]:
    """Return the types that occur on either side, if any type is on both; else none."""
    occurring = {side: set(result.attrs[f"{side}_types"]) for side in ("true", "predicted")}
    return sorted(occurring["true"] | occurring["predicted"]) if occurring["true"] & occurring["predicted"] else []


def error_rows(result: xarray.Dataset, quantity: str) -> list[tuple[str, ...]]:
    """Return the mean percent error of all and of found defects, each with its sign in brackets, and its interval."""
    unsigned, signed = (result[f"overall_{name}"].values for name in (f"{quantity}_error", f"{quantity}_signed_error"))
    cells = [
        _number(value, 1) + (f" ({sign:+.1f})" if sign == sign else "")
        for value, sign in zip(unsigned, signed, strict=True)
    ]
    ends = [(result.sel(subset=subset), f"overall_{quantity}_error") for subset in ("all", "found")]
    return [(quantity, *cells), *interval_row(ends, 1)]


def _not_fully_read(result: xarray.Dataset) -> int:
    refused = result["image_n_refused_true"].to_numpy() + result["image_n_refused_predicted"].to_numpy()
    return int((refused > 0).sum())


def _number(value: float, decimals: int) -> str:
    return "-" if value != value else f"{value:.{decimals}f}"
