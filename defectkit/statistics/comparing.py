"""Comparing: truth and prediction of images overlapped, matched and measured, many images at once."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.conventions import Convention
from defectkit.errors import PairingError
from defectkit.geometry.sets import covered_areas_by_frame
from defectkit.matching.matchers import matcher
from defectkit.matching.matchings import FramedMatchings
from defectkit.matching.overlaps import check_shapes, stacked_overlaps
from defectkit.measurement.outlines import Side, Spacing
from defectkit.measurement.sizes import shape_factors, sizes
from defectkit.measurement.stacking import Stack, unstack
from defectkit.records.defect_type import Taxonomy
from defectkit.records.instances import Instances
from defectkit.records.names import as_names
from defectkit.statistics.comparison import ALL_PARTS, Defects, Foregrounds, ImageComparison, Measures, Part


@attrs.frozen(kw_only=True, eq=False)
class Sides:
    """What is compared of one image: the true and the predicted defects.

    Parameters
    ----------
    image : str
    truth, predicted : Instances
        N and M defects; either may be empty.
    spacing : (float, float)
        Height and width of a pixel.
    n_pixels : int
        How many pixels of the image count; all unless given.
    """

    image: str
    truth: Instances
    predicted: Instances
    spacing: Spacing = (1.0, 1.0)
    n_pixels: int = attrs.field()

    @n_pixels.default
    def _whole(self) -> int:
        height, width = self.truth.shape
        return height * width


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
    for image in images:
        try:
            check_shapes(image.truth, image.predicted)
        except PairingError as error:
            raise PairingError(f"image {image.image!r}: {error}") from error
    by_spacing = itertools.groupby(images, lambda image: image.spacing)
    return [
        compared
        for spacing, group in by_spacing
        for compared in _compared(tuple(group), spacing, convention, iou_thresholds, taxonomy, parts)
    ]


def _compared(
    images: Sequence[Sides],
    spacing: Spacing,
    convention: Convention,
    iou_thresholds: Sequence[float],
    taxonomy: Taxonomy,
    parts: Collection[Part],
) -> list[ImageComparison]:
    """Return the comparisons of images of one pixel size, with every step done for all of them at once."""
    truth, predicted = Stack(parts=[i.truth for i in images]), Stack(parts=[i.predicted for i in images])
    pairs = stacked_overlaps(truth, predicted, convention)
    matchings = matcher(convention.matcher).rule(truth, predicted, pairs, iou_thresholds)
    foregrounds: Sequence[Foregrounds | None] = [None] * len(images)
    if Part.FOREGROUND in parts:
        foregrounds = _foregrounds(truth, predicted)
    measures: Sequence[Sequence[Measures | None]] = [[None] * len(images)] * 2
    if Part.MEASURES in parts:
        measures = [
            _measures(stack, spacing, side, convention, taxonomy)
            for stack, side in ((truth, Side.TRUTH), (predicted, Side.PREDICTION))
        ]
    block = FramedMatchings(matchings=matchings, true_frames=truth.frames, predicted_frames=predicted.frames)
    each = zip(
        images,
        _defects(truth, convention, taxonomy, measures[0]),
        _defects(predicted, convention, taxonomy, measures[1]),
        foregrounds,
        strict=True,
    )
    return [
        ImageComparison(
            image=image.image,
            field_area=image.n_pixels * spacing[0] * spacing[1],
            n_pixels=image.n_pixels,
            true=ours,
            predicted=theirs,
            block=block,
            place=place,
            foregrounds=foreground,
        )
        for place, (image, ours, theirs, foreground) in enumerate(each)
    ]


def _foregrounds(truth: Stack, predicted: Stack) -> list[Foregrounds]:
    covered = covered_areas_by_frame(truth.runs, truth.frames, predicted.runs, predicted.frames)
    return [Foregrounds(true=true, predicted=found, shared=shared) for true, found, shared in covered.tolist()]


def _measures(stack: Stack, spacing: Spacing, side: Side, convention: Convention, taxonomy: Taxonomy) -> list[Measures]:
    columns = (
        sizes(stack, spacing, convention, side=side, taxonomy=taxonomy),
        shape_factors(stack, spacing, convention, side=side),
    )
    each = zip(*(unstack(column, stack.frames) for column in columns), strict=True)
    return [Measures(sizes=size, shapes=shape) for size, shape in each]


def _defects(
    stack: Stack, convention: Convention, taxonomy: Taxonomy, measures: Sequence[Measures | None]
) -> list[Defects]:
    """Return the defects of each image, their types folded."""
    folded = tuple(fold(name, convention, taxonomy) for name in stack.types)
    n_images, n_types = len(stack.parts), len(stack.types)
    counts = np.bincount(stack.image * n_types + stack.type_codes, minlength=n_images * n_types)
    occurs = counts.reshape(n_images, n_types) > 0
    renumberings = [_renumbering(folded, tuple(row)) for row in occurs.tolist()]
    tables = np.array([table for _, table in renumberings], np.int64).reshape(n_images, n_types)
    codes = unstack(tables[stack.image, stack.type_codes], stack.frames)
    return [
        Defects(names=names, codes=own, scores=part.scores, ids=part.ids, measures=measured)
        for (names, _), own, part, measured in zip(renumberings, codes, stack.parts, measures, strict=True)
    ]


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
    found = set(as_names(occurring))
    order = taxonomy.names
    ordered = tuple(sorted(found, key=lambda name: (order.index(name) if name in order else len(order), name)))
    if not found & set(convention.types):
        return (ordered, ordered) if found else (convention.types, convention.types)
    others = tuple(name for name in ordered if name not in convention.types)
    return (*convention.types, *others), convention.types
