"""Results: from the defects of each image to the tables that every analysis ends in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.advice import GIVE_PIXEL_SIZE
from defectkit.conventions import Convention
from defectkit.errors import EmptyInputError, MissingCalibrationError, UnknownDefectTypeError
from defectkit.hooks.provenance import distribution_of, options_of
from defectkit.measurement import AS_CONVENTION, Counting, measure, summarize
from defectkit.measurement.counting import kept_instances
from defectkit.parallel import Workers
from defectkit.records.defect_type import Taxonomy
from defectkit.records.image import Image
from defectkit.records.inputs import Images, images_by_name
from defectkit.records.instances import Instances
from defectkit.workflows.cautions import some_names

if TYPE_CHECKING:
    import xarray

    from defectkit.hardening import HardeningModel, Material

Progress = Callable[[Iterable[Any], str, int | None], Iterator[Any]]
"""Wraps an iterable (with a description and a length) and shows how far it got."""


@attrs.frozen(kw_only=True, eq=False)
class AnalysisTables:
    """The three tables of an analysis, and the defects that are in them by image."""

    instances: Mapping[str, Instances]
    defects: xarray.Dataset
    summary: xarray.Dataset
    hardening: xarray.Dataset


def silent(iterable: Iterable[Any], description: str, total: int | None = None) -> Iterator[Any]:
    """Show nothing: the progress of a run that nobody watches."""
    yield from iterable


def checked_images(images: Images) -> tuple[Image, ...]:
    """Return the images, known to be calibrated and to have names of their own; no pixel is read.

    Raises
    ------
    EmptyInputError
        If there is none.
    PairingError
        If two have one name.
    MissingCalibrationError
        If any has no pixel size; names them.
    """
    given = tuple(images_by_name(images).values())
    if not given:
        raise EmptyInputError("there is no image to work on; give at least one")
    bare = [image for image in given if image.calibration is None]
    if len(bare) > 1:
        raise MissingCalibrationError(
            f"{len(bare)} of {len(given)} images have no pixel size ({some_names(repr(i.name) for i in bare)}): "
            f"give one, for instance {GIVE_PIXEL_SIZE}",
            GIVE_PIXEL_SIZE,
        )
    if bare:
        bare[0].required_calibration()
    return given


def analysis_tables(
    images: Sequence[Image],
    instances: Mapping[str, Instances],
    *,
    types: Sequence[str],
    taxonomy: Taxonomy,
    convention: Convention,
    material: Material,
    hardening_model: HardeningModel,
    counting: Counting = AS_CONVENTION,
    n_refused: Mapping[str, int] | None = None,
    left_out: Mapping[str, str] | None = None,
    workers: Workers = 1,
) -> AnalysisTables:
    """Return what every analysis ends in.

    Parameters
    ----------
    counting : Counting
        For how many defects each one stands.
    n_refused : mapping of str to int, optional
        By image, how many regions were refused when labels were read; the tables name it. None where none were read.
    left_out : mapping of str to str, optional
        By image, why it has no densities and no hardening.
    workers : int or Executor
        Threads that measure, or processes.
    """
    from defectkit.hardening import harden

    defects = measure(images, instances, convention=convention, taxonomy=taxonomy, counting=counting, workers=workers)
    kept = instances if counting.where is None else kept_instances(instances, defects)
    made = AnalysisTables(
        instances=kept,
        defects=defects,
        summary=summarize(
            defects,
            images,
            kept,
            types=types,
            convention=convention,
            n_refused=n_refused,
            left_out=left_out or (),
            workers=workers,
        ),
        hardening=harden(
            defects,
            {image.name: image for image in images},
            model=hardening_model,
            material=material,
            convention=convention,
            taxonomy=taxonomy,
            types=tuple(types),
            left_out=left_out,
        ),
    )
    if n_refused is None:
        return made
    numbers = made.summary["n_refused"]
    of_image = numbers.to_series()
    of_defect = of_image[defects["image"].values].to_numpy()
    about = dict(numbers.attrs)
    return attrs.evolve(
        made,
        defects=defects.assign(n_refused=("defect", of_defect, about | {"long_name": "regions of its image refused"})),
        hardening=_with_refused(made.hardening, of_image.to_numpy(), about),
    )


def _with_refused(hardening: xarray.Dataset, n_refused: NDArray[np.int64], about: Mapping[str, Any]) -> xarray.Dataset:
    """Return the hardening with the number of refused regions, and without the zeros that nobody counted."""
    counted = (hardening["count"] > 0) | (hardening["note"] != "") | (n_refused == 0)[:, None]
    why = "regions of the image were refused, so that none of this type was read does not mean that there is none"
    return hardening.assign(
        hardening=hardening["hardening"].where(counted),
        number_density=hardening["number_density"].where(counted),
        note=hardening["note"].where(counted, why),
        n_refused=("image", n_refused, dict(about)),
    )


def hardening_choices(
    material: Material | str | Path,
    hardening_model: HardeningModel | str,
    barrier_strengths: Mapping[str, Any] | None,
    taxonomy: Taxonomy,
) -> tuple[Material, HardeningModel]:
    """Return material and model, looked up now so that a wrong name is told before any work is done.

    Raises
    ------
    UnknownMaterialError, UnknownPluginError, UnknownDefectTypeError
        If a name is not known.
    """
    from defectkit import hooks
    from defectkit.hardening import HardeningModel, load_material

    for name in barrier_strengths or {}:
        if name not in taxonomy:
            raise UnknownDefectTypeError.of(
                "defect type", name, taxonomy.names, advice="A barrier strength was given for it."
            )
    found = load_material(material).with_barrier_strengths(barrier_strengths or {})
    if isinstance(hardening_model, HardeningModel):
        return found, hardening_model
    model: HardeningModel = hooks.find("hardening_model", hardening_model)()
    return found, model


def settings_of(
    convention: Convention, material: Material, hardening_model: HardeningModel, counting: Counting, **more: Any
) -> dict[str, Any]:
    """Return all choices as plain values, ready for JSON."""
    from defectkit.records.json import record_converter

    return {
        **more,
        "convention": convention.settings(),
        "counting": counting.settings(),
        "hardening_model": hardening_model.name,
        "hardening_model_options": options_of(hardening_model),
        "hardening_model_distribution": distribution_of(type(hardening_model)),
        "material": record_converter().unstructure(material),
    }
