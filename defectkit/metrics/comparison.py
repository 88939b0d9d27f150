"""Comparison: truth and prediction of many images, measured and matched under one convention."""

from __future__ import annotations

import enum
import itertools
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import TypeVar

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.conventions import Convention
from defectkit.errors import ConventionError, PairingError, PluginError
from defectkit.geometry.sets import covered_areas
from defectkit.matching.matchers import matcher
from defectkit.matching.matchings import Matchings
from defectkit.matching.overlaps import Overlaps, overlaps
from defectkit.measurement.sizes import Side, Spacing, shape_factors, sizes
from defectkit.measurement.stacking import stacked, unstacked
from defectkit.parallel import about
from defectkit.records.defect_type import Taxonomy
from defectkit.records.instances import Instances

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
P = TypeVar("P")


class Part(enum.StrEnum):
    """What a comparison holds only where a metric needs it, because it takes time."""

    MEASURES = "measures"
    FOREGROUND = "foreground"


ALL_PARTS = frozenset(Part)


@attrs.frozen(kw_only=True, eq=False)
class Measures:
    """Sizes and shape factors of the defects of one side of one image, shape (N,), under the convention."""

    sizes: Floats
    shapes: Floats


@attrs.frozen(kw_only=True, eq=False)
class Foregrounds:
    """Pixels of one image in any true mask, in any predicted one, and in both."""

    true: int
    predicted: int
    shared: int


@attrs.frozen(kw_only=True, eq=False)
class Defects:
    """The defects of one side of one image, as columns of N values.

    Parameters
    ----------
    names : tuple of str
        The types that occur, folded to those that are compared.
    codes : numpy.ndarray, shape (N,), int64
        The position of the type of each defect among ``names``.
    scores : numpy.ndarray, shape (N,), float64
        NaN for labels.
    ids : numpy.ndarray, shape (N,), int64
    measures : Measures, optional
        Without :attr:`Part.MEASURES` there are none.
    """

    names: tuple[str, ...]
    codes: Codes
    scores: Floats
    ids: Codes
    measures: Measures | None = None

    @property
    def n(self) -> int:
        """The number of defects."""
        return len(self.codes)

    @property
    def types(self) -> tuple[str, ...]:
        """The type of each defect, N names."""
        return tuple(self.names[code] for code in self.codes.tolist())

    @property
    def sizes(self) -> Floats:
        """Size of each defect in the comparison's unit of length, shape (N,)."""
        return _known(self.measures, Part.MEASURES).sizes

    @property
    def shapes(self) -> Floats:
        """Shape factor of each defect, shape (N,)."""
        return _known(self.measures, Part.MEASURES).shapes

    def is_type(self, name: str) -> NDArray[np.bool_]:
        """Return which defects are of a type, shape (N,)."""
        place = self.names.index(name) if name in self.names else -1
        return np.equal(self.codes, place)


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
    matchings : Matchings
        One for each IoU threshold of the comparison.
    foregrounds : Foregrounds, optional
        Without :attr:`Part.FOREGROUND` there are none.
    """

    image: str
    field_area: float
    n_pixels: int
    true: Defects
    predicted: Defects
    overlaps: Overlaps
    matchings: Matchings
    foregrounds: Foregrounds | None = None

    @property
    def true_foreground(self) -> int:
        """Pixels in any true mask."""
        return _known(self.foregrounds, Part.FOREGROUND).true

    @property
    def predicted_foreground(self) -> int:
        """Pixels in any predicted mask."""
        return _known(self.foregrounds, Part.FOREGROUND).predicted

    @property
    def shared_foreground(self) -> int:
        """Pixels both in a true and in a predicted mask."""
        return _known(self.foregrounds, Part.FOREGROUND).shared


@attrs.frozen(kw_only=True, eq=False)
class Sides:
    """What is compared of one image.

    Parameters
    ----------
    image : str
    truth, predicted : Instances
        N and M defects; either may be empty.
    spacing : (float, float)
        Height and width of a pixel.
    """

    image: str
    truth: Instances
    predicted: Instances
    spacing: Spacing = (1.0, 1.0)


def _known(part: P | None, name: Part) -> P:
    if part is None:
        raise PluginError(
            f"this comparison holds no {name}, since no metric of the evaluation says that it needs them; the class "
            f"variable `needs` of the metric must hold Part.{name.name}"
        )
    return part


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
            if image.matchings.iou_thresholds != self.iou_thresholds:
                raise PairingError(f"comparison: the image {image.image!r} was matched at other IoU thresholds")
            strange = sorted({*image.true.names, *image.predicted.names} - set(self.types))
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
        return np.array([self.types.index(name) for name in defects.names], np.int64)[defects.codes]


def compare(
    image: str,
    truth: Instances,
    predicted: Instances,
    *,
    convention: Convention,
    iou_thresholds: Sequence[float],
    taxonomy: Taxonomy,
    spacing: Spacing = (1.0, 1.0),
    parts: Collection[Part] = ALL_PARTS,
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
    parts : collection of Part
        What metrics need beyond types, overlaps and matchings.

    Raises
    ------
    PairingError
        If the two sides are of frames of different shapes.
    """
    both = Sides(image=image, truth=truth, predicted=predicted, spacing=spacing)
    return compare_images([both], convention=convention, iou_thresholds=iou_thresholds, taxonomy=taxonomy, parts=parts)[
        0
    ]


