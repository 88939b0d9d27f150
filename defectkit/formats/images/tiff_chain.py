"""The chain of directories of a TIFF file: followed once, before anything else is read of the file."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from defectkit.errors import ImageReadError

MAX_DIRECTORIES = 100_000
"""Images that a file may hold."""
MAX_TAGS = 65_535
"""Tags that a directory may hold; the count of classic files ends there."""


def check_chain(path: Path) -> None:
    """Follow the directories of a classic or big TIFF file; another kind of file is left to its reader.

    Raises
    ------
    ImageReadError
        If the chain runs in a circle, leaves the file, or is longer than any stack.

    Notes
    -----
    Each directory is a count of tags, tags of 12 (big: 20) bytes and the place of the next one; TIFF 6.0, section 2.
    """
    with path.open("rb") as file:
        size = path.stat().st_size
        head = file.read(16)
        order = {b"II": "<", b"MM": ">"}.get(head[:2])
        if order is None or len(head) < 8:
            return
        version = struct.unpack(f"{order}H", head[2:4])[0]
        if version == 42:
            place, count_format, tag_bytes, next_format = struct.unpack(f"{order}I", head[4:8])[0], "H", 12, "I"
        elif version == 43 and len(head) == 16:
            place, count_format, tag_bytes, next_format = struct.unpack(f"{order}Q", head[8:16])[0], "Q", 20, "Q"
        else:
            return
        seen: set[int] = set()
        while place:
            if place in seen:
                raise ImageReadError(f"{path}: its chain of images runs in a circle; the file is damaged")
            if place >= size:
                raise ImageReadError(f"{path}: its chain of images leaves the file; the file is truncated or damaged")
            if len(seen) >= MAX_DIRECTORIES:
                raise ImageReadError(f"{path}: it holds over {MAX_DIRECTORIES} images; save them one by one")
            seen.add(place)
            place = _next(file, place, order + count_format, tag_bytes, order + next_format)


def _next(file: BinaryIO, place: int, count_format: str, tag_bytes: int, next_format: str) -> int:
    """Return where the directory after the one at ``place`` lies; 0 where there is none, or it cannot be told."""
    file.seek(place)
    count = file.read(struct.calcsize(count_format))
    if len(count) < struct.calcsize(count_format):
        return 0
    tags = struct.unpack(count_format, count)[0]
    if tags > MAX_TAGS:
        return 0
    file.seek(place + len(count) + tags * tag_bytes)
    following = file.read(struct.calcsize(next_format))
    if len(following) < struct.calcsize(next_format):
        return 0
    offset: int = struct.unpack(next_format, following)[0]
    return offset
