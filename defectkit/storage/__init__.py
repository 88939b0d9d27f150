"""Storage: images, sealed label sets, predictions and results in Zarr v3 stores."""

from __future__ import annotations

from defectkit.storage.migrations import MIGRATIONS, Migration, migrate
from defectkit.storage.results import load_results, save_results
from defectkit.storage.schema import SCHEMA_VERSION
from defectkit.storage.staging import Interrupted
from defectkit.storage.store import Store

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
