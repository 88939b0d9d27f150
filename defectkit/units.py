"""The one registry of units: pint's application registry, with ``dpa`` beside ``pixel``.

Quantities made by a caller with the application registry, or with any other, are understood.
"""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any, TypeAlias

import pint
from pint.registry import LazyRegistry

from defectkit.errors import UncertaintyWarning, UnitError


def _application_registry() -> pint.UnitRegistry[Any]:
    """Return pint's application registry; where nobody has used it yet, with pint's own cache of its definitions.

    Reading the definitions takes a quarter of a second, the cache a fifth of that.
    """
    registry: Any = pint.get_application_registry()  # type: ignore[no-untyped-call]  # pint leaves it untyped
    if isinstance(registry.get(), LazyRegistry):
        try:
            registry.set(pint.UnitRegistry(cache_folder=":auto:", on_redefinition="raise"))
        except Exception:  # a folder that cannot be written, or a damaged file in it: whatever unpickling raises
            registry.set(pint.UnitRegistry(on_redefinition="raise"))
    if "dpa" not in registry:
        registry.define("dpa = [displacement_damage] = displacements_per_atom")
    return registry  # type: ignore[no-any-return]  # it wraps a registry and is used as one


ureg = _application_registry()

if TYPE_CHECKING:
    Quantity: TypeAlias = pint.Quantity[Any]
else:
    Quantity = pint.Quantity  # has no parameters at run time in older versions of pint
QuantityLike: TypeAlias = "str | pint.Quantity[Any]"
MeasuredLike: TypeAlias = Any
"""Text with or without an uncertainty, a Quantity, or what pint and ``uncertainties`` make of both."""

PIXEL_SIZE = "nanometer / pixel"
LENGTH = "nanometer"
AREAL_DENSITY = "1 / nanometer ** 2"
NUMBER_DENSITY = "1 / meter ** 3"
STRESS = "megapascal"

_KNOWN_UNITS = {
    PIXEL_SIZE: "pm, angstrom, nm, um, mm, m, each also with /px",
    LENGTH: "pm, angstrom, nm, um, mm, m",
    AREAL_DENSITY: "1/nm^2, 1/um^2, 1/m^2",
    NUMBER_DENSITY: "1/m^3, 1/cm^3, 1/nm^3",
    STRESS: "Pa, MPa, GPa",
    "kelvin": "kelvin, degC",
}
"""What messages name as known, by the unit that is asked for."""

_ALIASES = {"px": "pixel", "Px": "pixel", "AA": "angstrom", "°C": "degC"}  # pint's own px is a length of 1/96 inch
_LONGEST = 200
_NUMBER = r"[+-]?(?:\d{1,40}\.?\d{0,40}|\.\d{1,40})(?:[eE][+-]?\d{1,4})?"
_SIZE = re.compile(rf"\s*({_NUMBER})(?:\s*(?:\+/-|\+-|±)\s*({_NUMBER}))?(?!\d)(.*)", re.DOTALL)
_FACTOR = re.compile(
    r"\s*(?P<sign>\*(?!\*)|·|/)?\s*(?:(?P<name>[^\W\d]\w{0,39}|%|°C)|1(?!\w))"
    r"\s*(?:(?:\*\*|\^)\s*(?P<power>[+-]?\d)(?![\d.]))?"
)
_SUPERSCRIPT = re.compile("[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]")
_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")


def as_quantity(value: QuantityLike, unit: str, *, what: str) -> Quantity:
    """Return ``value`` as a Quantity in ``unit``.

    Parameters
    ----------
    value : str or pint.Quantity
        For instance ``"0.2554 nm/px"`` or ``"100 +/- 20 nm"``, or a Quantity of any registry. A bare number is
        refused: it has no unit. An uncertainty is read, but not part of what is returned; a warning says so.
    unit : str
        The unit to convert to; it also fixes the dimension that is allowed.
    what : str
        The name of the value in messages.

    Returns
    -------
    pint.Quantity
        A Quantity of :data:`ureg`, in ``unit``.

    Raises
    ------
    UnitError
        If there is no unit, it is unknown, or of another dimension, or if the number is not finite.

    Examples
    --------
    >>> print(as_quantity("25.54 angstrom", "nanometer", what="edge"))
    2.554 nanometer
    """
    quantity = _parse(value, unit, what)
    try:
        converted = quantity.to(unit)
    except (pint.PintError, OverflowError) as error:
        raise UnitError(
            f"{what}: {value!s} is in {quantity.units}, which cannot be converted to {unit}{_confused(quantity, unit)}"
        ) from error
    if converted.magnitude != converted.magnitude or abs(converted.magnitude) == float("inf"):
        raise UnitError(f"{what}: {value!s} is not a finite number")
    return converted


