"""Conventions live here: what a number means, so that no figure is ever shown without saying how it was made."""

from __future__ import annotations

from defectkit.conventions.catalogue import convention, known_conventions, read_convention
from defectkit.conventions.choices import BinRepresentative, BoxRule, Combination, EdgeRule, IoUKind, ShapeRule
from defectkit.conventions.convention import Convention, check_iou_threshold

DEFECTKIT: Convention
"""The corrected default, ``registry/conventions/defectkit.toml``."""

JACOBS2022: Convention
"""The published analysis, ``registry/conventions/jacobs2022.toml``."""

__all__ = [
    "DEFECTKIT",
    "JACOBS2022",
    "BinRepresentative",
    "BoxRule",
    "Combination",
    "Convention",
    "EdgeRule",
    "IoUKind",
    "ShapeRule",
    "check_iou_threshold",
    "convention",
    "known_conventions",
    "read_convention",
]


def __getattr__(name: str) -> Convention:
    """Read a convention of the registry when it is first asked for by its name in capital letters."""
    if name in ("DEFECTKIT", "JACOBS2022"):
        return convention(name.lower())
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
