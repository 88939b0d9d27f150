"""Comparison: truth and prediction of many images, measured and matched under one convention."""

from __future__ import annotations

import enum
import itertools
from collections.abc import Sequence
from typing import TypeVar

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.conventions import Convention
from defectkit.errors import ConventionError, PairingError, PluginError
from defectkit.geometry.columns import read_only
from defectkit.matching.matching import Matching
from defectkit.matching.matchings import FramedMatchings, Matchings
from defectkit.matching.overlaps import Overlaps
from defectkit.records.names import as_names
from defectkit.short_repr import short_repr
from defectkit.statistics.cached import cached

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

    sizes: Floats = attrs.field(converter=read_only)
    shapes: Floats = attrs.field(converter=read_only)


@attrs.frozen(kw_only=True, eq=False)
class Foregrounds:
    """Pixels of one image in any true mask, in any predicted one, and in both."""

    true: int
    predicted: int
    shared: int


@attrs.frozen(kw_only=True, eq=False)
class Defects:
    """The defects of one side, of one image or of several side by side, as columns of N values.

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

    names: tuple[str, ...] = attrs.field(converter=as_names)
    codes: Codes = attrs.field(converter=read_only)
    scores: Floats = attrs.field(converter=read_only)
    ids: Codes = attrs.field(converter=read_only)
    measures: Measures | None = None

    __repr__ = short_repr

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

    @classmethod
    def side_by_side(cls, parts: Sequence[Defects], names: tuple[str, ...]) -> Defects:
        """Join those of one side of several images, one image after the other.

        Parameters
        ----------
        parts : sequence of Defects
        names : tuple of str
            The types to count by; those of all parts are among them.
        """
        names = as_names(names)
        place = {name: k for k, name in enumerate(names)}
        tables = {part.names: np.array([place[name] for name in part.names], np.int64) for part in parts}
        measures = [part.measures for part in parts if part.measures is not None]
        none = np.zeros(0)
        return cls(
            names=names,
            codes=np.concatenate([none.astype(np.int64), *(tables[part.names][part.codes] for part in parts)]),
            scores=np.concatenate([none, *(part.scores for part in parts)]),
            ids=np.concatenate([none.astype(np.int64), *(part.ids for part in parts)]),
            measures=None
            if len(measures) < len(parts)
            else Measures(
                sizes=np.concatenate([none, *(part.sizes for part in measures)]),
                shapes=np.concatenate([none, *(part.shapes for part in measures)]),
            ),
        )

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
        Area of the part of the image that counts, in squared units of length of the comparison.
    n_pixels : int
        Of that part.
    true, predicted : Defects
    block : FramedMatchings
        The matchings of the images that were compared together, this one among them.
    place : int
        Which of them this image is.
    foregrounds : Foregrounds, optional
        Without :attr:`Part.FOREGROUND` there are none.
    """

    image: str
    field_area: float
    n_pixels: int
    true: Defects
    predicted: Defects
    block: FramedMatchings
    place: int
    foregrounds: Foregrounds | None = None

    @property
    def matchings(self) -> Matchings:
        """One for each IoU threshold of the comparison."""
        return self.block.by_frame[self.place]

    @property
    def overlaps(self) -> Overlaps:
        """All pairs of an IoU above 0."""
        return self.matchings.overlaps

    @property
    def n_found(self) -> Codes:
        """The number of pairs at each IoU threshold of the comparison, shape (thresholds,)."""
        found: Codes = self.block.n_found[self.place]
        return found

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
    types: tuple[str, ...] = attrs.field(converter=as_names)
    overall_types: tuple[str, ...] = attrs.field(converter=as_names)
    length_unit: str
    images: tuple[ImageComparison, ...]

    __repr__ = short_repr

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
            if image.block.matchings.iou_thresholds != self.iou_thresholds:
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

    @property
    @cached
    def true(self) -> Defects:
        """The true defects of all images, image after image; their codes are positions among ``types``."""
        return Defects.side_by_side([i.true for i in self.images], self.types)

    @property
    @cached
    def predicted(self) -> Defects:
        """The predicted defects of all images, image after image; their codes are positions among ``types``."""
        return Defects.side_by_side([i.predicted for i in self.images], self.types)

    @property
    @cached
    def true_frames(self) -> Codes:
        """The true defects of image ``k`` are ``true_frames[k]:true_frames[k + 1]``, shape (images + 1,)."""
        return np.cumsum([0, *(i.true.n for i in self.images)], dtype=np.int64)

    @property
    @cached
    def predicted_frames(self) -> Codes:
        """The same of the predicted defects."""
        return np.cumsum([0, *(i.predicted.n for i in self.images)], dtype=np.int64)

    @property
    @cached
    def matchings(self) -> Matchings:
        """The matchings of all images side by side, with the overlaps they choose from; defects are counted through."""
        parts: list[Matchings] = []
        for _, group in itertools.groupby(self.images, lambda image: id(image.block)):
            images = list(group)
            block = images[0].block
            is_whole = [image.place for image in images] == list(range(len(block)))
            parts += [block.matchings] if is_whole else [image.matchings for image in images]
        return Matchings.side_by_side(parts, self.iou_thresholds)

    @property
    @cached
    def found(self) -> Matching:
        """The one of these matchings at ``iou_threshold``."""
        return self.matchings[self.primary]

    def image_of(self, frames: Codes) -> Codes:
        """Return the position of the image of each defect, given ``true_frames`` or ``predicted_frames``."""
        return np.repeat(np.arange(len(self.images)), np.diff(frames))