def compare_images(
    images: Sequence[Sides],
    *,
    convention: Convention,
    iou_thresholds: Sequence[float],
    taxonomy: Taxonomy,
    parts: Collection[Part] = ALL_PARTS,
) -> list[ImageComparison]:
    """Return the comparisons of several images, each the same as :func:`compare` returns of it alone, in less time.

    Parameters
    ----------
    images : sequence of Sides
    convention : Convention
    iou_thresholds : sequence of float
    taxonomy : Taxonomy
    parts : collection of Part

    Raises
    ------
    PairingError
        If the two sides of an image are of frames of different shapes.
    """
    matched = [(image, _matched(image, convention, iou_thresholds)) for image in images]
    tables = {side.types for image in images for side in (image.truth, image.predicted)}
    folded = {types: tuple(fold(name, convention, taxonomy) for name in types) for types in tables}
    needed = Part.MEASURES in parts
    true, predicted = (
        _measures(images, side, convention, taxonomy) if needed else [None] * len(images)
        for side in (Side.TRUTH, Side.PREDICTION)
    )
    return [
        ImageComparison(
            image=image.image,
            field_area=image.truth.shape[0] * image.truth.shape[1] * image.spacing[0] * image.spacing[1],
            n_pixels=image.truth.shape[0] * image.truth.shape[1],
            true=_defects(image.truth, ours, folded[image.truth.types]),
            predicted=_defects(image.predicted, theirs, folded[image.predicted.types]),
            overlaps=matchings.overlaps,
            matchings=matchings,
            foregrounds=_foregrounds(image) if Part.FOREGROUND in parts else None,
        )
        for (image, matchings), ours, theirs in zip(matched, true, predicted, strict=True)
    ]


def _matched(image: Sides, convention: Convention, iou_thresholds: Sequence[float]) -> Matchings:
    try:
        pairs = overlaps(image.truth, image.predicted, convention)
    except PairingError as error:
        raise PairingError(f"image {image.image!r}: {error}") from error
    with about(image.image):
        return matcher(convention.matcher).rule(image.truth, image.predicted, pairs, iou_thresholds)


def _foregrounds(image: Sides) -> Foregrounds:
    with about(image.image):
        in_truth, in_predicted, in_both = covered_areas(image.truth.runs, image.predicted.runs)
    return Foregrounds(true=in_truth, predicted=in_predicted, shared=in_both)


def _measures(images: Sequence[Sides], side: Side, convention: Convention, taxonomy: Taxonomy) -> list[Measures]:
    found: list[Measures] = []
    for spacing, group in itertools.groupby(images, lambda image: image.spacing):
        each = [image.truth if side is Side.TRUTH else image.predicted for image in group]
        every = stacked(each)
        columns = (
            sizes(every, spacing, convention, side=side, taxonomy=taxonomy),
            shape_factors(every, spacing, convention, side=side),
        )
        found += [
            Measures(sizes=size, shapes=shape)
            for size, shape in zip(*(unstacked(column, each) for column in columns), strict=True)
        ]
    return found


def _defects(instances: Instances, measures: Measures | None, folded: Sequence[str]) -> Defects:
    """Return the defects of one side; ``folded`` names what each entry of its table of types is compared as."""
    counts = np.bincount(instances.type_codes, minlength=len(folded))
    names, table = _renumbering(tuple(folded), tuple(counts.astype(bool).tolist()))
    return Defects(
        names=names,
        codes=table[instances.type_codes],
        scores=instances.scores,
        ids=instances.ids,
        measures=measures,
    )


@lru_cache(maxsize=256)
def _renumbering(folded: tuple[str, ...], occurs: tuple[bool, ...]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Return the names of the types that occur, and the place of each type of a table among them."""
    names = tuple(dict.fromkeys(itertools.compress(folded, occurs)))
    return names, np.array([names.index(n) if here else 0 for n, here in zip(folded, occurs, strict=True)], np.int64)


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
