"""``defectkit train``: from labelled images to a saved detector."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from defectkit.cli.command import Command
from defectkit.cli.console import note, say

if TYPE_CHECKING:
    from defectkit.detectors import Detector

EXAMPLE = """
defectkit train train.toml -o model
"""

KEYS = ("detector", "options", "data", "labels", "split", "validation_fraction", "validation", "seed")


@click.command(cls=Command, example=EXAMPLE)
@click.argument("config", type=click.Path(path_type=Path), metavar="CONFIG.toml")
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="MODEL",
    help="Folder for the model; it must be new or empty.",
)
def train(config: Path, output: Path) -> None:
    """Train a detector and save it.

    The file names the `detector` and its `options`, the data as a study does (`[data]`), the `labels` (name@version),
    and perhaps a `split` of the data set whose train side is to be learned from, a `validation_fraction` of the images
    to hold back and the `seed` of that choice, or the names of those images as `validation`.
    """
    from defectkit.errors import DetectorError, OutputError, StudyError
    from defectkit.files import check_apart, new_folder
    from defectkit.studies import train_detector
    from defectkit.studies.toml import data_paths, read_data, read_toml
    from defectkit.workflows import make_detector

    table: dict[str, Any] = read_toml(config)
    strange = sorted(set(table) - set(KEYS))
    missing = [key for key in ("detector", "data", "labels") if key not in table]
    if strange or missing:
        raise StudyError(
            f"{config}: {', '.join([*(f'{k} is unknown' for k in strange), *(f'{k} is missing' for k in missing)])}; "
            f"it takes {', '.join(KEYS)}"
        )
    detector: Detector = make_detector(table["detector"], options=table.get("options"))
    if not detector.capability.is_trainable:
        raise DetectorError(f"detector {detector.name!r} cannot be trained; choose one that can (`defectkit plugins`)")
    target = output.expanduser().resolve()
    check_apart(target, data_paths(table["data"], where=config))
    fitted: Detector | None = None
    try:
        with new_folder(target) as made:
            data = read_data(table["data"], [table["labels"]], where=config)
            labels = data.labels(table["labels"])
            names = data.split(table["split"]).train if "split" in table else labels.images
            start = time.perf_counter()
            fitted = train_detector(
                detector,
                [data.images[name] for name in names],
                labels,
                validation_fraction=table.get("validation_fraction", 0.0),
                validation=table.get("validation", ()),
                seed=table.get("seed", 0),
            )
            note(f"{len(names)} images of {labels.key}: trained in {time.perf_counter() - start:.0f} s")
            fitted.save(made)
    except OutputError as error:
        if fitted is None:
            raise
        rescued = _rescued(fitted)
        raise OutputError(f"{error}. The trained model is in {rescued}; move it" if rescued else str(error)) from error
    say(f"Model: {target} (types {', '.join(fitted.capability.types)})")


def _rescued(fitted: Detector) -> Path | None:
    """Save a trained model among the temporary files, where its own place cannot be written; None if that fails."""
    from defectkit.errors import OutputError

    try:
        place = Path(tempfile.mkdtemp(prefix="defectkit-model-"))
        fitted.save(place)
    except (OSError, OutputError):
        return None
    return place
