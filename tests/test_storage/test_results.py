from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from defectkit.errors import OutputError, SealedError, StorageError, UnknownSetError
from defectkit.storage import Store, load_results, results as results_module, save_results


def table() -> xr.Dataset:
    return xr.Dataset(
        {
            "image": ("defect", np.array(["a", "bé", ""], dtype=object)),
            "kind": ("defect", np.array(["loop_111", "bdot", "x"])),
            "area": ("defect", [1.5, np.nan, -0.0], {"units": "nanometer ** 2", "long_name": "area"}),
            "touches_border": ("defect", [True, False, True]),
            "defect_id": ("defect", np.array([3, -1, 2**40])),
            "seconds": ("defect", [1.0, 2.0, 3.0], {"units": "seconds"}),
            "one": ((), 7, {"range": (1, 2), "flag": np.bool_(True), "n": np.int64(3), "edges": np.arange(3.0)}),
        },
        coords={"image_name": ("image", ["b", "a"]), "threshold": ("iou_threshold", [0.5, 0.75], {"units": ""})},
        attrs={"convention": "defectkit", "settings": {"sigma": 1.5, "more": [1, None]}, "lock": ["a", "b"]},
    )


def test_results_come_back_as_they_were(tmp_path: Path) -> None:
    given = table()
    path = save_results(given, tmp_path / "results.zarr")
    found = load_results(path)
    assert isinstance(found, xr.Dataset)
    plain_one = {"range": [1, 2], "flag": True, "n": 3, "edges": [0.0, 1.0, 2.0]}
    expected = given.copy()
    expected["one"].attrs = plain_one
    xr.testing.assert_identical(found, expected)
    assert found["image"].dtype == object
    assert found["seconds"].dtype == float
    assert found["defect_id"].dtype == np.int64
    assert found["touches_border"].dtype == bool


def test_given_results_are_not_changed(tmp_path: Path) -> None:
    given = table()
    save_results(given, tmp_path / "results.zarr")
    xr.testing.assert_identical(given, table())
    assert given["one"].attrs["range"] == (1, 2)


def test_several_tables_by_name(tmp_path: Path) -> None:
    given = {"defects": table(), "per image/type": xr.Dataset({"n": ("image", [1, 2])}), "none": xr.Dataset()}
    found = load_results(save_results(given, tmp_path / "results.zarr"))
    assert isinstance(found, dict)
    assert list(found) == list(given)
    xr.testing.assert_identical(found["per image/type"], given["per image/type"])
    assert len(found["none"]) == 0


@pytest.mark.parametrize("kind", [object, "U3", float, int, bool])
def test_tables_without_rows(tmp_path: Path, kind: type) -> None:
    given = xr.Dataset(
        {"a": ("defect", np.zeros(0, kind), {"units": "nanometer"}), "b": (("defect", "x"), np.zeros((0, 4)))}
    )
    found = load_results(save_results(given, tmp_path / "results.zarr"))
    assert isinstance(found, xr.Dataset)
    xr.testing.assert_identical(found, given)
    assert found["a"].shape == (0,)
    assert (found["a"].dtype == object) == (np.dtype(kind).kind in "OU")


def test_loaded_results_can_be_saved_again(tmp_path: Path) -> None:
    first = load_results(save_results(table(), tmp_path / "a.zarr"))
    second = load_results(save_results(first, tmp_path / "b.zarr"))
    xr.testing.assert_identical(first, second)


def test_plain_xarray_reads_a_single_table(tmp_path: Path) -> None:
    path = save_results(table(), tmp_path / "results.zarr")
    with xr.open_zarr(path, consolidated=False, decode_timedelta=False) as found:
        assert found["area"].attrs["units"] == "nanometer ** 2"


def test_older_results_are_replaced_and_nothing_else_is(tmp_path: Path) -> None:
    path = tmp_path / "results.zarr"
    save_results(table(), path)
    save_results(xr.Dataset({"new": 1}), path)
    assert list(load_results(path)) == ["new"]
    assert [p.name for p in tmp_path.iterdir()] == ["results.zarr"]
    other = tmp_path / "photos"
    other.mkdir()
    (other / "a.png").write_bytes(b"x")
    with pytest.raises(OutputError, match="holds other things than results"):
        save_results(table(), other)
    with pytest.raises(OutputError, match="holds other things than results"):
        save_results(table(), other / "a.png")
    Store.create(tmp_path / "store.zarr")
    with pytest.raises(OutputError, match="holds other things than results"):
        save_results(table(), tmp_path / "store.zarr")
    (path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="holds other things than results"):
        save_results(table(), path)
    assert (path / "notes.txt").read_text() == "mine"


def test_a_failure_leaves_the_old_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save_results(table(), tmp_path / "results.zarr")

    def fail(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(results_module, "write_results", fail)
    with pytest.raises(KeyboardInterrupt):
        save_results(xr.Dataset({"new": 1}), path)
    assert "area" in load_results(path)
    assert [p.name for p in tmp_path.iterdir()] == ["results.zarr"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.array(["a", None], dtype=object), "among texts"),
        (np.array([1, "a"], dtype=object), "among texts"),
        (np.array([b"a", b"b"]), "bytes"),
        (np.array([1, 2], dtype="m8[s]"), "durations"),
    ],
)
def test_what_has_no_place_is_named(tmp_path: Path, value: np.ndarray, message: str) -> None:
    with pytest.raises(StorageError, match=f"'odd'.*{message}"):
        save_results(xr.Dataset({"odd": ("x", value)}), tmp_path / "results.zarr")
    assert list(tmp_path.iterdir()) == []


def test_an_attribute_that_is_no_json_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="date"):
        save_results(xr.Dataset(attrs={"day": datetime.date(2022, 1, 1)}), tmp_path / "results.zarr")


def test_missing_results(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="is not there"):
        load_results(tmp_path / "results.zarr")
    (tmp_path / "empty").mkdir()
    with pytest.raises(StorageError, match="holds no results"):
        load_results(tmp_path / "empty")


def test_damaged_results(tmp_path: Path) -> None:
    path = save_results(table(), tmp_path / "results.zarr")
    (path / "area" / "c" / "0").write_bytes(b"nonsense")
    with pytest.raises(StorageError, match="is damaged"):
        load_results(path)


def test_results_in_a_store(store: Store) -> None:
    store.add_results("run 1", table())
    store.add_results("run/2", {"a": xr.Dataset({"x": 1})})
    assert store.result_names() == ("run 1", "run/2")
    assert store.results("run 1")["area"].attrs["units"] == "nanometer ** 2"
    assert list(store.results("run/2")) == ["a"]
    with pytest.raises(SealedError):
        store.add_results("run 1", table())
    with pytest.raises(UnknownSetError, match="run 1"):
        store.results("run 3")
