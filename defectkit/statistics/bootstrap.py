"""Bootstrap: how far a statistic would move if other images had been taken."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import BootstrapError
from defectkit.records.names import as_names
from defectkit.statistics.comparison import Comparison
from defectkit.statistics.drawing import Drawn, drawn_defects, drawn_images
from defectkit.statistics.statistic import Statistic, sample_variables
from defectkit.statistics.totals import Totals
from defectkit.statistics.units import Units, check_same_truth, linked_units

Floats = NDArray[np.float64]


class Level(enum.StrEnum):
    """What is drawn: whole images, or images and then the defects in each."""

    IMAGES = "images"
    IMAGES_AND_DEFECTS = "images-and-defects"


def _level(value: str) -> Level:
    try:
        return Level(value)
    except ValueError:
        raise BootstrapError(f"bootstrap: the level {value!r} is none of {', '.join(Level)}") from None


@attrs.frozen(kw_only=True)
class Bootstrap:
    """How intervals are made.

    Parameters
    ----------
    n_resamples : int
    level : Level or str
        ``images`` draws whole images with replacement; ``images-and-defects`` draws images, then in each of them as
        many units (pairs, missed defects, false finds) as it has.
    seed : int
    confidence : float
        Of the interval, between 0 and 1.

    Raises
    ------
    BootstrapError
        If one of them is out of range.

    Notes
    -----
    The percentile interval [1]_, by default of whole images: defects of one image share its foil, its contrast and its
    focus, and are not independent of each other. An interval says what *other images like these* would give. With few
    images it is too narrow: in a simulation about 80 % of nominal 90 % intervals hold the truth with 5 images, and 65 %
    with 3; from 10 images on they are near nominal (``docs/evaluate.md`` has the table).
    A two-stage bootstrap [2]_ (``images-and-defects``) adds the spread within images to the one between them, which
    holds it already: its intervals are wider, too wide where images hardly differ.

    A resample in which a statistic is undefined (for instance one without a defect of a type) counts as lower than all
    others for the low end and as higher than all others for the high end, so an end that falls among them is NaN. One
    image alone has no interval over images: NaN.

    References
    ----------
    .. [1] B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap (1993), https://doi.org/10.1201/9780429246593
    .. [2] A. C. Davison, D. V. Hinkley, Bootstrap Methods and their Application (1997), section 3.8,
       https://doi.org/10.1017/CBO9780511802843

    Examples
    --------
    >>> Bootstrap(n_resamples=500).describe(22)
    '500 resamples of 22 images, 90 % interval, seed 0'
    """

    n_resamples: int = 2000
    level: Level = attrs.field(default=Level.IMAGES, converter=_level)
    seed: int = 0
    confidence: float = 0.9

    def __attrs_post_init__(self) -> None:
        if self.n_resamples < 1:
            raise BootstrapError(f"bootstrap: {self.n_resamples} resamples cannot be drawn; at least 1")
        if not 0 < self.confidence < 1:
            raise BootstrapError(
                f"bootstrap: a confidence of {self.confidence!r} is not between 0 and 1, for instance 0.9"
            )

    def describe(self, n_images: int) -> str:
        """Return in words what was drawn of some images."""
        drawn = f"{n_images} images" if self.level is Level.IMAGES else f"{n_images} images and of the defects in each"
        return f"{self.n_resamples} resamples of {drawn}, {100 * self.confidence:g} % interval, seed {self.seed}"


def resample(
    statistics: Iterable[Statistic],
    comparisons: Sequence[Comparison],
    bootstrap: Bootstrap,
    *,
    names: Collection[str] | None = None,
) -> tuple[dict[str, Floats], ...]:
    """Return the values of statistics in each resample, which are the same for all comparisons.

    Parameters
    ----------
    statistics : iterable of Statistic
    comparisons : sequence of Comparison
        Of one truth: the same images and the same true defects.
    bootstrap : Bootstrap
    names : collection of str, optional
        The variables that are wanted; by default all that can be resampled.

    Returns
    -------
    tuple of dict of str to numpy.ndarray, shape (B, ...)
        For each comparison, by the name of the variable; NaN where it cannot be said of a resample.

    Raises
    ------
    BootstrapError
        If there is nothing to draw, or a name is none that can be resampled.
    PairingError
        If the comparisons are not of one truth.
    """
    if not comparisons:
        raise BootstrapError("bootstrap: there is no evaluation to resample")
    n_images = len(comparisons[0].images)
    if not n_images:
        raise BootstrapError("bootstrap: an evaluation without an image cannot be resampled")
    chosen = tuple(statistics)
    wanted = _wanted(chosen, comparisons[0], None if names is None else as_names(names))
    units, draws = _drawing(comparisons, bootstrap)
    sums = [[statistic.sums(own) for statistic, _ in wanted] for own in units]
    chunks: list[list[dict[str, Any]]] = [[] for _ in comparisons]
    for drawn in draws:
        for own, added, parts in zip(units, sums, chunks, strict=True):
            found: dict[str, Any] = {}
            for (statistic, variables), summed in zip(wanted, added, strict=True):
                values = statistic.values(Totals(units=own, sums=summed, drawn=drawn))
                found |= {name: np.asarray(values[name].values, np.float64) for name in variables}
            parts.append(found)
    results = tuple(
        {name: np.concatenate([part[name] for part in parts]) for _, variables in wanted for name in variables}
        for parts in chunks
    )
    if n_images == 1 and bootstrap.level is Level.IMAGES:
        return tuple({name: np.full_like(values, np.nan) for name, values in result.items()} for result in results)
    return results


def _wanted(
    statistics: Sequence[Statistic], comparison: Comparison, names: Collection[str] | None
) -> list[tuple[Statistic, list[str]]]:
    """Return the statistics that give what is wanted, each with the names of that."""
    units = Units.images(comparison)
    given = [
        [name for name, variable in sample_variables(statistic, units).items() if variable.is_resampled]
        for statistic in statistics
    ]
    known = {name for own in given for name in own}
    strange = sorted(set(names or ()) - known)
    if strange:
        raise BootstrapError(
            f"bootstrap: {', '.join(strange)} cannot be resampled; what can be is {', '.join(sorted(known))}"
        )
    picked = [[name for name in own if names is None or name in names] for own in given]
    return [(statistic, own) for statistic, own in zip(statistics, picked, strict=True) if own]


def _drawing(comparisons: Sequence[Comparison], bootstrap: Bootstrap) -> tuple[tuple[Units, ...], Iterator[Drawn]]:
    if bootstrap.level is Level.IMAGES_AND_DEFECTS:
        units = linked_units(comparisons)
        return units, drawn_defects(units[0], bootstrap.n_resamples, seed=bootstrap.seed)
    for other in comparisons[1:]:
        check_same_truth(comparisons[0], other)
    n_images = len(comparisons[0].images)
    draws = drawn_images(n_images, bootstrap.n_resamples, seed=bootstrap.seed)
    return tuple(Units.images(comparison) for comparison in comparisons), draws
