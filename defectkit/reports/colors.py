"""Colors: one for each type, those of the taxonomy where they are distinct."""

from __future__ import annotations

from collections.abc import Iterable

from defectkit.records.defect_type import Taxonomy

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
    names = list(types)
    own = [taxonomy[name].color for name in names]
    colors: dict[str, str] = {}
    for k, name in enumerate(names):
        free = [own[k], *(c for c in SPARE if c not in own)]
        colors[name] = next((c for c in free if c not in colors.values()), SPARE[k % len(SPARE)])
    return colors
