"""Test types: the studies of Jacobs et al. (2022), Table 4 and supporting text, in one call each."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from defectkit.records.names import as_names
from defectkit.studies.study import DetectorChoice, LabelPair, SplitChoice, Study, both_sides

FRACTIONS = (0.1, 0.25, 0.5, 0.75, 0.9)
"""Parts of the images that the published leave-out-percent tests leave out."""


def single_split(split: str, detector: DetectorChoice, **options: Any) -> Study:
    """Return the study of one named split.

    Parameters
    ----------
    split : str
        A named split of the data set.
    detector : DetectorChoice
    **options
        Other fields of :class:`~defectkit.studies.study.Study`, here and in the functions below.
    """
    return Study(
        **_with("single split", options, splits=(SplitChoice(named=(split,), label="single"),), detectors=(detector,))
    )


def random_cross_validation(
    detector: DetectorChoice, labels: str, *, n_splits: int = 5, seed: int = 0, **options: Any
) -> Study:
    """Return the study of random k-fold cross validation: each image is tested once.

    Parameters
    ----------
    detector : DetectorChoice
    labels : str
        ``name@version`` of the label set of both sides, here and in the functions below.
    n_splits : int
    seed : int
        Of the splits, here and in the functions below.
    """
    splits = SplitChoice(splitter="random-k-fold", options={"n_splits": n_splits, "seed": seed})
    return Study(
        **_with("random cross validation", options, splits=(splits,), detectors=(detector,), labels=both_sides(labels))
    )


def repeated_hold_out(
    detector: DetectorChoice, labels: str, *, fraction: float = 0.2, n_splits: int = 5, seed: int = 0, **options: Any
) -> Study:
    """Return the study that holds out a random part of the images several times (Table 5).

    Parameters
    ----------
    detector : DetectorChoice
    labels : str
    fraction : float
        Of the images, on each test side.
    n_splits : int
        Each is drawn anew, so an image may be tested more than once or never.
    seed : int
    """
    splits = SplitChoice(
        splitter="leave-fraction-out",
        options={"fraction": fraction, "n_repeats": n_splits, "seed": seed},
        label="repeated hold-out",
    )
    return Study(
        **_with("repeated hold-out", options, splits=(splits,), detectors=(detector,), labels=both_sides(labels))
    )


def leave_group_out(detector: DetectorChoice, labels: str, *, facts: Iterable[str], **options: Any) -> Study:
    """Return the study that leaves out each group of images, by each fact of the specimen (Table 6).

    Parameters
    ----------
    detector : DetectorChoice
    labels : str
    facts : iterable of str
        For instance ``alloy``, ``irradiation`` and ``microscope``.
    """
    splits = tuple(
        SplitChoice(splitter="leave-one-group-out", options={"by": fact}, label=f"leave out {fact}")
        for fact in as_names(facts)
    )
    return Study(**_with("leave group out", options, splits=splits, detectors=(detector,), labels=both_sides(labels)))


def leave_percent_out(
    detector: DetectorChoice,
    labels: str,
    *,
    fractions: Sequence[float] = FRACTIONS,
    n_repeats: int = 3,
    seed: int = 0,
    **options: Any,
) -> Study:
    """Return the study that leaves out random parts of the images, several times each (figure 9).

    Parameters
    ----------
    detector : DetectorChoice
    labels : str
    fractions : sequence of float
    n_repeats : int
    seed : int

    Examples
    --------
    >>> study = leave_percent_out(DetectorChoice(detector="pixel-forest"), "truth@1", fractions=(0.1, 0.9))
    >>> [choice.label for choice in study.splits]
    ['leave out 10 %', 'leave out 90 %']
    """
    splits = tuple(
        SplitChoice(
            splitter="leave-fraction-out",
            options={"fraction": fraction, "n_repeats": n_repeats, "seed": seed + k},
            label=f"leave out {100 * fraction:g} %",
        )
        for k, fraction in enumerate(fractions)
    )
    return Study(**_with("leave percent out", options, splits=splits, detectors=(detector,), labels=both_sides(labels)))


def learning_curve(
    detector: DetectorChoice,
    labels: str,
    *,
    fractions: Sequence[float] = (0.1, 0.25, 0.5, 0.75, 1.0),
    test_fraction: float = 0.2,
    n_repeats: int = 1,
    by: str | None = None,
    seed: int = 0,
    **options: Any,
) -> Study:
    """Return the study of learning curves: of random images and, where a fact is named, of groups (figure 10).

    Parameters
    ----------
    detector : DetectorChoice
    labels : str
    fractions : sequence of float
        Parts of the train side.
    test_fraction : float
    n_repeats : int
    by : str, optional
        The fact of the specimen by which train sides of a second curve grow.
    seed : int
    """
    own = {"fractions": list(fractions), "test_fraction": test_fraction, "n_repeats": n_repeats, "seed": seed}
    splits = [SplitChoice(splitter="learning-curve", options=own, label="random curve")]
    if by is not None:
        grouped = {"by": by, "n_repeats": n_repeats, "seed": seed}
        splits.append(SplitChoice(splitter="group-learning-curve", options=grouped, label=f"curve by {by}"))
    return Study(
        **_with("learning curve", options, splits=tuple(splits), detectors=(detector,), labels=both_sides(labels))
    )


def label_set_comparison(
    detector: DetectorChoice, labels: Sequence[str], *, splits: SplitChoice, **options: Any
) -> Study:
    """Return the study that trains on each label set and tests on each (Table 7).

    Parameters
    ----------
    detector : DetectorChoice
    labels : sequence of str
        ``name@version`` of each; of the same images.
    splits : SplitChoice
        A splitter, since named splits bring label sets of their own.

    Notes
    -----
    Each model is trained once and tested on all label sets.
    """
    pairs = tuple(LabelPair(train=train, test=test) for train, test in itertools.product(as_names(labels), repeat=2))
    return Study(**_with("label sets", options, splits=(splits,), detectors=(detector,), labels=pairs))


def run_to_run(detector: DetectorChoice, *, splits: SplitChoice, n_runs: int = 3, **options: Any) -> Study:
    """Return the study of one configuration with several seeds (Table 8).

    Parameters
    ----------
    detector : DetectorChoice
        It has an option ``seed``.
    splits : SplitChoice
    n_runs : int
    """
    return Study(**_with("run to run", options, splits=(splits,), detectors=(detector,), seeds=tuple(range(n_runs))))


def hyperparameters(detector: str, grid: Mapping[str, Sequence[Any]], *, splits: SplitChoice, **options: Any) -> Study:
    """Return the study of every combination of some options of a detector (figure 11).

    Parameters
    ----------
    detector : str
        The name of a registered one.
    grid : mapping of str to sequence
        Values of each option.
    splits : SplitChoice

    Examples
    --------
    >>> splits = SplitChoice(named=("initial split",))
    >>> study = hyperparameters("pixel-forest", {"n_trees": [10, 30], "max_depth": [8]}, splits=splits)
    >>> [choice.label for choice in study.detectors]
    ['n_trees=10, max_depth=8', 'n_trees=30, max_depth=8']
    """
    choices = tuple(
        DetectorChoice(
            detector=detector,
            options=dict(zip(grid, values, strict=True)),
            label=", ".join(f"{name}={value}" for name, value in zip(grid, values, strict=True)) or detector,
        )
        for values in itertools.product(*grid.values())
    )
    return Study(**_with("hyperparameters", options, splits=(splits,), detectors=choices))


def _with(name: str, options: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    return {"name": name, **fields, **options}
