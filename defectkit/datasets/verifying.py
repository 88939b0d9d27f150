"""Verifying: whether the labels that a result was made with are still what they were."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from defectkit.datasets.catalogue import Catalogue
from defectkit.datasets.loading import load_dataset
from defectkit.datasets.lock import Lock, locks_of
from defectkit.errors import DatasetWarning, DefectkitError, LockError
from defectkit.files.decoding import read_json
from defectkit.storage import Store, load_results
from defectkit.storage.schema import ATTRIBUTE

if TYPE_CHECKING:
    import xarray


@attrs.frozen(kw_only=True)
class Verdict:
    """What came of checking one lock line.

    Parameters
    ----------
    lock : Lock
    holds : bool
    reason : str
        Why it does not hold; empty where it does.
    """

    lock: Lock
    holds: bool
    reason: str = ""


def verify_result(
    path: str | Path, *, mirror: str | Path | None = None, catalogue: Catalogue | None = None
) -> tuple[Verdict, ...]:
    """Check the lock lines of a result: load the same versions again, and compare digests.

    Parameters
    ----------
    path : str or pathlib.Path
        Results, a store that holds results, or a folder with either in it.
    mirror, catalogue
        As of :func:`~defectkit.datasets.loading.load_dataset`.

    Returns
    -------
    tuple of Verdict
        One a lock line.

    Raises
    ------
    LockError
        If there is no lock line, or one that cannot be understood.
    StorageError
        If there are no results at ``path``.
    """
    locks = dict.fromkeys(lock for table in _tables(Path(path)) for lock in locks_of(table))
    if not locks:
        raise LockError(f"{path}: its results have no lock lines, so they do not say what they were made with")
    return tuple(_verdict(lock, mirror, catalogue) for lock in locks)


def _verdict(lock: Lock, mirror: str | Path | None, catalogue: Catalogue | None) -> Verdict:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DatasetWarning)  # what is absent shows in the digest
            loaded = load_dataset(
                lock.dataset, labels=lock.labels, available=lock.images is not None, mirror=mirror, catalogue=catalogue
            ).labels
    except DefectkitError as error:
        return Verdict(lock=lock, holds=False, reason=str(error))
    if lock.images is not None:
        gone = sorted(set(lock.images) - set(loaded.images))
        if gone:
            return Verdict(lock=lock, holds=False, reason=f"these images are not here: {', '.join(gone)}")
        loaded = attrs.evolve(loaded, instances={name: loaded[name] for name in lock.images})
    digest = loaded.digest()
    if digest != lock.digest:
        return Verdict(lock=lock, holds=False, reason=f"the labels are {digest} now")
    return Verdict(lock=lock, holds=True)


def _tables(path: Path) -> list[xarray.Dataset]:
    """Return all tables of the results at ``path``."""
    kind = _kind(path)
    if kind is None and path.is_dir():
        inner = sorted(p for p in path.iterdir() if _kind(p) is not None)
        if inner:
            return [table for each in inner for table in _tables(each)]
    if kind == "store":
        store = Store.open(path)
        found = [store.results(name) for name in store.result_names()]
    else:
        found = [load_results(path)]
    return [table for each in found for table in (each.values() if isinstance(each, dict) else [each])]


def _kind(path: Path) -> str | None:
    try:
        attributes = read_json(path / "zarr.json")["attributes"][ATTRIBUTE]
        kind = attributes.get("kind")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return kind if kind in ("store", "results") else None
