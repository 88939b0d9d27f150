from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from defectkit.errors import DecodingError
from defectkit.files.arrays import read_arrays


def npz(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return path


def npy(array: np.ndarray, shape: str | None = None, descr: str | None = None) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    content = stream.getvalue()
    head = content[10 : 10 + content[8]].decode("latin1")
    new = head.replace(str(array.shape), shape or str(array.shape)).replace("<f8", descr or "<f8").rstrip()
    return content[:8] + len(new).to_bytes(2, "little") + new.encode() + content[10 + content[8] :]


def test_arrays_are_those_of_numpy(tmp_path: Path) -> None:
    given: dict[str, Any] = {
        "a": np.arange(6.0).reshape(2, 3),
        "b": np.asfortranarray(np.arange(6).reshape(2, 3)),
        "c": np.array("text"),
        "d": np.zeros((0, 4), np.uint8),
        "e": np.array(5, ">i4"),
    }
    np.savez_compressed(tmp_path / "a.npz", **given)
    found = read_arrays(tmp_path / "a.npz")
    assert found.keys() == given.keys()
    for name, array in given.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype
    assert list(read_arrays(tmp_path / "a.npz", ("b",))) == ["b"]


@pytest.mark.parametrize(
    "content",
    [
        npy(np.arange(6.0), shape="(99999999999,)"),
        npy(np.arange(6.0), shape="(5,)"),
        npy(np.arange(6.0), shape="(-6,)"),
        npy(np.arange(6.0), shape="(99999999, 99999999, 99999999)"),
        npy(np.arange(6.0), descr="|O"),
        npy(np.arange(6.0), descr="<f4"),
        npy(np.arange(6.0), descr="__import__('os').system('x')"),
        npy(np.arange(6.0))[:40],
        npy(np.arange(6.0), shape="(((((("),
        npy(np.arange(6.0), shape="(6.5,)"),
        npy(np.arange(6.0), shape="{}"),
        npy(np.arange(6.0))[:-3],
        b"\x93NUMPY\x03\x00" + bytes(60),
        b"",
        b"nothing",
    ],
)
def test_an_array_whose_head_lies_is_refused(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(DecodingError):
        read_arrays(npz(tmp_path / "a.npz", a=content))


def test_objects_are_not_unpickled(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (tmp_path / "touched",)

    np.savez(tmp_path / "a.npz", a=np.array([Trap()], dtype=object))
    with pytest.raises(DecodingError, match="more than numbers"):
        read_arrays(tmp_path / "a.npz")
    assert not (tmp_path / "touched").exists()


def test_what_is_no_such_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("text")
    for name in ("text.npz", "absent.npz"):
        with pytest.raises(DecodingError, match=name):
            read_arrays(tmp_path / name)
    with pytest.raises(DecodingError, match="missing"):
        read_arrays(npz(tmp_path / "a.npz", a=npy(np.arange(3.0))), ("b",))
    with pytest.raises(DecodingError, match="no such file has"):
        read_arrays(npz(tmp_path / "bomb.npz", a=bytes(200 * 2**20)))
