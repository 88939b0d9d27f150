__all__: list[str]

from .adding import (
    add_dataset as add_dataset,
    add_labels as add_labels,
    add_version as add_version,
    find_labels as find_labels,
    name_of as name_of,
)
from .catalogue import Catalogue as Catalogue, CatalogueItem as CatalogueItem
from .dataset import Dataset as Dataset
from .differences import diff as diff
from .entry import DatasetEntry as DatasetEntry, LabelsEntry as LabelsEntry
from .health import check_dataset as check_dataset
from .interface import DatasetSource as DatasetSource
from .loading import fetch_dataset as fetch_dataset, load_dataset as load_dataset
from .lock import Lock as Lock, locks_of as locks_of, put_locks as put_locks
from .merging import merge as merge
from .verifying import verify_result as verify_result
