"""Condition: what all images of an analysis say together, with intervals and the budget of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.conventions import Convention
from defectkit.detectors.card import ModelCard
from defectkit.errors import DefectkitError, EmptyInputError, HardeningError, StorageError
from defectkit.measurement import AS_CONVENTION, Counting, counted
from defectkit.measurement.counting import counting_of
from defectkit.records.calibration import Calibration, Source
from defectkit.records.foil_thickness import FoilThickness
from defectkit.records.json import record_converter
from defectkit.records.names import as_names
from defectkit.statistics import Bootstrap
from defectkit.statistics.size_fits import FEWEST, SizeFit, fit_sizes
from defectkit.uncertainty import (
    Condition,
    DetectorError,
    Inputs,
    Propagation,
    SharedInput,
    Strengthening,
    Uncertainties,
    propagated,
)
from defectkit.uncertainty.basis import unstated_constants
from defectkit.uncertainty.size_classes import freedman_diaconis_edges, size_classes
from defectkit.uncertainty.table import condition_table
from defectkit.workflows.analysis import Analysis
from defectkit.workflows.cautions import edge_cautions
from defectkit.workflows.results import hardening_choices
from defectkit.workflows.thickness import ThicknessLike, with_thickness

if TYPE_CHECKING:
    import xarray

    from defectkit.hardening import HardeningModel, Material, Superposition


Floats = NDArray[np.float64]


@attrs.frozen(kw_only=True, eq=False)
class Assessment:
    """One condition with all that its intervals were made of.

    Parameters
    ----------
    analysis : Analysis
        Whose condition it is.
    inputs : Inputs
    known : Propagation
    bootstrap : Bootstrap
    counted : mapping of str to str
        By which rules the defects were counted.
    cautions : tuple of str
        Which uncertainties are missing, and which are assumed.
    hardening_cautions : tuple of str
        The same of what only hardening depends on.
    """

    analysis: Analysis
    inputs: Inputs
    known: Propagation
    bootstrap: Bootstrap
    counted: Mapping[str, str]
    cautions: tuple[str, ...] = attrs.field(converter=as_names)
    hardening_cautions: tuple[str, ...] = attrs.field(default=(), converter=as_names)

    @property
    def condition(self) -> Condition:
        """The defects and images."""
        return self.inputs.condition

    @property
    def strengthening(self) -> Strengthening:
        """The rules by which they harden."""
        return self.inputs.measures.strengthening

    def size_classes(self, edges_nm: Floats | None = None) -> xarray.Dataset:
        """Return number densities by type and size class with their covariance, as modelling codes take them.

        See :func:`defectkit.uncertainty.size_classes.size_classes`; by default classes are as wide as the rule of
        Freedman and Diaconis says for all sizes together.

        Raises
        ------
        EmptyInputError
            If no defect has a size, so that nothing says how wide classes are.
        """
        sizes = self.condition.sizes_nm
        if edges_nm is None and np.isnan(sizes).all():
            raise EmptyInputError("no defect has a size, so there are no size classes; give their edges")
        edges = freedman_diaconis_edges(sizes) if edges_nm is None else edges_nm
        return size_classes(self.inputs, edges, bootstrap=self.bootstrap)

    def fits(self) -> dict[str, tuple[SizeFit, ...]]:
        """Return the distributions fitted to the sizes of each type that has enough of them."""
        of_type = {name: self.condition.sizes_of(name) for name in self.condition.types}
        return {
            name: fit_sizes(own, confidence=self.known.confidence)
            for name, own in of_type.items()
            if len(np.unique(own[own > 0])) >= FEWEST
        }

    def table(self) -> xarray.Dataset:
        """Return the values with their intervals; see :func:`defectkit.uncertainty.table.condition_table`."""
        table = condition_table(self.inputs, self.known)
        return table.assign_attrs(self.counted, cautions=[*self.cautions, *self.hardening_cautions])


def harden_condition(
    analysis: Analysis,
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
    """Return densities, mean sizes, swelling and hardening of all images together, each with its interval.

    Parameters
    ----------
    analysis : Analysis
        Of one condition: one material, irradiated in one way.
    material : Material, str or pathlib.Path
        As :func:`defectkit.hardening.load_material` takes it.
    model : HardeningModel or str
        The dispersed barrier by its name takes every defect with its own size, so that no bins enter; give
        ``DispersedBarrier()`` for the bins of the convention.
    superposition : Superposition or str
        ``linear``, ``quadrature`` or ``power:N``: how obstacles of several types add up.
    barrier_strengths : mapping of str to float or str, optional
        By defect type, a number or a text such as ``"0.4 +/- 0.1"``; laid over those of the material.
    taylor_factor : float or str, optional
        In place of that of the material, a number or a text such as ``"3.06 +/- 0.1"``.
    counting : Counting
        For how many defects each one stands; what it does not say is as the analysis was made.
    thickness : str, pint.Quantity, pint.Measurement, pathlib.Path or mapping, optional
        In place of what the images say: one foil for all (``"100 +/- 20 nm"``, or a range ``"80-120 nm"``), or each its
        own, by image or in a CSV file; see :meth:`defectkit.workflows.thickness.Foils.of`.
    uncertainties : Uncertainties, optional
        Of the inputs. Where no error of a detector is given, it is the one that the card of the detector reports.
    bootstrap : Bootstrap, optional
        Number of states, confidence and seed.

    Returns
    -------
    xarray.Dataset
        As :func:`defectkit.uncertainty.table.condition_table` returns it; the attribute ``cautions`` lists what the
        intervals do not hold.

    Raises
    ------
    EmptyInputError
        If no image is fully read.
    HardeningError
        If there is no such superposition.
    UnitError
        If the thickness is no length.
    PairingError, RecordError
        If there is no thickness of an image, or a file of thicknesses cannot be understood.
    UnknownMaterialError, UnknownPluginError, UnknownDefectTypeError
        If a name is not known.
    """
    return assess(
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
    ).table()


def own_condition(analysis: Analysis) -> xarray.Dataset | None:
    """Return :func:`harden_condition` with the material and the model of the analysis itself.

    None if no image is fully read. A model that is not registered, given as an object, has the dispersed barrier in its
    place; the attribute ``hardening_model`` names what was used.
    """
    from defectkit import hooks
    from defectkit.hardening import DispersedBarrier, Material

    if "left_out" in analysis.summary and analysis.summary["left_out"].all():
        return None
    name = str(analysis.settings["hardening_model"])
    return harden_condition(
        analysis,
        material=record_converter().structure(analysis.settings["material"], Material),
        model=name if name in hooks.table("hardening_model") else DispersedBarrier.name,
    )


def assess(
    analysis: Analysis,
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
    specimen: str = "",
) -> Assessment:
    """Return the same as :func:`harden_condition` with all that it was made of.

    ``specimen`` tells the foils of this condition from those of others; the other parameters are those of
    :func:`harden_condition`.
    """
    from defectkit.hardening import Superposition

    rule = Convention.from_settings(analysis.settings["convention"])
    stuff, chosen = hardening_choices(material, bin_free(model), barrier_strengths, analysis.taxonomy)
    if taylor_factor is not None:
        stuff = stuff.with_taylor_factor(taylor_factor)
    declared = uncertainties or Uncertainties()
    analysis = recounted(with_thickness(analysis, thickness), counting)
    condition = condition_of(analysis)
    if declared.detector is None and analysis.labels is None:
        declared = attrs.evolve(declared, detector=_detector_error(analysis))
    strengthening = Strengthening.of(
        condition.types,
        model=chosen,
        material=stuff,
        superposition=Superposition.of(superposition),
        convention=rule,
        taxonomy=analysis.taxonomy,
    )
    inputs = Inputs.of(condition, strengthening, declared, taxonomy=analysis.taxonomy, specimen=specimen)
    how = bootstrap or Bootstrap()
    return Assessment(
        analysis=analysis,
        inputs=inputs,
        known=propagated(inputs, how),
        bootstrap=how,
        counted=counting_of(analysis.defects),
        cautions=tuple(_cautions(analysis, condition, declared)),
        hardening_cautions=tuple(_hardening_cautions(strengthening, declared)),
    )


def recounted(analysis: Analysis, counting: Counting) -> Analysis:
    """Return an analysis with the weights that its defects have by another counting; its summary is left as it is."""
    if counting == AS_CONVENTION:
        return analysis
    rule = Convention.from_settings(analysis.settings["convention"])
    weighed = counted(analysis.defects, analysis.images, counting, convention=rule, taxonomy=analysis.taxonomy)
    return attrs.evolve(analysis, defects=weighed)


def bin_free(model: HardeningModel | str) -> HardeningModel | str:
    """Return the dispersed barrier without bins where it is asked for by name, and any other model as it is."""
    from defectkit.hardening import Binning, DispersedBarrier

    return DispersedBarrier(binning=Binning.unbinned()) if model == DispersedBarrier.name else model


def within(model: str, rule: str) -> HardeningModel | str:
    """Return a model by its name, with the rule by which defects of one type add up.

    Parameters
    ----------
    model : str
    rule : str
        ``each-defect``, without bins; or ``convention``, with its bins, which the dispersed barrier alone has.

    Raises
    ------
    HardeningError
        If a model without bins is to have those of the convention.
    """
    from defectkit.hardening import DispersedBarrier

    if rule == "each-defect":
        return bin_free(model)
    if model != DispersedBarrier.name:
        raise HardeningError(
            f"the hardening model {model!r} has no bins; leave away the rule of the convention (--within-type)"
        )
    return DispersedBarrier()


def read_analysis(path: Path) -> Analysis:
    """Return the analysis of a folder that ``analyze`` or ``measure`` wrote, or of its store.

    Raises
    ------
    StorageError
        If there is none, or it is damaged.
    """
    if not path.exists():
        raise StorageError(f"{path} is not there")
    store = path / "results.zarr"
    if path.is_file() and path.suffix != ".zip":
        raise StorageError(f"{path} is no folder of an analysis; for a label file, give its images, too (--images)")
    return Analysis.load(store if store.is_dir() else path)


def condition_of(analysis: Analysis) -> Condition:
    """Return the defects of an analysis as one condition, with what its images share."""
    calibrations = {image.name: image.required_calibration() for image in analysis.images}
    return Condition.of(
        analysis.defects,
        analysis.summary,
        pixel_sizes={name: _pixel_size(c) for name, c in calibrations.items()},
        foils={name: _foil(name, c, analysis.settings.get("foil_thickness")) for name, c in calibrations.items()},
        taxonomy=analysis.taxonomy,
    )


def _pixel_size(calibration: Calibration) -> SharedInput:
    height, width = calibration.pixel_size_nm
    return SharedInput(name=f"{height:g} x {width:g} nm", is_assumed=calibration.pixel_size_source is Source.ASSUMED)


def _foil(image: str, calibration: Calibration, stated: str | Mapping[str, str] | None) -> SharedInput:
    """Return the foil of an image: as it was stated of all images or of this one, else as its calibration says."""
    thickness = calibration.foil_thickness
    name = "unknown" if thickness is None else f"{thickness.magnitude:g} nm"
    if not stated:
        return SharedInput(name=name, is_assumed=calibration.foil_thickness_source is Source.ASSUMED)
    own = FoilThickness.of(stated if isinstance(stated, str) else stated[image])
    return SharedInput(
        name=name if isinstance(stated, str) else f"{image}: {name}",
        uncertainty=own.relative_uncertainty,
        half_range=own.half_range_nm / own.nm,
    )


def _detector_error(analysis: Analysis) -> DetectorError | None:
    card = _card(analysis)
    return None if card is None else DetectorError.from_card(card)


def _card(analysis: Analysis) -> ModelCard | None:
    """Return the card of the detector as it is installed; None if it is another version, or needs a model folder."""
    from defectkit.workflows.detectors import make_detector

    identity = analysis.settings["detector"]
    try:
        card = make_detector(identity["name"]).card()
    except DefectkitError:  # a plugin that is gone, or a detector that has to be trained first: the caution says so
        return None
    return card if card.version == identity["version"] else None


def _cautions(analysis: Analysis, condition: Condition, declared: Uncertainties) -> Iterator[str]:
    yield from edge_cautions(analysis.images, analysis.defects)
    for what, given, inputs, option in (
        ("pixel size", declared.pixel_size, condition.pixel_sizes, "pixel_size"),
        ("foil thickness", declared.foil_thickness, condition.foils, "foil_thickness"),
    ):
        if given is None and any(one.is_assumed for one in inputs):
            yield f"The {what} is assumed; a wide uncertainty stands for that."
        if not given and not all(one.is_assumed or one.uncertainty for one in inputs):
            yield f"No uncertainty of the {what} is declared ({option}); the intervals are as if it were exact."
    if analysis.labels is None and declared.detector is None:
        yield "Nothing is known of the error of the detector; the intervals are those of what it found."


def _hardening_cautions(strengthening: Strengthening, declared: Uncertainties) -> Iterator[str]:
    unstated = unstated_constants(strengthening, declared)
    if unstated:
        yield (
            f"The material {strengthening.material.name!r} states no uncertainty of {', '.join(unstated)}; the "
            "intervals of hardening are as if they were exact."
        )
