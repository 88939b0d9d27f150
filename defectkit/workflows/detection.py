"""Detection: what a detector finds in images, with what is burned into them, here or by processes elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Sequence
from contextlib import closing
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from defectkit.errors import WorkersError
from defectkit.parallel import Executor, Workers
from defectkit.records.exclusion import Exclusion
from defectkit.records.image import ArrayPixels, Image
from defectkit.records.json import to_json
from defectkit.records.prediction import Prediction
from defectkit.workflows.checkpoint import Checkpoint
from defectkit.workflows.fields import FieldRule
from defectkit.workflows.results import Progress, silent
from defectkit.workflows.versions import distributions_of, versions

if TYPE_CHECKING:
    from defectkit.detectors import Detector

IMAGES_OF_A_TASK = 8
"""Images that a process takes at a time: some seconds of detection, beside which handing over takes no time."""


@attrs.frozen(kw_only=True, eq=False)
class Found:
    """What was found in one image.

    Parameters
    ----------
    prediction : Prediction, optional
        None where it was kept in the checkpoint by the process that found it.
    excluded : tuple of Exclusion
        The places of the image that do not count.
    digest : str
        Of all of the image that a prediction may depend on; empty without a checkpoint.
    """

    prediction: Prediction | None
    excluded: tuple[Exclusion, ...]
    digest: str


def find_defects(
    detector: Detector,
    images: Sequence[Image],
    field: FieldRule,
    checkpoint: Checkpoint | None,
    *,
    progress: Progress = silent,
    workers: Workers = 1,
) -> tuple[dict[str, Prediction], tuple[Image, ...]]:
    """Return the predictions by image, and the images with what is burned into them; pixels are read once.

    Parameters
    ----------
    detector : Detector
    images : sequence of Image
    field : FieldRule
    checkpoint : Checkpoint, optional
        Keeps each prediction as soon as it is made.
    progress : callable
    workers : int or Executor
        With an executor, its processes detect, and keep predictions in the checkpoint themselves. Threads do not:
        a detector is not asked to be safe for them.

    Raises
    ------
    WorkersError
        If there is an executor and no checkpoint, or a process lacks what is needed.
    DetectorError
        If the detector fails or breaks its interface.
    """
    if not isinstance(workers, Executor):
        found = _found_here(detector, images, field, checkpoint, progress)
    elif checkpoint is None:
        raise WorkersError("other processes write predictions into a folder: say which, unfinished=FOLDER")
    else:
        found = _found_elsewhere(detector, images, field, checkpoint, progress, workers)
    counted = tuple(attrs.evolve(image, excluded=found[image.name].excluded) for image in images)
    return {name: _prediction(name, each, checkpoint) for name, each in found.items()}, counted


def _prediction(image: str, found: Found, checkpoint: Checkpoint | None) -> Prediction:
    if found.prediction is not None:
        return found.prediction
    kept = None if checkpoint is None else checkpoint.get(image, found.digest)
    if kept is None:
        raise WorkersError(
            f"image {image!r}: a process kept its prediction, but it is not in {checkpoint and checkpoint.folder}. "
            "All processes have to see one folder; name one on a file system that they share"
        )
    return kept


def _found_here(
    detector: Detector,
    images: Sequence[Image],
    field: FieldRule,
    checkpoint: Checkpoint | None,
    progress: Progress,
) -> dict[str, Found]:
    from defectkit.detectors import detect
    from defectkit.detectors.tiling import WHOLE_BYTES

    done: dict[str, Prediction] = {}
    digests: dict[str, str] = {}
    excluded: dict[str, tuple[Exclusion, ...]] = {}

    def to_do() -> Generator[Image, None, None]:
        for image in progress(images, "detecting", len(images)):
            large = image.reads_boxes and image.shape[0] * image.shape[1] * image.dtype.itemsize > WHOLE_BYTES
            loaded = image if large else attrs.evolve(image, source=ArrayPixels(array=image.pixels))
            excluded[image.name] = field.without_overprints(loaded).excluded
            if checkpoint is None:
                yield loaded
                continue
            digests[image.name] = image_digest(loaded)
            kept = checkpoint.get(image.name, digests[image.name])
            if kept is None:
                yield loaded
            else:
                done[image.name] = kept

    with closing(to_do()) as pending:
        for prediction in detect(detector, pending):
            if checkpoint is not None:
                checkpoint.put(prediction, digests[prediction.image])
            done[prediction.image] = prediction
    return {
        image.name: Found(
            prediction=done[image.name], excluded=excluded[image.name], digest=digests.get(image.name, "")
        )
        for image in images
    }


def _found_elsewhere(
    detector: Detector,
    images: Sequence[Image],
    field: FieldRule,
    checkpoint: Checkpoint,
    progress: Progress,
    executor: Executor,
) -> dict[str, Found]:
    used = distributions_of([detector, *(image.source for image in images)])
    executor.check(versions(*used, ("onnxruntime", metadata.version("onnxruntime"))), folder=checkpoint.cells.folder)
    task = DetectionTask(
        kind=type(detector), saved=checkpoint.keep_detector(detector), field=field, checkpoint=checkpoint
    )
    results = executor.map_blocks(task, images, block=IMAGES_OF_A_TASK)
    with closing(results):
        return {
            image.name: found for image, found in zip(images, progress(results, "detecting", len(images)), strict=True)
        }


@attrs.frozen(kw_only=True, eq=False)
class DetectionTask:
    """What a process does with a block of images: it reads them, finds defects, and keeps what it found.

    Parameters
    ----------
    kind : type
        The class of the detector.
    saved : pathlib.Path
        The folder that the detector was saved in.
    field : FieldRule
    checkpoint : Checkpoint
    """

    kind: type[Detector]
    saved: Path
    field: FieldRule
    checkpoint: Checkpoint

    def __call__(self, images: Sequence[Image]) -> list[Found]:
        """Return for each image the places that do not count and the digest by which its prediction is kept."""
        detector = _loaded(self.kind, self.saved)
        found = _found_here(detector, images, self.field, self.checkpoint, silent)
        return [attrs.evolve(found[image.name], prediction=None) for image in images]


@cache
def _loaded(kind: type[Detector], folder: Path) -> Detector:
    return kind.load(folder)


def image_digest(image: Image) -> str:
    """Return a digest of all of an image that a prediction may depend on."""
    parts = (image.name, image.digest(), to_json(image.required_calibration()), to_json(image.specimen))
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
