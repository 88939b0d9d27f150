"""CalibrationTable: pixel sizes and foil thicknesses that stand in a file beside the images."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs

from defectkit.errors import DecodingError, DefectkitError, RecordError
from defectkit.files.cells import unquoted_cell
from defectkit.files.decoding import read_text, read_toml
from defectkit.files.names import readable
from defectkit.records import Calibration, Source
from defectkit.short_repr import short_repr
from defectkit.units import QuantityLike

FILE_NAMES = ("calibration.toml", "calibration.csv")
"""What a table is called in a folder of images."""

_KEYS = ("name", "prefix", "pixel_size", "pixel_size_y", "pixel_size_x", "foil_thickness", "assumed")
_ASSUMABLE = ("pixel_size", "foil_thickness")


def _as_words(value: str | Iterable[object]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(map(str, value))


@attrs.frozen(kw_only=True)
class CalibrationEntry:
    """One entry of a table: what is known of an image, of all whose name begins alike, or of all.

    Parameters
    ----------
    name, prefix : str, optional
        The image, or what the names of the images begin with. Neither means every image; both is an error.
    pixel_size : str or pint.Quantity, optional
        Length / pixel, or a length; for pixels that are not square ``pixel_size_y`` and ``pixel_size_x``.
    pixel_size_y, pixel_size_x : str or pint.Quantity, optional
    foil_thickness : str or pint.Quantity, optional
    assumed : tuple of str
        Which of ``pixel_size`` and ``foil_thickness`` nobody measured.

    Raises
    ------
    RecordError
        If it contradicts itself or states nothing.
    """

    name: str | None = None
    prefix: str | None = None
    pixel_size: QuantityLike | None = None
    pixel_size_y: QuantityLike | None = None
    pixel_size_x: QuantityLike | None = None
    foil_thickness: QuantityLike | None = None
    assumed: tuple[str, ...] = attrs.field(default=(), converter=_as_words)

    def __attrs_post_init__(self) -> None:
        who = self.name or self.prefix or "every image"
        if self.name is not None and self.prefix is not None:
            raise RecordError(f"calibration of {who!r}: give a name or a prefix, not both")
        if (self.pixel_size_y is None) != (self.pixel_size_x is None):
            raise RecordError(f"calibration of {who!r}: pixel_size_y and pixel_size_x belong together")
        if self.pixel_size is not None and self.pixel_size_y is not None:
            raise RecordError(f"calibration of {who!r}: give pixel_size, or pixel_size_y and pixel_size_x")
        if self.pixel_sizes is None and self.foil_thickness is None:
            raise RecordError(f"calibration of {who!r}: neither a pixel size nor a foil thickness is given")
        unknown = sorted(set(self.assumed) - set(_ASSUMABLE))
        if unknown:
            raise RecordError(
                f"calibration of {who!r}: assumed may name {' and '.join(_ASSUMABLE)}, not {', '.join(unknown)}"
            )

    @property
    def pixel_sizes(self) -> tuple[QuantityLike, QuantityLike] | None:
        """The size of a pixel along rows' and columns' axes, or None."""
        if self.pixel_size is not None:
            return self.pixel_size, self.pixel_size
        if self.pixel_size_y is not None and self.pixel_size_x is not None:
            return self.pixel_size_y, self.pixel_size_x
        return None

    def rank(self, image: str) -> int | None:
        """Return how closely the entry fits an image: the higher the closer; None where it does not."""
        stem = image.rpartition("/")[2]
        if self.name is not None:
            return len(image) + 1 if self.name in (image, stem) else None
        if self.prefix is not None:
            return len(self.prefix) if image.startswith(self.prefix) or stem.startswith(self.prefix) else None
        return 0


def _as_entries(value: Iterable[CalibrationEntry]) -> tuple[CalibrationEntry, ...]:
    return tuple(value)


@attrs.frozen(kw_only=True)
class Known:
    """What a table knows of one image.

    Parameters
    ----------
    calibration : Calibration, optional
        With a pixel size; None where the table has only a thickness.
    foil_thickness : str or pint.Quantity, optional
    foil_thickness_source : Source, optional
    origin : str
        The table, for messages.
    """

    calibration: Calibration | None = None
    foil_thickness: QuantityLike | None = None
    foil_thickness_source: Source | None = None
    origin: str


@attrs.frozen(kw_only=True)
class CalibrationTable:
    """Entries for the images of a folder or of a project.

    Parameters
    ----------
    entries : tuple of CalibrationEntry
        For each number the closest entry that states it counts: an exact name before the longest prefix, that before an
        entry for every image.
    origin : str
        What messages call it, for instance the file's path.
    source : Source
        Where its numbers are said to come from, unless they are assumed.

    Raises
    ------
    RecordError
        If two entries are for the same name or prefix.

    Examples
    --------
    >>> table = CalibrationTable(
    ...     entries=[
    ...         CalibrationEntry(foil_thickness="100 nm", assumed=["foil_thickness"]),
    ...         CalibrationEntry(prefix="BF X500K", pixel_size="0.1416 nm"),
    ...     ],
    ...     origin="calibration.toml",
    ... )
    >>> known = table.of("BF X500K 03")
    >>> known.calibration.pixel_size_nm, str(known.foil_thickness_source)
    ((0.1416, 0.1416), 'assumed')
    """

    entries: tuple[CalibrationEntry, ...] = attrs.field(converter=_as_entries)
    origin: str
    source: Source = Source.SIDECAR

    __repr__ = short_repr

    def __attrs_post_init__(self) -> None:
        counts = Counter((entry.name, entry.prefix) for entry in self.entries)
        doubled = next((key for key, count in counts.items() if count > 1), None)
        if doubled is not None:
            raise RecordError(f"{self.origin}: two entries are for {doubled[0] or doubled[1] or 'every image'}")

    def of(self, image: str) -> Known:
        """Return what the table knows of an image; nothing is an answer too.

        Raises
        ------
        RecordError
            If a number of it has no unit or a wrong one.
        """
        ranked = [(rank, entry) for entry in self.entries if (rank := entry.rank(image)) is not None]
        fitting = [entry for _, entry in sorted(ranked, key=lambda pair: -pair[0])]
        sized = next((entry for entry in fitting if entry.pixel_sizes is not None), None)
        thick = next((entry for entry in fitting if entry.foil_thickness is not None), None)
        try:
            return Known(
                calibration=self._calibration(sized),
                foil_thickness=thick.foil_thickness if thick else None,
                foil_thickness_source=self._source(thick, "foil_thickness") if thick else None,
                origin=self.origin,
            )
        except DefectkitError as error:
            raise RecordError(f"{self.origin}, for the image {image!r}: {error}") from error

    def _calibration(self, entry: CalibrationEntry | None) -> Calibration | None:
        if entry is None or entry.pixel_sizes is None:
            return None
        along_y, along_x = entry.pixel_sizes
        return Calibration(
            pixel_size_y=along_y, pixel_size_x=along_x, pixel_size_source=self._source(entry, "pixel_size")
        )

    def _source(self, entry: CalibrationEntry, what: str) -> Source:
        return Source.ASSUMED if what in entry.assumed else self.source


def find_calibration_table(folder: Path) -> CalibrationTable | None:
    """Return the table that lies in a folder of images, or None.

    Raises
    ------
    RecordError
        If there are two, or the one there is cannot be understood.
    """
    there = [folder / name for name in FILE_NAMES if (folder / name).is_file()]
    if len(there) > 1:
        raise RecordError(f"{folder}: it has {' and '.join(f.name for f in there)}; keep one of them")
    return read_calibration_table(there[0]) if there else None


def read_calibration_table(path: Path, *, source: Source = Source.SIDECAR) -> CalibrationTable:
    """Return the table that a TOML or CSV file holds.

    Parameters
    ----------
    path : pathlib.Path
        A ``.toml`` file with tables ``[[calibration]]``, or a ``.csv`` file with a head line. The keys, or columns, are
        those of :class:`CalibrationEntry`; ``assumed`` is a list, in CSV separated by semicolons. Sizes are text with a
        unit.
    source : Source
        Where the numbers are said to come from.

    Raises
    ------
    RecordError
        If the file cannot be read or understood.

    Notes
    -----
    ::

        [[calibration]]
        prefix = "BF X500K"
        pixel_size = "0.1416 nm"
        foil_thickness = "100 nm"
        assumed = ["foil_thickness"]
    """
    where = readable(str(path))
    try:
        is_toml = path.suffix.lower() == ".toml"
        rows = _toml_rows(read_toml(path)) if is_toml else list(_csv_rows(read_text(path)))
        entries = [_entry(number, row) for number, row in enumerate(rows, start=1)]
    except DecodingError as error:
        raise RecordError(str(error)) from error
    except (csv.Error, RecordError) as error:
        raise RecordError(f"{where}: {error}") from error
    return CalibrationTable(entries=entries, origin=str(path), source=source)


def _toml_rows(document: Mapping[str, Any]) -> list[Any]:
    rows = document.get("calibration")
    if not isinstance(rows, list) or document.keys() != {"calibration"}:
        raise RecordError("it must hold tables [[calibration]] and nothing else")
    return rows


def _csv_rows(text: str) -> Iterable[Mapping[str, Any]]:
    for row in csv.DictReader(text.splitlines(), skipinitialspace=True):
        if None in row:
            raise RecordError(f"a line has more columns than the head: {row[None]}")
        given = {key.strip(): unquoted_cell(value.strip()) for key, value in row.items() if value and value.strip()}
        assumed = given.pop("assumed", "")
        yield {**given, "assumed": [part.strip() for part in assumed.split(";") if part.strip()]}


def _entry(number: int, row: Any) -> CalibrationEntry:
    if not isinstance(row, Mapping):
        raise RecordError(f"entry {number} is not a table of keys and values")
    unknown = sorted(row.keys() - set(_KEYS))
    if unknown:
        raise RecordError(f"entry {number}: unknown keys {', '.join(unknown)}; known are {', '.join(_KEYS)}")
    texts = {key: value for key, value in row.items() if key != "assumed"}
    if not all(isinstance(value, str) for value in texts.values()) or not isinstance(row.get("assumed", []), list):
        raise RecordError(f"entry {number}: sizes and names are text ('0.25 nm'), assumed is a list")
    return CalibrationEntry(**texts, assumed=row.get("assumed", []))
