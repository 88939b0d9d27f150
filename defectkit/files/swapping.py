"""Exchange: two folders swap their places in one step, where the operating system can do that."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

_AT_FDCWD = -100
_LINUX_EXCHANGE = 2
_MACOS_SWAP = 2
_UNSUPPORTED = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}


def swap_folders(one: Path, other: Path) -> bool:
    """Let ``one`` and ``other`` swap their places in one step, so that neither is ever missing.

    Both must be there, on one file system.

    Returns
    -------
    bool
        False, with nothing done, where the system or the file system has no such step.

    Raises
    ------
    OSError
        If the system has the step and refuses it.
    """
    call = _call()
    if call is None:
        return False
    if call(os.fsencode(one), os.fsencode(other)) == 0:
        return True
    code = ctypes.get_errno()
    if code in _UNSUPPORTED:
        return False
    raise OSError(code, os.strerror(code), str(one), None, str(other))


@cache
def _call() -> Any:
    """Return a function of two names that exchanges them, or None."""
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "darwin":
            renamex = library.renamex_np
            renamex.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_uint)
            return lambda one, other: renamex(one, other, _MACOS_SWAP)
        rename = library.renameat2
        rename.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    except (OSError, TypeError, AttributeError):
        return None
    return lambda one, other: rename(_AT_FDCWD, one, _AT_FDCWD, other, _LINUX_EXCHANGE)
