"""Datasets: the catalogue, fetching, label versions, what differs between them, and health checks.

Names are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from defectkit.datasets.adding import add_dataset as add_dataset, add_labels as add_labels
    from defectkit.datasets.catalogue import Catalogue as Catalogue, CatalogueItem as CatalogueItem
    from defectkit.datasets.dataset import Dataset as Dataset
    from defectkit.datasets.differences import diff as diff
    from defectkit.datasets.entry import DatasetEntry as DatasetEntry, LabelsEntry as LabelsEntry
    from defectkit.datasets.health import check_dataset as check_dataset
    from defectkit.datasets.interface import DatasetSource as DatasetSource
    from defectkit.datasets.loading import fetch_dataset as fetch_dataset, load_dataset as load_dataset
    from defectkit.datasets.lock import Lock as Lock, locks_of as locks_of, put_locks as put_locks
    from defectkit.datasets.merging import merge as merge
    from defectkit.datasets.verifying import verify_result as verify_result

_HOMES = {
    "Catalogue": "catalogue",
    "CatalogueItem": "catalogue",
    "Dataset": "dataset",
    "DatasetEntry": "entry",
    "DatasetSource": "interface",
    "LabelsEntry": "entry",
    "Lock": "lock",
    "add_dataset": "adding",
    "add_labels": "adding",
    "check_dataset": "health",
    "diff": "differences",
    "fetch_dataset": "loading",
    "load_dataset": "loading",
    "locks_of": "lock",
    "merge": "merging",
    "put_locks": "lock",
    "verify_result": "verifying",
}

__all__ = [*_HOMES]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"defectkit.datasets.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'defectkit.datasets' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__]
