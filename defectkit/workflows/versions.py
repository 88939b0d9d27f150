"""Versions: which distributions made a result."""

from __future__ import annotations

import platform
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
