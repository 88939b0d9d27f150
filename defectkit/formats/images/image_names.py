"""Names of images, from the names of their files."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from defectkit.files.names import readable

_UNSEEN = ("Cc", "Cf", "Zl", "Zp")


def name_of(path: Path) -> str:
    r"""Return the stem of a file as text that can be written and shown anywhere.

    Bytes that are no UTF-8, and characters that control a terminal or the direction of text, are escaped.

    Examples
    --------
    >>> name_of(Path("frame 7.tif")), name_of(Path("a\x1b[31m.png")), name_of(Path("b\udcff.png"))
    ('frame 7', 'a\\x1b[31m', 'b%FF')
    """
    return "".join(_escaped(c) if unicodedata.category(c) in _UNSEEN else c for c in readable(path.stem))


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
