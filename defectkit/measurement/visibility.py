"""Visibility: which share of loops a diffraction vector shows, by the rule that g.b = 0 is invisible."""

from __future__ import annotations

import enum
import itertools
from collections.abc import Iterable, Sequence
from fractions import Fraction

from defectkit.errors import RecordError

Vector = tuple[Fraction, ...]


class LoopFamily(enum.StrEnum):
    """Burgers vectors that loops of one kind have, in the axes of the crystal."""

    BCC_HALF_111 = "a/2<111> in bcc"
    BCC_100 = "a<100> in bcc"
    FCC_FRANK = "a/3<111> in fcc"
    FCC_PERFECT = "a/2<110> in fcc"
    HCP_A = "a/3<11-20> in hcp"
    HCP_C = "c<0001> in hcp"
    HCP_HALF_C = "c/2<0001> in hcp"
    HCP_SIXTH = "1/6<20-23> in hcp"


_CUBIC = {
    LoopFamily.BCC_HALF_111: (Fraction(1, 2), (1, 1, 1)),
    LoopFamily.BCC_100: (Fraction(1), (1, 0, 0)),
    LoopFamily.FCC_FRANK: (Fraction(1, 3), (1, 1, 1)),
    LoopFamily.FCC_PERFECT: (Fraction(1, 2), (1, 1, 0)),
}
_HEXAGONAL = {
    LoopFamily.HCP_A: (Fraction(1, 3), (1, 1, -2), 0),
    LoopFamily.HCP_C: (Fraction(1), (0, 0, 0), 1),
    LoopFamily.HCP_HALF_C: (Fraction(1, 2), (0, 0, 0), 1),
    LoopFamily.HCP_SIXTH: (Fraction(1, 6), (2, -2, 0), 3),
}
"""Scale, basal indices whose permutations (and opposites) are the variants, and index along c."""


def burgers_vectors(family: LoopFamily | str) -> tuple[Vector, ...]:
    """Return the variants of a family, one of each pair of opposite vectors.

    Parameters
    ----------
    family : LoopFamily

    Returns
    -------
    tuple of tuple of fractions.Fraction
        Three Miller indices for cubic crystals, four Miller-Bravais indices for hexagonal ones.

    Examples
    --------
    >>> len(burgers_vectors("a/2<111> in bcc")), len(burgers_vectors("a<100> in bcc"))
    (4, 3)
    """
    kind = LoopFamily(family)
    found: set[Vector] = set()
    if kind in _CUBIC:
        scale, indices = _CUBIC[kind]
        candidates: Iterable[tuple[int, ...]] = (
            tuple(s * i for s, i in zip(signs, order, strict=True))
            for order in itertools.permutations(indices)
            for signs in itertools.product((1, -1), repeat=3)
        )
    else:
        scale, basal, along_c = _HEXAGONAL[kind]
        candidates = (
            (*(sign * i for i in order), up * along_c)
            for order in itertools.permutations(basal)
            for sign in (1, -1)
            for up in (1, -1)
        )
    for candidate in candidates:
        vector = tuple(scale * i for i in candidate)
        if tuple(-v for v in vector) not in found:
            found.add(vector)
    return tuple(sorted(found, reverse=True))


def visible_fraction(family: LoopFamily | str, diffraction_vectors: Sequence[Sequence[int]]) -> Fraction:
    r"""Return the share of the variants of a family that at least one diffraction vector shows.

    Parameters
    ----------
    family : LoopFamily
    diffraction_vectors : sequence of sequence of int
        One for a two-beam condition; on a zone axis, those that are excited. Three indices for cubic crystals, four
        for hexagonal ones.

    Returns
    -------
    fractions.Fraction
        Between 0 and 1. Divide a density by it, if all variants are equally common.

    Raises
    ------
    RecordError
        If there is no diffraction vector, or one has the wrong number of indices.

    Notes
    -----
    A loop with :math:`\mathbf{g} \cdot \mathbf{b} = 0` is taken as invisible. Residual contrast from
    :math:`\mathbf{g} \cdot \mathbf{b} \times \mathbf{u}` is not: B. Yao, D. J. Edwards and R. J. Kurtz, *TEM
    characterization of dislocation loops in irradiated bcc Fe-based steels*, Journal of Nuclear Materials 434 (2013)
    402, doi 10.1016/j.jnucmat.2012.12.002, discuss how far this holds on a zone axis. Miller-Bravais indices of a plane
    and a direction have the product :math:`h u + k v + i t + l w`.

    Examples
    --------
    >>> print(visible_fraction("a/2<111> in bcc", [(1, 1, 0)]), visible_fraction("a<100> in bcc", [(1, 1, 0)]))
    1/2 2/3
    """
    variants = burgers_vectors(family)
    length = len(variants[0])
    if not diffraction_vectors:
        raise RecordError("the visible share of loops needs at least one diffraction vector g")
    for g in diffraction_vectors:
        if length == len(g) == 4 and g[0] + g[1] + g[2]:
            raise RecordError(f"the diffraction vector {tuple(g)} is none: the first three indices add up to 0")
        if len(g) != length:
            raise RecordError(f"the diffraction vector {tuple(g)} has {len(g)} indices; {family} needs {length}")
        if not any(g):
            raise RecordError("the diffraction vector (0, 0, 0) is the direct beam; name the reflection that was used")
    seen = sum(any(_product(g, b) != 0 for g in diffraction_vectors) for b in variants)
    return Fraction(seen, len(variants))


def visible_on_zone(family: LoopFamily | str, zone_axis: Sequence[int]) -> Fraction:
    r"""Return the share of the variants of a family that is seen along a zone axis.

    Parameters
    ----------
    family : LoopFamily
    zone_axis : sequence of int
        Direction of the beam: three indices for cubic crystals, four for hexagonal ones.

    Returns
    -------
    fractions.Fraction
        Between 0 and 1.

    Raises
    ------
    RecordError
        If the zone axis is no direction, or has the wrong number of indices.

    Notes
    -----
    Reflections of the zone have :math:`\mathbf{g} \cdot \mathbf{u} = 0`, and in all directions normal to the beam
    :math:`\mathbf{u}` there are some. :math:`\mathbf{g} \cdot \mathbf{b} = 0` for all of them only if the Burgers
    vector lies along the beam, so that a loop is invisible then, and else not.

    Examples
    --------
    >>> print(visible_on_zone("a<100> in bcc", (0, 0, 1)), visible_on_zone("a/2<111> in bcc", (0, 0, 1)))
    2/3 1
    """
    variants = burgers_vectors(family)
    axis = tuple(zone_axis)
    length = len(variants[0])
    if len(axis) != length or not any(axis) or (length == 4 and axis[0] + axis[1] + axis[2]):
        raise RecordError(f"the zone axis {axis} is none; {family} needs {length} indices that are not all 0")
    along = sum(_is_parallel(b, axis) for b in variants)
    return Fraction(len(variants) - along, len(variants))


def _is_parallel(b: Vector, axis: Sequence[int]) -> bool:
    return all(i * v == j * u for i, u in zip(b, axis, strict=True) for j, v in zip(b, axis, strict=True))


def _product(g: Sequence[int], b: Vector) -> Fraction:
    return sum((i * j for i, j in zip(g, b, strict=True)), Fraction(0))
