"""Leave groups out: sets of values of a fact on either side, with other facts the same on both."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import ClassVar

import attrs

from defectkit.errors import SplitError
from defectkit.records.inputs import Images
from defectkit.records.names import as_names
from defectkit.records.split import Split
from defectkit.splitters.interface import Splitter
from defectkit.splitters.leave_group_out import groups_by_fact


@attrs.frozen(kw_only=True)
class LeaveGroupsOut(Splitter):
    """Some values of a fact are tested by a model that learned from other values, where all else named is the same.

    Parameters
    ----------
    by : str
        The fact of the specimen: ``alloy``, ``irradiation``, ``microscope`` ...
    test : tuple of str
        The values that are tested together; without any, each value that can be is tested once.
    train : tuple of str
        The values that are learned from; without any, all others.
    hold_fixed : tuple of str
        Facts that are the same on both sides: images whose values of these the other side does not have are
        on neither side.

    Notes
    -----
    Without values to test, a value is passed over if no image of the others shares its values of ``hold_fixed``.

    Examples
    --------
    >>> from defectkit.records import Image, Specimen
    >>> import numpy as np
    >>> facts = [("ion", "A"), ("neutron", "A"), ("neutron", "B")]
    >>> images = [
    ...     Image.from_array(f"{i} {a}", np.zeros((4, 4)), specimen=Specimen(irradiation=i, alloy=a))
    ...     for i, a in facts
    ... ]
    >>> splitter = LeaveGroupsOut(by="irradiation", hold_fixed="alloy")
    >>> for split in splitter.split(images, train_labels="a@1", test_labels="a@1"):
    ...     print(split.name, split.train, split.test)
    leave out irradiation ion, same alloy ('neutron A',) ('ion A',)
    leave out irradiation neutron, same alloy ('ion A',) ('neutron A',)
    """

    name: ClassVar[str] = "leave-groups-out"
    description: ClassVar[str] = (
        "Tests on sets of alloys, microscopes or other facts, with other facts the same on both sides."
    )

    by: str = "alloy"
    test: tuple[str, ...] = attrs.field(default=(), converter=as_names)
    train: tuple[str, ...] = attrs.field(default=(), converter=as_names)
    hold_fixed: tuple[str, ...] = attrs.field(default=(), converter=as_names)

    def __attrs_post_init__(self) -> None:
        both = sorted(set(self.test) & set(self.train))
        if both:
            raise SplitError(f"{self.by} {', '.join(both)} is to be tested and learned from; name it on one side")
        if self.by in self.hold_fixed:
            raise SplitError(f"{self.by} is what the images are split by, so it cannot be the same on both sides")

    def split(self, images: Images, *, train_labels: str, test_labels: str) -> Iterator[Split]:
        """Yield one split, or one for each value, named for instance ``leave out alloy C26M, same irradiation``.

        Raises
        ------
        SplitError
            If a fact or value is not known, or no image is left on a side.
        """
        values = groups_by_fact(images, self.by)
        known = sorted(set(values.values()))
        self._check(known)
        held = {fact: groups_by_fact(images, fact) for fact in self.hold_fixed}
        fixed = {name: tuple(of_fact[name] for of_fact in held.values()) for name in values}
        found = False
        for tested in [self.test] if self.test else [(value,) for value in known]:
            learned = self.train or tuple(value for value in known if value not in tested)
            train, test = _sides(values, fixed, learned, tested)
            if not (train and test):
                continue
            found = True
            same = f", same {', '.join(self.hold_fixed)}" if self.hold_fixed else ""
            yield Split(
                name=f"leave out {self.by} {', '.join(tested)}{same}",
                train=train,
                test=test,
                train_labels=train_labels,
                test_labels=test_labels,
            )
        if not found:
            raise SplitError(self._nothing(known))

    def _check(self, known: Collection[str]) -> None:
        strange = [value for value in (*self.test, *self.train) if value not in known]
        if strange:
            raise SplitError(f"no image has the {self.by} {', '.join(strange)}; there is {', '.join(known)}")

    def _nothing(self, known: Collection[str]) -> str:
        tested = f"the {self.by} {', '.join(self.test)}" if self.test else f"any {self.by} ({', '.join(known)})"
        if self.hold_fixed:
            return f"no image to learn from shares the {' and '.join(self.hold_fixed)} of one with {tested}"
        return f"there is nothing to learn from beside {tested}"


def _sides(
    values: Mapping[str, str], fixed: Mapping[str, tuple[str, ...]], learned: Collection[str], tested: Collection[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of both sides whose held facts the other side has, too."""
    train = [name for name, value in values.items() if value in learned]
    test = [name for name, value in values.items() if value in tested]
    common = {fixed[name] for name in train} & {fixed[name] for name in test}
    return tuple(n for n in train if fixed[n] in common), tuple(n for n in test if fixed[n] in common)
