"""Comparison: truth and prediction of many images, measured and matched under one convention."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.conventions import Convention
from defectkit.errors import ConventionError, PairingError
from defectkit.geometry.runs import Runs
from defectkit.geometry.sets import union_area
from defectkit.matching.matchers import matcher
from defectkit.matching.matching import Matching
from defectkit.matching.overlaps import Overlaps, overlaps
from defectkit.measurement.sizes import Side, Spacing, shape_factors, sizes
from defectkit.records.defect_type import Taxonomy
from defectkit.records.instances import Instances

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@attrs.frozen(kw_only=True, eq=False)
class Defects:
    """The defects of one side of one image, as columns of N values.

    Parameters
    ----------
    types : tuple of str
        Names, folded to the types that are compared.
    sizes, shapes : numpy.ndarray, shape (N,), float64
        Size (in the comparison's unit of length) and shape factor under the convention.
    scores : numpy.ndarray, shape (N,), float64
        NaN for labels.
    ids : numpy.ndarray, shape (N,), int64
    """

    types: tuple[str, ...]
    sizes: Floats
    shapes: Floats
    scores: Floats
    ids: Codes

    @property
    def n(self) -> int:
        """The number of defects."""
        return len(self.types)


@attrs.frozen(kw_only=True, eq=False)
class ImageComparison:
    """Truth and prediction of one image.

    Parameters
    ----------
    image : str
    field_area : float
        Area that the image shows, in squared units of length of the comparison.
    n_pixels : int
    true, predicted : Defects
    overlaps : Overlaps
        All pairs of an IoU above 0.
    matchings : tuple of Matching
        One for each IoU threshold of the comparison.
    true_foreground, predicted_foreground, shared_foreground : int
        Pixels in any true mask, in any predicted one, and in both.
    """

    image: str
    field_area: float
    n_pixels: int
    true: Defects
    predicted: Defects
    overlaps: Overlaps
    matchings: tuple[Matching, ...]
    true_foreground: int
    predicted_foreground: int
    shared_foreground: int


@attrs.frozen(kw_only=True, eq=False)
class Comparison:
    """Truth and prediction of many images.

    Parameters
    ----------
    convention : Convention
    iou_thresholds : tuple of float
        Ascending and distinct.
    iou_threshold : float
        The one of them at which "found" is meant where no other is named.
    types : tuple of str
        The types that are compared.
    overall_types : tuple of str
        Those of them that "overall" averages over.
    length_unit : str
        ``nanometer`` or ``pixel``.
    images : tuple of ImageComparison

    Raises
    ------
    ConventionError
        If ``iou_threshold`` is none of the thresholds, or they are not ascending.
    PairingError
        If an image is there twice or was matched at other thresholds, or a defect is of a type that is not compared.
    """

    convention: Convention
    iou_thresholds: tuple[float, ...]
    iou_threshold: float
    types: tuple[str, ...]
    overall_types: tuple[str, ...]
    length_unit: str
    images: tuple[ImageComparison, ...]

    def __attrs_post_init__(self) -> None:
        if list(self.iou_thresholds) != sorted(set(self.iou_thresholds)):
            raise ConventionError(f"comparison: the IoU thresholds {self.iou_thresholds} are not ascending")
        if self.iou_threshold not in self.iou_thresholds:
            raise ConventionError(
                f"comparison: the IoU threshold {self.iou_threshold} is none of {self.iou_thresholds}"
            )
        seen = set[str]()
        for image in self.images:
            if image.image in seen:
                raise PairingError(f"comparison: the image {image.image!r} is there twice")
            seen.add(image.image)
            if tuple(m.iou_threshold for m in image.matchings) != self.iou_thresholds:
                raise PairingError(f"comparison: the image {image.image!r} was matched at other IoU thresholds")
            strange = sorted({*image.true.types, *image.predicted.types} - set(self.types))
            if strange:
                raise PairingError(f"comparison: {image.image!r} has defects of types not compared: {strange}")

    @property
    def primary(self) -> int:
        """The position of ``iou_threshold`` among the thresholds."""
        return self.iou_thresholds.index(self.iou_threshold)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the images."""
        return tuple(i.image for i in self.images)

    @property
    def field_areas(self) -> Floats:
        """The area that each image shows, shape (images,)."""
        return np.array([i.field_area for i in self.images], np.float64)

    def codes(self, defects: Defects) -> Codes:
        """Return the position of the type of each defect among ``types``, shape (N,)."""
        place = {name: k for k, name in enumerate(self.types)}
        return np.array([place[name] for name in defects.types], np.int64)


def compare(
    image: str,
    truth: Instances,
    predicted: Instances,
    *,
    convention: Convention,
    iou_thresholds: Sequence[float],
    taxonomy: Taxonomy,
    spacing: Spacing = (1.0, 1.0),
) -> ImageComparison:
    """Return the comparison of one image.

    Parameters
    ----------
    image : str
    truth, predicted : Instances
        N and M defects; either may be empty.
    convention : Convention
        Its matcher, IoU and rules of size and shape are used.
    iou_thresholds : sequence of float
    taxonomy : Taxonomy
        By which sub-types are folded; see :func:`fold`.
    spacing : (float, float)
        Height and width of a pixel.

    Raises
    ------
    PairingError
        If the two sides are of frames of different shapes.
    """
    try:
        pairs = overlaps(truth, predicted, convention)
    except PairingError as error:
        raise PairingError(f"image {image!r}: {error}") from error
    rows, columns = truth.shape
    ours, theirs = union_area(truth.runs), union_area(predicted.runs)
    either = union_area(Runs.concatenate([truth.runs, predicted.runs]))

    def side(instances: Instances, which: Side) -> Defects:
        folded = {name: fold(name, convention, taxonomy) for name in set(instances.type_names)}
        return Defects(
            types=tuple(folded[name] for name in instances.type_names),
            sizes=sizes(instances, spacing, convention, side=which, taxonomy=taxonomy),
            shapes=shape_factors(instances, spacing, convention, side=which),
            scores=instances.scores,
            ids=instances.ids,
        )

    return ImageComparison(
        image=image,
        field_area=rows * columns * spacing[0] * spacing[1],
        n_pixels=rows * columns,
        true=side(truth, Side.TRUTH),
        predicted=side(predicted, Side.PREDICTION),
        overlaps=pairs,
        matchings=matcher(convention.matcher).rule(truth, predicted, pairs, iou_thresholds),
        true_foreground=ours,
        predicted_foreground=theirs,
        shared_foreground=ours + theirs - either,
    )


def fold(name: str, convention: Convention, taxonomy: Taxonomy) -> str:
    """Return the type that a defect of type ``name`` is compared as.

    It is the nearest one at or above it that the convention names; where there is none, the topmost one above it; and a
    type that the taxonomy does not hold is compared as itself.

    Examples
    --------
    >>> from defectkit.conventions import JACOBS2022
    >>> fold("loop_100_solid", JACOBS2022, Taxonomy.standard()), fold("cavity", JACOBS2022, Taxonomy.standard())
    ('loop_100', 'cavity')
    """
    if name not in taxonomy:
        return name
    return taxonomy.canonical(name, convention.types) or taxonomy.root(name)


def compared_types(
    occurring: Iterable[str], convention: Convention, taxonomy: Taxonomy
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the types to compare and those of them that "overall" averages over.

    Parameters
    ----------
    occurring : iterable of str
        The types of the defects of both sides, folded.
    convention : Convention
    taxonomy : Taxonomy

    Returns
    -------
    types, overall_types : tuple of str
        A convention that names types has all of those, then any other that occurs, and averages over its own. Where
        none of its own occurs, or it names none, there are just those that occur, in the order of the taxonomy (types
        it does not hold come last, by name), and "overall" averages over all of them.

    Examples
    --------
    >>> from defectkit.conventions import DEFECTKIT, JACOBS2022
    >>> compared_types({"cavity", "bdot"}, JACOBS2022, Taxonomy.standard())
    (('bdot', 'loop_111', 'loop_100', 'cavity'), ('bdot', 'loop_111', 'loop_100'))
    >>> compared_types({"loop"}, JACOBS2022, Taxonomy.standard())
    (('loop',), ('loop',))
    """
    found = set(occurring)
    order = taxonomy.names
    ordered = tuple(sorted(found, key=lambda name: (order.index(name) if name in order else len(order), name)))
    if not found & set(convention.types):
        return (ordered, ordered) if found else (convention.types, convention.types)
    others = tuple(name for name in ordered if name not in convention.types)
    return (*convention.types, *others), convention.types
