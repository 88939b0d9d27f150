"""Storage: images, sealed label sets, predictions and results in Zarr v3 stores."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from defectkit.storage.migrations import (
        MIGRATIONS as MIGRATIONS,
        Migration as Migration,
        migrate as migrate,
    )
    from defectkit.storage.results import load_results as load_results, save_results as save_results
    from defectkit.storage.schema import SCHEMA_VERSION as SCHEMA_VERSION
    from defectkit.storage.staging import Interrupted as Interrupted
    from defectkit.storage.store import Store as Store

_HOMES = {
    "migrations": ("MIGRATIONS", "Migration", "migrate"),
    "results": ("load_results", "save_results"),
    "schema": ("SCHEMA_VERSION",),
    "staging": ("Interrupted",),
    "store": ("Store",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "MIGRATIONS",
    "SCHEMA_VERSION",
    "Interrupted",
    "Migration",
    "Store",
    "load_results",
    "migrate",
    "save_results",
]


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
