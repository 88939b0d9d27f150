"""Migrations: bring a store that an older defectkit wrote up to the schema of this one."""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import attrs

from defectkit.errors import SchemaError, StorageError
from defectkit.files import replaced_file, replaced_folder
from defectkit.files.decoding import parse_json, read_json, read_text
from defectkit.storage import schema
from defectkit.storage.damage import check_zip


@attrs.frozen(kw_only=True)
class Migration:
    """One step, from a schema to the next.

    Parameters
    ----------
    source : int
        The schema it starts from; it leads to ``source + 1``.
    description : str
        What it changes, in one sentence.
    apply : callable
        Called with the folder of a copy of the store, which it changes in place. The versions that the groups name are
        raised afterwards.
    """

    source: int
    description: str
    apply: Callable[[Path], None]


MIGRATIONS: tuple[Migration, ...] = ()
"""The known steps, in order. Schema 1 is the first, so there is none yet."""


def migrate(path: str | Path, *, migrations: Sequence[Migration] = MIGRATIONS) -> tuple[Migration, ...]:
    """Bring the store or the results at ``path`` (a folder or a zip file) up to :data:`SCHEMA_VERSION`.

    The steps are applied to a copy, which takes the place of the old one when all have succeeded.

    Parameters
    ----------
    path : str or pathlib.Path
    migrations : sequence of Migration
        The steps to choose from.

    Returns
    -------
    tuple of Migration
        The steps that were applied; empty if the store was up to date.

    Raises
    ------
    SchemaError
        If the schema is newer than ours, or a step is missing.
    StorageError
        If there is no store at ``path``.
    """
    place = Path(path)
    steps = _steps(_version(place), migrations, str(place))
    if not steps:
        return ()
    if place.is_dir():
        with replaced_folder(place) as folder:
            shutil.copytree(place, folder, dirs_exist_ok=True)
            _apply(steps, folder)
    else:
        _migrate_zip(place, steps)
    return steps


def _version(place: Path) -> int:
    try:
        if place.is_dir():
            text = read_text(place / "zarr.json")
        else:
            check_zip(place)
            with zipfile.ZipFile(place) as archive:
                text = archive.read("zarr.json").decode()
        version = parse_json(text, where="zarr.json")["attributes"][schema.ATTRIBUTE]["schema"]
    except (OSError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise StorageError(f"{place} is no store of defectkit: {error}") from error
    if not isinstance(version, int):
        raise StorageError(f"{place}: the schema {version!r} is no version number; the store is damaged")
    return version


def _steps(version: int, migrations: Sequence[Migration], where: str) -> tuple[Migration, ...]:
    if version > schema.SCHEMA_VERSION:
        raise SchemaError(f"{where} has schema {version}; this defectkit knows {schema.SCHEMA_VERSION}. Upgrade it")
    by_source = {m.source: m for m in migrations}
    missing = [v for v in range(version, schema.SCHEMA_VERSION) if v not in by_source]
    if missing:
        raise SchemaError(f"{where} has schema {version}, and no step leads from {missing[0]} to {missing[0] + 1}")
    return tuple(by_source[v] for v in range(version, schema.SCHEMA_VERSION))


def _apply(steps: Sequence[Migration], folder: Path) -> None:
    for step in steps:
        step.apply(folder)
        for file in folder.rglob("zarr.json"):
            metadata = read_json(file)
            facts = metadata.get("attributes", {}).get(schema.ATTRIBUTE)
            if isinstance(facts, dict) and "schema" in facts:
                facts["schema"] = step.source + 1
                file.write_text(json.dumps(metadata), encoding="utf-8")


def _migrate_zip(place: Path, steps: Sequence[Migration]) -> None:
    with tempfile.TemporaryDirectory(prefix="defectkit-") as name, replaced_file(place) as temporary:
        folder = Path(name)
        with zipfile.ZipFile(place) as archive:
            archive.extractall(folder)
        _apply(steps, folder)
        with zipfile.ZipFile(temporary, "w", compression=zipfile.ZIP_STORED) as archive:
            for file in sorted(p for p in folder.rglob("*") if p.is_file()):
                archive.write(file, file.relative_to(folder).as_posix())
