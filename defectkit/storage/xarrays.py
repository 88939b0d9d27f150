"""Xarrays: one xarray data set as one Zarr group, with what Zarr has no words for put into words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from defectkit.errors import StorageError
from defectkit.storage import schema
from defectkit.storage.damage import check_array, damage

if TYPE_CHECKING:
    import xarray
    import zarr
    import zarr.abc.store


def write_dataset(dataset: xarray.Dataset, store: zarr.abc.store.Store, prefix: str, *, where: str) -> None:
    """Write ``dataset`` as the group ``prefix``, as xarray's own writer does, in a third of its time.

    xarray says what goes into which variable. Its writer asks Zarr three times for each of them, and each question
    waits for another thread: of an evaluation with its 183 variables that is most of the work.

    Raises
    ------
    StorageError
        If a variable or an attribute cannot be stored; the message names it.
    """
    import zarr
    from xarray.conventions import encode_cf_variable, encode_dataset_coordinates

    plain = dataset.drop_encoding()
    texts = {name: _as_text(v, f"{where}, {name!r}") for name, v in plain.variables.items() if v.dtype.kind in "OUST"}
    plain = plain.assign_coords({n: v for n, v in texts.items() if n in plain.coords})
    plain = plain.assign({n: v for n, v in texts.items() if n in plain.data_vars})
    for name, variable in plain.variables.items():
        if variable.dtype.kind == "m":
            raise StorageError(f"{where}: {name!r} holds durations; store a number with attrs['units'] instead")
        variable.attrs = _plain(variable.attrs, f"{where}, {name!r}")
    plain.attrs = _plain(plain.attrs, where)
    try:
        variables, attributes = encode_dataset_coordinates(plain)
        group = zarr.create_group(store, path=prefix, zarr_format=3, attributes=attributes)
        for name, variable in variables.items():
            _write_variable(group, str(name), encode_cf_variable(variable, name=name))
    except (TypeError, ValueError, NotImplementedError) as error:
        raise StorageError(f"{where} cannot be stored: {error}") from error


def read_dataset(store: zarr.abc.store.Store, prefix: str, *, where: str) -> xarray.Dataset:
    """Read the data set in the group ``prefix`` into memory.

    Raises
    ------
    StorageError
        If it cannot be read.
    """
    import xarray
    import zarr

    with damage(where):
        group = zarr.open_group(store, path=prefix, mode="r", zarr_format=3)
        for name, array in group.arrays():
            check_array(array, array.shape, f"{where}, {name!r}")
        stored = xarray.open_zarr(
            store, group=prefix or None, consolidated=False, zarr_format=3, decode_timedelta=False, chunks=None
        ).load()
    texts = {n: v.astype(object) for n, v in stored.variables.items() if v.dtype.kind == "T"}
    stored = stored.assign_coords({n: v for n, v in texts.items() if n in stored.coords})
    stored = stored.assign({n: v for n, v in texts.items() if n in stored.data_vars})
    stored.attrs.pop(schema.ATTRIBUTE, None)
    result: xarray.Dataset = stored.drop_encoding()
    return result


def _write_variable(group: zarr.Group, name: str, variable: xarray.Variable) -> None:
    attributes = dict(variable.attrs)
    group.create_array(
        name,
        data=variable.values,
        fill_value=attributes.pop("_FillValue", None),
        dimension_names=[str(dim) for dim in variable.dims],
        attributes=attributes,
    )


def _as_text(variable: xarray.Variable, where: str) -> xarray.Variable:
    values = np.asarray(variable.values)
    if values.dtype.kind == "S":
        raise StorageError(f"{where} holds bytes; decode them to text")
    for value in values.ravel():
        if not isinstance(value, str):
            raise StorageError(
                f"{where} holds {value!r} among texts; store texts or numbers, and '' where there is none"
            )
    return variable.copy(data=values.astype(np.dtypes.StringDType()))


def _plain(attributes: Any, where: str) -> dict[str, Any]:
    """Return attributes as JSON knows them: arrays and tuples as lists, NumPy's numbers as Python's."""
    try:
        return {str(k): json.loads(json.dumps(v, default=_of_numpy)) for k, v in attributes.items()}
    except (TypeError, ValueError) as error:
        raise StorageError(f"{where}: an attribute cannot be stored: {error}") from error


def _of_numpy(value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    raise TypeError(f"{value!r} is a {type(value).__name__}; give text, numbers, lists or mappings of them")
