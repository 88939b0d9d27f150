"""Mixing: numbers of two conventions are never put side by side."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from defectkit.errors import ConventionError

if TYPE_CHECKING:
    import xarray

KEYS = ("convention", "convention_settings", "iou_threshold", "length_unit")


def check_same_convention(results: Iterable[xarray.Dataset]) -> None:
    """Raise unless all results were made under one convention, with one IoU threshold and one unit of length.

    Parameters
    ----------
    results : iterable of xarray.Dataset
        Evaluations, as :func:`defectkit.workflows.evaluate` returns them; none or one is fine.

    Raises
    ------
    ConventionError
        If two differ, or one does not say how it was made.

    Examples
    --------
    >>> import xarray
    >>> ours = xarray.Dataset(attrs={"convention": "defectkit", "convention_settings": "{}", "iou_threshold": 0.3})
    >>> check_same_convention([ours.assign_attrs(length_unit="pixel"), ours.assign_attrs(length_unit="nanometer")])
    Traceback (most recent call last):
    ...
    defectkit.errors.ConventionError: results of two kinds cannot be compared: length_unit is pixel in one, ...
    """
    first: dict[str, object] | None = None
    for result in results:
        missing = [key for key in KEYS if key not in result.attrs]
        if missing:
            raise ConventionError(f"a result does not say how it was made: it has no attribute {', '.join(missing)}")
        own = {key: result.attrs[key] for key in KEYS}
        first = first or own
        for key in KEYS:
            if own[key] != first[key]:
                raise ConventionError(
                    f"results of two kinds cannot be compared: {key} is {first[key]} in one, {own[key]} in another; "
                    "evaluate both under one convention"
                )
