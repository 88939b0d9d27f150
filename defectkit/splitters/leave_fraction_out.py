"""Leave a fraction of the images out, again and again."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import ClassVar

import attrs
import numpy as np

from defectkit.errors import SplitError
from defectkit.records.inputs import Images
from defectkit.records.split import Split
from defectkit.short_repr import short_repr
from defectkit.splitters.interface import Splitter
from defectkit.splitters.relations import KEPT_TOGETHER, Relation, as_relations, kept_together, members


def left_out_size(n_images: int, fraction: float) -> int:
    """Return how many of ``n_images`` a ``fraction`` leaves out: rounded, a half in favor of the train side.

    Notes
    -----
    This gives the sizes of Table 2 of Jacobs et al. (2022), doi 10.1016/j.xcrp.2022.100876: of 182 images, 10, 25, 50,
    75 and 90 % are 18, 45, 91, 136 and 164.

    Examples
    --------
    >>> [left_out_size(182, fraction) for fraction in (0.1, 0.25, 0.5, 0.75, 0.9)]
    [18, 45, 91, 136, 164]
    """
    return math.ceil(fraction * n_images - 0.5 - 1e-9)


def leave_fraction_out(bundles: Mapping[str, str], *, fraction: float, rng: np.random.Generator) -> list[str]:
    """Return the names of a random test side.

    Bundles are taken in random order; one that would make the side larger than :func:`left_out_size` is passed over.

    Parameters
    ----------
    bundles : mapping of str to str
        Image name to the bundle that must stay whole.
    fraction : float
        Part of the images to leave out, in (0, 1).
    rng : numpy.random.Generator

    Returns
    -------
    list of str
        Sorted names: as many as :func:`left_out_size` says, or fewer where bundles do not fit.

    Raises
    ------
    SplitError
        If the fraction is not in (0, 1), or either side would be empty.
    """
    if not 0 < fraction < 1:
        raise SplitError(f"a fraction of {fraction:g} cannot be left out; it must lie between 0 and 1")
    wanted = left_out_size(len(bundles), fraction)
    gathered = list(members(bundles).values())
    test: list[str] = []
    for i in rng.permutation(len(gathered)):
        if len(test) + len(gathered[i]) <= wanted:
            test += gathered[i]
    if not test or len(test) == len(bundles):
        raise SplitError(
            f"{fraction:g} of {len(bundles)} images, {wanted}, cannot be left out: the images form "
            f"{len(gathered)} bundles of related images, the smallest of {min(map(len, gathered), default=0)}"
        )
    return sorted(test)


@attrs.frozen(kw_only=True)
class LeaveFractionOut(Splitter):
    """Repeated random leaving out of a fraction of the images.

    Parameters
    ----------
    fraction : float
        Part of the images on the test side, in (0, 1).
    n_repeats : int
        How many times; the repeats are drawn independently.
    seed : int
        Of all that is drawn by chance.
    groups : mapping of str to str
        Image name to the name of its group, for instance of near-duplicates.
    keep_together : tuple of Relation
        The relations whose images are never parted.
    """

    name: ClassVar[str] = "leave-fraction-out"
    description: ClassVar[str] = "Leaves a random fraction of the images out for testing, several times."

    fraction: float = 0.1
    n_repeats: int = attrs.field(default=3, validator=attrs.validators.ge(1))
    seed: int = 0
    groups: Mapping[str, str] = attrs.field(factory=dict)
    keep_together: tuple[Relation, ...] = attrs.field(default=KEPT_TOGETHER, converter=as_relations)

    __repr__ = short_repr

    def split(self, images: Images, *, train_labels: str, test_labels: str) -> Iterator[Split]:
        """Yield one split per repeat, named for instance ``leave out 10 %, run 1``."""
        bundles = kept_together(images, groups=self.groups, relations=self.keep_together)
        generators = np.random.default_rng(self.seed).spawn(self.n_repeats)
        for run, rng in enumerate(generators, start=1):
            test = leave_fraction_out(bundles, fraction=self.fraction, rng=rng)
            held_out = set(test)
            yield Split(
                name=f"leave out {100 * self.fraction:g} %, run {run}",
                train=tuple(name for name in bundles if name not in held_out),
                test=tuple(test),
                train_labels=train_labels,
                test_labels=test_labels,
            )