KINDS = {
    "a length": "nanometer",
    "an area": "nanometer ** 2",
    "a volume": "nanometer ** 3",
    "an areal density": "1 / nanometer ** 2",
    "a number density": "1 / nanometer ** 3",
    "a stress": "pascal",
}
"""What quantities of some units are called, where one may be taken for the other."""


def _confused(given: Quantity, unit: str) -> str:
    """Return what was given and what is needed in words, where both have a name."""
    wanted = ureg.Quantity(1.0, unit)
    named = [
        next(
            (name for name, one in KINDS.items() if quantity.dimensionality == ureg.Quantity(1, one).dimensionality), ""
        )
        for quantity in (given, wanted)
    ]
    return f": it is {named[0]}, and {named[1]} is needed" if all(named) else ""


def as_pixel_size(value: QuantityLike, *, what: str = "pixel size") -> Quantity:
    """Return a pixel size in nanometer per pixel; a bare length is taken as the edge of one pixel.

    Examples
    --------
    >>> print(as_pixel_size("0.2554 nm"))
    0.2554 nanometer / pixel
    """
    quantity = _parse(value, PIXEL_SIZE, what)
    if quantity.check("[length]"):
        quantity = quantity / ureg.pixel
    size = as_quantity(quantity, PIXEL_SIZE, what=what)
    if size.magnitude <= 0:
        raise UnitError(f"{what}: {value!s} is not positive")
    return size


def as_measured(value: MeasuredLike, unit: str, *, what: str) -> tuple[Quantity, Quantity]:
    """Return a value and its standard uncertainty, both as Quantity in ``unit``.

    Parameters
    ----------
    value : str, pint.Quantity or pint.Measurement
        For instance ``"100 +/- 20 nm"``. What states no uncertainty has one of 0; a Quantity whose number is one of the
        package ``uncertainties`` is understood, too.
    unit : str
        The unit to convert to; it also fixes the dimension that is allowed.
    what : str
        The name of the value in messages.

    Raises
    ------
    UnitError
        If there is no unit, it is unknown, or of another dimension, or if a number is not finite, or the uncertainty is
        negative.

    Examples
    --------
    >>> value, uncertainty = as_measured("100 +/- 20 nm", "nanometer", what="foil thickness")
    >>> print(value, uncertainty)
    100.0 nanometer 20.0 nanometer
    """
    stated, error = _parse_measured(value, unit, what) if isinstance(value, str) else _split(value)
    best = as_quantity(stated, unit, what=what)
    if error is None:
        return best, 0 * best
    uncertainty = as_quantity(error, unit, what=f"uncertainty of {what}")
    if uncertainty.magnitude < 0:
        raise UnitError(f"{what}: the uncertainty {error!s} is negative")
    return best, uncertainty


def as_measured_number(value: Any, *, what: str) -> tuple[float, float | None]:
    """Return a positive number without a unit and its standard uncertainty; None where it states none.

    Parameters
    ----------
    value : float, str, or number of the package ``uncertainties``
        For instance ``0.4`` or ``"0.4 +/- 0.1"``.
    what : str
        The name of the value in messages.

    Raises
    ------
    UnitError
        If it is no number, not positive, or its uncertainty is negative or not less than it.

    Examples
    --------
    >>> as_measured_number("0.4 +/- 0.1", what="barrier strength")
    (0.4, 0.1)
    """
    number, error = _measured_number(value)
    if not 0 < number < float("inf"):
        shown = shorten(value) if isinstance(value, str) else repr(value)
        raise UnitError(f'{what}: {shown} is not a positive number, for instance 0.4 or "0.4 +/- 0.1"')
    if error is not None and not 0 <= error < number:
        raise UnitError(f"{what}: the uncertainty {error:g} is negative, or not less than the value, {number:g}")
    return number, error


