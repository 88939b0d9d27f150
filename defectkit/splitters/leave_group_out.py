"""Leave one group out: each value of a fact of the specimen is tested by what was learned from the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import attrs

from defectkit.errors import SplitError
from defectkit.records.inputs import Images
from defectkit.records.specimen import Specimen
from defectkit.records.split import Split
from defectkit.splitters.interface import Splitter
from defectkit.splitters.relations import sorted_images

FACTS = tuple(field.name for field in attrs.fields(Specimen))
"""The facts of a specimen that images can be grouped by."""


def groups_by_fact(images: Images, fact: str) -> dict[str, str]:
    """Return the value of a fact of the specimen for each image, as text.

    Parameters
    ----------
    images : iterable or mapping of Image
    fact : str
        A field of :class:`~defectkit.records.Specimen`, for instance ``alloy`` or ``microscope``.

    Returns
    -------
    dict of str to str
        Image name to value, sorted by image name.

    Raises
    ------
    SplitError
        If there is no such fact, or it is not known of some image.
    """
    if fact not in FACTS:
        raise SplitError(f"a specimen has no fact {fact!r}; split by one of {', '.join(FACTS)}")
    values = {name: getattr(image.specimen, fact) for name, image in sorted_images(images).items()}
    unknown = [name for name, value in values.items() if value is None]
    if unknown:
        raise SplitError(
            f"the {fact} of {len(unknown)} of {len(values)} images is not known, for instance of "
            f"{', '.join(map(repr, unknown[:3]))}; give it in their specimen, or leave them out"
        )
    return {name: str(value) for name, value in values.items()}


@attrs.frozen(kw_only=True)
class LeaveOneGroupOut(Splitter):
    """Each value of a fact is tested once, by a model that never saw it.

    Parameters
    ----------
    by : str
        The fact of the specimen: ``alloy``, ``irradiation``, ``dose``, ``microscope``, ``area`` ...
    """

    name: ClassVar[str] = "leave-one-group-out"
    description: ClassVar[str] = (
        "Tests on each alloy, microscope or other fact of the specimen with the others to learn from."
    )

    by: str = "alloy"

    def split(self, images: Images, *, train_labels: str, test_labels: str) -> Iterator[Split]:
        """Yield one split per value, in the order of the values, named for instance ``leave out alloy C26M``."""
        from sklearn.model_selection import LeaveOneGroupOut as Folds

        values = groups_by_fact(images, self.by)
        if len(set(values.values())) < 2:
            raise SplitError(
                f"all {len(values)} images share the {self.by} {next(iter(values.values()))!r}; "
                "leaving one group out takes at least two"
            )
        names = list(values)
        for train, test in Folds().split(names, groups=list(values.values())):
            yield Split(
                name=f"leave out {self.by} {values[names[test[0]]]}",
                train=tuple(names[i] for i in train),
                test=tuple(names[i] for i in test),
                train_labels=train_labels,
                test_labels=test_labels,
            )
