"""Health: what is odd about a data set, found by looking at pixels, labels and calibrations."""

from __future__ import annotations

import enum
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

import attrs
import numpy as np

from defectkit.datasets.dataset import Dataset
from defectkit.formats.report import Problem, RepairKind
from defectkit.records import Image
from defectkit.records.inputs import Images, InstanceSets, each_image, images_by_name, instances_by_image

OUTLIER_SCORE = 6.0
"""A defect is an outlier when the logarithm of its size is farther from the median of its type than this many scaled
median absolute deviations, see :func:`size_outliers`."""

MIN_FOR_OUTLIERS = 10
"""Of fewer defects of a type none is called an outlier."""

FIELD_TOLERANCE = 0.1
"""Fields of view of images of one magnification may differ by this part."""

NAMED_FIELD_TOLERANCE = 0.02
"""A field of view may differ by this part from the one that the name of a folder states."""

TAG_TOLERANCE = 0.01
"""The pixel size of the catalogue and that of the file's own tags may differ by this part."""

_MAGNIFICATION = re.compile(r"(?<![A-Za-z0-9.])[Xx]?(\d+(?:\.\d+)?)\s*([kK])[xX]?(?![A-Za-z])")
_NAMED_FIELD = re.compile(r"fov[_ -]?(\d+(?:\.\d+)?)\s*(nm|um)", re.IGNORECASE)


class Severity(enum.StrEnum):
    """How bad a finding is."""

    FAULT = "fault"
    """Something is wrong with the data or the entry."""

    NOTE = "note"
    """Somebody should look at it."""


@attrs.frozen(kw_only=True)
class Finding:
    """One thing that is odd.

    Parameters
    ----------
    severity : Severity
    check : str
        Which check found it.
    where : str
        The image or label set.
    what : str
        One sentence.
    """

    severity: Severity
    check: str
    where: str
    what: str


def check_dataset(data: Dataset) -> tuple[Finding, ...]:
    """Return what is odd about a data set and the label sets it was loaded with; nothing is an answer too.

    Parameters
    ----------
    data : Dataset

    Returns
    -------
    tuple of Finding
        Images with equal pixels; images without labels and labels without images; labels that were mended, refused or
        lie outside their frame; sizes that are outliers; pixel sizes that do not go with magnification, field of view
        or the file's own tags; counts that are not as expected.
    """
    found = [*duplicate_images(data.images), *calibration_oddities(data.images), *tag_oddities(data.images)]
    for key, labels in data.label_sets.items():
        found += coverage(key, labels, data)
        found += repaired(key, data)
        found += outside_frame(key, labels)
        found += size_outliers(key, labels, data.images)
    for severity, sentences in ((Severity.NOTE, data.incomplete), (Severity.FAULT, data.deviations)):
        found += [Finding(severity=severity, check="counts", where=data.name, what=what) for what in sentences]
    return tuple(found)


def duplicate_images(images: Images) -> Iterator[Finding]:
    """Give a finding for each group of images whose pixels are equal."""
    by_digest: dict[str, list[str]] = defaultdict(list)
    for image in each_image(images):
        by_digest[image.digest()].append(image.name)
    for names in by_digest.values():
        if len(names) > 1:
            yield Finding(
                severity=Severity.FAULT,
                check="duplicates",
                where=names[0],
                what=f"its pixels are those of {', '.join(names[1:])}",
            )


def coverage(key: str, labels: InstanceSets, data: Dataset) -> Iterator[Finding]:
    """Give a finding for images that a version covers without labels, and for labels without an image."""
    drawn = instances_by_image(labels)
    version = data.item.label_sets()[key]
    bare = [name for name in data.images if version.covers(name) and name not in drawn]
    if bare and data.locks[key].images is None:
        yield Finding(
            severity=Severity.NOTE,
            check="coverage",
            where=key,
            what=f"{len(bare)} images have no labels: {_some(bare)}",
        )
    empty = [name for name, instances in drawn.items() if not len(instances)]
    if empty:
        yield Finding(
            severity=Severity.NOTE,
            check="coverage",
            where=key,
            what=f"{len(empty)} images are labelled as without a defect: {_some(empty)}",
        )
    lost = [name for name in drawn if name not in data.images]
    if lost:
        yield Finding(
            severity=Severity.FAULT,
            check="coverage",
            where=key,
            what=f"labels of images that there are not: {_some(lost)}",
        )


def repaired(key: str, data: Dataset) -> Iterator[Finding]:
    """Give a finding for each kind of problem that was met while a version was read."""
    by_problem: dict[tuple[str, str], list[str]] = defaultdict(list)
    for line in data.reports[key]:
        by_problem[str(line.kind), line.problem].append(line.image or line.file)
    for (kind, problem), where in sorted(by_problem.items()):
        absent = problem == Problem.NO_IMAGE and data.locks[key].images is not None
        serious = kind == RepairKind.REFUSED and not absent
        yield Finding(
            severity=Severity.FAULT if serious else Severity.NOTE,
            check="reading",
            where=key,
            what=f"{len(where)} times {kind}: {problem} ({_some(dict.fromkeys(where))})",
        )


