"""Harden: from a table of measured defects to megapascals, by image and type and in total."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.conventions import Combination, Convention
from defectkit.errors import HardeningError, UnknownDefectTypeError
from defectkit.hardening.catalogue import load_material
from defectkit.hardening.groups import DefectGroups, group_defects
from defectkit.hardening.interface import HardeningModel
from defectkit.hardening.material import Material
from defectkit.hardening.missing import missing_constants
from defectkit.hardening.populations import Populations
from defectkit.hardening.totals import total_hardening
from defectkit.hooks.provenance import distribution_of, options_of
from defectkit.records.defect_type import Taxonomy
from defectkit.records.image import Image
from defectkit.records.inputs import Images, images_by_name
from defectkit.units import LENGTH, NUMBER_DENSITY, STRESS, ureg

if TYPE_CHECKING:
    import xarray

Floats = NDArray[np.float64]
Texts = NDArray[np.object_]


def harden(
    defects: xarray.Dataset,
    images: Images,
    *,
    model: HardeningModel | str = "dispersed-barrier",
    material: Material | str | Path,
    barrier_strengths: Mapping[str, Any] | None = None,
    convention: Convention | str | None = None,
    taxonomy: Taxonomy | None = None,
    types: Sequence[str] | None = None,
    left_out: Mapping[str, str] | None = None,
) -> xarray.Dataset:
    """Return the hardening that the defects of each image cause.

    Parameters
    ----------
    defects : xarray.Dataset
        A table of defects: dimension ``defect`` with the variables ``image``, ``defect_type`` and ``size``, as
        :func:`defectkit.measurement.measure` makes it. Where it has a ``weight``, defects stand for so many.
    images : iterable or mapping of Image
        I images, those without a defect too. Their shape and calibration give the volumes.
    model : HardeningModel or str
        A model, or the name of a registered one, with its default options.
    material : Material, str or pathlib.Path
        As :func:`defectkit.hardening.load_material` takes it.
    barrier_strengths : mapping of str to float or str, optional
        By defect type, a number or a text such as ``"0.4 +/- 0.1"``; laid over those of the material.
    convention : Convention or str, optional
        Under which the sizes were measured; by default the one that the table names.
    taxonomy : Taxonomy, optional
        Says which type is a sub-type of which; the built-in one by default. Types that it lacks have no parent.
    types : sequence of str, optional
        The T types to name, whether they occur or not; by default those that occur.
    left_out : mapping of str to str, optional
        By image, why not all of its defects are known, so that it has no hardening.

    Returns
    -------
    xarray.Dataset
        Dimensions ``image`` (I) and ``defect_type`` (T): ``count``, ``number_density``, ``size_mean``, ``hardening``
        and ``note``; by image ``total_linear``, ``total_quadrature`` and ``total_note``. A value that is not known is
        NaN, and its note says why and what to do; every other note is empty.

    Raises
    ------
    UnknownMaterialError, UnknownPluginError
        If the material or the model has no known name.
    UnknownDefectTypeError
        If a defect's type is not among ``types``, or a barrier strength is given for a type that is nowhere.
    PairingError
        If a defect's image is not among ``images``.
    ConventionError
        If ``convention`` is not the one that the table was measured under.
    UnitError
        If sizes have no unit of length.
    HardeningError
        If the model returns anything but one finite stress, not negative, a population.

    Notes
    -----
    A zero is counted or absent. A type that was looked for and does not occur contributes 0 MPa, and an image without a
    defect has 0 MPa in total. Where the foil has no thickness, an image is left out, or the model lacks the constant of
    a type, hardening is NaN, whether defects occur or not. A total is NaN if a type that occurs in the image has no
    value, or if no type at all could have one. Totals add up over obstacles: a sub-type without a barrier strength of
    its own is one obstacle with the type whose barrier strength it takes, so that totals do not change when labels know
    sub-types.
    """
    import xarray

    from defectkit import __version__

    occurring = sorted(set(np.asarray(defects["defect_type"].values, str).tolist()))
    known = (taxonomy or Taxonomy.standard()).with_types(occurring)
    given = images_by_name(images)
    groups = group_defects(defects, given, types=types, taxonomy=known, convention=convention)
    known = known.with_types(groups.types)
    volumes, faults = _volumes(given, left_out or {})
    setting = _Setting(
        model=_model(model),
        material=_with_overrides(load_material(material), barrier_strengths or {}, known),
        taxonomy=known,
        volumes_nm3=volumes,
        faults=faults,
    )
    constants = setting.material
    by_type, note = setting.contributions(groups, groups.type_codes, groups.types)
    obstacle_of = [constants.obstacle(t, known) for t in groups.types]
    obstacles = tuple(dict.fromkeys(obstacle_of))
    obstacle_codes = np.array([obstacles.index(o) for o in obstacle_of], dtype=np.int64)[groups.type_codes]
    by_obstacle, _ = setting.contributions(groups, obstacle_codes, obstacles)
    counts = groups.sums(np.ones(len(groups.sizes_nm)), groups.type_codes, len(groups.types))
    numbers = groups.sums(groups.weights, groups.type_codes, len(groups.types))
    obstacle_counts = groups.sums(np.ones(len(groups.sizes_nm)), obstacle_codes, len(obstacles))
    totals = setting.totals(by_obstacle, obstacle_counts, obstacles)
    total_note = setting.total_notes(note, counts, groups.types)
    table = ("image", "defect_type")
    stress = {"units": STRESS}
    return xarray.Dataset(
        {
            "count": (table, counts.astype(np.int64), {"long_name": "number of defects", "units": ""}),
            "number_density": (
                table,
                _densities(numbers, volumes),
                {"long_name": "defects per volume", "units": NUMBER_DENSITY},
            ),
            "size_mean": (table, _mean_sizes(groups), {"long_name": "mean size under the convention", "units": LENGTH}),
            "hardening": (table, by_type, {"long_name": "hardening by this type alone"} | stress),
            "note": (table, note.astype(str), {"long_name": "why the hardening is not known"}),
            "total_linear": ("image", totals[Combination.LINEAR], {"long_name": "sum over types"} | stress),
            "total_quadrature": (
                "image",
                totals[Combination.QUADRATURE],
                {"long_name": "root of the sum of squares over types"} | stress,
            ),
            "total_note": (
                "image",
                total_note.astype(str),
                {"long_name": "why the total is not known"},
            ),
        },
        coords={
            "image": np.array(groups.images, dtype=str),
            "defect_type": np.array(groups.types, dtype=str),
        },
        attrs={
            "convention": groups.convention.name,
            "hardening_model": setting.model.name,
            "hardening_model_options": json.dumps(options_of(setting.model), sort_keys=True),
            "hardening_model_distribution": distribution_of(type(setting.model)),
            "material": constants.name,
            "material_source": " doi ".join(filter(None, (constants.source, constants.doi))),
            "barrier_strengths": json.dumps(dict(constants.barrier_strengths), sort_keys=True),
            "defectkit_version": __version__,
        },
    )


def _model(model: HardeningModel | str) -> HardeningModel:
    if isinstance(model, HardeningModel):
        return model
    from defectkit import hooks

    found: HardeningModel = hooks.find("hardening_model", model)()
    return found


def _with_overrides(material: Material, strengths: Mapping[str, Any], taxonomy: Taxonomy) -> Material:
    for name in strengths:
        if name not in taxonomy:
            raise UnknownDefectTypeError.of(
                "defect type", name, taxonomy.names, advice="A barrier strength was given for it."
            )
    return material.with_barrier_strengths(strengths)


def _volumes(images: Mapping[str, Image], left_out: Mapping[str, str]) -> tuple[Floats, tuple[str, ...]]:
    """Return the volume of foil in nm^3 that each image shows, NaN where it is not known, and why not."""
    volumes = np.full(len(images), np.nan)
    faults = [""] * len(images)
    for i, (name, image) in enumerate(images.items()):
        calibration = image.calibration
        if name in left_out:
            faults[i] = f"image {name!r} is left out, {left_out[name]}"
        elif calibration is None:
            faults[i] = f"image {name!r} has no pixel size: give one"
        elif calibration.foil_thickness is None:
            faults[i] = f"image {name!r} has no foil thickness: give one"
        else:
            volumes[i] = image.field_area_nm2 * calibration.foil_thickness.magnitude
    return volumes, tuple(faults)


@attrs.frozen(kw_only=True, eq=False)
class _Setting:
    """What stays the same for all defects: model, constants, and the volume of each image or why it is not known."""

    model: HardeningModel
    material: Material
    taxonomy: Taxonomy
    volumes_nm3: Floats
    faults: tuple[str, ...]

    def contributions(
        self, groups: DefectGroups, codes: NDArray[np.int64], types: tuple[str, ...]
    ) -> tuple[Floats, Texts]:
        """Return the hardening of each image and type in MPa and the notes on what is not known, both (I, T)."""
        count = groups.sums(np.ones(len(groups.sizes_nm)), codes, len(types))
        sizeless = groups.sums(np.isnan(groups.sizes_nm), codes, len(types))
        note: Texts = np.full(count.shape, "", dtype=object)
        missing = [self.missing(name) for name in types]
        for i, t in np.ndindex(count.shape):
            reasons = [self.faults[i], missing[t]]
            if sizeless[i, t]:
                of = f"{sizeless[i, t]:.0f} of {count[i, t]:.0f}"
                reasons.append(f"{of} defects of the type {types[t]!r} have no size")
            note[i, t] = "; ".join(filter(None, reasons))
        stress = np.where((count == 0) & (note == ""), 0.0, np.nan)
        computable = (count > 0) & (note == "")
        stress[computable] = _checked(self.model, self.populations(groups, codes, types, computable))
        return stress, note

    def missing(self, name: str) -> str:
        """Return which constants the model lacks for a type, and how to give them; empty where it lacks none."""
        return missing_constants(self.material, self.model, name, self.taxonomy)

    def totals(self, stress: Floats, counts: Floats, types: tuple[str, ...]) -> dict[Combination, Floats]:
        """Return the totals of each image; a type that does not occur adds nothing, also where its constant lacks."""
        added = np.where(counts == 0, 0.0, stress)
        unknown = self.unknown(types)
        return {c: np.where(unknown, np.nan, _total(added, c)) for c in Combination}

    def unknown(self, types: tuple[str, ...]) -> NDArray[np.bool_]:
        """Return of which images nothing can be known, (I,): by their own fault, or as no type has its constant."""
        no_constant = len(types) > 0 and all(self.missing(t) for t in types)
        return np.array([no_constant or bool(fault) for fault in self.faults], dtype=np.bool_)

    def total_notes(self, note: Texts, counts: Floats, types: tuple[str, ...]) -> Texts:
        """Return why the totals of each image are not known, (I,): for what occurs, or for all if nothing is."""
        reasons: Texts = np.full(len(note), "", dtype=object)
        for i, unknown in enumerate(self.unknown(types)):
            told = [n for n, count in zip(note[i], counts[i], strict=True) if n and (count or unknown)]
            reasons[i] = self.faults[i] or "; ".join(dict.fromkeys(told))
        return reasons

    def populations(
        self, groups: DefectGroups, codes: NDArray[np.int64], types: tuple[str, ...], wanted: NDArray[np.bool_]
    ) -> Populations:
        """Return the populations of the wanted images and types, (I, T), in the order of ``stress[wanted]``."""
        number = np.full(wanted.shape, -1, dtype=np.int64)
        number[wanted] = np.arange(wanted.sum())
        members = number[groups.image_codes, codes]
        taken = members >= 0
        image_of, type_of = np.nonzero(wanted)
        material, taxonomy = self.material, self.taxonomy
        strengths = [material.barrier_strength(t, taxonomy) for t in types]
        return Populations(
            sizes_nm=groups.sizes_nm[taken],
            weights=groups.weights[taken],
            members=members[taken],
            types=tuple(types[t] for t in type_of),
            volumes_nm3=self.volumes_nm3[image_of],
            barrier_strengths=np.array([np.nan if s is None else s for s in strengths], dtype=np.float64)[type_of],
            burgers_vectors_nm=np.array(
                [material.burgers_vector_of(t, taxonomy).magnitude for t in types], dtype=np.float64
            )[type_of],
            taylor_factor=math.nan if material.taylor_factor is None else material.taylor_factor,
            shear_modulus_mpa=float(material.shear_modulus.to(STRESS).magnitude),
            convention=groups.convention,
        )


def _checked(model: HardeningModel, populations: Populations) -> Floats:
    stress = np.asarray(model.contributions(populations), dtype=np.float64)
    if stress.shape != (len(populations),):
        raise HardeningError(
            f"hardening model {model.name!r}: contributions have the shape {stress.shape}, but there are "
            f"{len(populations)} populations"
        )
    wrong = ~np.isfinite(stress) | (stress < 0)
    if wrong.any():
        raise HardeningError(
            f"hardening model {model.name!r}: the contribution of type "
            f"{populations.types[int(np.argmax(wrong))]!r} is {stress[wrong][0]} MPa"
        )
    strongest = populations.shear_modulus_mpa * np.nan_to_num(populations.taylor_factor, nan=1.0)
    if (stress > strongest).any():
        raise HardeningError(
            f"hardening model {model.name!r}: the contribution of type "
            f"{populations.types[int(stress.argmax())]!r} is {stress.max():.3g} MPa, more than the shear modulus times "
            f"the Taylor factor, {strongest:.3g} MPa, which no crystal bears; is it in Pa?"
        )
    return stress


def _total(contributions: Floats, combination: Combination) -> Floats:
    known = ~np.isnan(contributions).any(axis=1)
    totals = np.full(len(contributions), np.nan)
    totals[known] = total_hardening(ureg.Quantity(contributions[known], STRESS), combination).magnitude
    return totals


def _densities(numbers: Floats, volumes_nm3: Floats) -> Floats:
    per_nm3 = numbers / volumes_nm3[:, None]
    per_m3: Floats = ureg.Quantity(per_nm3, "1 / nanometer ** 3").to(NUMBER_DENSITY).magnitude
    return per_m3


def _mean_sizes(groups: DefectGroups) -> Floats:
    known = ~np.isnan(groups.sizes_nm)
    n = groups.sums(known * groups.weights, groups.type_codes, len(groups.types))
    sums = groups.sums(np.where(known, groups.sizes_nm, 0.0) * groups.weights, groups.type_codes, len(groups.types))
    means: Floats = np.full(n.shape, np.nan)
    return np.divide(sums, n, out=means, where=n > 0)