def _measured_number(value: Any) -> tuple[float, float | None]:
    """Return number and uncertainty; NaN for what is no number."""
    if isinstance(value, str):
        match = _SIZE.fullmatch(value) if len(value) <= _LONGEST else None
        if match is None or match[3].strip():
            return float("nan"), None
        return float(match[1]), None if match[2] is None else float(match[2])
    if hasattr(value, "nominal_value"):
        return float(value.nominal_value), float(value.std_dev)
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return (float(value) if known else float("nan")), None


def _split(value: Any) -> tuple[Any, Any]:
    """Return what a Measurement, or a Quantity with a number of ``uncertainties``, holds as two Quantities."""
    magnitude: Any = getattr(value, "magnitude", None)
    if not hasattr(magnitude, "nominal_value"):
        return value, None
    unit = str(value.units)
    return ureg.Quantity(magnitude.nominal_value, unit), ureg.Quantity(magnitude.std_dev, unit)


def _parse(value: QuantityLike, unit: str, what: str) -> Quantity:
    if isinstance(value, str):
        return _parse_text(value, unit, what)
    if hasattr(value, "magnitude") and hasattr(value, "units"):
        foreign: Quantity = ureg.Quantity(value.magnitude, str(value.units))
        return foreign
    raise UnitError(f"{what}: {value!r} has no unit; {_example(unit)}")


def _parse_text(text: str, unit: str, what: str) -> Quantity:
    """Return the quantity that a text states; a warning says that an uncertainty beside it is dropped."""
    quantity, error = _parse_measured(text, unit, what)
    if error is not None:
        warnings.warn(
            f"{what}: {shorten(text)} has an uncertainty of {error.magnitude:g}, which is read but not carried into "
            "results",
            UncertaintyWarning,
            stacklevel=4,
        )
    return quantity


def _parse_measured(text: str, unit: str, what: str) -> tuple[Quantity, Quantity | None]:
    """Return the quantity that a text states, and its uncertainty if there is one: numbers and a product of units.

    Nothing is evaluated: powers are whole numbers of one digit, so that no text takes long.
    """
    shown = shorten(text)
    match = _SIZE.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None or not match[3].strip():
        raise UnitError(f"{what}: {shown} is not a number with a unit; {_example(unit)}")
    units = ureg.Unit(ureg.UnitsContainer(_powers(match[3], shown, unit, what)))
    quantity: Quantity = ureg.Quantity(float(match[1]), units)
    return quantity, None if match[2] is None else ureg.Quantity(float(match[2]), units)


def _powers(text: str, shown: str, unit: str, what: str) -> dict[str, int]:
    """Return the power of each unit in a text such as ``nm / px`` or ``1/m^3``."""
    text = _SUPERSCRIPT.sub(lambda found: "^" + found[0].translate(_DIGITS), text)
    powers: dict[str, int] = {}
    position, end = 0, len(text.rstrip())
    while position < end:
        factor = _FACTOR.match(text, position, end)
        if factor is None or factor.end() == position:
            rest = text[position:end].strip()
            raise UnitError(f"{what}: {shown} is not a number with a unit (at {rest!r}); {_example(unit)}")
        position = factor.end()
        if factor["name"] is None:
            continue
        name = _unit_name(factor["name"], shown, unit, what)
        power = int(factor["power"] or 1)
        powers[name] = powers.get(name, 0) + (-power if factor["sign"] == "/" else power)
    return {name: power for name, power in powers.items() if power}


def _unit_name(name: str, shown: str, unit: str, what: str) -> str:
    try:
        known: str = ureg.get_name(_ALIASES.get(name, name))
    except pint.PintError:
        known = ""
    if not known:
        raise UnitError(
            f"{what}: {shown} has the unit {name!r}, which is not known; "
            f"known are {_KNOWN_UNITS.get(unit, unit)}, and other units of that kind"
        )
    return known


def shorten(text: str, most: int = 60) -> str:
    """Return a text from outside as messages show it: quoted, escaped and no longer than ``most`` characters.

    Examples
    --------
    >>> shorten("0.25 nm"), shorten("x" * 100, most=5)
    ("'0.25 nm'", "'xxxxx...'")
    """
    return repr(text if len(text) <= most else text[:most] + "...")


def _example(unit: str) -> str:
    return f'give it as text or Quantity, for instance "1 {unit}"'
