"""Digests: which weights a training started from."""

from __future__ import annotations

import hashlib
from pathlib import Path

from defectkit.errors import DetectorError

RANDOM = "random"


def weights_digest(given: str) -> str:
    """Return name and sha256 of a file of weights, as a model card shows it; what is no file stays as it is.

    Raises
    ------
    DetectorError
        If there is no such file.
    """
    if given in ("", RANDOM) or "://" in given:
        return given
    path = Path(given).expanduser()
    try:
        return f"{path.name} sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    except OSError as error:
        raise DetectorError(f"initial weights: {path} cannot be read: {error.strerror}") from error
