"""Adding: a data set of one's own from a folder of images, and further versions of its labels."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs

from defectkit.datasets.catalogue import Catalogue, CatalogueItem
from defectkit.datasets.entry import FORMAT, Citation, DatasetEntry
from defectkit.datasets.own_entry import OwnEntry
from defectkit.datasets.places import own_catalogue
from defectkit.datasets.sources import StoreSource
from defectkit.datasets.toml import to_toml
from defectkit.errors import CatalogueError, LabelReadError, SealedError
from defectkit.files import locked, write_text, writing
from defectkit.formats.images.calibrating import OnConflict
from defectkit.formats.images.reading import read_images
from defectkit.formats.interface import LabelFormat, LabelReading
from defectkit.formats.labels import Unpaired, read_labels
from defectkit.formats.lookup import recognized_format
from defectkit.formats.refusals import Refused
from defectkit.records import Image, LabelSet
from defectkit.storage import Store
from defectkit.storage.sets import Seal
from defectkit.units import QuantityLike


def add_dataset(
    images: str | Path,
    *,
    name: str | None = None,
    title: str | None = None,
    licence: str = "unknown",
    pixel_size: QuantityLike | None = None,
    foil_thickness: QuantityLike | None = None,
    on_conflict: OnConflict | str = OnConflict.RAISE,
    catalogue: Catalogue | None = None,
) -> CatalogueItem:
    """Make an entry in the user's own catalogue for a folder of images; the images stay where they are.

    Parameters
    ----------
    images : str or pathlib.Path
        The folder. Pixel sizes are those of the files' tags or of a calibration table in the folder, unless given.
    name : str, optional
        The name of the folder unless given, in lower case with ``-``.
    title : str, optional
        The name of the folder unless given.
    licence : str
    pixel_size, foil_thickness : str or pint.Quantity, optional
        Of all images.
    on_conflict : OnConflict
        As of :func:`defectkit.formats.read_images`.
    catalogue : Catalogue, optional
        What names are taken in; the standard one unless given.

    Returns
    -------
    CatalogueItem

    Raises
    ------
    CatalogueError
        If the name is taken, or none can be made of the folder's.
    EmptyInputError
        If there is no image.
    OutputError
        If the catalogue cannot be written.
    """
    chosen = name or name_of(Path(images).expanduser().resolve())
    with new_dataset(
        images,
        name=chosen,
        title=title,
        licence=licence,
        pixel_size=pixel_size,
        foil_thickness=foil_thickness,
        on_conflict=on_conflict,
        catalogue=catalogue,
    ):
        pass
    return (catalogue or Catalogue.standard()).find(chosen)


@contextmanager
def new_dataset(
    images: str | Path,
    *,
    name: str,
    title: str | None = None,
    licence: str = "unknown",
    pixel_size: QuantityLike | None = None,
    foil_thickness: QuantityLike | None = None,
    on_conflict: OnConflict | str = OnConflict.RAISE,
    catalogue: Catalogue | None = None,
) -> Iterator[CatalogueItem]:
    """Give a data set that is in no catalogue yet; it is in the user's own when the block ends well, and else nowhere.

    Labels that are added to it in the block come with it or not at all. The parameters are those of
    :func:`add_dataset`, and so are the errors.
    """
    folder = Path(images).expanduser().resolve()
    home = own_catalogue() / "datasets"
    entry = DatasetEntry(
        format=FORMAT,
        name=name,
        title=title or folder.name,
        licence=licence,
        citation=Citation(text="unpublished"),
        source=StoreSource(store=f"{name}.zarr"),
    )
    opened = read_images(folder, pixel_size=pixel_size, foil_thickness=foil_thickness, on_conflict=on_conflict)
    parts = OwnEntry(home=home, name=name)
    busy = f"another run is adding or removing the data set {name!r}; wait for it"
    with writing(home), locked(parts.lock, timeout_s=0, busy=busy):
        parts.finish_killed()
        if name in (catalogue or Catalogue.standard()).names():
            raise CatalogueError(f"there is a data set {name!r} already; choose another name (--name)")
        if os.path.lexists(parts.store):
            raise CatalogueError(f"{parts.store} is there, without an entry; move it away, or choose another name")
        try:
            Store.create(parts.adding_store).refer_to_images(opened.values())
            begun = attrs.evolve(entry, source=StoreSource(store=parts.adding_store.name))
            yield CatalogueItem(entry=begun, folder=own_catalogue())
            write_text(parts.adding, to_toml(entry))
            parts.adding_store.rename(parts.store)
            parts.adding.rename(parts.entry)
        except BaseException:
            parts.finish_killed()
            raise


def add_labels(
    item: CatalogueItem,
    labels: str | Path,
    *,
    name: str = "labels",
    label_format: LabelFormat | str | None = None,
    options: Mapping[str, Any] | None = None,
    annotator: str | None = None,
    description: str = "",
    parent: str | None = None,
    unpaired: Unpaired | str = Unpaired.RAISE,
    refused: Refused | str = Refused.RAISE,
) -> tuple[Seal, LabelReading]:
    """Add a version of a label set to a data set of one's own, from label files.

    Parameters
    ----------
    item : CatalogueItem
    labels : str or pathlib.Path
        A file or folder.
    name : str
        Of the label set. The version is the next number.
    label_format : LabelFormat or str, optional
        Found by looking at the files unless given.
    options : mapping, optional
        Of the format.
    annotator, description : str, optional
    parent : str, optional
        The ``name@version`` that it was made from; the version before it unless given.
    unpaired : Unpaired
        What happens to labels without an image.
    refused : Refused
        What happens if too many regions were refused, see :func:`~defectkit.formats.labels.read_labels`.

    Returns
    -------
    Seal, LabelReading
        What was sealed, and how it was read.

    Raises
    ------
    SealedError
        If nothing is different from the version before.
    LabelReadError, PairingError
        If the labels cannot be read, or belong to other images.
    """
    store = item.store()
    images: dict[str, Image] = {image.name: image for image in store.images()}
    version = store.next_version(name)
    before = f"{name}@{int(version) - 1}" if version != "1" else None
    reading = read_labels(
        labels,
        images=images,
        format=label_format,
        options=options,
        name=name,
        version=version,
        unpaired=unpaired,
        refused=refused,
    )
    made = attrs.evolve(reading.labels, annotator=annotator, description=description, parent=parent or before)
    return add_version(item, made), reading


def add_version(item: CatalogueItem, labels: LabelSet) -> Seal:
    """Add a label set to a data set of one's own, as the next version of its name.

    Parameters
    ----------
    item : CatalogueItem
    labels : LabelSet

    Raises
    ------
    SealedError
        If nothing is different from the version before, or the version is taken.
    PairingError
        If the labels are of other images.
    """
    store = item.store()
    before = f"{labels.name}@{int(store.next_version(labels.name)) - 1}"
    if before in store.label_sets() and store.seal(before).digest == labels.digest():
        store.sweep()  # a run that was killed when it had sealed this version may have left its staging area
        raise SealedError(f"nothing is different from {item.entry.name}/{before}; no version was added")
    return store.add_labels(labels)


def find_labels(folder: str | Path) -> Path | None:
    """Return the labels that lie in a folder of images, or in a folder beside it; None if there are none.

    Raises
    ------
    LabelReadError
        If there are several.
    """
    place = Path(folder).expanduser().resolve()
    beside = [p for p in place.parent.iterdir() if p.is_dir() and p.name.casefold() in _LABEL_FOLDERS and p != place]
    candidates = [*(p for p in sorted(place.iterdir()) if p.is_dir() or p.suffix.lower() == ".json"), *sorted(beside)]
    found = [p for p in candidates if _is_recognized(p)]
    if not found and _is_recognized(place):
        return place
    if len(found) > 1:
        raise LabelReadError(f"{place}: several may be its labels: {', '.join(map(str, found))}. Name one (--labels)")
    return found[0] if found else None


def name_of(folder: Path) -> str:
    """Return a name for a data set made of that of its folder.

    Raises
    ------
    CatalogueError
        If nothing is left of it.

    Examples
    --------
    >>> name_of(Path("/data/My Frames (2022)"))
    'my-frames-2022'
    """
    name = re.sub(r"[^a-z0-9]+", "-", folder.name.casefold()).strip("-")
    if not name:
        raise CatalogueError(f"no name can be made of {folder.name!r}; give one (--name)")
    return name


_LABEL_FOLDERS = {"labels", "label", "annotations", "masks"}


def _is_recognized(path: Path) -> bool:
    try:
        recognized_format(path)
    except LabelReadError:
        return False
    return True
