"""Folder: where a report goes, made if it is not there."""

from __future__ import annotations

from pathlib import Path

from defectkit.files import writing


def make_folder(folder: Path) -> Path:
    """Return ``folder``, which is there now.

    Raises
    ------
    OutputError
        If it cannot be made.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder
