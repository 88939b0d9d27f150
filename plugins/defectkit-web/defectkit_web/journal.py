"""Journal: what was done to each image, on the disk as soon as it is done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from defectkit import Instances
from defectkit.errors import DecodingError
from defectkit.files import write_text
from defectkit.files.decoding import read_json, read_text
from defectkit.records import from_json, to_json
from defectkit_web import fields
from defectkit_web.edits import Edit, read_edit, written_edit

FORMAT = 1


@attrs.frozen(kw_only=True)
class Entry:
    """What was done to one image.

    Parameters
    ----------
    edits : tuple of Edit
        In order.
    undone : tuple of Edit
        Those that were undone and can be done again, the last undone first.
    pixel_size, foil_thickness : str, optional
        Given on the page.
    """

    edits: tuple[Edit, ...] = ()
    undone: tuple[Edit, ...] = ()
    pixel_size: str | None = None
    foil_thickness: str | None = None


@attrs.frozen(kw_only=True)
class Journal:
    """The files of a session.

    Parameters
    ----------
    folder : pathlib.Path
        ``images/`` holds one file for each image, ``found/`` what detectors found, by digest.
    """

    folder: Path

    def read(self, image: str, shape: tuple[int, int]) -> Entry:
        """Return what was done to an image; nothing where there is no file.

        Raises
        ------
        DecodingError
            If the file is damaged, or of an image of another size.
        """
        path = self._path(image)
        if not path.is_file():
            return Entry()
        where = f"{path}, what was done to {image}"
        value = fields.checked_object(
            read_json(path), ("format", "image", "shape", "edits", "undone", "pixel_size", "foil_thickness")
        )
        if value["format"] != FORMAT or value["image"] != image or value["shape"] != list(shape):
            raise DecodingError(f"{where}: it is of another image, or was written by another version; move it away")
        return Entry(
            edits=_edits(value["edits"], where),
            undone=_edits(value["undone"], where),
            pixel_size=_optional(value["pixel_size"]),
            foil_thickness=_optional(value["foil_thickness"]),
        )

    def write(self, image: str, shape: tuple[int, int], entry: Entry) -> None:
        """Write what was done to an image, whole or not at all.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        value = {
            "format": FORMAT,
            "image": image,
            "shape": list(shape),
            "edits": [written_edit(edit) for edit in entry.edits],
            "undone": [written_edit(edit) for edit in entry.undone],
            "pixel_size": entry.pixel_size,
            "foil_thickness": entry.foil_thickness,
        }
        write_text(self._path(image), json.dumps(value, allow_nan=False))

    def keep(self, instances: Instances) -> str:
        """Keep defects that a detector found or a label file holds, and return their digest."""
        digest = instances.digest()
        path = self._found(digest)
        if not path.is_file():
            write_text(path, to_json(instances))
        return digest

    def found(self, digest: str) -> Instances:
        """Return defects that are kept.

        Raises
        ------
        DecodingError
            If they are not there, or are not those that were kept.
        """
        path = self._found(digest)
        if not path.is_file():
            raise DecodingError(f"{path} is missing: what a detector found cannot be shown any more")
        instances = from_json(read_text(path), Instances)
        if instances.digest() != digest:
            raise DecodingError(f"{path} is damaged: it is not what was written")
        return instances

    def _found(self, digest: str) -> Path:
        if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
            raise DecodingError("a digest has 64 hexadecimal digits")
        return self.folder / "found" / f"{digest}.json"

    def _path(self, image: str) -> Path:
        return self.folder / "images" / f"{key_of(image)}.json"


def key_of(image: str) -> str:
    """Return what stands for an image in addresses and names of files.

    Examples
    --------
    >>> key_of("frame 1")
    'e4de65df5f0d28ee'
    """
    return hashlib.sha256(image.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _edits(values: Any, where: str) -> tuple[Edit, ...]:
    if not isinstance(values, list):
        raise DecodingError(f"{where}: it holds no list of edits")
    return tuple(read_edit(value) for value in values)


def _optional(value: Any) -> str | None:
    return None if value is None else fields.text(value, "a length")


def last_start(edits: Sequence[Edit]) -> int | None:
    """Return the place of the last edit that replaced all defects, or None."""
    return next((k for k in range(len(edits) - 1, -1, -1) if edits[k].kind == "start"), None)
