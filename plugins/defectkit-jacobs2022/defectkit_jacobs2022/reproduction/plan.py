"""Plan: what stands on a data set where the paper has its own label sets, splits and groups."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import attrs

from defectkit.errors import UnknownDatasetError
from defectkit.records.names import as_names
from defectkit.splitters.leave_groups_out import LeaveGroupsOut
from defectkit.splitters.relations import Relation
from defectkit_jacobs2022.artifact import Roles

PERCENTS = (10, 25, 50, 75, 90)


def _frozen(value: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType(dict(value))


@attrs.frozen(kw_only=True)
class LeftOut:
    """A group that is left out of training.

    Parameters
    ----------
    by : str
        Fact of the specimen.
    test : tuple of str
        The values that are tested.
    train : tuple of str
        The values that are learned from; all others unless given.
    hold_fixed : tuple of str
        Facts that are the same on both sides.
    is_tested_as_expanded : bool
        Whether the images are tested that only the expanded set has, too.
    """

    by: str
    test: tuple[str, ...] = attrs.field(converter=as_names)
    train: tuple[str, ...] = attrs.field(default=(), converter=as_names)
    hold_fixed: tuple[str, ...] = attrs.field(default=(), converter=as_names)
    is_tested_as_expanded: bool = True

    @property
    def splitter(self) -> LeaveGroupsOut:
        """What makes its sides."""
        return LeaveGroupsOut(by=self.by, test=self.test, train=self.train, hold_fixed=self.hold_fixed)


@attrs.frozen(kw_only=True)
class Plan:
    """How the studies of the paper are done on a data set.

    Parameters
    ----------
    dataset : str
        Its name in the catalogue.
    roles : Roles
    is_original : bool
        Whether it is the data set of the paper.
    named : mapping of str to tuple of str
        By study, splits that the data set knows by name; other studies make theirs.
    left_out : tuple of LeftOut
        For the study ``groups``.
    accepted : tuple of Relation
        Relations between the images of the two sides that are known and cannot be avoided.
    is_partial : bool
        Whether images that cannot be had are left out; results say so.
    quick_pixel_size : str
        What images are resampled to for detectors that are to be quick: coarse, but not so coarse that defects vanish.
    caution : str
        What readers of every result have to know.
    """

    dataset: str
    roles: Roles
    is_original: bool = False
    named: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict, converter=_frozen)
    left_out: tuple[LeftOut, ...] = ()
    accepted: tuple[Relation, ...] = ()
    is_partial: bool = False
    quick_pixel_size: str = "2 nm/px"
    caution: str = ""


FECRAL_ROLES = Roles(first="dataset1@1", second="dataset2@1", expanded="dataset2-expanded@1")

FECRAL = Plan(
    dataset="fecral",
    roles=FECRAL_ROLES,
    is_original=True,
    named={
        "initial": ("dataset1/initial",),
        "random-cv": tuple(f"dataset1/random-cv-{k}" for k in range(1, 5)),
        "groups": tuple(
            f"{labels}/leave-out-{fact}"
            for labels in ("dataset2", "dataset2-expanded")
            for fact in ("irradiation", "alloy", "microscope")
        ),
        "leave-percent-out": tuple(
            f"dataset2-expanded/leave-out-{percent}-percent-{k}" for percent in PERCENTS for k in range(1, 4)
        ),
    },
)

SYNTHETIC_FECRAL = Plan(
    dataset="synthetic-fecral",
    roles=FECRAL_ROLES,
    named={"initial": ("dataset1 initial split",)},
    left_out=(
        LeftOut(by="irradiation", train="ion", test="neutron", hold_fixed="alloy", is_tested_as_expanded=False),
        LeftOut(
            by="alloy", train=("alloy 1", "alloy 2"), test=("alloy 3", "alloy 4", "alloy 5"), hold_fixed="irradiation"
        ),
        LeftOut(by="microscope", train="CM200", test=("Talos F200X", "2100F")),
    ),
    caution="The micrographs are drawn from a seed: no number made from them says anything about FeCrAl.",
)

TI_LOOPS = Plan(
    dataset="ti-loops",
    roles=Roles(first="old@1", second="new@1", expanded="new@1"),
    accepted=(Relation.AREA,),
    is_partial=True,
    quick_pixel_size="1 nm/px",
    caution="All frames show one area over time: no split of them tests a model on material that it has not seen.",
)

PLANS: Mapping[str, Plan] = MappingProxyType({plan.dataset: plan for plan in (FECRAL, SYNTHETIC_FECRAL, TI_LOOPS)})


def plan_for(dataset: str) -> Plan:
    """Return the plan of a data set.

    Raises
    ------
    UnknownDatasetError
        If there is none.

    Examples
    --------
    >>> plan_for("synthetic-fecral").roles.first
    'dataset1@1'
    """
    if dataset not in PLANS:
        raise UnknownDatasetError.of("data set to reproduce the paper on", dataset, PLANS)
    return PLANS[dataset]
