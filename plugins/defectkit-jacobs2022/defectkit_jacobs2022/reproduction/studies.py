"""Studies: those that the artifacts need, declared for a plan and a detector."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from types import MappingProxyType

import attrs
import numpy as np

from defectkit.errors import StudyError
from defectkit.records.split import Split
from defectkit.splitters.leave_fraction_out import leave_fraction_out
from defectkit.splitters.relations import KEPT_TOGETHER, Relation, kept_together
from defectkit.studies import run_to_run
from defectkit.studies.data import StudyData
from defectkit.studies.study import LabelPair, SplitChoice, Study, both_sides
from defectkit_jacobs2022.reproduction.effort import Effort
from defectkit_jacobs2022.reproduction.plan import PERCENTS, Plan
from defectkit_jacobs2022.reproduction.survey import survey

TEST_FRACTION = 0.2
"""Of the images, on the test side of splits that are made: 21 of 107, as the paper has."""

INITIAL = "initial split"


@attrs.frozen(kw_only=True, eq=False)
class Declaring:
    """What studies are declared from.

    Parameters
    ----------
    plan : Plan
    data : StudyData
        With the initial split among its named ones; see :func:`with_initial_split`.
    effort : Effort
        With the options of the survey's winner, but in the survey itself.
    convention : str
    """

    plan: Plan
    data: StudyData
    effort: Effort
    convention: str

    @property
    def initial(self) -> SplitChoice:
        """The choice of the initial split."""
        return self.named((INITIAL,), INITIAL)

    def named(self, names: tuple[str, ...], label: str) -> SplitChoice:
        """Return the choice of some named splits.

        Raises
        ------
        SplitError
            If it is not known which images are on which side of one.
        """
        for name in names:
            self.data.split(name)
        return SplitChoice(named=names, label=label, accepted=self.plan.accepted)

    def drawn(self, splitter: str, label: str, **options: object) -> SplitChoice:
        """Return the choice of a splitter that keeps together what must be, but for what the plan accepts."""
        together = [str(relation) for relation in _together(self.plan)]
        return SplitChoice(
            splitter=splitter,
            options={"keep_together": together, **options},
            label=label,
            accepted=self.plan.accepted,
        )

    def random(self, n_splits: int) -> SplitChoice:
        """Return the choice of the first random splits of the plan, or of as many that are drawn."""
        named = self.plan.named.get("random-cv")
        if named:
            return self.named(named[:n_splits], "random")
        return self.drawn("leave-fraction-out", "random", fraction=TEST_FRACTION, n_repeats=n_splits, seed=1)

    def study(self, name: str, *splits: SplitChoice, labels: tuple[LabelPair, ...] = ()) -> Study:
        """Return a study of the detector on some splits."""
        return Study(
            name=name,
            splits=splits,
            detectors=(self.effort.detector,),
            labels=labels,
            conventions=(self.convention,),
        )


def with_initial_split(data: StudyData, plan: Plan) -> StudyData:
    """Return data whose named splits hold ``initial split``: that of the plan, or a random one.

    Raises
    ------
    SplitError
        If the plan names a split whose images are not known.
    """
    if "initial" in plan.named:
        (name,) = plan.named["initial"]
        split = data.split(name)
    else:
        labels = data.labels(plan.roles.first)
        second = data.labels(plan.roles.second)
        images = [data.images[name] for name in labels.images if name in second.images]
        bundles = kept_together(images, relations=_together(plan))
        test = leave_fraction_out(bundles, fraction=TEST_FRACTION, rng=np.random.default_rng(0))
        split = Split(
            name=INITIAL,
            train=tuple(name for name in bundles if name not in set(test)),
            test=tuple(test),
            train_labels=plan.roles.first,
            test_labels=plan.roles.first,
        )
    return attrs.evolve(data, named_splits={**data.named_splits, INITIAL: attrs.evolve(split, name=INITIAL)})


def with_group_splits(data: StudyData, plan: Plan) -> tuple[StudyData, tuple[str, ...]]:
    """Return data with the splits of the study ``groups`` among its named ones, and their names.

    Each group is tested with the labels of the expanded set, by a model that learned from the second set and by one
    that learned from the expanded set, both without the group, on the same images. Facts that are the same on both
    sides are so in the expanded set.

    Raises
    ------
    StudyError
        If the plan names no groups.
    SplitError
        If a fact is not known of an image, or a side would have no image.
    """
    if "groups" in plan.named:
        return data, plan.named["groups"]
    if not plan.left_out:
        raise StudyError(
            f"{plan.dataset}: its images do not differ in alloy, irradiation or microscope, so no group of them can be "
            "left out"
        )
    splits = {}
    expanded = data.labels(plan.roles.expanded)
    images = [data.images[name] for name in expanded.images]
    for group, train_labels in itertools.product(plan.left_out, (plan.roles.second, plan.roles.expanded)):
        learned = data.labels(train_labels)
        tested = expanded if group.is_tested_as_expanded else data.labels(plan.roles.second)
        (sides,) = group.splitter.split(images, train_labels=train_labels, test_labels=plan.roles.expanded)
        split = attrs.evolve(
            sides,
            name=f"{sides.name}, trained on {train_labels}",
            train=tuple(name for name in sides.train if name in learned),
            test=tuple(name for name in sides.test if name in tested),
        )
        splits[split.name] = split
    return attrs.evolve(data, named_splits={**data.named_splits, **splits}), tuple(splits)


def _initial(given: Declaring) -> Study:
    study = given.study("initial", given.initial)
    return study if given.effort.shipped is None else attrs.evolve(study, detectors=(given.effort.shipped,))


def _with_random(given: Declaring, name: str, n_splits: int) -> Study:
    """Return the study of the initial split and some random ones; those with names bring their own labels."""
    others = given.random(n_splits)
    labels = both_sides(given.plan.roles.first) if others.splitter else ()
    return given.study(name, given.initial, others, labels=labels)


def _random_cv(given: Declaring) -> Study:
    return _with_random(given, "random-cv", 4)


def _groups(given: Declaring) -> Study:
    _, names = with_group_splits(given.data, given.plan)
    return given.study("groups", given.named(names, "groups"))


def _leave_percent_out(given: Declaring) -> Study:
    named = given.plan.named.get("leave-percent-out")
    if named:
        of_percent = {p: tuple(name for name in named if f"-{p}-percent" in name) for p in PERCENTS}
        choices = [given.named(names, f"leave out {p} %") for p, names in of_percent.items()]
        return given.study("leave-percent-out", *choices)
    n_repeats = given.effort.level.n_repeats
    choices = [
        given.drawn(
            "leave-fraction-out",
            f"leave out {p} %",
            fraction=p / 100,
            n_repeats=n_repeats,
            seed=10 + p,
        )
        for p in PERCENTS
    ]
    return given.study("leave-percent-out", *choices, labels=both_sides(given.plan.roles.expanded))


def _learning_curve(given: Declaring) -> Study:
    split = given.data.split(INITIAL)
    fractions = [part for part in given.effort.level.curve if round(part * len(split.train)) >= 1]
    curve = given.drawn("learning-curve", "random curve", fractions=fractions, test=list(split.test), seed=2)
    return given.study("learning-curve", curve, labels=both_sides(given.plan.roles.first))


def _label_sets(given: Declaring) -> Study:
    split = given.data.split(INITIAL)
    pair = (given.plan.roles.first, given.plan.roles.second)
    choice = SplitChoice(
        splitter="predefined",
        options={"split_name": INITIAL, "train": list(split.train), "test": list(split.test)},
        label=INITIAL,
        accepted=given.plan.accepted,
    )
    labels = tuple(LabelPair(train=train, test=test) for train, test in itertools.product(pair, repeat=2))
    return given.study("label-sets", choice, labels=labels)


def _runs(given: Declaring) -> Study:
    return run_to_run(
        given.effort.detector, splits=given.initial, n_runs=3, name="runs", conventions=(given.convention,)
    )


def _variance(given: Declaring) -> Study:
    two_splits = _with_random(given, "variance", 1)
    return attrs.evolve(
        _runs(given), name="variance", splits=two_splits.splits, labels=two_splits.labels, conventions=_all(given)
    )


def _hyperparameters(given: Declaring) -> Study:
    return survey(given.effort, splits=given.initial, convention=given.convention)


STUDIES: Mapping[str, Callable[[Declaring], Study]] = MappingProxyType(
    {
        "initial": _initial,
        "random-cv": _random_cv,
        "groups": _groups,
        "leave-percent-out": _leave_percent_out,
        "learning-curve": _learning_curve,
        "label-sets": _label_sets,
        "runs": _runs,
        "variance": _variance,
        "hyperparameters": _hyperparameters,
    }
)
"""By name, what declares a study."""


def _together(plan: Plan) -> list[Relation]:
    """Return the relations whose images stay on one side."""
    return [relation for relation in KEPT_TOGETHER if relation not in plan.accepted]


def _all(given: Declaring) -> tuple[str, ...]:
    return tuple(dict.fromkeys((given.convention, "jacobs2022", "defectkit")))
