"""Learning curves: one test side, and train sides that grow, each inside the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import attrs
import numpy as np

from defectkit.errors import SplitError
from defectkit.records.inputs import Images
from defectkit.records.names import as_names
from defectkit.records.split import Split
from defectkit.short_repr import short_repr
from defectkit.splitters.interface import Splitter
from defectkit.splitters.leave_fraction_out import leave_fraction_out
from defectkit.splitters.leave_group_out import groups_by_fact
from defectkit.splitters.relations import KEPT_TOGETHER, Relation, as_relations, kept_together, members


def nested_subsets(
    bundles: Mapping[str, str], *, fractions: Sequence[float], rng: np.random.Generator
) -> list[list[str]]:
    """Return random subsets of the images, each inside the next.

    Parameters
    ----------
    bundles : mapping of str to str
        Image name to the bundle that must stay whole.
    fractions : sequence of float
        Rising, in (0, 1]: the part of the images in each subset.
    rng : numpy.random.Generator

    Returns
    -------
    list of lists of str
        Sorted names. Bundles are laid in random order, and a subset is the shortest beginning that holds at least its
        fraction of the images.

    Raises
    ------
    SplitError
        If the fractions do not rise within (0, 1], or two of them give the same images.
    """
    rising = all(low < high for low, high in zip((0.0, *fractions), fractions, strict=False))
    if not fractions or not rising or fractions[-1] > 1:
        raise SplitError(f"the fractions {tuple(fractions)!r} must rise from above 0 to at most 1")
    gathered = list(members(bundles).values())
    order = rng.permutation(len(gathered))
    reached = np.cumsum([len(gathered[i]) for i in order])
    counts = [int(np.searchsorted(reached, fraction * len(bundles) - 1e-9)) + 1 for fraction in fractions]
    if len(set(counts)) < len(counts):
        raise SplitError(
            f"{len(bundles)} images in {len(gathered)} bundles are too few for the fractions {tuple(fractions)!r}: "
            "two of them give the same images"
        )
    return [sorted(name for i in order[:count] for name in gathered[i]) for count in counts]


@attrs.frozen(kw_only=True)
class LearningCurve(Splitter):
    """A fixed test side, and random train sides that grow.

    Parameters
    ----------
    fractions : tuple of float
        Rising, in (0, 1]: the part of the images left for training that each train side holds.
    test_fraction : float
        Part of all images on the test side, drawn once a repeat; not used where ``test`` names the images.
    test : tuple of str
        Names of the images of the test side; images that belong together with one of them are left out of training.
    n_repeats : int
        How many curves; drawn independently.
    seed : int
        Of all that is drawn by chance.
    groups : mapping of str to str
        Image name to the name of its group, for instance of near-duplicates.
    keep_together : tuple of Relation
        The relations whose images are never parted.
    """

    name: ClassVar[str] = "learning-curve"
    description: ClassVar[str] = "One test side and growing train sides, each inside the next."

    fractions: tuple[float, ...] = (0.1, 0.25, 0.5, 0.75, 1.0)
    test_fraction: float = 0.2
    test: tuple[str, ...] = attrs.field(default=(), converter=as_names)
    n_repeats: int = attrs.field(default=1, validator=attrs.validators.ge(1))
    seed: int = 0
    groups: Mapping[str, str] = attrs.field(factory=dict)
    keep_together: tuple[Relation, ...] = attrs.field(default=KEPT_TOGETHER, converter=as_relations)

    __repr__ = short_repr

    def split(self, images: Images, *, train_labels: str, test_labels: str) -> Iterator[Split]:
        """Yield the splits of each curve from small to large, named for instance ``run 1, 25 % of 80``."""
        bundles = kept_together(images, groups=self.groups, relations=self.keep_together)
        missing = [name for name in self.test if name not in bundles]
        if missing:
            raise SplitError(f"the test images {', '.join(map(repr, missing[:3]))} are not among those given")
        for run, rng in enumerate(np.random.default_rng(self.seed).spawn(self.n_repeats), start=1):
            test = self.test or tuple(leave_fraction_out(bundles, fraction=self.test_fraction, rng=rng))
            tested = {bundles[name] for name in test}
            left = {name: bundle for name, bundle in bundles.items() if bundle not in tested}
            for fraction, train in zip(
                self.fractions, nested_subsets(left, fractions=self.fractions, rng=rng), strict=True
            ):
                yield Split(
                    name=f"run {run}, {100 * fraction:g} % of {len(left)}",
                    train=tuple(train),
                    test=test,
                    train_labels=train_labels,
                    test_labels=test_labels,
                )


@attrs.frozen(kw_only=True)
class GroupLearningCurve(Splitter):
    """One group of images to test on, and train sides that grow by whole groups.

    Parameters
    ----------
    by : str
        The fact of the specimen that makes the groups: ``alloy``, ``microscope`` ...
    n_repeats : int
        How many curves; each draws its test group and the order of the others anew.
    seed : int
        Of all that is drawn by chance.
    """

    name: ClassVar[str] = "group-learning-curve"
    description: ClassVar[str] = "Tests on one group and learns from one, two ... of the others, each inside the next."

    by: str = "alloy"
    n_repeats: int = attrs.field(default=1, validator=attrs.validators.ge(1))
    seed: int = 0

    def split(self, images: Images, *, train_labels: str, test_labels: str) -> Iterator[Split]:
        """Yield the splits of each curve from one group to all, named for instance ``run 1, C26M by 2 of 4``."""
        gathered = members(groups_by_fact(images, self.by))
        if len(gathered) < 2:
            raise SplitError(f"all images share the {self.by} {next(iter(gathered))!r}; a curve takes two groups")
        values = list(gathered)
        for run, rng in enumerate(np.random.default_rng(self.seed).spawn(self.n_repeats), start=1):
            tested, *others = (values[i] for i in rng.permutation(len(values)))
            for n in range(1, len(others) + 1):
                yield Split(
                    name=f"run {run}, {tested} by {n} of {len(others)}",
                    train=tuple(sorted(name for value in others[:n] for name in gathered[value])),
                    test=tuple(gathered[tested]),
                    train_labels=train_labels,
                    test_labels=test_labels,
                )
