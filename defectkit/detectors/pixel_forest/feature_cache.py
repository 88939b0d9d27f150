"""FeatureCache: the features of an image, computed once while there is room for them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.float16]


class FeatureCache:
    """Keeps arrays up to a number of bytes; those that were not used for longest go first.

    Parameters
    ----------
    max_bytes : int
        An array that is larger by itself is not kept.

    Examples
    --------
    >>> cache = FeatureCache(max_bytes=100)
    >>> first = cache.get("a", lambda: np.zeros(40, np.float16))
    >>> cache.get("a", lambda: np.ones(40, np.float16)) is first
    True
    >>> kept = cache.get("b", lambda: np.zeros(40, np.float16))
    >>> cache.keys()
    ('b',)
    """

    def __init__(self, *, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._kept: OrderedDict[Hashable, NDArray[Any]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Features]) -> Features:
        """Return the array of ``key``, made now where it is not kept; it is read-only."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        made.flags.writeable = False
        with self._lock:
            if made.nbytes <= self.max_bytes:
                self._kept[key] = made
            while sum(array.nbytes for array in self._kept.values()) > self.max_bytes:
                self._kept.popitem(last=False)
        return made

    def keys(self) -> tuple[Hashable, ...]:
        """Return the keys of what is kept, the longest unused first."""
        return tuple(self._kept)

    def clear(self) -> None:
        """Keep nothing."""
        with self._lock:
            self._kept.clear()


FEATURES = FeatureCache(max_bytes=2**31)
"""That of this process: a study fits many forests on the same images. Keys hold all that features depend on."""
