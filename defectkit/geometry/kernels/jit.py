"""The one way a kernel is compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar, cast

import numba
from numba.core import event
from numpy.typing import NDArray

from defectkit.geometry.kernels.compiling import tell

Column: TypeAlias = NDArray[Any]
"""An array given to a kernel: numba knows the type of its elements, and here they mix with Python integers."""

F = TypeVar("F", bound=Callable[..., Any])

PACKAGE = __name__.partition(".")[0]


class _Compilations(event.Listener):
    """Tells when a kernel of ours is not in the cache, before numba sets to work."""

    def on_start(self, event: event.Event) -> None:
        """Tell, if the kernel is one of ours."""
        if event.data["dispatcher"].py_func.__module__.partition(".")[0] == PACKAGE:
            tell()

    def on_end(self, event: event.Event) -> None:
        """Take note of nothing: a kernel was compiled."""


event.register("numba:compile", _Compilations())  # type: ignore[no-untyped-call]  # numba has no types


def kernel(function: F) -> F:
    """Compile ``function`` at its first call, without the GIL, cached on disk and with IEEE division by zero.

    Floating point operations are never reordered or fused, so results do not depend on the machine or on threads.
    """
    return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy")(function))
