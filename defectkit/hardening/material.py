"""Material: the constants that turn obstacles into megapascals, and where each of them came from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Self

import attrs
from immutabledict import immutabledict

from defectkit.errors import RecordError
from defectkit.records.defect_type import Taxonomy
from defectkit.records.names import as_names
from defectkit.short_repr import short_repr
from defectkit.units import Quantity, QuantityLike, as_measured_number, as_quantity, ureg

GIVEN = "given by the user"
"""The origin of a constant that stands in place of the material's."""

MODULUS = "gigapascal"
LENGTH = "nanometer"


def _positive(value: QuantityLike, unit: str, what: str) -> Quantity:
    quantity = as_quantity(value, unit, what=what)
    if quantity.magnitude <= 0:
        raise RecordError(f"{what}: {value!s} is not positive")
    return quantity


def _number(value: float, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not (0 < value < math.inf):
        raise RecordError(f"{what}: {value!r} is not a positive number")
    return float(value)


def _modulus(value: QuantityLike) -> Quantity:
    return _positive(value, MODULUS, "shear modulus")


def _burgers_vector(value: QuantityLike) -> Quantity:
    return _positive(value, LENGTH, "Burgers vector")


def _taylor_factor(value: float) -> float:
    return _number(value, "Taylor factor")


def _barrier_strengths(value: Mapping[str, float]) -> Mapping[str, float]:
    return immutabledict({name: _number(v, f"barrier strength of {name!r}") for name, v in value.items()})


def _alloys(value: Iterable[str]) -> tuple[str, ...]:
    names = as_names(value)
    if not all(isinstance(name, str) and name for name in names):
        raise RecordError(f"alloys: {value!r} is not a list of names")
    return names


def _burgers_vectors(value: Mapping[str, QuantityLike]) -> Mapping[str, Quantity]:
    return immutabledict({name: _burgers_vector(v) for name, v in value.items()})


def _uncertainties(value: Mapping[str, str | float]) -> Mapping[str, str | float]:
    return immutabledict(dict(value))


def _texts(value: Mapping[str, str]) -> Mapping[str, str]:
    return immutabledict(dict(value))


@attrs.frozen(kw_only=True)
class Material:
    """The constants of one material.

    Parameters
    ----------
    name : str
    title : str
        What reports print.
    alloys : tuple of str
        What the constants are for, as :attr:`~defectkit.records.Specimen.alloy` names it; upper and lower case are the
        same. Without any the material says nothing of which specimens it is for.
    taylor_factor : float, optional
        From the shear stress on a slip system to the uniaxial stress of a polycrystal. Without one, as in hexagonal
        metals whose texture nobody states, no hardening is known.
    shear_modulus : str or pint.Quantity
        For instance ``"82 GPa"``.
    burgers_vector : str or pint.Quantity
        Length of the Burgers vector of the gliding dislocations, for instance ``"0.249 nm"``.
    barrier_strengths : mapping of str to float
        By defect type: 1 is a perfectly hard obstacle. A sub-type without one of its own has that of its parent. A
        type that is not here has none: its hardening is unknown, not zero.
    burgers_vectors : mapping of str to (str or pint.Quantity), optional
        By defect type, where it differs from ``burgers_vector``.
    source : str
        The publication that the constants were taken from.
    doi : str, optional
    page : int, optional
        Where in the source.
    origins : mapping of str to str, optional
        By constant: where the source itself says that it comes from.
    uncertainties : mapping of str to (str or float), optional
        By constant: its standard uncertainty, in a unit of its kind or, where it has none, as a number.
    dois : mapping of str to str, optional
        By constant: the DOI of the publication that it was taken from, where that is not the one of ``source``.
    description : str, optional

    Examples
    --------
    >>> iron = Material(name="iron", taylor_factor=3.06, shear_modulus="82 GPa", burgers_vector="0.249 nm",
    ...                 barrier_strengths={"loop_100": 0.32}, source="this example")
    >>> iron.barrier_strength("loop_100_open", Taxonomy.standard())
    0.32
    >>> iron.barrier_strength("cavity", Taxonomy.standard()) is None
    True
    """

    name: str = attrs.field(validator=attrs.validators.min_len(1))
    title: str = ""
    alloys: tuple[str, ...] = attrs.field(default=(), converter=_alloys)
    taylor_factor: float | None = attrs.field(default=None, converter=attrs.converters.optional(_taylor_factor))
    shear_modulus: Quantity = attrs.field(converter=_modulus)
    burgers_vector: Quantity = attrs.field(converter=_burgers_vector)
    barrier_strengths: Mapping[str, float] = attrs.field(factory=dict, converter=_barrier_strengths, hash=False)
    burgers_vectors: Mapping[str, Quantity] = attrs.field(factory=dict, converter=_burgers_vectors, hash=False)
    source: str
    doi: str | None = None
    page: int | None = None
    origins: Mapping[str, str] = attrs.field(factory=dict, converter=_texts, hash=False)
    uncertainties: Mapping[str, str | float] = attrs.field(factory=dict, converter=_uncertainties, hash=False)
    dois: Mapping[str, str] = attrs.field(factory=dict, converter=_texts, hash=False)
    description: str = ""

    __repr__ = short_repr

    def __attrs_post_init__(self) -> None:
        known = set(self.constants)
        for table in ("origins", "uncertainties", "dois"):
            stray = sorted(set(getattr(self, table)) - known)
            if stray:
                raise RecordError(
                    f"material {self.name!r}: {table} names {', '.join(stray)}; it may name {', '.join(sorted(known))}"
                )
        for name in self.uncertainties:
            self.relative_uncertainty(name)

    @property
    def constants(self) -> Mapping[str, Quantity]:
        """Every constant by the name that other tables call it by, for instance ``barrier_strengths.loop_111``."""
        taylor = {} if self.taylor_factor is None else {"taylor_factor": ureg.Quantity(self.taylor_factor, "")}
        return {
            **taylor,
            "shear_modulus": self.shear_modulus,
            "burgers_vector": self.burgers_vector,
            **{f"barrier_strengths.{t}": ureg.Quantity(a, "") for t, a in self.barrier_strengths.items()},
            **{f"burgers_vectors.{t}": b for t, b in self.burgers_vectors.items()},
        }

    def uncertainty(self, constant: str) -> Quantity | None:
        """Return the standard uncertainty of a constant in its own unit; None where nothing is known of it.

        Raises
        ------
        RecordError
            If it is negative, or not of the kind that the constant is.
        """
        if constant not in self.uncertainties:
            return None
        stated, value = self.uncertainties[constant], self.constants[constant]
        what = f"material {self.name!r}: uncertainty of {constant}"
        if isinstance(stated, str):
            found = as_quantity(stated, str(value.units), what=what)
        elif value.dimensionless and not isinstance(stated, bool):
            found = ureg.Quantity(float(stated), "")
        else:
            raise RecordError(f'{what}: {stated!r} has no unit; give one, for instance "1 {value.units}"')
        if not 0 <= found.magnitude < value.magnitude:
            raise RecordError(f"{what}: {stated} is negative, or not less than the constant, {value:g}")
        return found

    def relative_uncertainty(self, constant: str) -> float:
        """Return the standard uncertainty of a constant as a share of it; 0 where nothing is known of it."""
        found = self.uncertainty(constant) if constant in self.constants else None
        return 0.0 if found is None else float(found.magnitude / self.constants[constant].magnitude)

    def fits(self, alloy: str) -> bool:
        """Return whether the constants are for ``alloy``, or the material does not say what they are for."""
        return not self.alloys or alloy.casefold() in {name.casefold() for name in self.alloys}

    def with_barrier_strengths(self, strengths: Mapping[str, Any]) -> Self:
        """Return the material with ``strengths`` laid over its own, as numbers or texts such as ``"0.4 +/- 0.1"``.

        What the material said of the uncertainty and the origin of a value goes with that value.

        Raises
        ------
        UnitError
            If one is not a positive number with an uncertainty below it.

        Examples
        --------
        >>> from defectkit.hardening import load_material
        >>> own = load_material("fecral").with_barrier_strengths({"loop_111": "0.2 +/- 0.05"})
        >>> own.barrier_strengths["loop_111"], own.relative_uncertainty("barrier_strengths.loop_111")
        (0.2, 0.25)
        """
        found = {name: as_measured_number(v, what=f"barrier strength of {name!r}") for name, v in strengths.items()}
        replaced = self._stating({f"barrier_strengths.{name}": error for name, (_, error) in found.items()})
        numbers = {name: number for name, (number, _) in found.items()}
        return attrs.evolve(self, barrier_strengths={**self.barrier_strengths, **numbers}, **replaced)

    def with_taylor_factor(self, value: Any) -> Self:
        """Return the material with a Taylor factor, a number or a text such as ``"3.06 +/- 0.1"``.

        Raises
        ------
        UnitError
            If it is not a positive number with an uncertainty below it.
        """
        number, error = as_measured_number(value, what="Taylor factor")
        return attrs.evolve(self, taylor_factor=number, **self._stating({"taylor_factor": error}))

    def _stating(self, errors: Mapping[str, float | None]) -> dict[str, Any]:
        """Return the tables on constants without what they say of some, and with new uncertainties of these."""
        tables = {
            name: {k: v for k, v in getattr(self, name).items() if k not in errors}
            for name in ("origins", "uncertainties", "dois")
        }
        tables["uncertainties"] |= {name: error for name, error in errors.items() if error is not None}
        tables["origins"] |= dict.fromkeys(errors, GIVEN)
        return tables

    def obstacle(self, defect_type: str, taxonomy: Taxonomy) -> str:
        """Return the type whose barrier strength ``defect_type`` has, at or above it; itself where none has any."""
        return taxonomy.canonical(defect_type, self.barrier_strengths) or defect_type

    def barrier_strength(self, defect_type: str, taxonomy: Taxonomy) -> float | None:
        """Return the barrier strength of a type, its own or that of the nearest type above it, or None."""
        return self.barrier_strengths.get(self.obstacle(defect_type, taxonomy))

    def burgers_vector_of(self, defect_type: str, taxonomy: Taxonomy) -> Quantity:
        """Return the Burgers vector for a type, its own or that of the nearest type above it, or the common one."""
        holder = taxonomy.canonical(defect_type, self.burgers_vectors)
        return self.burgers_vector if holder is None else self.burgers_vectors[holder]
