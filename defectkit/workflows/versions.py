"""Versions: which distributions made a result."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from functools import cache
from importlib import metadata

CORE = ("numpy", "numba", "scipy", "scikit-image", "xarray", "zarr", "pint", "attrs", "matplotlib", "pillow", "shapely")
"""Distributions whose version may change a figure or a picture."""


def versions(*plugins: tuple[str, str]) -> dict[str, str]:
    """Return the version of defectkit, of Python, of what they compute with and of the ``plugins`` that took part.

    Parameters
    ----------
    *plugins : tuple of (str, str)
        Distribution and version, as a row of :func:`defectkit.hooks.table` names them.

    Returns
    -------
    dict of str to str
        By distribution.

    Examples
    --------
    >>> list(versions(("defectkit-mine", "1.2")))[:3]
    ['defectkit', 'defectkit-mine', 'python']
    """
    from defectkit import __version__

    found = {"defectkit": __version__} | {name: version for name, version in plugins if name != "defectkit"}
    return found | {"python": platform.python_version()} | {name: _version(name) for name in CORE}


@cache
def _version(name: str) -> str:
    return metadata.version(name)


def distributions_of(things: Iterable[object]) -> list[tuple[str, str]]:
    """Return the distributions that the classes of some objects come from, with their versions.

    Parameters
    ----------
    things : iterable
        Detectors and sources of pixels, say. A class that no distribution has, one of a script, gives none.

    Returns
    -------
    list of tuple of (str, str)
        As :func:`versions` takes them, each once, in the order of their names.

    Examples
    --------
    >>> import attrs
    >>> [name for name, version in distributions_of([attrs.NOTHING])]
    ['attrs']
    """
    packages = {type(thing).__module__.partition(".")[0] for thing in things}
    known = metadata.packages_distributions()
    names = sorted({known[package][0] for package in packages if package in known})
    return [(name, _version(name)) for name in names]
