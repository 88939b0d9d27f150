"""Analyze: detect, measure, summarize and carry to megapascals, image by image."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from defectkit.conventions import Convention, convention as find_convention
from defectkit.errors import RecordError
from defectkit.measurement import AS_CONVENTION, Counting
from defectkit.parallel import Workers, check_executor, threads_here
from defectkit.records.defect_type import Taxonomy
from defectkit.records.image import Image
from defectkit.records.inputs import Images
from defectkit.records.prediction import Prediction
from defectkit.workflows.analysis import Analysis
from defectkit.workflows.cautions import cautions
from defectkit.workflows.checkpoint import Checkpoint
from defectkit.workflows.detection import find_defects
from defectkit.workflows.detectors import fingerprint, make_detector
from defectkit.workflows.fields import DEFAULT_FIELD, FieldRule
from defectkit.workflows.results import (
    Progress,
    analysis_tables,
    checked_images,
    hardening_choices,
    settings_of,
    silent,
)
from defectkit.workflows.thickness import Foils, ThicknessLike
from defectkit.workflows.versions import versions

if TYPE_CHECKING:
    from defectkit.detectors import Detector
    from defectkit.hardening import HardeningModel, Material


def analyze(
    images: Images,
    detector: Detector | str = "loopnet",
    *,
    min_score: float | None = None,
    field: FieldRule = DEFAULT_FIELD,
    convention: Convention | str = "defectkit",
    counting: Counting = AS_CONVENTION,
    foil_thickness: ThicknessLike | None = None,
    material: Material | str | Path = "fecral",
    hardening_model: HardeningModel | str = "dispersed-barrier",
    barrier_strengths: Mapping[str, Any] | None = None,
    taxonomy: Taxonomy | None = None,
    unfinished: Path | None = None,
    progress: Progress = silent,
    workers: Workers = 1,
) -> Analysis:
    """Return what a detector finds in images, measured and carried to hardening.

    Parameters
    ----------
    images : iterable or mapping of Image
        As :func:`defectkit.formats.read_images` gives them: calibrated, with names that are all different. Pixels are
        read when an image's turn comes and let go after it.
    detector : Detector or str
        A detector, or the name of a registered one, with its default options.
    min_score : float, optional
        Defects below this score are left out, between 0 and 1; by default none.
    field : FieldRule
        Which part of each image is counted; by default all but burned-in scale bars and information strips. Defects are
        looked for in the whole image, and those that do not belong to the field are left out.
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
    taxonomy : Taxonomy, optional
        The built-in one by default; types of the detector that it lacks are added.
    unfinished : pathlib.Path, optional
        A folder that keeps the prediction of each image that is done. Called again with it, an interrupted run goes
        on with the images that are not done. It stays, so that nothing is lost before the results are written;
        :meth:`~defectkit.workflows.checkpoint.Checkpoint.discard` removes it.
    progress : callable
        Wraps the images; called with an iterable, a description and a length.
    workers : int or Executor
        Threads that measure what was found; detection is one image after the other then, since a detector is not asked
        to be safe for threads. With an executor, its processes read images, find defects and write predictions into
        ``unfinished``, which has to be given and which all of them have to see; this process reads them and measures.
        The result is the same to the bit whoever works.

    Returns
    -------
    Analysis

    Raises
    ------
    EmptyInputError
        If there is no image.
    MissingCalibrationError
        If an image has no pixel size; told before any detection starts.
    PairingError
        If two images have one name, or a mask does not fit its image.
    GeometryError
        If a guard margin leaves nothing of a field.
    RecordError
        If ``min_score`` is not between 0 and 1, the crop leaves an image, or nothing of one is left.
    WorkersError
        If ``workers`` is neither 1 or more nor an executor, or its processes lack the detector's distribution, have
        another version or do not see ``unfinished``; told before any detection starts.
    DetectorError
        If the detector fails or breaks its interface.
    UnknownPluginError, UnknownConventionError, UnknownMaterialError, UnknownDefectTypeError
        If a name is not known.

    Warns
    -----
    DetectionCapWarning
        If the detector reached its largest number of detections.
    ResumeWarning
        If ``unfinished`` holds only the work of runs with other settings, which stays there.

    Notes
    -----
    A kept prediction is used again only if the detector (its options and weights, by digest), its version, that of
    defectkit, the pixels and the calibration of the image are the same. ``min_score``, the field, the convention
    and all that is about hardening come after detection: changing them detects nothing again.

    Examples
    --------
    >>> import numpy as np
    >>> image = Image.from_array("empty", np.full((64, 64), 100, np.uint8), pixel_size="1 nm/px")
    >>> result = analyze([image])
    >>> result.n_defects, int(result.summary["count"].sel(image="empty", defect_type="all"))
    (0, 0)
    """
    if min_score is not None and not 0 <= min_score <= 1:
        raise RecordError(f"min_score is {min_score!r}, but a score lies between 0 and 1")
    check_executor(workers)
    given = checked_images(images)
    foils = None if foil_thickness is None else Foils.of(foil_thickness, given)
    given = given if foils is None else tuple(map(foils.on, given))
    field.check(given)
    rule = find_convention(convention)
    finder = make_detector(detector) if isinstance(detector, str) else detector
    known = (taxonomy or Taxonomy.standard()).with_types(finder.capability.types)
    stuff, model = hardening_choices(material, hardening_model, barrier_strengths, known)
    identity = _identity(finder)
    checkpoint = None if unfinished is None else _checkpoint(unfinished, finder, identity)
    found, shown = find_defects(finder, given, field, checkpoint, progress=progress, workers=workers)
    given = tuple(map(field.narrow, shown))
    high = {name: _above(prediction, min_score) for name, prediction in found.items()}
    kept = {image.name: _restricted(high[image.name], image) for image in given}
    n_outside = {name: len(high[name].instances) - len(kept[name].instances) for name in kept}
    types = tuple(dict.fromkeys((*finder.capability.types, *(t for p in kept.values() for t in p.instances.types))))
    made = analysis_tables(
        given,
        {name: prediction.instances for name, prediction in kept.items()},
        types=types,
        taxonomy=known,
        convention=rule,
        material=stuff,
        hardening_model=model,
        counting=counting,
        workers=threads_here(workers),
    )
    n_unmet = sum(len(prediction.instances) for prediction in kept.values()) - made.defects.sizes["defect"]
    kept = {name: attrs.evolve(kept[name], instances=here) for name, here in made.instances.items()}
    return Analysis(
        images=given,
        predictions=kept,
        taxonomy=known,
        defects=made.defects,
        summary=made.summary,
        hardening=made.hardening,
        settings=settings_of(
            rule,
            stuff,
            model,
            counting,
            detector=identity,
            min_score=min_score,
            field=field.settings(),
            foil_thickness=None if foils is None else foils.settings(),
        ),
        versions=versions(_distribution(finder)),
        cautions=cautions(given, made.defects, kept, n_outside=n_outside, n_unmet=n_unmet, material=stuff),
    )


def _identity(detector: Detector) -> dict[str, Any]:
    card = detector.card()
    return {
        "name": detector.name,
        "version": card.version,
        "description": card.description,
        "limits": list(card.limits),
        "options": dict(card.settings),
    }


def _distribution(detector: Detector) -> tuple[str, str]:
    from defectkit import __version__, hooks

    row = hooks.table("detector").get(detector.name)
    return (row.distribution, row.version) if row is not None else ("defectkit", __version__)


def _checkpoint(folder: Path, detector: Detector, identity: dict[str, Any]) -> Checkpoint:
    from defectkit import __version__

    distribution, version = _distribution(detector)
    settings = {
        "defectkit version": __version__,
        "detector": identity,
        "detector distribution": f"{distribution} {version}",
        "detector digest": fingerprint(detector),
    }
    return Checkpoint.open(folder, settings)


def _restricted(prediction: Prediction, image: Image) -> Prediction:
    return attrs.evolve(prediction, instances=image.field.restrict(prediction.instances))


def _above(prediction: Prediction, min_score: float | None) -> Prediction:
    if min_score is None:
        return prediction
    return attrs.evolve(prediction, instances=prediction.instances.above(min_score))
