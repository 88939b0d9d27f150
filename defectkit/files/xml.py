"""XML that came from outside, within limits, with errors that name the place."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from defectkit.errors import DecodingError
from defectkit.files.decoding import MAX_DEPTH, read_text
from defectkit.files.names import readable


def read_xml(path: Path) -> ET.Element:
    """Return the root of an XML file.

    Parameters
    ----------
    path : pathlib.Path
        UTF-8, with or without a byte order mark.

    Raises
    ------
    DecodingError
        If the file cannot be read, is too large, is not well formed, declares a document type (by which a file can
        define text that grows without limit, or that lies in another file), or nests elements deeper than
        :data:`~defectkit.files.decoding.MAX_DEPTH`.
    """
    text, where = read_text(path), readable(str(path))
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise DecodingError(f"{where}: it declares a document type, which is refused: remove it, it is not needed here")
    builder = _Bounded(where)
    parser = ET.XMLParser(target=builder)
    try:
        parser.feed(text)
        root: ET.Element = parser.close()
    except (ET.ParseError, ValueError) as error:
        if isinstance(error, DecodingError):
            raise
        raise DecodingError(f"{where}: it is not well-formed XML: {error}") from error
    return root


class _Bounded(ET.TreeBuilder):
    """Builds a tree that is not too deep."""

    def __init__(self, where: str) -> None:
        super().__init__()
        self._where, self._depth = where, 0

    def start(self, tag: str, attrs: dict[str, str], /) -> ET.Element:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise DecodingError(f"{self._where}: its elements lie more than {MAX_DEPTH} deep within each other")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> ET.Element:
        self._depth -= 1
        return super().end(tag)
