"""Run a detector over images and hold it to its interface."""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Iterator

import attrs
import numpy as np

from defectkit.detectors.interface import Detector
from defectkit.errors import DefectkitError, DetectionCapWarning, DetectorError, RecordError
from defectkit.records.image import Image
from defectkit.records.inputs import Images, each_image
from defectkit.records.prediction import Prediction


def detect(detector: Detector, images: Images) -> Iterator[Prediction]:
    """Yield what ``detector`` finds in each of ``images``, in order, each prediction checked.

    All that runs a detector runs it through here, so a fault of a detector is named where it happens and never
    reaches a table of results.

    Parameters
    ----------
    detector : Detector
    images : iterable or mapping of Image
        Drawn lazily; no image gives no prediction.

    Yields
    ------
    Prediction
        With a note where the pixel size lies outside the range the detector was made for, and where the number of
        detections reached its limit.

    Raises
    ------
    DetectorError
        If the detector fails, skips or swaps an image, or returns instances of the wrong shape, scores that are not in
        [0, 1], types it does not name in its capability, or more detections than its own limit. Detector and image
        are named.

    Warns
    -----
    DetectionCapWarning
        If the largest number of detections was reached.

    Examples
    --------
    >>> from defectkit.detectors.blob import Blob
    >>> list(detect(Blob(), []))
    []
    """
    pending: deque[Image] = deque()
    source = each_image(images)
    predictions = _guarded(detector, source, pending)
    for prediction in predictions:
        if not isinstance(prediction, Prediction):
            raise DetectorError(
                f"detector {detector.name!r} yielded a {type(prediction).__name__}; yield defectkit.Prediction"
            )
        if not pending:
            raise DetectorError(
                f"detector {detector.name!r} yielded a prediction for {prediction.image!r} "
                "without drawing an image for it; yield one prediction per image"
            )
        image = pending.popleft()
        check_prediction(prediction, image, detector)
        yield _annotated(prediction, image, detector)
    left_over = pending[0] if pending else next(source, None)
    if left_over is not None:
        raise DetectorError(
            f"detector {detector.name!r} gave no prediction for image {left_over.name!r}; "
            "an image without a defect needs an empty one"
        )


def check_prediction(prediction: Prediction, image: Image, detector: Detector) -> None:
    """Raise unless ``prediction`` is what ``detector`` may say of ``image``.

    Raises
    ------
    DetectorError
        Naming the detector, the image and the fault.
    """
    capability, instances = detector.capability, prediction.instances
    strange = [name for name in instances.types if name not in capability.types]
    faults = {
        f"names the image {prediction.image!r}: predictions come in the order of the images": (
            prediction.image != image.name
        ),
        f"has the shape {instances.shape}, but the image has {image.shape}": instances.shape != image.shape,
        "has a score that is not in [0, 1]": not bool(
            np.all((instances.scores >= 0) & (instances.scores <= 1))  # NaN compares false
        ),
        f"holds the types {', '.join(strange)}, but the capability names {', '.join(capability.types)}": bool(strange),
        f"holds {len(instances)} detections, but the capability says at most {capability.max_detections}": (
            capability.max_detections is not None and len(instances) > capability.max_detections
        ),
    }
    for fault, is_so in faults.items():
        if is_so:
            raise DetectorError(
                f"detector {detector.name!r}, image {image.name!r}: the prediction {fault}. "
                "This is a fault of the detector: report it to those who wrote it"
            )


def _guarded(detector: Detector, source: Iterator[Image], pending: deque[Image]) -> Iterator[Prediction]:
    """Yield what the detector yields; an error that is not ours becomes one that names detector and image."""
    try:
        yield from detector.predict(_remembered(source, pending))
    except RecordError as error:
        at = f"image {pending[0].name!r}" if pending else "the start"
        raise DetectorError(
            f"detector {detector.name!r}, {at}: {error}. "
            "This is a fault of the detector: report it to those who wrote it"
        ) from error
    except DefectkitError:
        raise
    except Exception as error:
        at = f"image {pending[0].name!r}" if pending else "the start, before it drew an image"
        raise DetectorError(f"detector {detector.name!r} failed at {at}: {type(error).__name__}: {error}") from error


def _remembered(source: Iterator[Image], pending: deque[Image]) -> Iterator[Image]:
    for image in source:
        pending.append(image)
        yield image


def _annotated(prediction: Prediction, image: Image, detector: Detector) -> Prediction:
    capability, notes, capped = detector.capability, list(prediction.notes), prediction.capped
    if capability.max_detections is not None and len(prediction.instances) >= capability.max_detections:
        capped = True
    if capped:
        limit = "its limit" if capability.max_detections is None else f"its limit of {capability.max_detections}"
        note = f"the detector stopped at {limit}: there may be more defects, and densities may be too low"
        notes.append(note)
        warnings.warn(f"detector {detector.name!r}, image {image.name!r}: {note}", DetectionCapWarning, stacklevel=3)
    if image.calibration is not None and not capability.covers(image.calibration.pixel_size_nm):
        size = image.calibration.pixel_size_nm
        low, high = (float(s.magnitude) for s in capability.pixel_size_range or ())
        notes.append(
            f"pixels of {size[0]:g} x {size[1]:g} nm lie outside the {low:g} to {high:g} nm "
            "that the detector was made for"
        )
    if capped == prediction.capped and len(notes) == len(prediction.notes):
        return prediction
    return attrs.evolve(prediction, capped=capped, notes=tuple(notes))
