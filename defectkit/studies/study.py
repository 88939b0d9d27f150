"""Study: what is to be trained, predicted and evaluated, declared in full before anything is run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from defectkit.conventions import Convention, convention as find_convention
from defectkit.errors import StudyError
from defectkit.records.names import as_names
from defectkit.short_repr import short_repr
from defectkit.splitters.relations import Relation, as_relations

Options = Mapping[str, Any]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return value


def _conventions(value: Convention | str | Iterable[Convention | str]) -> tuple[Convention, ...]:
    several = (value,) if isinstance(value, Convention | str) else value
    return tuple(find_convention(rule) for rule in several)


def _seeds(value: Iterable[int]) -> tuple[int, ...]:
    return tuple(value)


@attrs.frozen(kw_only=True)
class LabelPair:
    """The label sets of the two sides of a split.

    Parameters
    ----------
    train, test : str
        ``name@version``.
    """

    train: str
    test: str

    def __str__(self) -> str:
        return self.train if self.train == self.test else f"{self.train} > {self.test}"


def both_sides(labels: str) -> tuple[LabelPair, ...]:
    """Return the one pair that has the same label set on both sides."""
    return (LabelPair(train=labels, test=labels),)


@attrs.frozen(kw_only=True)
class SplitChoice:
    """One way to split the images: a registered splitter, or splits that the data set knows by name.

    Parameters
    ----------
    splitter : str
        Its name; see ``defectkit plugins``.
    options : mapping of str to Any
        Of the splitter.
    named : tuple of str
        Instead of a splitter: named splits of the data set. Each brings its own label sets.
    label : str
        What results call it; the name of the splitter by default.
    accepted : tuple of Relation
        Relations between images of the two sides that are known and accepted.
    """

    splitter: str = ""
    options: Options = attrs.field(factory=dict, converter=_plain, hash=False)
    named: tuple[str, ...] = attrs.field(default=(), converter=as_names)
    label: str = ""
    accepted: tuple[Relation, ...] = attrs.field(default=(), converter=as_relations)

    __repr__ = short_repr

    def __attrs_post_init__(self) -> None:
        if bool(self.splitter) == bool(self.named):
            raise StudyError("a choice of splits names either a splitter or splits of the data set, and one of the two")
        if not self.label:
            object.__setattr__(self, "label", self.splitter or "named")


@attrs.frozen(kw_only=True)
class DetectorChoice:
    """One configuration of a detector.

    Parameters
    ----------
    detector : str
        Its name; see ``defectkit plugins``.
    options : mapping of str to Any
        Those that are not given have their defaults. An option ``seed`` is set by the study.
    label : str
        What results call it; the name of the detector by default.
    """

    detector: str
    options: Options = attrs.field(factory=dict, converter=_plain, hash=False)
    label: str = ""

    def __attrs_post_init__(self) -> None:
        if not self.label:
            object.__setattr__(self, "label", self.detector)
        if "seed" in self.options:
            raise StudyError(
                f"detector {self.label!r}: the seed is none of its options here; name it among the seeds of the study"
            )


def _splits(value: Iterable[SplitChoice]) -> tuple[SplitChoice, ...]:
    return tuple(value)


def _detectors(value: Iterable[DetectorChoice]) -> tuple[DetectorChoice, ...]:
    return tuple(value)


def _labels(value: Iterable[LabelPair]) -> tuple[LabelPair, ...]:
    return tuple(value)


@attrs.frozen(kw_only=True)
class Study:
    """What is to be run: every split with every detector and every seed, evaluated under every convention.

    Parameters
    ----------
    name : str
    splits : tuple of SplitChoice
    detectors : tuple of DetectorChoice
    labels : tuple of LabelPair
        Splitters split the images that all of these label sets have. Not used by named splits, which bring their own.
    seeds : tuple of int
    conventions : tuple of str or Convention
    validation_fraction : float
        Part of the train side that detectors may watch but not learn from; 0 for none.
    min_score : float, optional
        Predictions below are left out before evaluation.
    description : str

    Raises
    ------
    StudyError
        If there is nothing to run, or two things that results go by have one name.

    Examples
    --------
    >>> study = Study(
    ...     name="cross validation",
    ...     splits=(SplitChoice(splitter="random-k-fold", options={"n_splits": 5}),),
    ...     detectors=(DetectorChoice(detector="pixel-forest"),),
    ...     labels=(LabelPair(train="truth@1", test="truth@1"),),
    ... )
    >>> study.conventions[0].name
    'defectkit'
    """

    name: str = attrs.field(validator=attrs.validators.min_len(1))
    splits: tuple[SplitChoice, ...] = attrs.field(converter=_splits)
    detectors: tuple[DetectorChoice, ...] = attrs.field(converter=_detectors)
    labels: tuple[LabelPair, ...] = attrs.field(default=(), converter=_labels)
    seeds: tuple[int, ...] = attrs.field(default=(0,), converter=_seeds)
    conventions: tuple[Convention, ...] = attrs.field(default=("defectkit",), converter=_conventions)
    validation_fraction: float = 0.0
    min_score: float | None = None
    description: str = ""

    __repr__ = short_repr

    def __attrs_post_init__(self) -> None:
        for what in ("splits", "detectors", "seeds", "conventions"):
            if not getattr(self, what):
                raise StudyError(f"study {self.name!r}: there is none of its {what}, so there is nothing to run")
        if not self.labels and any(choice.splitter for choice in self.splits):
            raise StudyError(
                f"study {self.name!r}: it names no label sets for its splitters; give labels for both sides"
            )
        for what, names in {
            "splits": [choice.label for choice in self.splits],
            "detectors": [choice.label for choice in self.detectors],
            "labels": [str(pair) for pair in self.labels],
            "seeds": [str(seed) for seed in self.seeds],
            "conventions": [rule.name for rule in self.conventions],
        }.items():
            doubled = sorted({name for name in names if names.count(name) > 1})
            if doubled:
                raise StudyError(
                    f"study {self.name!r}: two of its {what} are called {', '.join(doubled)}; "
                    "give each a label of its own"
                )
        if not 0 <= self.validation_fraction < 1:
            raise StudyError(
                f"study {self.name!r}: a validation fraction of {self.validation_fraction} is not in [0, 1)"
            )

    def settings(self) -> dict[str, Any]:
        """Return the declaration as plain values, ready for JSON."""
        return {
            "name": self.name,
            "description": self.description,
            "splits": [attrs.asdict(c) | {"accepted": [str(relation) for relation in c.accepted]} for c in self.splits],
            "detectors": [attrs.asdict(c) for c in self.detectors],
            "labels": [attrs.asdict(pair) for pair in self.labels],
            "seeds": list(self.seeds),
            "conventions": [rule.settings() for rule in self.conventions],
            "validation_fraction": self.validation_fraction,
            "min_score": self.min_score,
        }
