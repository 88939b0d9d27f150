"""A data set as one file: arrays without pickle, and JSON. Made for many small ones that are read often."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from defectkit.errors import DefectkitError, StorageError
from defectkit.files.arrays import read_arrays
from defectkit.files.decoding import parse_json

if TYPE_CHECKING:
    import xarray

ABOUT = "about"


def write_table(dataset: xarray.Dataset, path: Path) -> None:
    """Write a data set of numbers and texts to ``path``, an ``npz``; it is there whole once this returns."""
    variables: dict[str, dict[str, Any]] = {}
    arrays: dict[str, Any] = {}
    for number, (name, variable) in enumerate(dataset.variables.items()):
        values = np.asarray(variable.values)
        arrays[f"v{number}"] = values.astype(str) if values.dtype.kind in "OT" else values
        variables[str(name)] = {
            "key": f"v{number}",
            "dims": list(map(str, variable.dims)),
            "attrs": dict(variable.attrs),
            "is_coordinate": name in dataset.coords,
        }
    about = json.dumps({"variables": variables, "attrs": dataset.attrs})
    with path.open("wb") as file:
        np.savez_compressed(file, **(arrays | {ABOUT: np.array(about)}))


def read_table(path: Path) -> xarray.Dataset:
    """Return the data set that :func:`write_table` wrote.

    Raises
    ------
    StorageError
        If the file is missing or damaged.
    """
    import xarray

    try:
        stored = read_arrays(path)
        about = parse_json(str(stored[ABOUT]), where=str(path))
        variables = {name: (v["dims"], stored[v["key"]], v["attrs"]) for name, v in about["variables"].items()}
        coordinates = [name for name, v in about["variables"].items() if v["is_coordinate"]]
        return xarray.Dataset(variables, attrs=about["attrs"]).set_coords(coordinates)
    except (DefectkitError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StorageError(f"{path} is damaged, or not there: {error}") from error
