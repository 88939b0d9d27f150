"""Specimen: what is known of the piece of material that an image shows, and of how it was imaged."""

from __future__ import annotations

import enum

import attrs

from defectkit.units import Quantity, QuantityLike, as_quantity


class Irradiation(enum.StrEnum):
    """What the specimen was irradiated with."""

    ION = "ion"
    NEUTRON = "neutron"
    ELECTRON = "electron"
    NONE = "none"


def _dose(value: QuantityLike | None) -> Quantity | None:
    return None if value is None else as_quantity(value, "dpa", what="dose")


def _temperature(value: QuantityLike | None) -> Quantity | None:
    return None if value is None else as_quantity(value, "kelvin", what="temperature")


@attrs.frozen(kw_only=True)
class Specimen:
    """Facts of a specimen; each may be unknown (``None``).

    Parameters
    ----------
    alloy : str, optional
    dose : str or pint.Quantity, optional
        In displacements per atom, for instance ``"0.8 dpa"``.
    temperature : str or pint.Quantity, optional
        Irradiation temperature, for instance ``"300 degC"``; kept in kelvin.
    irradiation : Irradiation, optional
    microscope, imaging_mode, zone_axis, operator, magnification : str, optional
    area : str, optional
        A name shared by all images of one area of one specimen: such images are not independent.

    Examples
    --------
    >>> print(Specimen(alloy="Ti", dose="0.8 dpa", irradiation="neutron").dose)
    0.8 dpa
    """

    alloy: str | None = None
    dose: Quantity | None = attrs.field(default=None, converter=_dose)
    temperature: Quantity | None = attrs.field(default=None, converter=_temperature)
    irradiation: Irradiation | None = attrs.field(default=None, converter=attrs.converters.optional(Irradiation))
    microscope: str | None = None
    imaging_mode: str | None = None
    zone_axis: str | None = None
    operator: str | None = None
    magnification: str | None = None
    area: str | None = None
