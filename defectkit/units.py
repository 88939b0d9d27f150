"""The one registry of units: pint's application registry, with ``dpa`` beside ``pixel``.

Quantities made by a caller with the application registry, or with any other, are understood.
"""

from __future__ import annotations

import re
from typing import Any, TypeAlias

import pint
from pint.registry import LazyRegistry

from defectkit.errors import UnitError


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

Quantity: TypeAlias = pint.Quantity[Any]
QuantityLike: TypeAlias = "str | pint.Quantity[Any]"

PIXEL_SIZE = "nanometer / pixel"
LENGTH = "nanometer"
AREAL_DENSITY = "1 / nanometer ** 2"
NUMBER_DENSITY = "1 / meter ** 3"
STRESS = "megapascal"

_PX = re.compile(r"\bpx\b")  # pint's own px is the CSS pixel, a length of 1/96 inch
_NUMBER_AND_UNIT = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(\s*[^\W\d].*|\s*[/°%].*|\s+1\s*/.*)")


def as_quantity(value: QuantityLike, unit: str, *, what: str) -> Quantity:
    """Return ``value`` as a Quantity in ``unit``.

    Parameters
    ----------
    value : str or pint.Quantity
        For instance ``"0.2554 nm/px"``, or a Quantity of any registry. A bare number is refused: it has no unit.
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
    except pint.DimensionalityError as error:
        raise UnitError(f"{what}: {value!s} is in {quantity.units}, which cannot be converted to {unit}") from error
    if converted.magnitude != converted.magnitude or abs(converted.magnitude) == float("inf"):
        raise UnitError(f"{what}: {value!s} is not a finite number")
    return converted


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


def _parse(value: QuantityLike, unit: str, what: str) -> Quantity:
    example = f'give it as text or Quantity, for instance "1 {unit}"'
    if isinstance(value, str):
        match = _NUMBER_AND_UNIT.fullmatch(value)
        if match is None:
            raise UnitError(f"{what}: {value!r} is not a number with a unit; {example}")
        try:
            quantity: Quantity = ureg.Quantity(float(match[1]), _PX.sub("pixel", match[2].strip()))
            return quantity
        except Exception as error:  # pint raises whatever its tokenizer met
            raise UnitError(f"{what}: {value!r} has a unit that is not known ({error}); {example}") from error
    if hasattr(value, "magnitude") and hasattr(value, "units"):
        foreign: Quantity = ureg.Quantity(value.magnitude, str(value.units))
        return foreign
    raise UnitError(f"{what}: {value!r} has no unit; {example}")
