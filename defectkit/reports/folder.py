"""Folder: where a report goes, made if it is not there."""

from __future__ import annotations

from pathlib import Path

from defectkit.errors import OutputError


def made(folder: Path) -> Path:
    """Return ``folder``, which is there now.

    Raises
    ------
    OutputError
        If it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"output folder {folder} cannot be made: {error}") from error
    return folder
