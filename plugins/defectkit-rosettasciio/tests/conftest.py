"""Small files of each kind, put together by hand from the layouts of the formats."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rsciio", reason="RosettaSciIO is not installed: python -m pip install 'rosettasciio[hdf5]'")

Pixels = np.ndarray[Any, Any]

_DM_PIXELS = {
    "int16": (1, 2),
    "float32": (2, 6),
    "uint8": (6, 10),
    "int32": (7, 3),
    "uint16": (10, 4),
    "uint32": (11, 5),
}


def _dm_tag(name: str, value: Any) -> bytes:
    label = struct.pack(">H", len(name)) + name.encode()
    if isinstance(value, dict):
        return b"\x14" + label + _dm_group(value)
    if isinstance(value, int):
        info, data = [5], struct.pack("<I", value)
    elif isinstance(value, float):
        info, data = [6], struct.pack("<f", value)
    elif isinstance(value, str):
        info, data = [20, 4, len(value)], value.encode("utf-16-le")
    else:
        info, data = [20, _DM_PIXELS[str(value.dtype)][1], value.size], value.tobytes()
    return b"\x15" + label + b"%%%%" + struct.pack(f">I{len(info)}I", len(info), *info) + data


def _dm_group(tags: dict[str, Any]) -> bytes:
    named = [("" if name.isdigit() else name, value) for name, value in tags.items()]
    return b"\x01\x00" + struct.pack(">I", len(tags)) + b"".join(_dm_tag(name, value) for name, value in named)


@pytest.fixture(scope="session")
def write_dm3() -> Callable[..., Path]:
    """A Digital Micrograph 3 file with one image, or one stack."""

    def write(path: Path, pixels: Pixels, *, scale: float = 0.25, units: str = "nm") -> Path:
        axis = {"Origin": 0.0, "Scale": scale, "Units": units}
        data = {
            "Calibrations": {
                "Brightness": {"Origin": 0.0, "Scale": 1.0, "Units": ""},
                "Dimension": {str(n): axis for n in range(pixels.ndim)},
            },
            "Data": np.ascontiguousarray(pixels),
            "DataType": _DM_PIXELS[str(pixels.dtype)][0],
            "Dimensions": {str(n): size for n, size in enumerate(pixels.shape[::-1])},
            "PixelDepth": pixels.itemsize,
        }
        facts = {"Microscope Info": {"Name": "FEI Titan", "Imaging Mode": "TEM", "Indicated Magnification": 5000.0}}
        body = _dm_group({"ImageList": {"0": {"ImageData": data, "ImageTags": facts, "Name": "loops"}}})
        path.write_bytes(struct.pack(">III", 3, len(body) + 16, 1) + body + bytes(8))
        return path

    return write


@pytest.fixture(scope="session")
def write_mrc() -> Callable[..., Path]:
    """An MRC2014 file with one image, or one stack."""

    def write(path: Path, pixels: Pixels, *, angstrom: tuple[float, float] = (5.0, 2.5)) -> Path:
        depth, height, width = (1, *pixels.shape)[-3:]
        header = bytearray(1024)
        mode = {"int8": 0, "int16": 1, "float32": 2, "uint16": 6}[str(pixels.dtype)]
        struct.pack_into("<4i", header, 0, width, height, depth, mode)
        struct.pack_into("<3i", header, 28, width, height, depth)
        struct.pack_into("<3f", header, 40, width * angstrom[1], height * angstrom[0], float(depth))
        struct.pack_into("<3i", header, 64, 1, 2, 3)
        header[208:216] = b"MAP \x44\x44\x00\x00"
        path.write_bytes(bytes(header) + pixels.tobytes())
        return path

    return write


@pytest.fixture(scope="session")
def write_ser() -> Callable[..., Path]:
    """A TIA file with one image, which it stores from the lowest row up."""

    def write(path: Path, pixels: Pixels, *, meters: float = 2.5e-10) -> Path:
        kind = {"uint8": 1, "uint16": 2, "uint32": 3, "int8": 4, "int16": 5, "int32": 6, "float32": 7, "float64": 8}
        height, width = pixels.shape
        dimension = struct.pack("<IddI", 1, 0.0, 1.0, 0) + struct.pack("<I", 6) + b"Number" + struct.pack("<I", 0)
        begin = 30 + len(dimension)
        data = struct.pack("<ddIddI", 0.0, meters, 0, 0.0, meters, 0)
        data += struct.pack("<HII", kind[str(pixels.dtype)], width, height) + pixels[::-1].tobytes()
        tag = struct.pack("<HHI", 0x4152, 0, 0)
        first = begin + 8
        header = struct.pack("<HHHIIIIII", 0x4949, 0x0197, 0x0210, 0x4122, 0x4152, 1, 1, begin, 1)
        path.write_bytes(header + dimension + struct.pack("<II", first, first + len(data)) + data + tag)
        return path

    return write


@pytest.fixture(scope="session")
def write_emd() -> Callable[..., Path]:
    """A Berkeley EMD file, by RosettaSciIO's own writer; several data sets where several are given."""
    pytest.importorskip("h5py", reason="h5py is not installed: python -m pip install h5py")
    from rsciio.emd import file_writer

    def write(path: Path, *pixels: Pixels, units: str = "nm", titles: tuple[str, ...] = ("loops", "other")) -> Path:
        for number, one in enumerate(pixels):
            axes = [
                {
                    "name": name,
                    "units": units,
                    "index_in_array": n,
                    "size": size,
                    "offset": 0.0,
                    "scale": 0.25 * (n + 1),
                }
                for n, (name, size) in enumerate(zip("zyx"[-one.ndim :], one.shape, strict=True))
            ]
            signal = {
                "data": one,
                "axes": [axis | {"navigate": False} for axis in axes],
                "metadata": {"General": {"title": titles[number]}, "Signal": {"signal_type": ""}},
                "original_metadata": {},
            }
            target = path if not number else path.with_name(f"part{number}.emd")
            file_writer(str(target), signal)
            if number:
                import h5py

                with h5py.File(target) as source, h5py.File(path, "a") as whole:
                    for group in source["signals"]:
                        source.copy(f"signals/{group}", whole["signals"])
                target.unlink()
        return path

    return write