def outside_frame(key: str, labels: InstanceSets) -> Iterator[Finding]:
    """Give a finding for each image with polygons that leave its frame, or masks without a pixel."""
    for name, instances in instances_by_image(labels).items():
        boxes = instances.polygons.boxes()
        height, width = instances.shape
        with np.errstate(invalid="ignore"):
            beyond = (boxes[:, 0] < 0) | (boxes[:, 1] < 0) | (boxes[:, 2] > height) | (boxes[:, 3] > width)
        if beyond.any():
            yield Finding(
                severity=Severity.NOTE,
                check="frame",
                where=f"{key}, {name}",
                what=f"{int(beyond.sum())} polygons leave the frame: {_some(instances.ids[beyond])}",
            )
        bare = instances.areas == 0
        if bare.any():
            yield Finding(
                severity=Severity.FAULT,
                check="frame",
                where=f"{key}, {name}",
                what=f"{int(bare.sum())} labels cover no pixel: {_some(instances.ids[bare])}",
            )


def size_outliers(key: str, labels: InstanceSets, images: Images) -> Iterator[Finding]:
    """Give a finding for each image with defects whose size is far from that of their type.

    Notes
    -----
    With ``x = log d`` of the diameters d of equal area (in nm where all images are calibrated, in pixels where not),
    a defect is an outlier when ``|x - median| > 6 * 1.4826 * MAD`` over the defects of its type in the whole set;
    1.4826 makes the median absolute deviation (MAD) the standard deviation of a normal distribution
    (Rousseeuw and Croux, doi 10.1080/01621459.1993.10476408).
    """
    drawn, by_name = instances_by_image(labels), images_by_name(images)
    calibrated = all(n in by_name and by_name[n].calibration is not None for n in drawn)
    sizes: dict[str, list[tuple[str, int, float]]] = defaultdict(list)
    for name, instances in drawn.items():
        edge = 1.0
        calibration = by_name[name].calibration if calibrated else None
        if calibration is not None:
            edge = float(np.sqrt(np.prod(calibration.pixel_size_nm)))
        diameters = 2 * np.sqrt(instances.areas / np.pi) * edge
        for kind, defect_id, diameter in zip(instances.type_names, instances.ids, diameters, strict=True):
            if diameter > 0:
                sizes[kind].append((name, int(defect_id), float(diameter)))
    unit = "nm" if calibrated else "px"
    for kind, rows in sorted(sizes.items()):
        logs = np.log([diameter for _, _, diameter in rows])
        middle = np.median(logs)
        spread = 1.4826 * np.median(np.abs(logs - middle))
        if len(rows) < MIN_FOR_OUTLIERS or spread == 0:
            continue
        far = np.flatnonzero(np.abs(logs - middle) > OUTLIER_SCORE * spread)
        for k in far.tolist():
            name, defect_id, diameter = rows[k]
            yield Finding(
                severity=Severity.NOTE,
                check="sizes",
                where=f"{key}, {name}",
                what=f"{kind} {defect_id} is {diameter:.3g} {unit} across; the median is {np.exp(middle):.3g} {unit}",
            )


def calibration_oddities(images: Images) -> Iterator[Finding]:
    """Give a finding for pixel sizes that contradict a magnification or a field of view that the image states."""
    fields: dict[float, dict[str, float]] = defaultdict(dict)
    for name, image in images_by_name(images).items():
        if image.calibration is None:
            continue
        width_nm = image.shape[1] * image.calibration.pixel_size_nm[1]
        stated = _NAMED_FIELD.search("" if image.path is None else image.path.as_posix())
        if stated is not None:
            named_nm = float(stated[1]) * (1000 if stated[2].lower() == "um" else 1)
            if abs(width_nm - named_nm) > NAMED_FIELD_TOLERANCE * named_nm:
                yield Finding(
                    severity=Severity.FAULT,
                    check="field of view",
                    where=name,
                    what=f"{width_nm:.4g} nm by its pixel size, but {stated[0]} by its folder",
                )
        magnification = _magnification(image)
        if magnification is not None:
            fields[magnification][name] = width_nm
    for magnification, widths in sorted(fields.items()):
        middle = float(np.median(list(widths.values())))
        for name, width_nm in widths.items():
            if abs(width_nm - middle) > FIELD_TOLERANCE * middle:
                yield Finding(
                    severity=Severity.NOTE,
                    check="magnification",
                    where=name,
                    what=f"its field of view is {width_nm:.4g} nm; that of most images at {magnification:g} times is "
                    f"{middle:.4g} nm",
                )


def tag_oddities(images: Images) -> Iterator[Finding]:
    """Give a finding for each image whose file states another pixel size than the catalogue."""
    from defectkit.formats.lookup import image_format

    for image in each_image(images):
        if image.path is None or image.calibration is None:
            continue
        stated = image_format(image.path).read(image.path).calibration
        if stated is None:
            continue
        ours, theirs = np.array(image.calibration.pixel_size_nm), np.array(stated.pixel_size_nm)
        if (np.abs(ours - theirs) > TAG_TOLERANCE * theirs).any():
            yield Finding(
                severity=Severity.FAULT,
                check="file tags",
                where=image.name,
                what=f"its file says {theirs[0]:.4g} x {theirs[1]:.4g} nm/px, "
                f"the catalogue {ours[0]:.4g} x {ours[1]:.4g}",
            )


def _magnification(image: Image) -> float | None:
    """Return how many times an image is magnified, as its specimen facts or its name say, or None."""
    match = _MAGNIFICATION.search(image.specimen.magnification or image.name.replace("_", " "))
    return None if match is None else 1000 * float(match[1])


def _some(names: Iterable[object], most: int = 5) -> str:
    listed = [str(name) for name in names]
    more = len(listed) - most
    return ", ".join(listed[:most]) + (f" and {more} more" if more > 0 else "")
