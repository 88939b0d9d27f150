"""Trust: which files may run programs. Only the person at the keyboard says so, never a file."""

from __future__ import annotations

import os
from pathlib import Path

from defectkit.errors import DetectorError

TRUSTED_FILES = "DEFECTKIT_TRUSTED_FILES"
"""An environment variable: paths of the files that may run programs, separated as those of ``PATH``."""


def is_trusted(path: Path) -> bool:
    """Return whether ``path`` is named in :data:`TRUSTED_FILES`."""
    named = os.environ.get(TRUSTED_FILES, "").split(os.pathsep)
    return any(path.resolve() == Path(name).expanduser().resolve() for name in named if name)


def require_trust(path: Path, what: str) -> None:
    """Raise unless ``path`` is named in :data:`TRUSTED_FILES`.

    Raises
    ------
    DetectorError
        Saying how to trust it.
    """
    if not is_trusted(path):
        raise DetectorError(f"{path}: {what}. {how_to_trust(path)}")


def how_to_trust(path: Path) -> str:
    """Return what to do for ``path`` to be run, for messages."""
    return f"If you trust its author, name it in the environment: {TRUSTED_FILES}={path}"
