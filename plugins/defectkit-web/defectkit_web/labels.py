"""Labels: what the page has drawn as a label set, and label sets and files as what the page starts from."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np

from defectkit import Image, Instances, LabelSet, read_labels
from defectkit.datasets import load_dataset
from defectkit.errors import PairingError
from defectkit.formats import Unpaired
from defectkit_web.session import Session


def label_set(session: Session, *, name: str = "labels") -> LabelSet:
    """Return the defects of all images to which something was done; people vouch for them, so they have no scores."""
    drawn = {work.opened.name: without_scores(work.instances) for work in session.started()}
    return LabelSet(name=name, instances=drawn, taxonomy=session.taxonomy())


def images_of(session: Session) -> dict[str, Image]:
    """Return these images."""
    return {work.opened.name: work.image for work in session.started()}


def without_scores(instances: Instances) -> Instances:
    """Return the same defects as labels."""
    n = len(instances)
    return attrs.evolve(instances, scores=np.full(n, np.nan), given_boxes=np.full((n, 4), np.nan))


def read_from(session: Session, source: str) -> Mapping[str, Instances]:
    """Return labels of the images of the folder, by image name.

    Parameters
    ----------
    session : Session
    source : str
        A label file or folder within the open folder, or ``DATASET/LABELS``.

    Raises
    ------
    DefectkitError
        If there is no such thing, it cannot be read, or it speaks of no image of the folder.
    """
    images = {work.opened.name: work.image for work in session.works.values()}
    path = session.folder.inside(source)
    if path.exists() and path != session.folder.path:
        reading = read_labels(path, images=images, unpaired=Unpaired.LEAVE_OUT)
        found: Mapping[str, Instances] = reading.labels.instances
    elif "/" in source and not path.exists():
        dataset, _, key = source.partition("/")
        found = load_dataset(dataset, labels=[key]).labels.instances
    else:
        raise PairingError(f"{source!r} is no label file in the open folder, and no DATASET/LABELS")
    here = {name: instances for name, instances in found.items() if name in images}
    if not here:
        raise PairingError(f"{source} speaks of no image of this folder")
    return here
