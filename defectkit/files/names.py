"""Names: a name that anybody may have chosen, as the name of a file, and as text on one line of a terminal."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from defectkit.errors import OutputError

LONGEST_BYTES = 200
"""The longest name that a file gets, in UTF-8 and without its suffix; file systems hold 255 bytes."""

_NOT_IN_FILE_NAMES = frozenset('/\\<>:"|?*')
_RESERVED = re.compile(r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|COM[0-9¹²³]|LPT[0-9¹²³]) *(\.|$)", re.IGNORECASE)
_LOOKS_ENCODED = re.compile("%(?=[0-9A-F]{2})")
_ENCODED = re.compile("(?:%[0-9A-F]{2})+")
_EMPTY = "%2F"
"""Stands for an empty part of a path: a slash, which no part has."""


def file_name(name: str) -> str:
    r"""Return what a file or folder is called that is named after ``name``, without a suffix.

    Separators, drive letters, wildcards, control characters and other marks that cannot be seen, surrogates (of names
    that are not UTF-8), dots and blanks at an end, and the first letter of names that Windows reserves are written as
    ``%`` and two digits for each byte, as in a web address. Other names stay as they are, and no two names become the
    same one: :func:`name_of_file` is the way back.

    Raises
    ------
    OutputError
        If the name is empty, or has more than 200 bytes.

    Examples
    --------
    >>> file_name("loop_111"), file_name("../x"), file_name("C:\\y"), file_name("nul.1"), file_name("50%")
    ('loop_111', '%2E.%2Fx', 'C%3A%5Cy', '%6Eul.1', '50%')
    """
    if not name:
        raise OutputError("a file cannot be named after an empty name")
    hidden = {0} if name[0] == "." or _RESERVED.match(name) else set()
    hidden |= set(range(len(name.rstrip(". ")), len(name)))
    hidden |= {found.start() for found in _LOOKS_ENCODED.finditer(name)}
    written = "".join(
        _encoded(c) if i in hidden or c in _NOT_IN_FILE_NAMES or not c.isprintable() else c for i, c in enumerate(name)
    )
    size = len(written.encode("utf-8"))
    if size > LONGEST_BYTES:
        raise OutputError(
            f"the name {printable(name[:40])!r}... has {size} bytes, but a file can be named after one of at most "
            f"{LONGEST_BYTES}; rename it"
        )
    return written


def name_of_file(written: str) -> str:
    """Return the name that :func:`file_name` made ``written`` from; what it did not make stays as it is.

    Examples
    --------
    >>> name_of_file(file_name("../x"))
    '../x'
    """
    try:
        return _ENCODED.sub(_decoded, written)
    except UnicodeDecodeError:
        return written


def relative_path(name: str, suffix: str = "") -> PurePosixPath:
    """Return where a file lies that is named after an image, below the folder that it belongs in.

    An image in a sub-folder (``series 1/frame``) keeps it; each part is written by :func:`file_name`, so that no name
    leads out of the folder.

    Raises
    ------
    OutputError
        If the name is empty, or a part of it has more than 200 bytes.

    Examples
    --------
    >>> relative_path("series 1/frame.02", ".png").as_posix(), relative_path("/etc/../x").as_posix()
    ('series 1/frame.02.png', '%2F/etc/%2E%2E/x')
    """
    if not name:
        raise OutputError("a file cannot be named after an empty name")
    *folders, last = (file_name(part) if part else _EMPTY for part in name.split("/"))
    return PurePosixPath(*folders, last + suffix)


def readable(name: str) -> str:
    r"""Return the name of a file as text: bytes that are no UTF-8 are written as ``%`` and two digits.

    Examples
    --------
    >>> import os
    >>> readable(os.fsdecode(b"caf\xe9"))
    'caf%E9'
    """
    if name.isascii():
        return name
    return "".join(
        (f"%{ord(c) - 0xDC00:02X}" if "\udc80" <= c <= "\udcff" else _encoded(c)) if "\ud800" <= c <= "\udfff" else c
        for c in name
    )


def printable(text: str) -> str:
    r"""Return ``text`` on one line: what would move the cursor, colour the terminal or break the line is escaped.

    Examples
    --------
    >>> print(printable("loop\x1b[31m\nerror: none"))
    loop\x1b[31m\nerror: none
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode("ascii") for c in text)


def _encoded(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))


def _decoded(found: re.Match[str]) -> str:
    return bytes.fromhex(found[0].replace("%", "")).decode("utf-8", "surrogatepass")
