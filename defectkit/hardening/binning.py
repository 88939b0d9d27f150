"""Binning: how the sizes of one population are put into bins, and how the bins add up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Self

import attrs
import numpy as np
from immutabledict import immutabledict
from numpy.typing import NDArray

from defectkit.conventions import BinRepresentative, Combination, Convention
from defectkit.errors import ConventionError
from defectkit.short_repr import short_repr
from defectkit.units import LENGTH, QuantityLike, as_quantity

Edges = tuple[float, ...]
ALL_TYPES = "all"


def _edges(value: Iterable[float]) -> Edges:
    edges = tuple(float(edge) for edge in value)
    if len(edges) < 2 or not np.all(np.diff(edges) > 0) or not np.isfinite(edges).all() or edges[0] < 0:
        raise ConventionError(f"size bins: the edges {edges} are not two or more increasing numbers from 0 nm on")
    return edges


def _edges_by_type(value: Mapping[str, Iterable[float]]) -> Mapping[str, Edges]:
    return immutabledict({name: _edges(edges) for name, edges in value.items()})


@attrs.frozen(kw_only=True)
class Binning:
    """Size bins of a hardening calculation.

    Parameters
    ----------
    edges_nm : mapping of str to sequence of float
        Edges of the bins in nm by defect type, and under ``"all"`` for every other type. Sizes outside the edges fall
        into further bins as wide as the outermost one: no defect is dropped. A type without edges is not binned: each
        of its defects is a bin of its own.
    representative : BinRepresentative
        The size that stands for the defects of a bin: its centre, or the mean of its members.
    combination : Combination
        Whether the bins of one population add up linearly or as the root of the sum of squares.

    Notes
    -----
    With the mean of the members and quadrature the result is that of no bins at all, whatever the edges. Every other
    choice depends on the bins: see ``docs/decisions/hardening-bins.md``.

    Examples
    --------
    >>> Binning.unbinned().combination.value
    'quadrature'
    >>> Binning.of_width("5 nm", combination="linear", representative="center").edges_nm["all"]
    (0.0, 5.0)
    """

    edges_nm: Mapping[str, Edges] = attrs.field(factory=dict, converter=_edges_by_type, hash=False)
    representative: BinRepresentative = attrs.field(converter=BinRepresentative)
    combination: Combination = attrs.field(converter=Combination)

    __repr__ = short_repr

    @classmethod
    def unbinned(cls) -> Self:
        """Return no bins: every defect counts with its own size, ``sqrt(sum(rho_i d_i))``."""
        return cls(representative=BinRepresentative.MEAN, combination=Combination.QUADRATURE)

    @classmethod
    def of_width(
        cls, width: QuantityLike, *, representative: BinRepresentative | str, combination: Combination | str
    ) -> Self:
        """Return bins of one width for all types, from 0 on.

        Raises
        ------
        ConventionError
            If the width is not positive, or a choice is none of those allowed.
        """
        edges = (0.0, float(as_quantity(width, LENGTH, what="width of the size bins").magnitude))
        return cls(
            edges_nm={ALL_TYPES: edges},
            representative=BinRepresentative(representative),
            combination=Combination(combination),
        )

    @classmethod
    def of_convention(cls, convention: Convention) -> Self:
        """Return the bins of a convention: those of its size histograms."""
        return cls(
            edges_nm={**convention.size_bin_edges_nm, ALL_TYPES: convention.other_size_bin_edges_nm},
            representative=convention.hardening_bin_representative,
            combination=convention.hardening_bin_combination,
        )

    @property
    def is_bin_free(self) -> bool:
        """Whether the result is the same for all edges."""
        return self.representative is BinRepresentative.MEAN and self.combination is Combination.QUADRATURE

    def edges_of(self, defect_type: str) -> Edges | None:
        """Return the edges for a type, or None where it is not binned."""
        return self.edges_nm.get(defect_type, self.edges_nm.get(ALL_TYPES))


def bin_numbers(sizes: NDArray[np.float64], edges: Edges) -> NDArray[np.int64]:
    """Return the number of the bin of each size: 0 for the first, negative below it; half-open, shape as ``sizes``.

    Examples
    --------
    >>> bin_numbers(np.array([0.0, 9.99, 10.0, 47.0]), (0.0, 10.0, 30.0))
    array([0, 0, 1, 2])
    """
    inner = np.searchsorted(edges, sizes, side="right") - 1
    first, last = edges[1] - edges[0], edges[-1] - edges[-2]
    below = np.floor((sizes - edges[0]) / first)
    above = len(edges) - 1 + np.floor((sizes - edges[-1]) / last)
    return np.where(sizes < edges[0], below, np.where(sizes >= edges[-1], above, inner)).astype(np.int64)


def bin_centers(numbers: NDArray[np.int64], edges: Edges) -> NDArray[np.float64]:
    """Return the centre of each bin, by its number; shape as ``numbers``.

    Examples
    --------
    >>> bin_centers(np.array([0, 1, 2]), (0.0, 10.0, 30.0))
    array([ 5., 20., 40.])
    """
    inside = np.clip(numbers, 0, len(edges) - 2)
    low, high = np.asarray(edges)[inside], np.asarray(edges)[inside + 1]
    centers: NDArray[np.float64] = (low + high) / 2 + (numbers - inside) * (high - low)
    return centers
