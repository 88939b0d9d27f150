"""Tables of the paper, and those that belong beside them, each a pure function of what studies gave."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from defectkit_jacobs2022.artifact import Artifact
from defectkit_jacobs2022.table import Table
from defectkit_jacobs2022.tables.floor import FLOOR
from defectkit_jacobs2022.tables.hardening import HARDENING
from defectkit_jacobs2022.tables.one_model import ONE_MODEL
from defectkit_jacobs2022.tables.table_01 import TABLE_01
from defectkit_jacobs2022.tables.table_02 import TABLE_02
from defectkit_jacobs2022.tables.table_03 import TABLE_03
from defectkit_jacobs2022.tables.table_04 import TABLE_04
from defectkit_jacobs2022.tables.table_05 import TABLE_05
from defectkit_jacobs2022.tables.table_06 import TABLE_06
from defectkit_jacobs2022.tables.table_07 import TABLE_07
from defectkit_jacobs2022.tables.table_08 import TABLE_08
from defectkit_jacobs2022.tables.table_09 import TABLE_09
from defectkit_jacobs2022.tables.table_10 import TABLE_10
from defectkit_jacobs2022.tables.variance import VARIANCE

TABLES: Mapping[str, Artifact[Table]] = MappingProxyType(
    {
        artifact.name: artifact
        for artifact in (
            TABLE_01,
            TABLE_02,
            TABLE_03,
            TABLE_04,
            TABLE_05,
            TABLE_06,
            TABLE_07,
            TABLE_08,
            TABLE_09,
            TABLE_10,
            HARDENING,
            FLOOR,
            VARIANCE,
            ONE_MODEL,
        )
    }
)
"""By name; every table of the paper, then ``hardening``, ``floor``, ``variance`` and ``one-model``."""

__all__ = ["TABLES"]
