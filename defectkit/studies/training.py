"""Training: fit a detector to images, with some of them held back to watch it by."""

from __future__ import annotations

from collections.abc import Sequence

from defectkit.detectors import Detector, TrainingSet
from defectkit.errors import SplitError
from defectkit.records.inputs import Images, InstanceSets
from defectkit.splitters import LeaveFractionOut


def training_sides(
    images: Images,
    labels: InstanceSets,
    *,
    validation_fraction: float = 0.0,
    validation: Sequence[str] = (),
    seed: int = 0,
) -> tuple[TrainingSet, TrainingSet | None]:
    """Return what to learn from and what to watch the learning by.

    Parameters
    ----------
    images : iterable or mapping of Image
        Of the train side, each in ``labels``.
    labels : LabelSet, mapping of str to Instances, or iterable of Prediction
    validation_fraction : float
        Part of the images to hold back; 0 for none. Images that belong together stay together.
    validation : sequence of str
        The names of the images to hold back, instead of a fraction.
    seed : int
        Of the choice.

    Returns
    -------
    training : TrainingSet
    validation : TrainingSet or None

    Raises
    ------
    SplitError
        If so many cannot be held back, or a fraction is given beside names.
    PairingError, EmptyInputError
        If an image has no labels, or there is no image.

    Examples
    --------
    >>> from defectkit.testing.synthetic import synthetic_dataset
    >>> images, labels = synthetic_dataset(0, 4, shape=(32, 32), counts={"bdot": 1})
    >>> training, validation = training_sides(list(images.values()), labels, validation_fraction=0.25)
    >>> len(training), len(validation)
    (3, 1)
    """
    whole = TrainingSet(images=images, labels=labels)
    if validation:
        if validation_fraction:
            raise SplitError("images to hold back are given by name and as a fraction; give one of the two")
        held_back = whole.only(validation)
        return whole.only([name for name in whole.images if name not in held_back.images]), held_back
    if validation_fraction == 0:
        return whole, None
    splitter = LeaveFractionOut(fraction=validation_fraction, n_repeats=1, seed=seed)
    (split,) = splitter.split(list(whole.images.values()), train_labels=whole.labels.key, test_labels=whole.labels.key)
    return whole.only(split.train), whole.only(split.test)


def train_detector(
    detector: Detector,
    images: Images,
    labels: InstanceSets,
    *,
    validation_fraction: float = 0.0,
    validation: Sequence[str] = (),
    seed: int = 0,
) -> Detector:
    """Return a detector fitted to images and their labels.

    Parameters
    ----------
    detector : Detector
        A trainable one.
    images, labels, validation_fraction, validation, seed
        As for :func:`training_sides`.

    Raises
    ------
    DetectorError
        If the detector cannot be trained, or not on this.
    """
    training, watched = training_sides(
        images, labels, validation_fraction=validation_fraction, validation=validation, seed=seed
    )
    return detector.fit(training, watched)
