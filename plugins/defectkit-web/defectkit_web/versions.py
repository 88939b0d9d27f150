"""Versions: what the page has drawn, as a new sealed version in a data set of the user's own."""

from __future__ import annotations

import csv
import io
import os
from typing import Any

import attrs

from defectkit import Image, LabelSet, diff
from defectkit.datasets import Catalogue, CatalogueItem, add_dataset, add_version
from defectkit.errors import EmptyInputError, OutputError, PairingError
from defectkit.files import write_text
from defectkit.formats import OnConflict
from defectkit_web.labels import label_set, without_scores
from defectkit_web.session import Session

TABLE = "calibration.csv"


def save_version(session: Session, *, dataset: str, name: str, annotator: str, description: str = "") -> dict[str, Any]:
    """Add a version to a data set, which is made of the open folder where there is none of that name.

    Where a label set has no version yet, what a detector found is sealed as its first one, so that the correction has
    a parent and the difference is what people changed.

    Returns
    -------
    dict
        ``key``, ``parent``, ``digest``, ``n_images``, ``n_defects`` and ``diff``, ready for JSON.

    Raises
    ------
    EmptyInputError
        If nothing was done to any image.
    SealedError
        If nothing is different from the version before.
    PairingError
        If the data set has an image of a name in the folder that lies elsewhere.
    DefectkitError
        If the data set is published by others, or cannot be made or written.
    """
    if not session.started():
        raise EmptyInputError("nothing was found or drawn in any image yet, so there is nothing to save")
    _write_calibrations(session)
    item = _item(session, dataset)
    store = item.store()
    known = {image.name: image for image in store.images()}
    drawn = label_set(session, name=name)
    _check_same(session, known)
    new = {work.opened.name: work.image for work in session.started() if work.opened.name not in known}
    if new:
        store.refer_to_images(new)
    parent = None if store.next_version(name) == "1" else f"{name}@{int(store.next_version(name)) - 1}"
    if parent is None:
        parent = _seal_starts(session, item, drawn)
    before = None if parent is None else store.labels(parent)
    kept = {} if before is None else before.instances
    made = attrs.evolve(
        drawn,
        version=store.next_version(name),
        instances={**kept, **drawn.instances},
        taxonomy=drawn.taxonomy if before is None else drawn.taxonomy.with_types(before.types),
        annotator=annotator,
        description=description,
        parent=parent,
    )
    seal = add_version(item, made)
    same = None if before is None else {image: made.instances[image] for image in before.instances}
    changes = None if before is None or same is None else diff(before, attrs.evolve(made, instances=same)).totals()
    return {
        "dataset": dataset,
        "key": seal.key,
        "parent": parent,
        "digest": seal.digest,
        "n_images": seal.n_images,
        "n_defects": seal.n_defects,
        "diff": changes,
    }


def _item(session: Session, dataset: str) -> CatalogueItem:
    if dataset in Catalogue.standard().names():
        return Catalogue.standard().find(dataset)
    return add_dataset(session.folder.path, name=dataset, on_conflict=OnConflict.USE_GIVEN)


def _check_same(session: Session, known: dict[str, Image]) -> None:
    for work in session.started():
        other = known.get(work.opened.name)
        if other is not None and other.path is not None and other.path.resolve() != work.opened.path:
            raise PairingError(
                f"the data set has an image {other.name!r} already, which lies in {other.path.parent}; "
                "give another data set, or rename the image"
            )


def _seal_starts(session: Session, item: CatalogueItem, drawn: LabelSet) -> str | None:
    """Seal what detectors found, if they did in every image, and return its key."""
    starts = {work.opened.name: work.start() for work in session.started()}
    found = {name: start for name, start in starts.items() if start is not None}
    corrected = any(work.is_corrected for work in session.started())
    if len(found) < len(starts) or not corrected:
        return None
    origins = ", ".join(dict.fromkeys(origin for origin, _ in found.values()))
    types = [t for _, instances in found.values() for t in instances.types]
    first = attrs.evolve(
        drawn,
        version="1",
        instances={name: without_scores(instances) for name, (_, instances) in found.items()},
        taxonomy=drawn.taxonomy.with_types(types),
        annotator=origins,
        description="as found, before anybody corrected it",
    )
    return add_version(item, first).key


def _write_calibrations(session: Session) -> None:
    """Write the pixel sizes that were given on the page beside the images, where every command finds them."""
    given = [work for work in session.started() if work.entry.pixel_size or work.entry.foil_thickness]
    if not given:
        return
    path = session.folder.path / TABLE
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("name", "pixel_size", "foil_thickness"))
    for work in given:
        calibration = work.image.required_calibration()
        thickness = calibration.foil_thickness
        size = f"{calibration.pixel_size_nm[0]!r} nm"
        writer.writerow((work.opened.name, size, "" if thickness is None else f"{float(thickness.magnitude)!r} nm"))
    if any(os.path.lexists(session.folder.path / other) for other in ("calibration.toml", TABLE)):
        if path.is_file() and path.read_text(encoding="utf-8") == text.getvalue():
            return
        raise OutputError(
            f"{session.folder.path} has a table of calibrations already, which is left as it is; add the pixel sizes "
            f"that were given on the page to it: {'; '.join(text.getvalue().splitlines()[1:])}"
        )
    write_text(path, text.getvalue())
