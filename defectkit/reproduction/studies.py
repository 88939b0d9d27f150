"""Studies: those that the artifacts need, declared for a plan and a detector."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from types import MappingProxyType

import attrs
import numpy as np

from defectkit.errors import StudyError
from defectkit.records.split import Split
from defectkit.reproduction.effort import Effort
from defectkit.reproduction.plan import PERCENTS, Plan
from defectkit.splitters.leave_fraction_out import leave_fraction_out
from defectkit.splitters.leave_group_out import groups_by_fact
from defectkit.splitters.relations import KEPT_TOGETHER, kept_together
from defectkit.studies import hyperparameters, run_to_run
from defectkit.studies.data import StudyData
from defectkit.studies.study import LabelPair, SplitChoice, Study

TEST_FRACTION = 0.2
"""Of the images, on the test side of splits that are made: 21 of 107, as the paper has."""

N_REPEATS = 3
CURVE = (0.05, 0.1, 0.25, 0.5, 1.0)
"""Parts of the train side of the learning curve."""

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
    convention : str
    """

    plan: Plan
    data: StudyData
    effort: Effort
    convention: str

    @property
    def initial(self) -> SplitChoice:
        """The choice of the initial split."""
        return SplitChoice(named=(INITIAL,), label=INITIAL, accepted=self.plan.accepted)

    def drawn(self, splitter: str, label: str, **options: object) -> SplitChoice:
        """Return the choice of a splitter that keeps together what must be, but for what the plan accepts."""
        together = [str(relation) for relation in KEPT_TOGETHER if relation not in self.plan.accepted]
        return SplitChoice(
            splitter=splitter,
            options={"keep_together": together, **options},
            label=label,
            accepted=self.plan.accepted,
        )

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
        relations = [relation for relation in KEPT_TOGETHER if relation not in plan.accepted]
        bundles = kept_together(images, relations=relations)
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
    that learned from the expanded set, both without the group.

    Raises
    ------
    StudyError
        If the plan names no groups.
    SplitError
        If a fact is not known of all images.
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
    for (fact, value), train_labels in itertools.product(plan.left_out, (plan.roles.second, plan.roles.expanded)):
        groups = groups_by_fact([data.images[name] for name in expanded.images], fact)
        name = f"leave out {fact} {value}, trained on {train_labels}"
        splits[name] = Split(
            name=name,
            train=tuple(n for n in data.labels(train_labels).images if groups[n] != value),
            test=tuple(n for n in expanded.images if groups[n] == value),
            train_labels=train_labels,
            test_labels=plan.roles.expanded,
        )
    return attrs.evolve(data, named_splits={**data.named_splits, **splits}), tuple(splits)


def _initial(given: Declaring) -> Study:
    return given.study("initial", given.initial)


def _random_cv(given: Declaring) -> Study:
    named = given.plan.named.get("random-cv")
    if named:
        others = SplitChoice(named=named, label="random", accepted=given.plan.accepted)
        return given.study("random-cv", given.initial, others)
    drawn = given.drawn("leave-fraction-out", "random", fraction=TEST_FRACTION, n_repeats=4, seed=1)
    return given.study("random-cv", given.initial, drawn, labels=_both(given.plan.roles.first))


def _groups(given: Declaring) -> Study:
    _, names = with_group_splits(given.data, given.plan)
    return given.study("groups", SplitChoice(named=names, label="groups", accepted=given.plan.accepted))


def _leave_percent_out(given: Declaring) -> Study:
    named = given.plan.named.get("leave-percent-out")
    if named:
        of_percent = {p: tuple(name for name in named if f"-{p}-percent" in name) for p in PERCENTS}
        choices = [
            SplitChoice(named=names, label=f"leave out {p} %", accepted=given.plan.accepted)
            for p, names in of_percent.items()
        ]
        return given.study("leave-percent-out", *choices)
    choices = [
        given.drawn("leave-fraction-out", f"leave out {p} %", fraction=p / 100, n_repeats=N_REPEATS, seed=10 + p)
        for p in PERCENTS
    ]
    return given.study("leave-percent-out", *choices, labels=_both(given.plan.roles.expanded))


def _learning_curve(given: Declaring) -> Study:
    test = given.data.split(INITIAL).test
    n_train = len(given.data.split(INITIAL).train)
    fractions = [part for part in CURVE if round(part * n_train) >= 1]
    curve = given.drawn("learning-curve", "random curve", fractions=fractions, test=list(test), seed=2)
    return given.study("learning-curve", curve, labels=_both(given.plan.roles.first))


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
    named = given.plan.named.get("random-cv")
    if named:
        other = SplitChoice(named=named[:1], label="random", accepted=given.plan.accepted)
        return attrs.evolve(_runs(given), name="variance", splits=(given.initial, other), conventions=_all(given))
    drawn = given.drawn("leave-fraction-out", "random", fraction=TEST_FRACTION, n_repeats=1, seed=1)
    return attrs.evolve(
        _runs(given),
        name="variance",
        splits=(given.initial, drawn),
        labels=_both(given.plan.roles.first),
        conventions=_all(given),
    )


def _hyperparameters(given: Declaring) -> Study:
    study = hyperparameters(
        given.effort.detector.detector,
        given.effort.grid,
        splits=given.initial,
        name="hyperparameters",
        conventions=(given.convention,),
    )
    base = given.effort.detector.options
    return attrs.evolve(study, detectors=[attrs.evolve(c, options={**base, **c.options}) for c in study.detectors])


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


def _both(labels: str) -> tuple[LabelPair, ...]:
    return (LabelPair(train=labels, test=labels),)


def _all(given: Declaring) -> tuple[str, ...]:
    return tuple(dict.fromkeys((given.convention, "jacobs2022", "defectkit")))
