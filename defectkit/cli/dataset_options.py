"""What ``datasets`` and ``labels`` share: options on where files come from, and references to label sets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from defectkit.errors import PairingError

if TYPE_CHECKING:
    from defectkit.datasets import Dataset
    from defectkit.records import LabelSet

mirror_option = click.option(
    "--mirror",
    metavar="FOLDER_OR_ADDRESS",
    help="Folder or address that is tried before the network; by default DEFECTKIT_MIRROR.",
)

available_option = click.option(
    "--available",
    is_flag=True,
    help="Continue with the files that are available, and say so in the result; otherwise a missing file is an error.",
)


class LabelReference(click.ParamType):  # type: ignore[type-arg]  # generic only since click 8.4, and older ones do
    """Text ``DATASET/LABELS`` or ``DATASET/LABELS@VERSION`` to the two parts."""

    name = "label set"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Return data set and label set, or end with a usage error."""
        dataset, slash, labels = str(value).partition("/")
        if not dataset or not slash or not labels or "/" in labels:
            self.fail(f"{value!r} is not DATASET/LABELS or DATASET/LABELS@VERSION, such as ti-loops/new@1", param, ctx)
        return dataset, labels

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return what the help shows in place of the value."""
        return "DATASET/LABELS[@VERSION]"


class LabelSource(LabelReference):
    """A label set as :class:`LabelReference` has it, or the folder or store of an analysis."""

    name = "label set or folder"

    def convert(  # type: ignore[override]  # one of two kinds
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str] | Path:
        """Return data set and label set, or the path of an analysis, or end with a usage error."""
        path = Path(value)
        if "/" not in str(value) or path.exists():
            return path
        return super().convert(value, param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return what the help shows in place of the value."""
        return "DATASET/LABELS[@VERSION]|FOLDER"


def load_references(
    references: tuple[tuple[str, str], ...], *, available: bool, mirror: str | Path | None
) -> list[tuple[Dataset, LabelSet]]:
    """Load label sets, each with its data set; a data set that several are of is loaded once."""
    from defectkit.datasets import Catalogue, load_dataset

    catalogue = Catalogue.standard()
    asked: dict[str, list[str]] = {}
    for dataset, labels in references:
        asked.setdefault(dataset, []).append(labels)
    loaded = {
        dataset: load_dataset(dataset, labels=keys, available=available, mirror=mirror, catalogue=catalogue)
        for dataset, keys in asked.items()
    }
    return [
        (loaded[dataset], loaded[dataset].label_sets[catalogue.find(dataset).resolve(labels)])
        for dataset, labels in references
    ]


def places_read(*datasets: Dataset) -> list[Path]:
    """Return where data sets lie: the cache, the user's own catalogue, and the files of their images."""
    from defectkit.datasets.places import data_folder, own_catalogue

    sources = [image.source for dataset in datasets for image in dataset.images.values()]
    files = {path for source in sources if isinstance(path := getattr(source, "path", None), Path)}
    return [data_folder(), own_catalogue(), *sorted(files)]


def check_same_images(first: Dataset, second: Dataset) -> None:
    """Raise unless images that two data sets call alike have equal pixels.

    Raises
    ------
    PairingError
        If two images of one name differ, or there is none in common.
    """
    if first is second:
        return
    shared = sorted(set(first.images) & set(second.images))
    if not shared:
        raise PairingError(f"{first.name} and {second.name} have no image in common")
    for name in shared:
        if first.images[name].digest() != second.images[name].digest():
            raise PairingError(f"image {name!r} is not the same in {first.name} and in {second.name}")
