"""Where the catalogue lies: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path

from defectkit.errors import StorageError


def registry_path() -> Path:
    """Return the folder of the catalogue (``registry/``) that this installation reads.

    Raises
    ------
    StorageError
        If neither a wheel's nor a checkout's folder is there.
    """
    package = Path(__file__).resolve().parent
    candidates = (package / "_registry", package.parent / "registry")
    for candidate in candidates:
        if candidate.is_dir():
            return candidate
    raise StorageError(
        f"the catalogue is missing: looked for {' and '.join(map(str, candidates))}. Reinstall defectkit."
    )
