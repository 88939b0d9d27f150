"""Blosc: chunks whose head does not fit their length are refused, since the library reads past their end."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import zarr
from zarr.codecs import BloscCodec
from zarr.registry import register_codec

from defectkit.storage.damage import SUSPICIOUS_BYTES, max_ratio

if TYPE_CHECKING:
    from zarr.abc.buffer import Buffer
    from zarr.core.array_spec import ArraySpec

HEAD_BYTES = 16


class CheckedBlosc(BloscCodec):
    """Blosc with a look at the head of each chunk before it is unpacked."""

    def _decode_sync(self, chunk_bytes: Buffer, chunk_spec: ArraySpec) -> Buffer:
        check_frame(chunk_bytes.as_numpy_array().tobytes()[:HEAD_BYTES], len(chunk_bytes))
        return super()._decode_sync(chunk_bytes, chunk_spec)

    async def _decode_single(self, chunk_bytes: Buffer, chunk_spec: ArraySpec) -> Buffer:
        check_frame(chunk_bytes.as_numpy_array().tobytes()[:HEAD_BYTES], len(chunk_bytes))
        return await super()._decode_single(chunk_bytes, chunk_spec)


def check_frame(head: bytes, length: int) -> None:
    """Refuse a chunk whose head says another length than it has, or far more bytes than it can hold.

    Parameters
    ----------
    head : bytes
        Its first 16 bytes.
    length : int
        How many it has in all.

    Raises
    ------
    ValueError

    Notes
    -----
    The head is that of Blosc 1: versions, flags and size of a value in four bytes; then unpacked size, size of a block
    and packed size, https://github.com/Blosc/c-blosc/blob/main/README_CHUNK_FORMAT.rst.
    """
    if len(head) < HEAD_BYTES:
        raise ValueError(f"a chunk of {length} bytes is too short")
    version, _, _, size, unpacked, block, packed = struct.unpack("<4B3I", head)
    if packed != length or version > 2 or not size or (unpacked and not 0 < block <= max(unpacked, 2**31 - 1)):
        raise ValueError(f"a chunk of {length} bytes has the head of another one")
    if unpacked > SUSPICIOUS_BYTES and unpacked > max_ratio() * length:
        raise ValueError(f"a chunk of {length} bytes says that it unpacks to {unpacked}")


@contextmanager
def checked_blosc() -> Iterator[None]:
    """Have the arrays that are opened while the block runs check their chunks."""
    with zarr.config.set({"codecs.blosc": _registered()}):
        yield


@cache
def _registered() -> str:
    name = f"{CheckedBlosc.__module__}.{CheckedBlosc.__qualname__}"
    register_codec("blosc", CheckedBlosc)
    return name
