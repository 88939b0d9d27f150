"""Measure labels: the way of an analysis for defects that people drew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from defectkit.conventions import Convention, convention as find_convention
from defectkit.errors import PairingError
from defectkit.formats.refusals import Refused, check_refused, refused_text
from defectkit.formats.report import RepairReport
from defectkit.measurement import AS_CONVENTION, Counting
from defectkit.parallel import Workers, check_executor
from defectkit.records.image import Image
from defectkit.records.inputs import Images, InstanceSets, as_label_set, images_by_name
from defectkit.records.instances import Instances
from defectkit.records.label_set import LabelSet
from defectkit.workflows.analysis import Analysis
from defectkit.workflows.cautions import cautions, some_names
from defectkit.workflows.fields import DEFAULT_FIELD, FieldRule
from defectkit.workflows.pairing import Missing
from defectkit.workflows.results import (
    analysis_tables,
    checked_images,
    hardening_choices,
    settings_of,
)
from defectkit.workflows.thickness import Foils, ThicknessLike
from defectkit.workflows.versions import versions

if TYPE_CHECKING:
    from defectkit.hardening import HardeningModel, Material


def measure_labels(
    labels: InstanceSets,
    images: Images,
    *,
    field: FieldRule = DEFAULT_FIELD,
    convention: Convention | str = "defectkit",
    counting: Counting = AS_CONVENTION,
    foil_thickness: ThicknessLike | None = None,
    material: Material | str | Path = "fecral",
    hardening_model: HardeningModel | str = "dispersed-barrier",
    barrier_strengths: Mapping[str, Any] | None = None,
    repairs: RepairReport | None = None,
    refused: Refused | str = Refused.RAISE,
    missing: Missing | str | None = None,
    workers: Workers = 1,
) -> Analysis:
    """Return what people drew in images, measured and carried to hardening.

    Parameters
    ----------
    labels : LabelSet, mapping of str to Instances, or iterable of Prediction
        What was drawn; every image of it must be among ``images``.
    images : iterable or mapping of Image
        Calibrated; their pixels are read where burned-in scale bars and information strips are looked for.
    field : FieldRule
        Which part of each image is counted; by default all but burned-in scale bars and information strips. A place in
        which a defect is drawn is no such thing. Defects that do not belong to the field are left out.
    convention : Convention or str
    counting : Counting
        For how many defects each one stands; by default what the convention says of those that the border cuts.
    foil_thickness : str, pint.Quantity, pint.Measurement, pathlib.Path or mapping, optional
        In place of what the images say, with its uncertainty; see :meth:`defectkit.workflows.thickness.Foils.of`.
    material : Material, str or pathlib.Path
        As :func:`defectkit.hardening.load_material` takes it.
    hardening_model : HardeningModel or str
    barrier_strengths : mapping of str to float or str, optional
        By defect type, a number or a text such as ``"0.4 +/- 0.1"``; laid over those of the material.
    repairs : RepairReport, optional
        What was mended while the labels were read; it is handed on.
    refused : Refused
        What happens to images that are not fully read. ``raise``: it is an error if more than a tenth of the regions
        was refused, or all of an image; fewer are a caution. ``leave-out``: these images have no densities and no
        hardening, and take no part in what all images together have.
    missing : Missing, optional
        What an image means that the labels do not speak of: ``empty``, nothing is in it, or ``error``. By default it is
        left out and named in the cautions: nobody said that it is empty.
    workers : int or Executor
        Threads that read and measure images, or processes; the result is the same to the bit whoever does it.

    Returns
    -------
    Analysis

    Raises
    ------
    EmptyInputError
        If there is no image, or the labels speak of none.
    PairingError
        If the labels speak of an image that is not given, two images have one name, shapes differ, or the labels do not
        speak of an image and ``missing`` is ``error``; or a mask does not fit its image.
    GeometryError
        If a guard margin leaves nothing of a field.
    RecordError
        If the crop leaves an image, or nothing of one is left.
    ImageReadError
        If pixels or a mask cannot be read.
    RefusedRegionsError
        If too many regions were refused and ``refused`` is ``raise``.
    MissingCalibrationError
        If an image has no pixel size.
    WorkersError
        If ``workers`` is neither 1 or more nor an executor.
    UnknownPluginError, UnknownConventionError, UnknownMaterialError, UnknownDefectTypeError
        If a name is not known.

    Examples
    --------
    >>> import numpy as np
    >>> from defectkit.records import Instances
    >>> image = Image.from_array("one", np.zeros((40, 40)), pixel_size="2 nm/px", foil_thickness="100 nm")
    >>> square = Instances.from_polygons([[(5, 5), (5, 15), (15, 15), (15, 5)]], types=["loop_111"], shape=(40, 40))
    >>> result = measure_labels(LabelSet(name="mine", instances={"one": square}), [image])
    >>> result.defects["polygon_area"].values.tolist()
    [400.0]
    """
    labels = as_label_set(labels)
    offered = tuple(images_by_name(images).values())
    strangers = sorted(set(labels.images) - {image.name for image in offered})
    if strangers:
        raise PairingError(
            f"the labels {labels.key!r} speak of {some_names(map(repr, strangers))}, but no such image is given"
        )
    incomplete = check_refused(labels, refused, report=repairs)
    bare = [image for image in offered if image.name not in labels.instances]
    if bare and missing is not None:
        labels = _with_empty(labels, bare, Missing(missing))
    given = checked_images(image for image in offered if image.name in labels.instances)
    reasons = {
        name: refused_text(labels.refused[name], len(labels[name]))
        for name in (labels.not_fully_read if Refused(refused) is Refused.LEAVE_OUT else ())
    }
    foils = None if foil_thickness is None else Foils.of(foil_thickness, given)
    given = given if foils is None else tuple(map(foils.on, given))
    check_executor(workers)
    given = tuple(field.of_images(given, {image.name: labels[image.name] for image in given}, workers=workers).values())
    drawn = labels
    inside = {image.name: image.field.restrict(drawn[image.name]) for image in given}
    n_outside = {name: len(drawn[name]) - len(inside[name]) for name in inside}
    if any(n_outside.values()):
        labels = attrs.evolve(drawn, instances=inside)
    rule = find_convention(convention)
    stuff, model = hardening_choices(material, hardening_model, barrier_strengths, labels.taxonomy)
    made = analysis_tables(
        given,
        labels.instances,
        types=labels.types,
        taxonomy=labels.taxonomy,
        convention=rule,
        material=stuff,
        hardening_model=model,
        counting=counting,
        n_refused=labels.refused,
        left_out=reasons,
        workers=workers,
    )
    unlabelled = tuple(_unlabelled(bare, as_empty=missing is not None))
    identity = {"name": labels.name, "version": labels.version, "digest": drawn.digest()}
    n_unmet = sum(map(len, labels.instances.values())) - made.defects.sizes["defect"]
    if n_unmet:
        labels = attrs.evolve(labels, instances=dict(made.instances))
    return Analysis(
        images=given,
        labels=labels,
        taxonomy=labels.taxonomy,
        defects=made.defects,
        summary=made.summary,
        hardening=made.hardening,
        settings=settings_of(
            rule,
            stuff,
            model,
            counting,
            labels=identity,
            refused=str(Refused(refused)),
            field=field.settings(),
            foil_thickness=None if foils is None else foils.settings(),
        ),
        versions=versions(),
        cautions=(
            *incomplete,
            *unlabelled,
            *cautions(given, made.defects, {}, n_outside=n_outside, n_unmet=n_unmet, material=stuff),
        ),
        repairs=repairs or RepairReport(),
    )


def _with_empty(labels: LabelSet, images: Sequence[Image], missing: Missing) -> LabelSet:
    if missing is Missing.ERROR:
        raise PairingError(
            f"the labels {labels.key!r} do not speak of {some_names(repr(image.name) for image in images)}. Label "
            "these images or leave them away; if no labels mean that nothing is there, say so (--missing empty)"
        )
    empty = {image.name: Instances.empty(image.shape, labels.types) for image in images}
    return attrs.evolve(labels, instances={**labels.instances, **empty})


def _unlabelled(images: Sequence[Image], *, as_empty: bool) -> Iterator[str]:
    names = some_names(image.name for image in images)
    said = "The labels do not speak of these images, which"
    if images and as_empty:
        yield f"{said} count as empty, as asked: {names}."
    elif images:
        yield f"{said} are left out: {names}. If no labels mean that nothing is there, say so (--missing empty)."
