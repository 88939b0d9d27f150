"""Length units as programs write them into image files, in nanometers."""

from __future__ import annotations

import re
import unicodedata

_NANOMETERS = {
    "m": 1e9, "meter": 1e9, "metre": 1e9,
    "cm": 1e7, "centimeter": 1e7, "centimetre": 1e7,
    "mm": 1e6, "millimeter": 1e6, "millimetre": 1e6,
    "um": 1e3, "μm": 1e3, "micron": 1e3, "micrometer": 1e3, "micrometre": 1e3,
    "nm": 1.0, "nanometer": 1.0, "nanometre": 1.0,
    "a": 0.1, "å": 0.1, "angstrom": 0.1, "ångström": 0.1, "ångstrom": 0.1, "ang": 0.1,
    "pm": 1e-3, "picometer": 1e-3, "picometre": 1e-3,
    "fm": 1e-6, "femtometer": 1e-6, "femtometre": 1e-6,
}  # fmt: skip

_UNCALIBRATED = frozenset(
    ["", "pixel", "pixels", "px", "pix", "reference frame", "none", "null", "arbitrary", "inch", "inches", "in", '"']
)
"""What programs write where nobody calibrated: no unit, or that of a print."""

_PER_PIXEL = re.compile(r"\s*(?:/|[_ ]per[_ ])\s*(?:px|pix|pixel|pixels)$")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})")


def nanometers(unit: str) -> float | None:
    r"""Return how many nm a unit of length is, as programs write it in image files; None for what is no length.

    Case, plurals, ``/px`` at the end, escaped signs (``\\u00B5m``, as ImageJ writes) and UTF-8 that was read as Latin-1
    are understood.

    Examples
    --------
    >>> nanometers("\\u00B5m"), nanometers(" Angstroms"), nanometers("nm_per_px"), nanometers("pixel")
    (1000.0, 0.1, 1.0, None)
    """
    text = _PER_PIXEL.sub("", _plain(unit))
    return _NANOMETERS.get(text, _NANOMETERS.get(text.removesuffix("s")) if len(text) > 3 else None)


def is_unknown(unit: str) -> bool:
    """Return whether a unit is neither a length nor one of the words for an image that nobody calibrated.

    Examples
    --------
    >>> is_unknown("furlong"), is_unknown("pixel"), is_unknown("nm")
    (True, False, False)
    """
    return nanometers(unit) is None and _plain(unit) not in _UNCALIBRATED


def _plain(unit: str) -> str:
    text = _ESCAPE.sub(lambda match: chr(int(match[1] or match[2], 16)), unit[:80])
    text = unicodedata.normalize("NFKC", text.replace("Âµ", "µ").replace("Ã…", "Å").replace("Î¼", "µ"))
    return text.strip("\0 \t\r\n").casefold()
