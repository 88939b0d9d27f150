"""Marks: the color, marker and hatch of each type, told apart in gray as well."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import attrs

from defectkit.records.colors import type_colors
from defectkit.records.defect_type import DefectType, Taxonomy
from defectkit.statistics.variables import ALL

MARKERS = ("o", "^", "s", "D", "v", "P", "X", "<", ">", "*")
HATCHES = ("", "////", "....", "xxxx", "----", "\\\\\\\\", "++++", "||||", "oooo", "**")
OF_ALL = "#777777"


@attrs.frozen(kw_only=True)
class Mark:
    """How one type is drawn.

    Parameters
    ----------
    title, color, marker, hatch : str
    """

    title: str
    color: str
    marker: str
    hatch: str


def marks(types: Iterable[str], taxonomy: Taxonomy) -> dict[str, Mark]:
    """Return the mark of each type, and of ``all`` types together.

    Parameters
    ----------
    types : iterable of str
        Those that the taxonomy does not hold get colors of their own.
    taxonomy : Taxonomy

    Notes
    -----
    With more types than markers, markers come back.

    Examples
    --------
    >>> drawn = marks(["bdot", "loop_111"], Taxonomy.standard())
    >>> drawn["loop_111"]
    Mark(title='<111> loop', color='#e41a1c', marker='^', hatch='////')
    """
    names = [name for name in types if name != ALL]
    missing = (DefectType(name=name) for name in names if name not in taxonomy)
    known = Taxonomy(types=(*taxonomy, *missing))
    colors = type_colors(names, known)
    looks = zip(itertools.cycle(MARKERS), itertools.cycle(HATCHES), strict=True)
    own = {
        name: Mark(title=known[name].title, color=colors[name], marker=marker, hatch=hatch)
        for name, (marker, hatch) in zip(names, looks, strict=False)
    }
    return {**own, ALL: Mark(title="all types", color=OF_ALL, marker="o", hatch="")}
