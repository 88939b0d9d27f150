"""Schema: what every group of a store says of itself, and which versions of it this defectkit reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from defectkit.errors import SchemaError, StorageError

SCHEMA_VERSION = 1
"""The version of the layout that is written; :mod:`defectkit.storage.migrations` brings older ones up to it."""

ATTRIBUTE = "defectkit"
"""The one attribute of a group that is ours; everything we know of the group is below it."""


def description(kind: str, **facts: Any) -> dict[str, Any]:
    """Return the attributes of a group of ``kind``: store, images, labels, predictions or results."""
    from defectkit import __version__

    return {ATTRIBUTE: {"kind": kind, "schema": SCHEMA_VERSION, "written_by": __version__, **facts}}


def group_metadata(attributes: Mapping[str, Any]) -> str:
    """Return the text of the ``zarr.json`` of a group."""
    return json.dumps({"zarr_format": 3, "node_type": "group", "attributes": dict(attributes)}, allow_nan=False)


def check(attributes: Mapping[str, Any], kind: str, *, where: str) -> dict[str, Any]:
    """Return what a group says of itself.

    Parameters
    ----------
    attributes : mapping
        The attributes of the group.
    kind : str
        What it has to be.
    where : str
        Its address, for messages.

    Raises
    ------
    SchemaError
        If it was written by a newer schema, or by an older one that has to be migrated first.
    StorageError
        If it is not ours, or of another kind.
    """
    facts = attributes.get(ATTRIBUTE)
    if not isinstance(facts, dict) or "schema" not in facts or "kind" not in facts:
        raise StorageError(f"{where} is no store of defectkit: its attributes hold no {ATTRIBUTE!r} with a schema")
    version = facts["schema"]
    if not isinstance(version, int) or version < 0:
        raise StorageError(f"{where}: the schema {version!r} is no version number; the store is damaged")
    if version > SCHEMA_VERSION:
        raise SchemaError(
            f"{where} was written by defectkit {facts.get('written_by', 'of unknown version')} with schema {version}; "
            f"this one reads schema {SCHEMA_VERSION}. Upgrade defectkit"
        )
    if version < SCHEMA_VERSION:
        raise SchemaError(
            f"{where} has the old schema {version}; this defectkit reads schema {SCHEMA_VERSION}. "
            "Bring it up to date: defectkit.storage.migrate(path)"
        )
    if facts["kind"] != kind:
        raise StorageError(f"{where} holds {facts['kind']!r}, not {kind!r}")
    return facts
