"""Names: which image a label file speaks of, and the order that people count in."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePosixPath, PureWindowsPath

import attrs

from defectkit.errors import OutputError, PairingError
from defectkit.files.names import readable, relative_path
from defectkit.formats.tool_names import FILE_RULES, RULES, spellings

_DIGITS = re.compile(r"(\d+)")

MOST_COMPARED = 2000
"""Among so many images the nearest names are looked for."""


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return a sort key by which ``frame-2`` comes before ``frame-10``.

    Examples
    --------
    >>> sorted(["frame-10", "frame-2", "frame-1b"], key=natural_key)
    ['frame-1b', 'frame-2', 'frame-10']
    """
    parts = _DIGITS.split(name.casefold())
    pieces = tuple((0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts if p)
    return (*pieces, (-1, 0, name))


def _as_tuple(value: Iterable[str]) -> tuple[str, ...]:
    return tuple(value)


@attrs.frozen
class ImageNames:
    r"""The names of the images that were given, to be looked up by what label files call them.

    Parameters
    ----------
    names : tuple of str
        Image names: stems, or relative paths without suffix.

    Examples
    --------
    >>> names = ImageNames(["Frame-2", "Frame-278"])
    >>> names.of_file("photos\\Frame-278.png")
    'Frame-278'
    >>> names.of_label_stem("Frame-278-poly"), names.of_label_stem("Frame-27"), names.of_label_stem("Frame-2-78")
    ('Frame-278', None, None)
    """

    names: tuple[str, ...] = attrs.field(converter=_as_tuple)
    _by_stem: dict[str, list[str]] = attrs.field(init=False, repr=False)
    _by_written: dict[str, str] = attrs.field(init=False, repr=False)
    _given: frozenset[str] = attrs.field(init=False, repr=False)

    @_by_stem.default
    def _index(self) -> dict[str, list[str]]:
        stems = defaultdict(list)
        for name in self.names:
            stem = name.rpartition("/")[2]
            stems[stem].append(name)
            if stem.endswith(".ome") and len(stem) > len(".ome"):
                stems[stem.removesuffix(".ome")].append(name)
        return stems

    @_given.default
    def _distinct(self) -> frozenset[str]:
        return frozenset(self.names)

    @_by_written.default
    def _written(self) -> dict[str, str]:
        return {written: name for name in self.names if (written := _file_of(name)) not in (None, name)}

    def of_file(self, file_name: str) -> str | None:
        """Return the image that a file name stands for, with or without folders and suffix; None where there is none.

        The name is that of the image, or one that a program made of it
        (:func:`~defectkit.formats.tool_names.spellings`).

        Raises
        ------
        PairingError
            If images of several folders have that name.
        """
        for text in dict.fromkeys((file_name, file_name.strip())):
            path = PurePosixPath(PureWindowsPath(readable(text)).as_posix())
            without_suffix = path.with_suffix("").as_posix() if path.suffix else path.as_posix()
            for candidate in (text, text.rpartition(".")[0], path.as_posix(), without_suffix):
                if candidate in self._given:
                    return candidate
        name = self._spelt(path.name, file_name, FILE_RULES)
        return name or self._spelt(path.stem, file_name, FILE_RULES)

    def of_label_stem(self, stem: str) -> str | None:
        """Return the image that a label file of this stem (a relative path without suffix) belongs to, or None.

        It is the image of the same name, or the one that a program made the name of the label file from
        (:func:`~defectkit.formats.tool_names.spellings`): ``Frame-278-poly`` belongs to ``Frame-278``, and
        ``Frame-2_tilted`` to no image but one of that name.

        Raises
        ------
        PairingError
            If images of several folders have that name.
        """
        if stem in self._given:
            return stem
        if stem in self._by_written:
            return self._by_written[stem]
        return self._spelt(stem.rpartition("/")[2], stem, RULES)

    def of_typed_stem(self, stem: str, is_type: Callable[[str], bool]) -> str | None:
        """Return the image of a label file that is named after its image and a type: ``Frame-278-bdot``.

        Parameters
        ----------
        stem : str
            A relative path without suffix.
        is_type : callable
            Tells whether a text names a type.

        Raises
        ------
        PairingError
            If images of several folders have that name.
        """
        exact = self.of_label_stem(stem)
        if exact is not None:
            return exact
        last = stem.rpartition("/")[2]
        begun = [
            s for s in self._by_stem if last.startswith(s) and last[len(s)] in "-_." and is_type(last[len(s) + 1 :])
        ]
        return self._only(max(begun, key=len), stem) if begun else None

    def nearest(self, name: str) -> tuple[str, ...]:
        """Return the names of the given images that are most like ``name``, the likest first, at most three."""
        path = PurePosixPath(PureWindowsPath(name).as_posix())
        stem = path.stem[:200]
        begun = [known for known in self._by_stem if known and (stem.startswith(known) or known.startswith(stem))]
        begun.sort(key=len, reverse=True)
        alike = difflib.get_close_matches(stem, self.names[:MOST_COMPARED], n=3)
        return tuple(dict.fromkeys([*(name for known in begun for name in self._by_stem[known]), *alike]))[:3]

    def _spelt(self, name: str, asked: str, rules: Sequence[re.Pattern[str]]) -> str | None:
        for spelling in spellings(name, rules=rules):
            found = self._only(spelling, asked)
            if found is not None:
                return found
        return None

    def _only(self, stem: str, asked: str) -> str | None:
        named = self._by_stem.get(stem, [])
        if len(named) > 1:
            raise PairingError(f"{asked!r} may be any of the images {', '.join(sorted(named))}; name the folder too")
        return named[0] if named else None


def _file_of(name: str) -> str | None:
    """Return what a label file of an image is called without its suffix; None where none can be named after it."""
    try:
        return relative_path(name).as_posix()
    except OutputError:
        return None


def extension_of(stem: str, image: str) -> str:
    """Return what a label file's stem adds to its image's name, without the separator; empty where they are equal."""
    last = stem.rpartition("/")[2]
    return last[len(image.rpartition("/")[2]) :].lstrip("-_.")


def list_names(names: Iterable[str], *, most: int = 8) -> str:
    """Return names for a message: the first ``most`` in natural order, and how many more there are.

    Examples
    --------
    >>> list_names(["b", "a", "c"], most=2)
    'a, b and 1 more'
    """
    ordered = sorted(names, key=natural_key)
    more = len(ordered) - most
    return ", ".join(ordered[:most]) + (f" and {more} more" if more > 0 else "")
