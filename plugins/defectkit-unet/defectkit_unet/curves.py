"""Curves: the course of a training, for people to look at while it runs and after."""

from __future__ import annotations

from pathlib import Path

from defectkit.detectors.learning import History


def write_curves(history: History, folder: Path) -> None:
    """Write ``history.csv`` and ``history.png``."""
    folder.mkdir(parents=True, exist_ok=True)
    history.to_csv(folder / "history.csv")
    history.to_png(folder / "history.png")
