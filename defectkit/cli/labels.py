"""``defectkit labels``: versions of label sets compared, merged, written out, added and tagged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from defectkit.cli.agreement_table import show_agreement
from defectkit.cli.analysis_options import Assignment, pairs
from defectkit.cli.bootstrap_options import bootstrap_of, bootstrap_options
from defectkit.cli.command import Command
from defectkit.cli.console import note, print_table, print_warning, say
from defectkit.cli.dataset_options import (
    LabelReference,
    LabelSource,
    available_option,
    check_same_images,
    load_references,
    mirror_option,
    places_read,
)
from defectkit.cli.options import (
    allow_refused_option,
    convention_option,
    format_option,
    overwrite_option,
    replace_file_option,
)
from defectkit.cli.params import PluginNameParam
from defectkit.cli.worker_options import Crew, worker_options

if TYPE_CHECKING:
    from defectkit.records.inputs import Images
    from defectkit.workflows.analysis import Analysis

optional_output = click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Folder for tables, figures and overlays; without it only the summary is printed.",
)


def check_free(path: Path, *, overwrite: bool) -> None:
    """Raise if a file is at ``path`` that may not be replaced."""
    from defectkit.errors import OutputError
    from defectkit.files import tidy

    tidy(path)
    if path.is_file() and not overwrite:
        raise OutputError(f"{path} is there already; give another name, or --overwrite to replace this file")


@click.group()
def labels() -> None:
    """Compare, merge, export, add and tag versions of label sets."""


@labels.command(cls=Command, example="defectkit labels diff lab/new@1 lab/new@2 -o changes")
@click.argument("before", type=LabelReference())
@click.argument("after", type=LabelReference())
@mirror_option
@available_option
@overwrite_option
@optional_output
def diff(
    before: tuple[str, str],
    after: tuple[str, str],
    mirror: str | None,
    available: bool,
    overwrite: bool,
    output: Path | None,
) -> None:
    """Say what was added, removed, moved, reshaped and retyped between two label sets.

    Writes changes.csv (one row per change), counts.csv (by image and type), changes.png and overlays of what changed.
    """
    from defectkit.datasets.differences import KINDS, diff as compare

    (one, old), (two, new) = load_references((before, after), available=available, mirror=mirror)
    check_same_images(one, two)
    difference = compare(old, new)
    if output is not None:
        from defectkit.files import output_folder
        from defectkit.reports.label_diff import write_diff

        inputs = places_read(one, two)
        with output_folder(output, command="labels diff", inputs=inputs, overwrite=overwrite) as folder:
            locks = (str(one.locks[old.key]), str(two.locks[new.key]))
            notes = list(dict.fromkeys((*one.cautions, *two.cautions)))
            write_diff(difference, old, new, one.images, folder, locks=locks, notes=notes)
    for names, key in ((difference.images_removed, old.key), (difference.images_added, new.key)):
        if names:
            print_warning(f"{len(names)} images are in {key} only, and are not compared")
    for side in (old, new):
        if side.not_fully_read:
            print_warning(
                f"{side.key}: {', '.join(side.not_fully_read)} not fully read, {side.n_refused} regions refused; "
                "labels that seem added or removed there may be those"
            )
    counts = difference.counts()
    title = f"{old.key} to {new.key}: {len(difference.images)} images, {difference.n_unchanged} labels unchanged"
    rows = [(*where, *row) for where, row in zip(counts.index, counts.to_numpy().tolist(), strict=True)]
    rows.append(("all", "all", *difference.totals().values()))
    print_table(title, ("image", "type", *KINDS), rows)
    if output is not None:
        say(f"Tables and figures: {output}")


@labels.command(cls=Command, example="defectkit labels agree ti-loops/old ti-loops/new --available -o agreement")
@click.argument("first", type=LabelReference())
@click.argument("second", type=LabelReference())
@convention_option
@click.option(
    "--iou-threshold",
    type=float,
    metavar="X",
    help="IoU from which on two labels are one defect; by default the convention's.",
)
@bootstrap_options
@click.option(
    "--allow-partial",
    is_flag=True,
    help="Leave out images of one side only, and list them; otherwise they are an error.",
)
@allow_refused_option
@worker_options
@mirror_option
@available_option
@overwrite_option
@optional_output
def agree(
    first: tuple[str, str],
    second: tuple[str, str],
    convention_name: str,
    iou_threshold: float | None,
    resamples: int,
    confidence: float,
    resampling: str,
    seed: int,
    allow_partial: bool,
    allow_refused: bool,
    crew: Crew,
    mirror: str | None,
    available: bool,
    overwrite: bool,
    output: Path | None,
) -> None:
    """Say how far two label sets of the same images agree: the most that a model can be asked for.

    F1 over IoU thresholds, confusion of types, Cohen's kappa on matched pairs, and differences of size and density,
    each with a bootstrap interval over images. Writes them as CSV, as agreement.png, as overlays of what both have and
    what one has alone, and as agreement.zarr with the lock lines of both sets.
    """
    from defectkit.datasets import put_locks
    from defectkit.formats import Refused, Unpaired
    from defectkit.workflows.agreement import agree as compare

    (one, ours), (two, theirs) = load_references((first, second), available=available, mirror=mirror)
    check_same_images(one, two)
    with crew.at_work() as workers:
        result = compare(
            ours,
            theirs,
            one.images,
            convention=convention_name,
            iou_threshold=iou_threshold,
            unpaired=Unpaired.LEAVE_OUT if allow_partial or available else Unpaired.RAISE,
            refused=Refused.LEAVE_OUT if allow_refused else Refused.RAISE,
            bootstrap=bootstrap_of(resamples, confidence, resampling, seed),
            workers=workers,
        )
    result = put_locks(result, (one.locks[ours.key], two.locks[theirs.key]))
    cautions = list(dict.fromkeys((*one.cautions, *two.cautions)))
    result = result.assign_attrs(notes=[*result.attrs.get("notes", []), *cautions])
    if output is not None:
        from defectkit.files import output_folder
        from defectkit.reports.agreement import write_agreement

        inputs = places_read(one, two)
        with output_folder(output, command="labels agree", inputs=inputs, overwrite=overwrite) as folder:
            write_agreement(result, ours, theirs, one.images, folder)
    for side, key in (("first", ours.key), ("second", theirs.key)):
        names = result.attrs[f"only_in_{side}"]
        if names:
            print_warning(f"{len(names)} images are in {key} only, left out: {', '.join(names)}")
    for text in result.attrs["notes"]:
        print_warning(text)
    show_agreement(result)
    if output is not None:
        say(f"Tables and figures: {output}")


@labels.command(cls=Command, example="defectkit labels merge lab/anna@2 lab/ben@1 --name agreed --into lab --keep both")
@click.argument("first", type=LabelReference())
@click.argument("second", type=LabelReference())
@click.option("--name", required=True, metavar="NAME", help="Name of the merged label set.")
@click.option(
    "--keep",
    type=click.Choice(["union", "both", "first"]),
    default="union",
    show_default=True,
    help="Labels of either set, those that both have, or those of the first (the second gives only further images).",
)
@click.option("--into", metavar="DATASET", help="A data set of your own that gets it as a new version.")
@click.option("--export", "path", type=click.Path(path_type=Path), metavar="PATH", help="File to write it to.")
@format_option
@replace_file_option
@mirror_option
@available_option
def merge(
    first: tuple[str, str],
    second: tuple[str, str],
    name: str,
    keep: str,
    into: str | None,
    path: Path | None,
    format_name: str | None,
    overwrite: bool,
    mirror: str | None,
    available: bool,
) -> None:
    """Make one label set of two; what both have is taken from the first.

    The result goes into a data set of your own (--into), to a file (--export with --format), or both.
    """
    from defectkit.datasets import Catalogue
    from defectkit.datasets.adding import add_version
    from defectkit.datasets.merging import merge as join
    from defectkit.files import check_apart
    from defectkit.formats.labels import write_labels

    if into is None and path is None:
        raise click.UsageError("give --into DATASET, --export PATH, or both")
    if path is not None and format_name is None:
        raise click.UsageError("--export needs --format")
    if path is not None:
        check_free(path, overwrite=overwrite)
    (one, ours), (two, theirs) = load_references((first, second), available=available, mirror=mirror)
    check_same_images(one, two)
    if path is not None:
        check_apart(path, places_read(one, two))
    item = None if into is None else Catalogue.standard().find(into)
    version = "1" if item is None else item.store().next_version(name)
    merged = join(ours, theirs, name=name, version=version, keep=keep)
    say(f"{merged.key}: {merged.n_defects} labels of {ours.n_defects} and {theirs.n_defects}")
    if path is not None and format_name is not None:
        report = write_labels(merged, path, format=format_name, images={**two.images, **one.images})
        if report:
            note(f"Not stored by {format_name}: {report.summary()}")
        say(f"written to {path}")
    if item is not None:
        add_version(item, merged)
        say(f"added to {into}")


def analysis_of(folder: Path) -> Analysis:
    """Return the analysis of a folder, or raise with both things that could have been named."""
    from defectkit.errors import StorageError
    from defectkit.workflows.condition import read_analysis

    try:
        return read_analysis(folder)
    except StorageError as error:
        raise StorageError(f"{error}. Name the folder of an analysis, or DATASET/LABELS") from error


EXPORT_EXAMPLE = """
defectkit labels export ti-loops/new@1 --format coco -o new.json --available
defectkit labels export out --format labelme -o to-correct
"""


@labels.command(cls=Command, example=EXPORT_EXAMPLE)
@click.argument("source", type=LabelSource())
@click.option("--format", "format_name", required=True, type=PluginNameParam("label_format"), help="Format to write.")
@click.option("--format-option", "format_options", type=Assignment(), multiple=True, help="An option of the format.")
@click.option(
    "-o",
    "--output",
    "path",
    required=True,
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="File or folder to write.",
)
@replace_file_option
@mirror_option
@available_option
def export(
    source: tuple[str, str] | Path,
    format_name: str,
    format_options: tuple[tuple[str, Any], ...],
    path: Path,
    overwrite: bool,
    mirror: str | None,
    available: bool,
) -> None:
    """Write a label set, or what an analysis found, in any format that holds it.

    FOLDER is one that `analyze` or `measure` wrote: correct what it holds in the program of your choice, then `measure`
    the corrected file, or keep it by `labels add`.

    A format of one file writes PATH as that file; the others make the folder PATH, which must be new or empty.
    """
    from defectkit.files import check_apart
    from defectkit.formats.labels import write_labels

    check_free(path, overwrite=overwrite)
    images: Images
    if isinstance(source, Path):
        from defectkit.records.inputs import as_label_set

        analysis = analysis_of(source)
        found, images, what = as_label_set(analysis.labels or analysis.instances), analysis.images, str(source)
        check_apart(path, [source, *(image.path for image in images if image.path)])
    else:
        ((data, found),) = load_references((source,), available=available, mirror=mirror)
        images, what = data.images, f"{data.name}/{found.key}"
        check_apart(path, places_read(data))
    report = write_labels(
        found, path, format=format_name, images=images, options=pairs(format_options, "--format-option")
    )
    if report:
        note(f"Not stored by {format_name}: {report.summary()}")
    say(f"{what}: {found.n_defects} defects in {len(found)} images, written to {path}")


@labels.command(cls=Command, example="defectkit labels add lab edited.json --set new --annotator Anna")
@click.argument("dataset")
@click.argument("path", type=click.Path(path_type=Path), metavar="FILE_OR_FOLDER")
@click.option(
    "--set", "name", default="labels", show_default=True, metavar="NAME", help="Label set that the version belongs to."
)
@format_option
@click.option("--format-option", "format_options", type=Assignment(), multiple=True, help="An option of the format.")
@click.option("--annotator", metavar="NAME", help="Who drew the labels.")
@click.option("--description", default="", metavar="TEXT", help="Description of this version.")
@click.option("--parent", metavar="LABELS@VERSION", help="What it was made from; by default the version before it.")
@click.option("--allow-partial", is_flag=True, help="Leave out labels without an image; otherwise they are an error.")
@click.option(
    "--allow-refused",
    is_flag=True,
    help="Add labels of which many regions were refused; their images stay marked as not fully read.",
)
def add(
    dataset: str,
    path: Path,
    name: str,
    format_name: str | None,
    format_options: tuple[tuple[str, Any], ...],
    annotator: str | None,
    description: str,
    parent: str | None,
    allow_partial: bool,
    allow_refused: bool,
) -> None:
    """Add a version of a label set to a data set of your own.

    The version is the next number; earlier versions stay as they are.
    """
    from defectkit.datasets import Catalogue
    from defectkit.datasets.adding import add_labels
    from defectkit.formats import Refused, Unpaired

    item = Catalogue.standard().find(dataset)
    seal, reading = add_labels(
        item,
        path,
        name=name,
        label_format=format_name,
        options=pairs(format_options, "--format-option"),
        annotator=annotator,
        description=description,
        parent=parent,
        unpaired=Unpaired.LEAVE_OUT if allow_partial else Unpaired.RAISE,
        refused=Refused.LEAVE_OUT if allow_refused else Refused.RAISE,
    )
    if reading.without_image:
        print_warning(f"no image is there for these, left out: {', '.join(reading.without_image)}")
    if reading.report:
        note(f"Labels: {reading.report.summary()}")
    say(f"{dataset}/{seal.key}: {seal.n_defects} defects in {seal.n_images} images, sha256:{seal.digest}")


@labels.command(cls=Command, example="defectkit labels tag lab/new@2 submitted")
@click.argument("reference", type=LabelReference())
@click.argument("tag")
@mirror_option
def tag(reference: tuple[str, str], tag: str, mirror: str | None) -> None:
    """Give a version a second name that never moves.

    `defectkit labels tag lab/new@2 submitted` makes lab/new@submitted mean lab/new@2.
    """
    from defectkit.datasets.tags import add_tag

    ((data, labels),) = load_references((reference,), available=False, mirror=mirror)
    made = add_tag(data.name, labels.key, tag, digest=labels.digest())
    say(f"{data.name}/{made.name} means {data.name}/{made.labels}, sha256:{made.digest}")
