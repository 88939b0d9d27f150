"""Random k-fold: every image is tested once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import attrs
import numpy as np

from defectkit.errors import SplitError
from defectkit.records.inputs import Images
from defectkit.records.split import Split
from defectkit.short_repr import short_repr
from defectkit.splitters.interface import Splitter
from defectkit.splitters.relations import KEPT_TOGETHER, Relation, as_relations, kept_together


def random_k_fold(bundles: Mapping[str, str], *, n_splits: int, seed: int) -> list[list[str]]:
    """Return the test side of each fold.

    Parameters
    ----------
    bundles : mapping of str to str
        Image name to the bundle that must stay whole.
    n_splits : int
        Number of folds, at least 2 and at most the number of bundles.
    seed : int
        Of all that is drawn by chance.

    Returns
    -------
    list of lists of str
        Sorted names; every image is in exactly one fold. The folds hold equally many bundles to within one.

    Raises
    ------
    SplitError
        If there are fewer bundles than folds, or fewer than two folds.

    Notes
    -----
    scikit-learn's ``GroupKFold`` with shuffling, seeded from a numpy Generator.

    Examples
    --------
    >>> [len(fold) for fold in random_k_fold(dict.fromkeys("abcde") | {n: n for n in "abcde"}, n_splits=2, seed=0)]
    [3, 2]
    """
    from sklearn.model_selection import GroupKFold

    names = sorted(bundles)
    n_bundles = len(set(bundles.values()))
    if not 2 <= n_splits <= n_bundles:
        raise SplitError(
            f"{len(names)} images in {n_bundles} bundles of related images cannot make {n_splits} folds; "
            "at least 2 folds are needed, and as many bundles"
        )
    state = int(np.random.default_rng(seed).integers(2**32))
    folds = GroupKFold(n_splits=n_splits, shuffle=True, random_state=state)
    groups = [bundles[name] for name in names]
    return [[names[i] for i in test] for _, test in folds.split(names, groups=groups)]


@attrs.frozen(kw_only=True)
class RandomKFold(Splitter):
    """Random k-fold cross validation.

    Parameters
    ----------
    n_splits : int
        Number of folds.
    seed : int
        Of all that is drawn by chance.
    groups : mapping of str to str
        Image name to the name of its group, for instance of near-duplicates.
    keep_together : tuple of Relation
        The relations whose images are never parted.
    """

    name: ClassVar[str] = "random-k-fold"
    description: ClassVar[str] = "Random k-fold cross validation by image: every image is tested once."

    n_splits: int = 5
    seed: int = 0
    groups: Mapping[str, str] = attrs.field(factory=dict)
    keep_together: tuple[Relation, ...] = attrs.field(default=KEPT_TOGETHER, converter=as_relations)

    __repr__ = short_repr

    def split(self, images: Images, *, train_labels: str, test_labels: str) -> Iterator[Split]:
        """Yield one split per fold, named ``fold 1`` and so on."""
        bundles = kept_together(images, groups=self.groups, relations=self.keep_together)
        folds = random_k_fold(bundles, n_splits=self.n_splits, seed=self.seed)
        for number, test in enumerate(folds, start=1):
            held_out = set(test)
            yield Split(
                name=f"fold {number}",
                train=tuple(name for name in bundles if name not in held_out),
                test=tuple(test),
                train_labels=train_labels,
                test_labels=test_labels,
            )
