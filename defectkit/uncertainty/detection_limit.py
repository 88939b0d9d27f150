"""DetectionLimit: which part of a size distribution a microscope and a detector show, and at which sizes."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import RecordError
from defectkit.units import LENGTH, Quantity, QuantityLike, as_quantity

Floats = NDArray[np.float64]

FINENESS = 16
"""Places in each piece of a class at which the blur of sizes is computed."""


def _length(value: QuantityLike, what: str) -> Quantity:
    length = as_quantity(value, LENGTH, what=what)
    if length.magnitude < 0:
        raise RecordError(f"{what}: {value!s} is negative")
    return length


def _resolution(value: QuantityLike) -> Quantity:
    return _length(value, "resolution")


def _size_spread(value: QuantityLike) -> Quantity:
    return _length(value, "spread of sizes")


def _fractions(value: Mapping[str, float]) -> Mapping[str, float]:
    found = {name: float(share) for name, share in value.items()}
    for name, share in found.items():
        if not 0 < share <= 1:
            raise RecordError(f"visible fraction of {name!r}: {share:g} is not above 0 and at most 1")
    return MappingProxyType(found)


@attrs.frozen(kw_only=True)
class HitRate:
    """The share of the defects of a range of sizes that a detector finds.

    Parameters
    ----------
    size_low_nm, size_high_nm : float
    rate : float
        From 0 to 1.
    """

    size_low_nm: float
    size_high_nm: float
    rate: float

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.size_low_nm < self.size_high_nm < np.inf:
            raise RecordError(
                f"hit rate: the sizes {self.size_low_nm:g} to {self.size_high_nm:g} nm do not rise from 0"
            )
        if not 0 <= self.rate <= 1:
            raise RecordError(f"hit rate: {self.rate:g} does not lie between 0 and 1")


def _hit_rates(value: Iterable[HitRate]) -> tuple[HitRate, ...]:
    rates = tuple(sorted(value, key=lambda rate: rate.size_low_nm))
    for one, other in itertools.pairwise(rates):
        if one.size_high_nm != other.size_low_nm:
            raise RecordError(
                f"hit rates: a range ends at {one.size_high_nm:g} nm and the next begins at {other.size_low_nm:g} nm; "
                "ranges have to follow each other"
            )
    return rates


@attrs.frozen(kw_only=True)
class DetectionLimit:
    r"""What of a distribution of sizes is seen.

    Parameters
    ----------
    resolution : str or pint.Quantity
        Defects below this size are not seen.
    size_spread : str or pint.Quantity
        Standard deviation of measured sizes around the true one: pixels, contrast, where an edge is drawn.
    visible_fractions : mapping of str to float
        By type, the share that the imaging condition shows, as
        :func:`defectkit.measurement.visibility.visible_fraction` gives it; 1 for any other type.
    hit_rates : sequence of HitRate
        Of the detector by size, in ranges that follow each other; beyond them the nearest one holds. Without any, all
        that is seen is found.

    Raises
    ------
    RecordError
        If a value is not possible.

    Notes
    -----
    Of a class of true sizes from *a* to *b*, in which sizes are evenly spread, the share

    .. math:: R = \frac{v}{b - a} \int_a^b h(d)\, [d \ge d_0]\, P(l \le d + \epsilon < u)\, \mathrm{d}d

    is measured in the class from *l* to *u*, with visible fraction *v*, hit rate *h*, resolution :math:`d_0` and an
    error :math:`\epsilon` of sizes that is normal. Without such an error the integral is exact.

    Examples
    --------
    >>> limit = DetectionLimit(resolution="3 nm", visible_fractions={"loop_111": 0.5})
    >>> limit.response(np.array([0.0, 4.0, 8.0]), np.array([0.0, 8.0]), "loop_111").round(3).tolist()
    [[0.125, 0.5]]
    """

    resolution: Quantity = attrs.field(default="0 nm", converter=_resolution)
    size_spread: Quantity = attrs.field(default="0 nm", converter=_size_spread)
    visible_fractions: Mapping[str, float] = attrs.field(factory=dict, converter=_fractions, hash=False)
    hit_rates: tuple[HitRate, ...] = attrs.field(default=(), converter=_hit_rates)

    def response(self, true_edges_nm: Floats, measured_edges_nm: Floats, defect_type: str) -> Floats:
        """Return the share of each true class that is measured in each class, shape (measured, true).

        Parameters
        ----------
        true_edges_nm, measured_edges_nm : numpy.ndarray
            Rising, one more than there are classes.
        defect_type : str
        """
        pairs = itertools.pairwise(true_edges_nm)
        columns = [self._class(low, high, measured_edges_nm, defect_type) for low, high in pairs]
        return np.array(columns, dtype=np.float64).T

    def _class(self, low: float, high: float, measured: Floats, defect_type: str) -> Floats:
        from scipy.special import ndtr

        smallest, spread = float(self.resolution.magnitude), float(self.size_spread.magnitude)
        jumps = [
            smallest,
            *measured,
            *(end for rate in self.hit_rates for end in (rate.size_low_nm, rate.size_high_nm)),
        ]
        cuts = np.unique([low, *(cut for cut in jumps if low < cut < high), high])
        places = (cuts[:-1, None] + np.diff(cuts)[:, None] * (np.arange(FINENESS) + 0.5) / FINENESS).ravel()
        weights = np.repeat(np.diff(cuts) / FINENESS, FINENESS) / (high - low)
        weights = weights * (places >= smallest) * self._rates(places) * self.visible_fractions.get(defect_type, 1.0)
        if spread == 0:
            below = (places[:, None] < measured).astype(np.float64)
        else:
            below = ndtr((measured - places[:, None]) / spread)
        shares: Floats = weights @ np.diff(below, axis=1)
        return shares

    def _rates(self, sizes: Floats) -> Floats:
        if not self.hit_rates:
            return np.ones(len(sizes))
        inner = [rate.size_low_nm for rate in self.hit_rates[1:]]
        rates: Floats = np.array([rate.rate for rate in self.hit_rates])[np.searchsorted(inner, sizes, side="right")]
        return rates
