"""Colors: one for each type, those of the taxonomy where they are distinct."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from defectkit.records.defect_type import Taxonomy
from defectkit.records.names import as_names

SPARE = ("#2ca02c", "#17becf", "#e377c2", "#8c564b", "#bcbd22", "#9467bd", "#ff7f0e", "#00e5a8", "#ff5ca8", "#7f7f7f")
"""For types whose own color is taken by another one, in turn."""


def type_colors(types: Iterable[str], taxonomy: Taxonomy) -> dict[str, str]:
    """Return a hex color for each type.

    Parameters
    ----------
    types : iterable of str
        Each in the taxonomy.
    taxonomy : Taxonomy

    Notes
    -----
    The first type with a color keeps it. With more types than colors, colors come back.

    Examples
    --------
    >>> type_colors(["mine", "bdot", "yours"], Taxonomy.standard().with_types(["mine", "yours"]))
    {'mine': '#2ca02c', 'bdot': '#1f5fff', 'yours': '#17becf'}
    """
    return distinct_colors({name: taxonomy[name].color for name in as_names(types)})


def distinct_colors(own: Mapping[str, str]) -> dict[str, str]:
    """Return a hex color for each name: its own, or where another name has that one already, one of :data:`SPARE`.

    Examples
    --------
    >>> distinct_colors({"a": "#1f5fff", "b": "#1f5fff"})
    {'a': '#1f5fff', 'b': '#2ca02c'}
    """
    spare = [color for color in SPARE if color not in own.values()]
    colors: dict[str, str] = {}
    for k, (name, color) in enumerate(own.items()):
        free = (c for c in (color, *spare) if c not in colors.values())
        colors[name] = next(free, SPARE[k % len(SPARE)])
    return colors
