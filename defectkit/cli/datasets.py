"""``defectkit datasets``: the catalogue, fetching, checking, and data sets of one's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from defectkit.cli.analysis_options import Assignment, confirm_option, pairs
from defectkit.cli.command import Command
from defectkit.cli.console import note, print_list, print_table, print_warning, say
from defectkit.cli.dataset_options import available_option, mirror_option
from defectkit.cli.options import foil_thickness_option, format_option, json_option, pixel_size_option

if TYPE_CHECKING:
    from defectkit.datasets import CatalogueItem

FAULTS_FOUND = 1
"""Exit status of a check that found something wrong."""


@click.group()
def datasets() -> None:
    """List, fetch, check and add data sets."""


@datasets.command("list", cls=Command, example="defectkit datasets list")
@json_option
def list_datasets(as_json: bool) -> None:
    """List all data sets of the catalogue.

    Those of the registry, those of plugins, and your own (see `datasets add`).
    """
    from defectkit.datasets import Catalogue
    from defectkit.errors import DefectkitError

    catalogue = Catalogue.standard()
    rows = []
    for name in catalogue.names():
        try:
            item = catalogue.find(name)
            labels = ", ".join(item.label_sets())
        except DefectkitError as error:
            print_warning(f"{name}: {error}")
            continue
        expected = item.entry.images.expected
        rows.append((name, item.entry.title, expected, labels, item.entry.licence))
    columns = ("name", "title", "images", "label sets", "licence")
    if as_json:
        say(json.dumps([dict(zip(columns, row, strict=True)) for row in rows], indent=1))
    else:
        print_table("", columns, rows)


@datasets.command(cls=Command, example="defectkit datasets show ti-loops")
@click.argument("name")
@json_option
def show(name: str, as_json: bool) -> None:
    """Show what the catalogue says of a data set."""
    from defectkit.datasets import Catalogue
    from defectkit.datasets.tags import tags_of
    from defectkit.datasets.toml import converter

    item = Catalogue.standard().find(name)
    if as_json:
        say(json.dumps(converter().unstructure(item.entry), indent=1))
        return
    entry = item.entry
    say(f"{entry.name}: {entry.title}\n")
    if entry.description:
        say(f"{entry.description.strip()}\n")
    for what, text in (("licence", entry.licence), ("home", entry.home), ("cite", entry.citation.text)):
        if text:
            say(f"{what:8} {text}")
    if entry.citation.doi:
        say(f"{'doi':8} {entry.citation.doi}")
    say(f"{'source':8} {_source(item)}")
    print_table("Label sets", ("labels", "parent", "annotator", "images", "defects", "by type"), _label_rows(item))
    splits = item.split_table().split
    if splits:
        rows = ((s.name, s.train_labels, s.test_labels, _side(s.train), _side(s.test), s.is_known) for s in splits)
        print_table("Splits", ("split", "train labels", "test labels", "train", "test", "members known"), rows)
    tags = tags_of(name)
    if tags:
        print_table("Tags", ("tag", "means", "digest"), ((t.name, t.labels, t.digest[:12]) for t in tags))


@datasets.command(cls=Command, example="defectkit datasets fetch ti-loops --mirror /data/mirror --available")
@click.argument("name")
@mirror_option
@available_option
def fetch(name: str, mirror: str | None, available: bool) -> None:
    """Fetch all files of a data set into the cache.

    What is there already is checked, not fetched again; what an interrupted call began is completed. DEFECTKIT_DATA
    places the cache. Files that cannot be had are named, with their addresses and the images that need them.
    """
    from defectkit.datasets import Catalogue, fetch_dataset
    from defectkit.datasets.missing_files import USE_AVAILABLE, explain_missing
    from defectkit.datasets.places import data_folder
    from defectkit.errors import FetchError

    inventory = fetch_dataset(name, mirror=mirror)
    if inventory.missing:
        entry = Catalogue.standard().find(name).entry
        message = explain_missing(entry, inventory.missing, entry.labels)
        if not available:
            raise FetchError(message, USE_AVAILABLE)
        print_list(*f"warning: {message.replace(*USE_AVAILABLE)}".split("\n"), style="yellow")
    say(f"{name}: {len(inventory.paths)} files are in {data_folder()}, {len(inventory.missing)} are missing")


@datasets.command(cls=Command, example="defectkit datasets verify out/")
@click.argument("result", type=click.Path(path_type=Path))
@mirror_option
def verify(result: Path, mirror: str | None) -> None:
    """Check that the labels a result was made with are still what they were.

    RESULT is a folder of results, or one of its stores. Each of its lock lines (data set, label version, digest) is
    compared with the labels as they are read now. Ends with status 1 if one does not hold.
    """
    from defectkit.datasets import verify_result

    verdicts = verify_result(result, mirror=mirror)
    rows = ((v.lock.key, v.lock.digest[:12], "holds" if v.holds else "does not hold", v.reason) for v in verdicts)
    print_table("", ("labels", "digest", "", "reason"), rows)
    if not all(v.holds for v in verdicts):
        raise click.exceptions.Exit(FAULTS_FOUND)


@datasets.command(cls=Command, example="defectkit datasets check ti-loops --available")
@click.argument("name")
@click.option(
    "--labels", "keys", multiple=True, metavar="LABELS[@VERSION]", help="Check only these label sets; by default all."
)
@mirror_option
@available_option
@json_option
def check(name: str, keys: tuple[str, ...], mirror: str | None, available: bool, as_json: bool) -> None:
    """Look for mistakes in a data set.

    Images with equal pixels, images without labels and the reverse, labels that were mended, refused or leave their
    frame, categories without a type, sizes that are outliers, pixel sizes against magnification and field of view,
    and counts against the expected. Ends with status 1 if there is a fault.
    """
    import warnings

    import attrs

    from defectkit.datasets import Catalogue, check_dataset, load_dataset
    from defectkit.datasets.health import Severity
    from defectkit.errors import DatasetWarning

    labels = keys or tuple(Catalogue.standard().find(name).label_sets())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DatasetWarning)  # each is a finding below
        findings = check_dataset(load_dataset(name, labels=labels, mirror=mirror, available=available))
    if as_json:
        say(json.dumps([attrs.asdict(f) for f in findings], indent=1))
    elif not findings:
        say(f"{name}: nothing odd was found")
    else:
        rows = ((f.severity, f.check, f.where, f.what) for f in findings)
        print_table(f"{name}: {len(findings)} findings", ("", "check", "where", "what"), rows)
    if any(f.severity is Severity.FAULT for f in findings):
        raise click.exceptions.Exit(FAULTS_FOUND)


@datasets.command(cls=Command, example='defectkit datasets add frames/ --labels via.json --pixel-size "0.25 nm"')
@click.argument("images", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--name", metavar="NAME", help="Name of the data set; by default the name of the folder.")
@click.option("--title", metavar="TEXT", help="Title of the data set; by default the name of the folder.")
@click.option(
    "--licence", default="unknown", show_default=True, metavar="SPDX", help="Licence of the images and labels."
)
@click.option(
    "--labels",
    type=click.Path(path_type=Path),
    metavar="FILE_OR_FOLDER",
    help="File or folder of labels; by default what is found in the folder of images or beside it.",
)
@click.option("--label-set", default="labels", show_default=True, metavar="NAME", help="Name of the label set.")
@format_option
@click.option("--format-option", "format_options", type=Assignment(), multiple=True, help="An option of the format.")
@click.option("--annotator", metavar="NAME", help="Who drew the labels.")
@pixel_size_option
@confirm_option
@foil_thickness_option
@click.option(
    "--allow-refused",
    is_flag=True,
    help="Add labels of which many regions were refused; their images stay marked as not fully read.",
)
def add(
    images: Path,
    name: str | None,
    title: str | None,
    licence: str,
    labels: Path | None,
    label_set: str,
    format_name: str | None,
    format_options: tuple[tuple[str, Any], ...],
    annotator: str | None,
    pixel_size: Any,
    confirm_pixel_size: bool,
    foil_thickness: Any,
    allow_refused: bool,
) -> None:
    """Make a data set of a folder of images and their labels.

    The entry is written to your own catalogue (DEFECTKIT_CATALOGUE places it). The images stay where they are; the
    labels become version 1 of a label set. Further versions come with `defectkit labels add`.
    """
    from defectkit.datasets.adding import add_labels, find_labels, name_of, new_dataset
    from defectkit.formats import OnConflict, Refused

    found = labels if labels is not None else find_labels(images)
    chosen = name or name_of(images.expanduser().resolve())
    with new_dataset(
        images,
        name=chosen,
        title=title,
        licence=licence,
        pixel_size=pixel_size,
        foil_thickness=foil_thickness,
        on_conflict=OnConflict.USE_GIVEN if confirm_pixel_size else OnConflict.RAISE,
    ) as item:
        store = item.store()
        names = store.image_names()
        uncalibrated = [image.name for image in store.images() if image.calibration is None]
        added = None
        if found is not None:
            added = add_labels(
                item,
                found,
                name=label_set,
                label_format=format_name,
                options=pairs(format_options, "--format-option"),
                annotator=annotator,
                refused=Refused.LEAVE_OUT if allow_refused else Refused.RAISE,
            )
    if uncalibrated:
        print_warning(
            f"{len(uncalibrated)} images have no pixel size; give it with --pixel-size, or in calibration.toml"
        )
    say(f"{chosen}: {len(names)} images, entry in {item.entry_folder}")
    if added is None:
        note(f"No labels were found; add some: defectkit labels add {chosen} FILE_OR_FOLDER")
        return
    seal, reading = added
    if reading.report:
        note(f"Labels: {reading.report.summary()}")
    say(f"{chosen}/{seal.key}: {seal.n_defects} defects in {seal.n_images} images, from {found}")


@datasets.command(cls=Command, example="defectkit datasets remove frames")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(name: str, yes: bool) -> None:
    """Remove a data set of your own from the catalogue, with its label sets.

    Its images stay where they are, and so does every file outside your catalogue. Entries of the registry and of
    plugins cannot be removed.
    """
    from defectkit.datasets.removing import files_of_dataset, finish_removal, remove_dataset

    finish_removal(name)
    files = files_of_dataset(name)
    if not yes:
        for path in files:
            note(str(path))
        click.confirm(f"Remove {name} with all versions of its labels?", abort=True, err=True)
    remove_dataset(name)
    say(f"{name} is removed")


def _source(item: CatalogueItem) -> str:
    source = item.entry.source
    return str(getattr(source, "address", getattr(source, "registered", getattr(source, "store", ""))))


def _label_rows(item: CatalogueItem) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for key, version in item.label_sets().items():
        images = version.expected.images if version.expected else None
        defects = version.expected.defects if version.expected else None
        by_type = ", ".join(f"{n} {name}" for name, n in version.expected.by_type.items()) if version.expected else ""
        if item.is_stored:
            seal = item.store().seal(key)
            images, defects = seal.n_images, seal.n_defects
        rows.append((key, version.parent, version.annotator, images, defects, by_type))
    return rows


def _side(counts: Any) -> str:
    return "" if counts is None else f"{counts.images} images, {sum(counts.by_type.values())} defects"
