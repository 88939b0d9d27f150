"""Measure labels: the way of an analysis for defects that people drew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from defectkit.conventions import Convention, convention as find_convention
from defectkit.errors import PairingError
from defectkit.formats.report import RepairReport
from defectkit.records.image import Image
from defectkit.records.label_set import LabelSet
from defectkit.workflows.analysis import Analysis
from defectkit.workflows.cautions import cautions, named
from defectkit.workflows.results import (
    checked_images,
    hardening_choices,
    listed_images,
    settings_of,
    tables,
)
from defectkit.workflows.versions import versions

if TYPE_CHECKING:
    from defectkit.hardening import HardeningModel, Material


def measure_labels(
    labels: LabelSet,
    images: Iterable[Image] | Mapping[str, Image],
    *,
    convention: Convention | str = "defectkit",
    material: Material | str | Path = "fecral",
    hardening_model: HardeningModel | str = "dispersed-barrier",
    barrier_strengths: Mapping[str, float] | None = None,
    repairs: RepairReport | None = None,
    workers: int = 1,
) -> Analysis:
    """Return what people drew in images, measured and carried to hardening.

    Parameters
    ----------
    labels : LabelSet
        What was drawn; every image of it must be among ``images``.
    images : iterable of Image, or mapping of str to Image
        Calibrated; their pixels are not read. Images that the labels do not speak of are left out and named in the
        cautions: nobody said that they are empty.
    convention : Convention or str
    material : Material, str or pathlib.Path
        As :func:`defectkit.hardening.load_material` takes it.
    hardening_model : HardeningModel or str
    barrier_strengths : mapping of str to float, optional
        By defect type; laid over those of the material.
    repairs : RepairReport, optional
        What was mended while the labels were read; it is handed on.
    workers : int
        Threads that measure images; the result is the same to the bit whatever their number.

    Returns
    -------
    Analysis

    Raises
    ------
    EmptyInputError
        If there is no image, or the labels speak of none.
    PairingError
        If the labels speak of an image that is not given, two images have one name, or shapes differ.
    MissingCalibrationError
        If an image has no pixel size.
    WorkersError
        If ``workers`` is not 1 or more.
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
    offered = listed_images(images)
    missing = sorted(set(labels.images) - {image.name for image in offered})
    if missing:
        raise PairingError(
            f"the labels {labels.key!r} speak of {named(map(repr, missing))}, but no such image is given"
        )
    given = checked_images(image for image in offered if image.name in labels.instances)
    rule = find_convention(convention)
    stuff, model = hardening_choices(material, hardening_model, barrier_strengths, labels.taxonomy)
    made = tables(
        given,
        labels.instances,
        types=labels.types,
        taxonomy=labels.taxonomy,
        convention=rule,
        material=stuff,
        hardening_model=model,
        workers=workers,
    )
    left = [image.name for image in offered if image.name not in labels.instances]
    unlabelled = (f"The labels do not speak of these images, which are left out: {named(left)}.",) if left else ()
    identity = {"name": labels.name, "version": labels.version, "digest": labels.digest()}
    return Analysis(
        images=given,
        labels=labels,
        taxonomy=labels.taxonomy,
        defects=made.defects,
        summary=made.summary,
        hardening=made.hardening,
        settings=settings_of(rule, stuff, model, labels=identity),
        versions=versions(),
        cautions=(*unlabelled, *cautions(given, made.defects, {}, material=stuff)),
        repairs=repairs or RepairReport(),
    )
