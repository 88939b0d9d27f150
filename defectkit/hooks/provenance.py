"""Provenance: what made a part of a result: its name, its options, and the distribution that it came with."""

from __future__ import annotations

from typing import Any

import attrs

from defectkit.hooks.kinds import KINDS
from defectkit.hooks.manager import table
from defectkit.records.json import record_converter

UNREGISTERED = "not registered"


def provenance_of(made: Any) -> dict[str, Any]:
    """Return the name, the options as plain values, and the distribution of an object of a plugin's class.

    Parameters
    ----------
    made : object
        A metric, a hardening model, a splitter or anything else whose class can be registered.

    Returns
    -------
    dict
        ``name``, ``options`` and ``distribution``: name and version, or ``not registered`` for a class of a script.

    Examples
    --------
    >>> from defectkit.hardening import DispersedBarrier
    >>> provenance_of(DispersedBarrier())["options"]
    {'binning': None}
    """
    return {"name": type(made).name, "options": options_of(made), "distribution": distribution_of(type(made))}


def options_of(made: Any) -> dict[str, Any]:
    """Return the options of an object as plain values; those of a class that is not of attrs are not known.

    Parameters
    ----------
    made : object
    """
    if not attrs.has(type(made)):
        return {}
    unstructure = record_converter().unstructure
    return {field.name: unstructure(getattr(made, field.name)) for field in attrs.fields(type(made)) if field.init}


def distribution_of(cls: type[Any]) -> str:
    """Return the distribution that registered a class, with its version, or ``not registered``.

    Parameters
    ----------
    cls : type
    """
    rows = (row for kind in KINDS.values() if issubclass(cls, kind.interface()) for row in table(kind.name).values())
    return next((f"{row.distribution} {row.version}" for row in rows if row.cls is cls), UNREGISTERED)
