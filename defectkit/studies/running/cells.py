"""Cells: what a study consists of. A cell of predictions is trained once, however often it is evaluated."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from defectkit.conventions import Convention
from defectkit.detectors import Detector
from defectkit.errors import StudyError
from defectkit.hooks.options import misfit
from defectkit.records.image import Image
from defectkit.records.split import Split
from defectkit.splitters import Relation, check_split, make_splits
from defectkit.studies.data import StudyData
from defectkit.studies.running.digests import (
    DETECTING,
    EVALUATING,
    UNITS,
    code_digest,
    digest_of,
    image_digest,
    labels_digest,
)
from defectkit.studies.study import DetectorChoice, SplitChoice, Study
from defectkit.workflows.detectors import make_detector
from defectkit.workflows.evaluate import IOU_THRESHOLDS
from defectkit.workflows.versions import versions


@attrs.frozen(kw_only=True, eq=False)
class PredictionCell:
    """One detector, trained with one seed on one side of one split, and run on the other.

    Parameters
    ----------
    key : str
        A digest of all that its predictions depend on.
    split : Split
    splits_label : str
        Of the choice that the split comes from.
    choice : DetectorChoice
    seed : int
    options : mapping of str to Any
        Of the detector, the seed among them where it takes one.
    is_trained : bool
        Whether the detector learns from the train side.
    """

    key: str
    split: Split
    splits_label: str
    choice: DetectorChoice
    seed: int
    options: Mapping[str, Any]
    is_trained: bool

    def detector(self) -> Detector:
        """Return the detector before training."""
        return make_detector(self.choice.detector, options=self.options)

    def __str__(self) -> str:
        learned = f", trained on {self.split.train_labels}" if self.is_trained else ""
        return f"{self.splits_label}, {self.split.name}, {self.choice.label}, seed {self.seed}{learned}"


@attrs.frozen(kw_only=True, eq=False)
class EvaluationCell:
    """The predictions of a cell, evaluated under one convention: a run of the study.

    Parameters
    ----------
    key : str
        A digest of all that the evaluation depends on, the key of the predictions included.
    predictions : PredictionCell
    convention : Convention
    """

    key: str
    predictions: PredictionCell
    convention: Convention

    def __str__(self) -> str:
        return f"{self.predictions}, tested on {self.predictions.split.test_labels}, {self.convention.name}"


@attrs.frozen(kw_only=True, eq=False)
class _Digests:
    """Digests of images and labels, each made once."""

    data: StudyData
    images: dict[str, str] = attrs.field(factory=dict)
    labels: dict[tuple[str, tuple[str, ...]], str] = attrs.field(factory=dict)
    installed: dict[tuple[str, str], dict[str, str]] = attrs.field(factory=dict)

    def of_images(self, names: tuple[str, ...]) -> dict[str, str]:
        for name in names:
            if name not in self.images:
                self.images[name] = image_digest(self.data.images[name])
        return {name: self.images[name] for name in names}

    def of_labels(self, key: str, names: tuple[str, ...]) -> str:
        if (key, names) not in self.labels:
            self.labels[key, names] = labels_digest(self.data.labels(key), names)
        return self.labels[key, names]

    def versions(self, distribution: tuple[str, str]) -> dict[str, str]:
        if distribution not in self.installed:
            self.installed[distribution] = versions(distribution)
        return self.installed[distribution]


def splits_of(study: Study, data: StudyData) -> Iterator[tuple[SplitChoice, Split]]:
    """Yield every split of a study, checked for leaks.

    Raises
    ------
    StudyError
        If a label set is not there, or two label sets have no image in common.
    SplitError, LeakError
        If images cannot be split as asked, or related images are on both sides.
    """
    from defectkit import hooks

    common = _common_images(study, data)
    for choice in study.splits:
        for name in choice.named:
            split = data.split(name)
            relations = [relation for relation in Relation if relation not in choice.accepted]
            check_split(split, data.images, relations=relations)
            yield choice, split
        if not choice.splitter:
            continue
        splitter = _splitter(hooks.find("splitter", choice.splitter), choice)
        for pair in study.labels:
            for split in make_splits(
                splitter, common, train_labels=pair.train, test_labels=pair.test, accepted=choice.accepted
            ):
                yield choice, split


def _common_images(study: Study, data: StudyData) -> list[Image]:
    """Return the images that every label set of the study has, so that splits do not differ with the label sets."""
    keys = dict.fromkeys(key for pair in study.labels for key in (pair.train, pair.test))
    sets = [data.labels(key).instances for key in keys]
    common = [image for name, image in data.images.items() if all(name in labels for labels in sets)]
    if sets and not common:
        raise StudyError(f"study {study.name!r}: {', '.join(keys)} have no image in common to be split")
    return common


def _splitter(cls: type[Any], choice: SplitChoice) -> Any:
    known = list(inspect.signature(cls).parameters)
    for option in choice.options:
        if option not in known:
            raise StudyError(
                f"splitter {choice.splitter!r} has no option {option!r}; it has {', '.join(known) or 'none'}"
            )
    fault = misfit(cls, choice.options)
    if fault is not None:
        raise StudyError(f"splitter {choice.splitter!r} refuses its options: {fault}")
    try:
        return cls(**choice.options)
    except (TypeError, ValueError) as error:
        raise StudyError(f"splitter {choice.splitter!r} refuses its options: {error}") from error


def cells_of(study: Study, data: StudyData) -> list[EvaluationCell]:
    """Return all cells of a study, in the order in which they are run.

    Raises
    ------
    StudyError
        If the study and the data do not fit each other.
    UnknownPluginError
        If a splitter or detector is not known.
    """
    digests = _Digests(data=data)
    cells = []
    for splits, split in splits_of(study, data):
        for choice in study.detectors:
            for seed in study.seeds:
                predictions = _prediction_cell(study, digests, splits.label, split, choice, seed)
                for rule in study.conventions:
                    key = _evaluation_key(study, digests, predictions, rule)
                    cells.append(EvaluationCell(key=key, predictions=predictions, convention=rule))
    return cells


def _prediction_cell(
    study: Study, digests: _Digests, splits_label: str, split: Split, choice: DetectorChoice, seed: int
) -> PredictionCell:
    from defectkit import hooks

    row = hooks.table("detector").get(choice.detector)
    cls = hooks.find("detector", choice.detector)
    takes_seed = "seed" in inspect.signature(cls).parameters
    options: Mapping[str, Any] = dict(choice.options) | ({"seed": seed} if takes_seed else {})
    detector = make_detector(choice.detector, options=options)
    package = cls.__module__.partition(".")[0]
    distribution = (row.distribution, row.version) if row is not None else (package, "")
    depends = {
        "detector": choice.detector,
        "options": dict(options),
        "versions": digests.versions(distribution),
        "code": [code_digest("defectkit", DETECTING), code_digest(package) if package != "defectkit" else ""],
        "test": digests.of_images(split.test),
        "trained": None,
    }
    if detector.capability.is_trainable:
        depends["trained"] = {
            "order": list(split.train),
            "images": digests.of_images(split.train),
            "labels": [split.train_labels, digests.of_labels(split.train_labels, split.train)],
            "validation": [study.validation_fraction, seed],
        }
    return PredictionCell(
        key=digest_of(depends),
        split=split,
        splits_label=splits_label,
        choice=choice,
        seed=seed,
        options=options,
        is_trained=detector.capability.is_trainable,
    )


def _evaluation_key(study: Study, digests: _Digests, cell: PredictionCell, rule: Convention) -> str:
    split = cell.split
    return digest_of(
        {
            "predictions": cell.key,
            "labels": [split.test_labels, digests.of_labels(split.test_labels, split.test)],
            "train_types": digests.of_labels(split.train_labels, ()),
            "convention": rule.settings(),
            "iou_thresholds": list(IOU_THRESHOLDS),
            "min_score": study.min_score,
            "versions": digests.versions(("defectkit", "")),
            "code": code_digest("defectkit", (*EVALUATING, *UNITS)),
        }
    )


def side(data: StudyData, names: tuple[str, ...]) -> list[Image]:
    """Return the images of one side of a split."""
    return [data.images[name] for name in names]
