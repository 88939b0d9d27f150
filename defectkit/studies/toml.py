"""TOML: studies and trainings declared in a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import attrs

from defectkit.errors import DecodingError, DefectkitError, StudyError
from defectkit.files import decoding
from defectkit.studies.data import StudyData, catalogue_data, own_data
from defectkit.studies.study import DetectorChoice, LabelPair, SplitChoice, Study

T = TypeVar("T")

DATA_KEYS = (
    "dataset",
    "label_sets",
    "available",
    "mirror",
    "name",
    "images",
    "pixel_size",
    "confirm_pixel_size",
    "foil_thickness",
    "labels",
    "allow_refused",
)


def read_toml(path: str | Path) -> dict[str, Any]:
    """Return the table in a TOML file.

    Raises
    ------
    StudyError
        If it cannot be read.
    """
    try:
        return decoding.read_toml(Path(path))
    except DecodingError as error:
        raise StudyError(str(error)) from error


def read_study(path: str | Path) -> tuple[Study, StudyData]:
    """Return the study that a TOML file declares, and the data that it names.

    Parameters
    ----------
    path : str or pathlib.Path
        Paths in the file are relative to its folder.

    Returns
    -------
    study : Study
    data : StudyData

    Raises
    ------
    StudyError
        If the file cannot be read, or a table has unknown or missing keys.
    UnknownDatasetError, FetchError, ImageReadError, LabelReadError, PairingError
        If the data cannot be had.

    Notes
    -----
    ::

        name = "old and new labels"
        seeds = [0, 1]
        conventions = ["defectkit", "jacobs2022"]   # or the path of a .toml file of your own

        [data]
        dataset = "ti-loops"          # or: images = ["frames"], labels.old.path = "labels/old.json"

        [[labels]]
        train = "old@1"
        test = "new@1"

        [[splits]]
        splitter = "random-k-fold"
        options.n_splits = 5

        [[detectors]]
        detector = "pixel-forest"
        options.n_trees = 30
    """
    file = Path(path)
    table = read_toml(file)
    about = dict(table)
    data = _table(about.pop("data", None), f"{file}: [data]")
    study = _made(
        Study,
        about
        | {
            "splits": [_made(SplitChoice, row, f"{file}: [[splits]]") for row in _rows(about, "splits", file)],
            "detectors": [
                _made(DetectorChoice, row, f"{file}: [[detectors]]") for row in _rows(about, "detectors", file)
            ],
            "labels": [_made(LabelPair, row, f"{file}: [[labels]]") for row in _rows(about, "labels", file)],
            "conventions": [
                str(file.parent / name) if str(name).endswith(".toml") else name
                for name in _list(about.get("conventions", ["defectkit"]))
            ],
        },
        str(file),
    )
    wanted = [key for pair in study.labels for key in (pair.train, pair.test)]
    return study, read_data(data, wanted, where=file)


def read_data(table: Mapping[str, Any], labels: list[str], *, where: Path) -> StudyData:
    """Return the data that the table ``[data]`` of a TOML file names.

    Parameters
    ----------
    table : mapping
        ``dataset`` with ``label_sets`` (those that named splits bring), ``available`` and ``mirror``; or ``images`` and
        ``labels``, with ``name``, ``pixel_size``, ``foil_thickness``, ``confirm_pixel_size`` and ``allow_refused``,
        which are what the options of these names are.
    labels : list of str
        The label sets that are needed of a data set of the catalogue.
    where : pathlib.Path
        The file; paths are relative to its folder.

    Raises
    ------
    StudyError
        If the table has unknown or missing keys.
    """
    strange = sorted(set(table) - set(DATA_KEYS))
    if strange or ("dataset" in table) == ("images" in table):
        raise StudyError(
            f"{where}: [data] has {', '.join(strange) or 'not exactly one of dataset and images'}; it takes "
            f"{', '.join(DATA_KEYS)}"
        )
    for key in ("dataset", "mirror", "name", "pixel_size", "foil_thickness"):
        if not isinstance(table.get(key, ""), str):
            raise StudyError(f"{where}: [data] {key} is {table[key]!r}, but text is needed")
    for key in ("available", "confirm_pixel_size", "allow_refused"):
        if not isinstance(table.get(key, False), bool):
            raise StudyError(f"{where}: [data] {key} is {table[key]!r}, but true or false is needed")
    for key in ("images", "label_sets"):
        if not all(isinstance(one, str) for one in _list(table.get(key, []))):
            raise StudyError(f"{where}: [data] {key} is {table[key]!r}, but a list of texts is needed")
    home = where.parent
    if "dataset" in table:
        needed = [*labels, *_list(table.get("label_sets", []))]
        return catalogue_data(
            table["dataset"], needed, available=table.get("available", False), mirror=table.get("mirror")
        )
    return own_data(
        table.get("name", where.stem),
        images=[home / image for image in _list(table["images"])],
        labels={
            key: _labels(about, home, f"{where}: [data.labels.{key}]")
            for key, about in _table(table.get("labels"), f"{where}: [data.labels]").items()
        },
        pixel_size=table.get("pixel_size"),
        foil_thickness=table.get("foil_thickness"),
        on_conflict="use-given" if table.get("confirm_pixel_size") else "raise",
        refused="leave-out" if table.get("allow_refused") else "raise",
    )


def data_paths(table: Mapping[str, Any], *, where: Path) -> list[Path]:
    """Return what :func:`read_data` reads, and ``where`` itself: no output may overlap with any of it."""
    from defectkit.datasets.places import data_folder, own_catalogue

    if "dataset" in table:
        return [where, data_folder(), own_catalogue()]
    sets = table.get("labels")
    labels = [about for about in sets.values() if isinstance(about, dict)] if isinstance(sets, dict) else []
    given = [*_list(table.get("images", [])), *(about["path"] for about in labels if "path" in about)]
    return [where, *(where.parent / path for path in given if isinstance(path, str))]


def _labels(value: Any, home: Path, where: str) -> dict[str, Any]:
    about = _table(value, where)
    if not isinstance(about.get("path", ""), str):
        raise StudyError(f"{where}: path is {about['path']!r}, but text is needed")
    return about | ({"path": home / about["path"]} if "path" in about else {})


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _rows(table: Mapping[str, Any], key: str, file: Path) -> list[Mapping[str, Any]]:
    rows = table.get(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise StudyError(f"{file}: {key} is not a list of tables; write [[{key}]]")
    return rows


def _table(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise StudyError(f"{where} is missing, or is no table")
    return value


def _made(kind: type[T], row: Mapping[str, Any], where: str) -> T:
    known = {a.name for a in attrs.fields(kind)}  # type: ignore[arg-type]  # each kind is an attrs class
    strange = sorted(set(row) - known)
    if strange:
        raise StudyError(f"{where} has {', '.join(strange)}, which is unknown; it takes {', '.join(sorted(known))}")
    try:
        return kind(**row)
    except DefectkitError as error:
        raise StudyError(f"{where}: {error}") from error
    except (TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise StudyError(f"{where} cannot be understood: {error}") from error
