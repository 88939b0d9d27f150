"""Retraining: whether what a detector learns from a user's images makes it better on images that it has not seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from defectkit.detectors import Detector, ReportedMetric, TrainableDetector, TrainingSet, detect
from defectkit.errors import StudyError
from defectkit.records import Prediction
from defectkit.records.inputs import Images, InstanceSets
from defectkit.splitters import RandomKFold
from defectkit.statistics import Bootstrap
from defectkit.studies.resampleable import evaluate_resampleable
from defectkit.studies.uncertainty import bootstrap, bootstrap_difference

if TYPE_CHECKING:
    import xarray

SCORE = "find_f1_score"
DEFAULT = Bootstrap()


@attrs.frozen(kw_only=True)
class Interval:
    """A value with the ends of its interval."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, result: xarray.Dataset) -> Interval:
        """Return the F1 of finding of a bootstrap, at the IoU threshold of its convention."""
        at = result.sel(iou_threshold=result.attrs["iou_threshold"])
        return cls(**{key: float(at[SCORE + end]) for key, end in (("value", ""), ("low", "_low"), ("high", "_high"))})


@attrs.frozen(kw_only=True)
class Retraining:
    """What a detector gains from images, measured on those that it did not learn from.

    Parameters
    ----------
    current, retrained : Interval
        F1 of finding, over all images.
    gain : Interval
        The difference of the two on the same images.
    n_images, n_folds : int
    """

    current: Interval
    retrained: Interval
    gain: Interval
    n_images: int
    n_folds: int

    @property
    def is_better(self) -> bool:
        """Whether the whole interval of the gain is above zero."""
        return self.gain.low > 0

    def metric(self) -> ReportedMetric:
        """Return the score of the retrained detector as its card states it."""
        where = f"{self.n_images} images, cross-validation in {self.n_folds} folds; current {self.current.value:.3f}"
        return ReportedMetric(name=SCORE, measured_on=where, **attrs.asdict(self.retrained))


def assess_retraining(
    learner: TrainableDetector,  # type: ignore[type-arg]  # whatever its model is
    current: Detector,
    images: Images,
    labels: InstanceSets,
    *,
    n_folds: int = 3,
    seed: int = 0,
    how: Bootstrap = DEFAULT,
    report: Callable[[int, int], None] = lambda done, of: None,
) -> Retraining:
    """Return what training makes better, by cross-validation over images.

    Parameters
    ----------
    learner : TrainableDetector
        Trained once for each fold, on the images of the others.
    current : Detector
        What it is compared with, as it is.
    images : iterable or mapping of Image
    labels : LabelSet, mapping of str to Instances, or iterable of Prediction
        Types play no part: the two may have types of other names.
    n_folds : int
        At most as many as there are images.
    seed : int
        Of the folds.
    how : Bootstrap
        Over the images, the same ones for both.
    report : callable
        Told how many folds are done, and of how many.

    Raises
    ------
    StudyError
        If there are fewer than two images, or two folds.
    """
    whole = TrainingSet(images=images, labels=labels)
    n_folds = min(n_folds, len(whole))
    if n_folds < 2:
        raise StudyError(
            f"retraining: {len(whole)} images in {n_folds} folds; two images and two folds are the least, since a "
            "detector is measured on images that it has not learned from"
        )
    key = whole.labels.key
    found: dict[str, list[Prediction]] = {"current": [], "retrained": []}
    splits = RandomKFold(n_splits=n_folds, seed=seed).split(
        list(whole.images.values()), train_labels=key, test_labels=key
    )
    for done, split in enumerate(splits):
        report(done, n_folds)
        unseen = [whole.images[name] for name in split.test]
        found["retrained"] += detect(learner.fit(whole.only(split.train), None), unseen)
        found["current"] += detect(current, unseen)
    report(n_folds, n_folds)
    truth = {name: whole.labels[name] for name in whole.images}
    before, after = (
        evaluate_resampleable(truth, predictions, whole.images, ignore_types=True) for predictions in found.values()
    )
    gain = bootstrap_difference(before, after, how, statistics=[SCORE])
    return Retraining(
        current=Interval.of(bootstrap(before, how, statistics=[SCORE])),
        retrained=Interval.of(bootstrap(after, how, statistics=[SCORE])),
        gain=Interval.of(gain),
        n_images=len(whole),
        n_folds=n_folds,
    )
