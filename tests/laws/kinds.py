"""Kinds: for each suite the right class, the wrong ones, and the laws that its mutants have to cover."""

from __future__ import annotations

from typing import Any

import attrs

from defectkit.testing.checking import laws_of
from defectkit.testing.suite import Suite
from tests.laws import (
    datasets,
    detectors,
    hardening_models,
    image_formats,
    label_formats,
    metrics,
    splitters,
    trainable_detectors,
)
from tests.laws.mutant import Mutant


@attrs.frozen(kw_only=True)
class KindOfLaws:
    """What one suite is tried on.

    Parameters
    ----------
    title : str
        What the table calls the kind.
    right : type
        The suite of a right class.
    mutants : sequence of Mutant
        The wrong ones.
    """

    title: str
    right: type[Suite[Any]]
    mutants: tuple[Mutant, ...] = attrs.field(converter=tuple)

    @property
    def laws(self) -> dict[str, str]:
        """The sentence of each law that its mutants have to cover, by its name: those of all detectors only once."""
        inherited = laws_of(detectors.Right) if self.right is trainable_detectors.Right else {}
        own = vars(self.right.__mro__[1])
        return {law: text for law, text in laws_of(self.right).items() if law not in inherited or f"test_{law}" in own}


KINDS = tuple(
    KindOfLaws(title=title, right=module.Right, mutants=module.MUTANTS)
    for title, module in (
        ("Detector", detectors),
        ("Detector that learns", trainable_detectors),
        ("Splitter", splitters),
        ("Metric", metrics),
        ("Hardening model", hardening_models),
        ("Label format", label_formats),
        ("Image format", image_formats),
        ("Source of a data set", datasets),
    )
)
