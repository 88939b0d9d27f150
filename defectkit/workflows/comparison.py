"""Comparison: how two conditions differ, each measure with the interval of the difference."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.errors import ConventionError
from defectkit.measurement import ALL, AS_CONVENTION, Counting
from defectkit.statistics import Bootstrap, percentile_interval
from defectkit.statistics.intervals import HIGH, LOW
from defectkit.uncertainty import Uncertainties
from defectkit.uncertainty.measures import UNITS
from defectkit.uncertainty.table import TITLES
from defectkit.workflows.analysis import Analysis
from defectkit.workflows.condition import Assessment, assess
from defectkit.workflows.size_distances import size_distances
from defectkit.workflows.thickness import ThicknessLike

if TYPE_CHECKING:
    import xarray

    from defectkit.hardening import HardeningModel, Material, Superposition

Floats = NDArray[np.float64]

SIDES = ("first", "second")
CORRECTIONS = ("where", "visibility", "truncation")
"""What may differ between two conditions that are compared."""


@attrs.frozen(kw_only=True, eq=False)
class ConditionPair:
    """Two conditions that are compared, with all that their intervals were made of.

    Parameters
    ----------
    first, second : Assessment
    convention : str
        The convention that both were measured under.
    """

    first: Assessment
    second: Assessment
    convention: str

    @property
    def types(self) -> tuple[str, ...]:
        """The types of both."""
        return tuple(dict.fromkeys((*self.first.condition.types, *self.second.condition.types)))

    def sizes(self) -> dict[str, tuple[Floats, Floats]]:
        """Return by type the sizes in nm in the first and in the second, (N1,) and (N2,)."""
        one, two = self.first.condition, self.second.condition
        return {name: (one.sizes_of(name), two.sizes_of(name)) for name in self.types}

    def table(self) -> xarray.Dataset:
        """Return every measure of both and the difference with its interval; see :func:`compare`."""
        import xarray

        sides, types = (self.first, self.second), self.types
        confidence = sides[0].known.confidence
        variables: dict[str, tuple[object, ...]] = {}
        for side, end in zip(sides, SIDES, strict=True):
            counts = _aligned(side, side.known.counts[None].astype(np.float64), types, absent=0.0)[0]
            variables[f"count_{end}"] = ("defect_type", counts.astype(np.int64), {"units": ""})
        for name, unit in UNITS.items():
            values = [_aligned(side, side.known.values[name][None], types)[0] for side in sides]
            draws = [_aligned(side, side.known.draws[name], types) for side in sides]
            low, high, _ = percentile_interval(draws[1] - draws[0], confidence)
            unknown = np.isnan(values[1] - values[0])
            own = [[_aligned(side, e[None], types)[0] for e in side.known.interval(name)] for side in sides]
            for end, found in (
                ("_first", values[0]),
                (f"_first{LOW}", own[0][0]),
                (f"_first{HIGH}", own[0][1]),
                ("_second", values[1]),
                (f"_second{LOW}", own[1][0]),
                (f"_second{HIGH}", own[1][1]),
                ("_difference", values[1] - values[0]),
                (f"_difference{LOW}", np.where(unknown, np.nan, low)),
                (f"_difference{HIGH}", np.where(unknown, np.nan, high)),
            ):
                about = {"units": unit, "long_name": f"{TITLES[name]}{end.replace('_', ' ')}"}
                variables[f"{name}{end}"] = ("defect_type", found, about)
        for name, found in size_distances(*sides, types).items():
            unit = "nanometer" if name.startswith("wasserstein") else ""
            variables[name] = ("defect_type", found, {"units": unit})
        return xarray.Dataset(
            variables,
            coords={"defect_type": np.array([*types, ALL], dtype=str)},
            attrs={
                "level": confidence,
                "convention": self.convention,
                "edge_rule": self.first.counted["edge_rule"],
                **{
                    f"{name}_{end}": side.counted[name]
                    for name in CORRECTIONS
                    for side, end in zip(sides, SIDES, strict=True)
                },
                "material": sides[0].strengthening.material.name,
                "hardening_model": sides[0].strengthening.model.name,
                "superposition": str(sides[0].strengthening.superposition),
                "superposition_exponent": sides[0].strengthening.superposition.exponent,
                "n_images": [len(side.condition.images) for side in sides],
                "cautions": list(
                    dict.fromkeys(caution for side in sides for caution in (*side.cautions, *side.hardening_cautions))
                ),
            },
        )


def compare(
    first: Analysis,
    second: Analysis,
    *,
    material: Material | str | Path = "fecral",
    model: HardeningModel | str = "dispersed-barrier",
    superposition: Superposition | str = "quadrature",
    barrier_strengths: Mapping[str, Any] | None = None,
    taylor_factor: Any = None,
    counting: Counting = AS_CONVENTION,
    thickness: ThicknessLike | None = None,
    uncertainties: Uncertainties | None = None,
    bootstrap: Bootstrap | None = None,
) -> xarray.Dataset:
    r"""Return every measure of two conditions, and how much larger it is in the second.

    Parameters
    ----------
    first, second : Analysis
        Measured under one convention.
    material, model, superposition, barrier_strengths, taylor_factor, counting, thickness, uncertainties, bootstrap
        As :func:`defectkit.workflows.condition.harden_condition` takes them.

    Returns
    -------
    xarray.Dataset
        Dimension ``defect_type``: all types of both and ``"all"``. For each measure *X*: ``X_first``, ``X_second``
        and ``X_difference``, each with the ends ``_low`` and ``_high`` of its interval; and of the sizes of both
        ``ks_statistic``, ``wasserstein_distance``, these with ``_low`` and ``_high`` also, and ``ks_p_value``; see
        :func:`defectkit.workflows.size_distances.size_distances`.

    Raises
    ------
    ConventionError
        If the two were measured under different conventions, or edges counted by different rules.

    Notes
    -----
    What both share (constants of the material, a pixel size) is off by the same in both and nearly cancels; foils are
    off by themselves. Images, or defects where there are few images, are drawn anew in each. The two-sample test of
    Kolmogorov and Smirnov takes defects as independent of each other; those of one image may not be, so that its
    p-value is too small where images differ. It takes each defect that counts once, whatever it stands for;
    Wasserstein's distance weighs them.
    """
    return assess_pair(
        first,
        second,
        material=material,
        model=model,
        superposition=superposition,
        barrier_strengths=barrier_strengths,
        taylor_factor=taylor_factor,
        counting=counting,
        thickness=thickness,
        uncertainties=uncertainties,
        bootstrap=bootstrap,
    ).table()


def assess_pair(
    first: Analysis,
    second: Analysis,
    *,
    material: Material | str | Path,
    model: HardeningModel | str,
    superposition: Superposition | str,
    barrier_strengths: Mapping[str, Any] | None = None,
    taylor_factor: Any = None,
    counting: Counting = AS_CONVENTION,
    thickness: ThicknessLike | None = None,
    uncertainties: Uncertainties | None = None,
    bootstrap: Bootstrap | None = None,
) -> ConditionPair:
    """Return the same as :func:`compare` with all that it was made of; the parameters are those of :func:`compare`."""
    rules = [analysis.settings["convention"]["name"] for analysis in (first, second)]
    if rules[0] != rules[1]:
        raise ConventionError(
            f"the first condition was measured under the convention {rules[0]!r}, the second under {rules[1]!r}; "
            "measure one of them again"
        )
    assessed = [
        assess(
            analysis,
            material=material,
            model=model,
            superposition=superposition,
            barrier_strengths=barrier_strengths,
            taylor_factor=taylor_factor,
            counting=counting,
            thickness=thickness,
            uncertainties=uncertainties,
            bootstrap=bootstrap,
            specimen=specimen,
        )
        for analysis, specimen in zip((first, second), SIDES, strict=True)
    ]
    edges = [side.counted["edge_rule"] for side in assessed]
    if edges[0] != edges[1]:
        raise ConventionError(
            f"edges were counted by the rule {edges[0]!r} in the first condition, by {edges[1]!r} in the second; name "
            "one for both (--edges)"
        )
    return ConditionPair(first=assessed[0], second=assessed[1], convention=rules[0])


def _aligned(side: Assessment, values: Floats, types: tuple[str, ...], *, absent: float = np.nan) -> Floats:
    """Return columns of a side, (B, T + 1), in the order of all types; ``absent`` for a type that it does not know."""
    place = {name: k for k, name in enumerate((*side.condition.types, ALL))}
    columns = [values[:, place[n]] if n in place else np.full(len(values), absent) for n in (*types, ALL)]
    return np.stack(columns, axis=1)
