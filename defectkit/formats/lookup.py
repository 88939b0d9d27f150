"""Looking up formats by name and by suffix, in the tables of the hooks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from defectkit import hooks
from defectkit.errors import ImageReadError, LabelReadError
from defectkit.files import is_there
from defectkit.formats.interface import ImageFormat, LabelFormat

ROSETTASCIIO_SUFFIXES = (".dm3", ".dm4", ".emd", ".mrc", ".ser", ".emi")
"""What the plugin defectkit-rosettasciio would read."""


def label_format(chosen: LabelFormat | str, options: Mapping[str, Any] | None = None) -> LabelFormat:
    """Return a label format.

    Parameters
    ----------
    chosen : LabelFormat or str
        A format, or the name of a registered one.
    options : mapping of str to Any, optional
        Keyword arguments of its constructor, where a name is given.

    Raises
    ------
    UnknownPluginError
        If no format has that name.
    LabelReadError
        If it has no such option, or the option has no such value.

    Examples
    --------
    >>> label_format("coco", {"types": "1=loop_111,*=loop_100"}).types
    {'1': 'loop_111', '*': 'loop_100'}
    """
    if isinstance(chosen, LabelFormat):
        if options:
            raise LabelReadError(f"options {', '.join(options)}: set them on the {type(chosen).__name__} that is given")
        return chosen
    kind: type[LabelFormat] = hooks.find("label_format", chosen)
    given = dict(options or {})
    known = _options(kind)
    unknown = [repr(key) for key in given if key not in known]
    if unknown:
        raise LabelReadError(
            f"the format {chosen!r} has no option {', '.join(unknown)}; it has: {', '.join(known) or 'none'}"
        )
    for key, value in given.items():
        try:
            kind(**{key: value})
        except LabelReadError:
            raise
        except (TypeError, ValueError, AttributeError) as error:
            raise LabelReadError(
                f"the option {key} of the format {chosen!r} cannot be {value!r}{_allowed(kind, key)}"
            ) from error
    return kind(**given)


def recognized_format(path: Path) -> LabelFormat:
    """Return the one registered format that a label file or folder looks like.

    Raises
    ------
    LabelReadError
        If there is none, or there are several.
    """
    if not is_there(path):
        raise LabelReadError(f"{path}: there is no such file or folder")
    table = hooks.table("label_format")
    fitting = sorted(name for name, entry in table.items() if entry.cls.recognizes(path))  # type: ignore[attr-defined]  # every class of this table is a LabelFormat
    if len(fitting) != 1:
        said = f"it may be {' or '.join(fitting)}" if fitting else "it looks like no known label format"
        raise LabelReadError(f"{path}: {said}; name its format, one of {', '.join(sorted(table))}")
    return label_format(fitting[0])


def image_format(path: Path, chosen: ImageFormat | str | None = None) -> ImageFormat:
    """Return the format that reads an image file.

    Parameters
    ----------
    path : pathlib.Path
    chosen : ImageFormat or str, optional
        A format, or the name of a registered one; else the suffix decides.

    Raises
    ------
    ImageReadError
        If no format, or more than one, reads the suffix.
    UnknownPluginError
        If no format has that name.
    """
    if isinstance(chosen, ImageFormat):
        return chosen
    if chosen is not None:
        kind: type[ImageFormat] = hooks.find("image_format", chosen)
        return kind()
    suffix = path.suffix.lower()
    fitting = {name: cls for name, cls in _image_formats() if suffix in cls.suffixes}
    if len(fitting) > 1:
        raise ImageReadError(f"{path}: several formats read {suffix}: {', '.join(fitting)}; name the format")
    if not fitting:
        known = ", ".join(sorted(image_suffixes()))
        message = f"{path}: no format reads {suffix or 'a file without suffix'}; read are {known}"
        if suffix == ".emi":
            message += f". An .emi file holds no images, the files {path.stem}_1.ser and so on beside it do: give those"
        if suffix in ROSETTASCIIO_SUFFIXES:
            message += ". In the checkout, `python -m pip install ./plugins/defectkit-rosettasciio` adds it"
        raise ImageReadError(message)
    return next(iter(fitting.values()))()


def image_suffixes() -> frozenset[str]:
    """Return every suffix that a registered image format reads."""
    return frozenset(suffix for _, cls in _image_formats() for suffix in cls.suffixes)


def _image_formats() -> Iterable[tuple[str, type[ImageFormat]]]:
    return [(name, entry.cls) for name, entry in hooks.table("image_format").items()]


def _options(kind: type) -> list[str]:
    import inspect

    return [name for name in inspect.signature(kind).parameters if name != "self"]


def _allowed(kind: type, option: str) -> str:
    """Return what an option may be, as the end of a sentence, where it is one of a few words."""
    import enum

    import attrs

    words: Any = getattr(attrs.fields_dict(kind).get(option), "converter", None) if attrs.has(kind) else None
    if isinstance(words, type) and issubclass(words, enum.Enum):
        return f"; it is one of: {', '.join(str(word.value) for word in words)}"
    return ""
