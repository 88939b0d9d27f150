"""The conventions of the registry, and a user's own."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from defectkit.conventions.choices import EdgeRule
from defectkit.conventions.convention import Convention
from defectkit.errors import ConventionError, DecodingError, UnknownConventionError
from defectkit.files import decoding
from defectkit.resources import registry_path

SUFFIX = ".toml"

DEFAULT_EDGE_RULE = str(EdgeRule.HORVITZ_THOMPSON)
"""Of a file that names none."""


def known_conventions() -> tuple[str, ...]:
    """Return the names of the conventions of ``registry/conventions/``, sorted."""
    return tuple(sorted(file.stem for file in (registry_path() / "conventions").glob(f"*{SUFFIX}")))


def convention(name: str | Path | Convention) -> Convention:
    """Return a convention by its name in the registry, or from a file of one's own.

    Parameters
    ----------
    name : str, pathlib.Path or Convention
        A name, or the path of a ``.toml`` file with the fields of :class:`Convention`; a Convention is returned as it
        is.

    Raises
    ------
    UnknownConventionError
        If neither the registry nor the disk knows it.
    ConventionError
        If the file is no TOML, or a field is missing, unknown or not allowed.

    Examples
    --------
    >>> convention("jacobs2022").iou_kind.value
    'box'
    """
    if isinstance(name, Convention):
        return name
    path = Path(name)
    if path.suffix == SUFFIX:
        if not path.is_file():
            raise UnknownConventionError.of("convention file", str(name), known_conventions())
        return read_convention(path)
    if str(name) not in known_conventions():
        raise UnknownConventionError.of(
            "convention", str(name), known_conventions(), advice=f"A file of your own is named by its {SUFFIX} path."
        )
    return _registered(str(name))


def read_convention(path: Path) -> Convention:
    """Return the convention that a TOML file describes; its name is the file's stem unless the file says otherwise.

    Raises
    ------
    ConventionError
        If the file is no TOML, or a field is missing, unknown or not allowed.
    """
    try:
        table = decoding.read_toml(path)
    except DecodingError as error:
        raise ConventionError(f"convention {error}") from error
    try:
        return Convention.from_settings({"name": path.stem, "edge_rule": DEFAULT_EDGE_RULE, **table})
    except (ConventionError, TypeError, ValueError) as error:
        raise ConventionError(f"{path}: {error}") from error


@cache
def _registered(name: str) -> Convention:
    return read_convention(registry_path() / "conventions" / f"{name}{SUFFIX}")
