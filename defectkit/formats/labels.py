"""Reading and writing labels in any registered format."""

from __future__ import annotations

import enum
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from defectkit.advice import LEAVE_OUT_UNPAIRED
from defectkit.errors import LabelReadError, NotFullyReadWarning, PairingError
from defectkit.files import is_there
from defectkit.formats.foreign import refuse_foreign
from defectkit.formats.interface import LabelFormat, LabelReading, RepairReport
from defectkit.formats.lookup import label_format, recognized_format
from defectkit.formats.names import list_names
from defectkit.formats.refusals import Refused, check_refused, refused_text
from defectkit.formats.report import Problem, RepairKind, ReportBuilder
from defectkit.records import Taxonomy
from defectkit.records.inputs import Images, InstanceSets, as_label_set, images_by_name


class Unpaired(enum.StrEnum):
    """What happens to labels for which no image is given."""

    RAISE = "raise"
    LEAVE_OUT = "leave-out"


def read_labels(
    path: str | Path,
    *,
    images: Images,
    format: LabelFormat | str | None = None,  # noqa: A002 - the name that the design gives it
    options: Mapping[str, Any] | None = None,
    taxonomy: Taxonomy | None = None,
    unpaired: Unpaired | str = Unpaired.RAISE,
    refused: Refused | str = Refused.RAISE,
    name: str | None = None,
    version: str | None = None,
) -> LabelReading:
    """Read labels from a file or folder.

    Parameters
    ----------
    path : str or pathlib.Path
    images : iterable or mapping of Image
        For instance from :func:`~defectkit.formats.images.reading.read_images`. Only their names and shapes
        are used.
    format : LabelFormat or str, optional
        A format, or the name of a registered one; found by looking at the file where it is not given.
    options : mapping of str to Any, optional
        Options of a format that is given by name, for instance ``{"types": "1=loop_111,*=loop_100"}``.
    taxonomy : Taxonomy, optional
        The types that are known; :meth:`Taxonomy.standard` unless given.
    unpaired : Unpaired
        What happens to labels without an image: ``raise``, or ``leave-out``, where the report lists them. Annotations
        of an image that the file itself does not list are such labels, too.
    refused : Refused
        What happens if more than a tenth of the regions was refused, or all regions of an image: ``raise``, or
        ``leave-out``, where measuring and scoring leave images out that are not fully read. The label set names these
        images (:attr:`~defectkit.LabelSet.refused`) either way.
    name, version : str, optional
        Of the label set; the name of the file and ``1`` unless given.

    Returns
    -------
    LabelReading

    Raises
    ------
    UnknownPluginError
        If no format has that name.
    LabelReadError
        If the file cannot be read as that format.
    RefusedRegionsError
        If too many regions were refused and ``refused`` is ``raise``.
    PairingError
        If labels have no image and ``unpaired`` is ``raise``, if none has one, or if an image has another size.
    EmptyInputError
        If there is no label file, or it speaks of no image.

    Warns
    -----
    NotFullyReadWarning
        If regions were refused, but few.
    """
    source = Path(path)
    if not is_there(source):
        raise LabelReadError(f"{source}: there is no such file or folder")
    if not isinstance(format, LabelFormat):
        refuse_foreign(source)
    if format is None:
        chosen = recognized_format(source)
        chosen = label_format(chosen.name, options) if options else chosen
    else:
        chosen = label_format(format, options)
    reading = chosen.read(source, images_by_name(images), taxonomy or Taxonomy.standard())
    orphans = [line for line in reading.report.refused.of_problem(Problem.NO_IMAGE) if line.region]
    if orphans and Unpaired(unpaired) is Unpaired.RAISE:
        raise PairingError(
            f"{source}: {len(orphans)} annotations are of no image that the file lists "
            f"({orphans[0].region}: {orphans[0].what}). Mend the file, or leave these out: {LEAVE_OUT_UNPAIRED}",
            LEAVE_OUT_UNPAIRED,
        )
    if reading.without_image and Unpaired(unpaired) is Unpaired.RAISE:
        raise PairingError(
            f"{source}: it has labels of {len(reading.without_image)} images that were not given: "
            f"{list_names(reading.without_image)}.{_nearest(reading)} Give those images, or leave these labels out: "
            f"{LEAVE_OUT_UNPAIRED}",
            LEAVE_OUT_UNPAIRED,
        )
    labels = attrs.evolve(
        reading.labels,
        name=reading.labels.name if name is None else name,
        version=reading.labels.version if version is None else version,
        refused=reading.refused,
    )
    for sentence in check_refused(labels, refused, report=reading.report, where=str(source)):
        warnings.warn(sentence, NotFullyReadWarning, stacklevel=2)
    return attrs.evolve(reading, labels=labels)


def write_labels(
    labels: InstanceSets,
    path: str | Path,
    *,
    format: LabelFormat | str,  # noqa: A002 - the name that the design gives it
    images: Images = (),
    options: Mapping[str, Any] | None = None,
) -> RepairReport:
    """Write labels to a file, or to a new folder, whole or not at all.

    Parameters
    ----------
    labels : LabelSet, mapping of str to Instances, or iterable of Prediction
        Scores are written where the format holds them. What is not a label set is written as one named ``labels``.
    path : str or pathlib.Path
        A file for ``via`` and ``coco``, a new or empty folder for the others.
    format : LabelFormat or str
        A format, or the name of a registered one.
    images : iterable or mapping of Image, optional
        For file names.
    options : mapping of str to Any, optional
        Options of a format that is given by name.

    Returns
    -------
    RepairReport
        What the format does not hold.

    Raises
    ------
    UnknownPluginError
        If no format has that name.
    LabelWriteError
        If the format cannot hold a mask or a type; nothing is written then.
    OutputError
        If the file cannot be written, or the folder holds something already.
    """
    ours = as_label_set(labels)
    report = label_format(format, options).write(ours, Path(path), images_by_name(images))
    lost = ReportBuilder(Path(path).name)
    for image in ours.not_fully_read:
        what = f"{refused_text(ours.refused[image], len(ours[image]))} when it was read, which no format holds"
        lost.add(RepairKind.NOTED, Problem.NOT_STORED, what, image=image)
    return report + lost.report()


def _nearest(reading: LabelReading) -> str:
    if not reading.nearest:
        return ""
    labels, images = next(iter(reading.nearest.items()))
    return f" The nearest to {labels} among the images is {images[0]}, of which they are not taken to be."
