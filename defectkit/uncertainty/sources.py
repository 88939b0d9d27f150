"""Sources: the declared inputs that may be off, each as one number that is 0 as declared and of unit spread."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.uncertainty.condition import Condition
from defectkit.uncertainty.declared import ASSUMED_PIXEL_SIZE, ASSUMED_THICKNESS, Uncertainties
from defectkit.uncertainty.draws import Factors
from defectkit.uncertainty.strengthening import Strengthening

Floats = NDArray[np.float64]

COUNTING = "counting"
"""The source that is not declared: which defects and images were seen."""

NAMES = (
    COUNTING,
    "size",
    "pixel_size",
    "foil_thickness",
    "detector",
    "barrier_strength",
    "burgers_vector",
    "shear_modulus",
    "taylor_factor",
    "exponent",
)
"""The rows of a budget, in order."""


@attrs.frozen(kw_only=True)
class Source:
    """One input that may be off.

    Parameters
    ----------
    name : str
        One of :data:`NAMES`; several sources of one name are one row of the budget.
    field : str
        The field of :class:`~defectkit.uncertainty.draws.Factors` that it changes.
    spread : float
        Standard uncertainty: of the logarithm of a factor, or of the value where it is added.
    columns : tuple of int
        Which columns of that field it changes, where the field has columns.
    key : str
        What it is of. Two conditions that have a source with one key are off by the same.
    half_range : float
        Relative, of a factor whose values are equally likely within a range; 0 of one that is log-normal.
    """

    name: str
    field: str
    spread: float
    columns: tuple[int, ...] = ()
    key: str = ""
    half_range: float = 0.0

    def factors(self, normals: Floats) -> Floats:
        """Return what standard normal numbers make of a factor, of their shape; the middle one is 1."""
        if not self.half_range:
            return np.exp(self.spread * normals)
        from scipy.special import ndtr

        return 1 + self.half_range * (2 * np.asarray(ndtr(normals), np.float64) - 1)

    @property
    def variance_of_slope(self) -> float:
        r"""What the square of a slope along normal numbers is multiplied by to be a variance.

        A range is steeper in its middle, :math:`\sqrt{2/\pi}` of its half, than its standard uncertainty,
        :math:`1/\sqrt{3}` of it.
        """
        return math.pi / 6 if self.half_range else 1.0

    def normals(self, n: int, seed: int) -> Floats:
        """Return ``n`` standard normal numbers, the same for each source of this key and seed."""
        words = [zlib.crc32(text.encode()) for text in (self.name, self.field, self.key)]
        return np.random.default_rng([seed, *words]).standard_normal(n)


def logarithmic(relative: float) -> float:
    """Return the standard deviation of the logarithm of a number with a relative standard uncertainty.

    Examples
    --------
    >>> round(logarithmic(0.2), 4)
    0.198
    """
    return math.sqrt(math.log1p(relative**2))


def sources(
    condition: Condition, strengthening: Strengthening, declared: Uncertainties, *, specimen: str = ""
) -> tuple[Source, ...]:
    """Return the sources of a condition that have an uncertainty.

    Parameters
    ----------
    condition : Condition
    strengthening : Strengthening
    declared : Uncertainties
    specimen : str
        What tells its foils apart from those of another condition.
    """
    found = [
        *_of_images(condition, declared, specimen),
        Source(name="size", field="size_shift_nm", spread=float(declared.size.magnitude)),
        *_of_detector(declared),
        *_of_material(strengthening, declared),
        Source(name="exponent", field="exponent", spread=declared.exponent),
    ]
    return tuple(source for source in found if source.spread > 0)


def _of_images(condition: Condition, declared: Uncertainties, specimen: str) -> Iterator[Source]:
    shared = (
        ("pixel_size", condition.pixel_sizes, declared.pixel_size, ASSUMED_PIXEL_SIZE, ""),
        ("foil_thickness", condition.foils, declared.foil_thickness, ASSUMED_THICKNESS, f"{specimen}: "),
    )
    for name, groups, given, assumed, place in shared:
        for group in dict.fromkeys(groups):
            own = group.uncertainty
            default = own if own is not None else assumed if group.is_assumed else 0.0
            yield Source(
                name=name,
                field=name,
                spread=logarithmic(default if given is None else given),
                half_range=group.half_range if given is None else 0.0,
                columns=tuple(k for k, each in enumerate(groups) if each == group),
                key=f"{place}{group.name}",
            )


def _of_detector(declared: Uncertainties) -> Iterator[Source]:
    if declared.detector is not None:
        yield Source(name="detector", field="number", spread=logarithmic(declared.detector.number_uncertainty))
        yield Source(name="detector", field="size", spread=logarithmic(declared.detector.size_uncertainty))


def _of_material(strengthening: Strengthening, declared: Uncertainties) -> Iterator[Source]:
    material = strengthening.material
    for k, obstacle in enumerate(strengthening.obstacles):
        own = material.relative_uncertainty(f"barrier_strengths.{obstacle}")
        given = own if declared.barrier_strength is None else declared.barrier_strength
        key = f"{material.name}: {obstacle}"
        yield Source(
            name="barrier_strength", field="barrier_strength", spread=logarithmic(given), columns=(k,), key=key
        )
    for name, field in (("burgers_vector", "burgers_vector"), ("shear_modulus", "stress"), ("taylor_factor", "stress")):
        given = getattr(declared, name)
        relative = material.relative_uncertainty(name) if given is None else given
        yield Source(name=name, field=field, spread=logarithmic(relative), key=f"{material.name}: {name}")


def factors(
    condition: Condition,
    strengthening: Strengthening,
    declared: Uncertainties,
    chosen: Sequence[Source],
    normals: Floats,
) -> Factors:
    """Return the states of the inputs for standard normal numbers of each source.

    Parameters
    ----------
    condition : Condition
    strengthening : Strengthening
    declared : Uncertainties
        Gives what a detector is corrected by.
    chosen : sequence of Source
        S sources.
    normals : numpy.ndarray, shape (B, S)
    """
    n = len(normals)
    detector = declared.detector
    columns = {
        "pixel_size": np.ones((n, len(condition.images))),
        "foil_thickness": np.ones((n, len(condition.images))),
        "number": np.full(n, 1.0 if detector is None else detector.number_factor),
        "size": np.full(n, 1.0 if detector is None else detector.size_factor),
        "size_shift_nm": np.zeros(n),
        "barrier_strength": np.ones((n, len(strengthening.obstacles))),
        "burgers_vector": np.ones(n),
        "stress": np.ones(n),
        "exponent": np.full(n, strengthening.superposition.exponent),
    }
    for source, z in zip(chosen, normals.T, strict=True):
        values = columns[source.field]
        if source.field in ("size_shift_nm", "exponent"):
            values += source.spread * z
        elif source.columns:
            values[:, source.columns] *= source.factors(z)[:, None]
        else:
            values *= source.factors(z)
    columns["exponent"] = np.maximum(columns["exponent"], 1.0)
    return Factors(**columns)
