"""Artifacts: every table and figure by name, in the order of the paper."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from defectkit.errors import UnknownNameError
from defectkit_jacobs2022.artifact import AnyArtifact
from defectkit_jacobs2022.claims.table import CLAIMS_TABLE
from defectkit_jacobs2022.figures import FIGURES
from defectkit_jacobs2022.tables import TABLES

ALL = "all"


def _place(name: str) -> tuple[str, int, str]:
    """Return where an artifact stands: numbered tables, numbered figures, and what has no number after them."""
    word, number = re.fullmatch(r"(\D+)(\d*)", name).groups()  # type: ignore[union-attr]  # every text matches
    kind = "1" if word == "table" else "2" if word == "figure" else "3"
    return kind, int(number or 0), word


_ALL: tuple[AnyArtifact, ...] = (*TABLES.values(), *FIGURES.values(), CLAIMS_TABLE)

ARTIFACTS: Mapping[str, AnyArtifact] = MappingProxyType(
    {artifact.name: artifact for artifact in sorted(_ALL, key=lambda artifact: _place(artifact.name))}
)


def chosen(names: Iterable[str]) -> tuple[AnyArtifact, ...]:
    """Return artifacts by name; ``all`` stands for every one.

    Raises
    ------
    UnknownNameError
        If there is none of a name.

    Examples
    --------
    >>> [artifact.name for artifact in chosen(["figure2", "table5"])]
    ['figure2', 'table5']
    """
    found: dict[str, AnyArtifact] = {}
    for name in names:
        if name != ALL and name not in ARTIFACTS:
            raise UnknownNameError.of("table or figure", name, (ALL, *ARTIFACTS))
        for key in ARTIFACTS if name == ALL else (name,):
            found[key] = ARTIFACTS[key]
    return tuple(found.values())
