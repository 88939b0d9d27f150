"""Lock lines: which version of which labels a result was made with, to be checked later."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import attrs

from defectkit.errors import LockError
from defectkit.records import LabelSet
from defectkit.records.names import as_names
from defectkit.short_repr import short_repr

if TYPE_CHECKING:
    import xarray

LOCK = "lock"
"""The attribute of a result that holds its lock lines."""

IMAGES = "lock_images"
"""The attribute that names the images, by lock line, where not all images of the version were there."""

_LINE = re.compile(r"(?P<dataset>[^\s/]+)/(?P<labels>[^/]+@[^/]+) sha256:(?P<digest>[0-9a-f]{64})(?P<part> of .+)?")
_PART = re.compile(r" of (?P<here>\d+) of (?P<all>\d+|unknown) images")


@attrs.frozen(kw_only=True)
class Lock:
    """One lock line.

    Parameters
    ----------
    dataset : str
    labels : str
        ``name@version``.
    digest : str
        Of the labels that were used.
    images : tuple of str, optional
        The images that were there, where some were not.
    n_images : int, optional
        How many images the version has, where that is known.

    Examples
    --------
    >>> print(Lock(dataset="ti-loops", labels="new@1", digest="0" * 64, images=("a",), n_images=25))
    ti-loops/new@1 sha256:0000000000000000000000000000000000000000000000000000000000000000 of 1 of 25 images
    """

    dataset: str
    labels: str
    digest: str
    images: tuple[str, ...] | None = attrs.field(default=None, converter=attrs.converters.optional(as_names))
    n_images: int | None = None

    __repr__ = short_repr

    @classmethod
    def of(cls, dataset: str, labels: LabelSet, *, whole: bool, n_images: int | None) -> Lock:
        """Return the lock of labels that were loaded; ``whole`` says whether all images of the version are there."""
        images = None if whole else labels.images
        return cls(dataset=dataset, labels=labels.key, digest=labels.digest(), images=images, n_images=n_images)

    @property
    def key(self) -> str:
        """``dataset/name@version``."""
        return f"{self.dataset}/{self.labels}"

    def __str__(self) -> str:
        line = f"{self.key} sha256:{self.digest}"
        if self.images is None:
            return line
        return f"{line} of {len(self.images)} of {self.n_images or 'unknown'} images"


def put_locks(results: xarray.Dataset, locks: Iterable[Lock]) -> xarray.Dataset:
    """Return results with lock lines in their attributes, after those that are there.

    Examples
    --------
    >>> import xarray
    >>> locked = put_locks(xarray.Dataset(), [Lock(dataset="a", labels="new@1", digest="0" * 64)])
    >>> [lock.key for lock in locks_of(locked)]
    ['a/new@1']
    """
    given = [*locks_of(results), *locks]
    unique = {str(lock): lock for lock in given}
    partial = {line: list(lock.images) for line, lock in unique.items() if lock.images is not None}
    return results.assign_attrs({LOCK: list(unique), **({IMAGES: partial} if partial else {})})


def locks_of(results: xarray.Dataset) -> tuple[Lock, ...]:
    """Return the lock lines of results; none where they have none.

    Raises
    ------
    LockError
        If a line is of another form.
    """
    images: dict[str, Any] = results.attrs.get(IMAGES, {})
    return tuple(parse_lock(line, images.get(line)) for line in results.attrs.get(LOCK, []))


def parse_lock(line: str, images: Iterable[str] | None = None) -> Lock:
    """Return the lock that a line means.

    Raises
    ------
    LockError
        If it is of another form, or speaks of a part of the images and they are not named.
    """
    match = _LINE.fullmatch(line)
    part = None if match is None or match["part"] is None else _PART.fullmatch(match["part"])
    if match is None or (match["part"] is not None and part is None):
        raise LockError(f"{line!r} is no lock line: 'dataset/labels@version sha256:...'")
    named = None if images is None else tuple(images)
    if (part is None) != (named is None) or (part is not None and len(named or ()) != int(part["here"])):
        raise LockError(f"the lock line {line!r} and the images named for it contradict each other")
    whole = None if part is None or part["all"] == "unknown" else int(part["all"])
    return Lock(dataset=match["dataset"], labels=match["labels"], digest=match["digest"], images=named, n_images=whole)
