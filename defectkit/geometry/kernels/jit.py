"""The one way a kernel is compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar, cast

import numba
from numpy.typing import NDArray

Column: TypeAlias = NDArray[Any]
"""An array given to a kernel: numba knows the type of its elements, and here they mix with Python integers."""

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile ``function`` at its first call, without the GIL, cached on disk and with IEEE division by zero.

    Floating point operations are never reordered or fused, so results do not depend on the machine or on threads.
    """
    return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy")(function))
