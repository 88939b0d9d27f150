"""Region: one defect as a label file gives it, and what the file says of one image."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from defectkit.errors import LabelReadError
from defectkit.formats.report import Problem, RepairKind
from defectkit.formats.shapes import Ring
from defectkit.geometry.runs import Runs
from defectkit.records.names import as_names
from defectkit.short_repr import short_repr


@attrs.define(eq=False)
class Outline:
    """A region drawn as one closed line of vertices.

    Parameters
    ----------
    rows, cols : sequence of float
        Of the vertices; what is no number is found and refused later. (0, 0) is the upper left corner of the first
        pixel.
    is_exact : bool
        Whether it is a rectangle, circle or the like, whose border cannot run through the centres of pixels.

    Examples
    --------
    >>> Outline.of_points([(10, 20), (30, 20), (30, 40)]).rows
    [20.0, 20.0, 40.0]
    """

    rows: Sequence[float]
    cols: Sequence[float]
    is_exact: bool = False

    __repr__ = short_repr

    @classmethod
    def of_points(cls, points: ArrayLike) -> Outline:
        """Return the outline of vertices given as x and y, shape (K, 2).

        Raises
        ------
        LabelReadError
            If it is no list of pairs of numbers.
        """
        try:
            vertices = np.array(points, dtype=np.float64)
        except (TypeError, ValueError, OverflowError) as error:
            raise LabelReadError("its points are not pairs of numbers") from error
        if vertices.size == 0:
            vertices = vertices.reshape(0, 2)
        if vertices.ndim != 2 or vertices.shape[1] != 2:
            raise LabelReadError("its points are not pairs of numbers")
        return cls(rows=vertices[:, 1].tolist(), cols=vertices[:, 0].tolist())

    @classmethod
    def of_ring(cls, ring: Ring) -> Outline:
        """Return the outline of a rectangle, circle or ellipse, shape (K, 2): row, column."""
        return cls(rows=ring[:, 0].tolist(), cols=ring[:, 1].tolist(), is_exact=True)


@attrs.define(eq=False)
class Mask:
    """A region given by its pixels.

    Parameters
    ----------
    pixels : array of bool, shape (h, w)
        What reaches beyond the image is cut off, and reported.
    top, left : int
        Row and column of the image at which the first pixel lies.
    """

    pixels: NDArray[np.bool_]
    top: int = 0
    left: int = 0

    __repr__ = short_repr


@attrs.define(eq=False)
class RunMask:
    """A region given by runs of pixels of a whole image.

    Parameters
    ----------
    make : callable
        Returns ``Runs`` of length 1; called once the shape is known to be that of the image. A
        :class:`~defectkit.errors.LabelReadError` refuses the region.
    shape : (int, int)
        Height and width of the image that they are of; another one than the image has is refused.
    """

    make: Callable[[], Runs]
    shape: tuple[int, int]


@attrs.define(eq=False)
class Joined:
    """A region of several parts, of which an outline within another one is a hole.

    Parameters
    ----------
    parts : list of Outline or Mask
    """

    parts: Sequence[Outline | Mask]

    __repr__ = short_repr


@attrs.define(eq=False)
class EvenOdd:
    """A region of several outlines that are filled together: what lies within an even number of them is outside.

    Parameters
    ----------
    outlines : list of Outline
    """

    outlines: Sequence[Outline]

    __repr__ = short_repr


@attrs.define
class NoArea:
    """A region that is left out, and why.

    Parameters
    ----------
    problem : str
        One of :class:`~defectkit.formats.report.Problem`, or a kind of your own.
    why : str
        One sentence.
    """

    problem: str
    why: str


@attrs.define
class Remark:
    """A line for the report on a region, or on a file, that is read.

    Parameters
    ----------
    kind : RepairKind
        ``mended`` (read, but changed) or ``noted``.
    problem : str
    what : str
        One sentence.
    """

    kind: RepairKind
    problem: str
    what: str


Area = Outline | Mask | RunMask | Joined | EvenOdd | NoArea


@attrs.define(kw_only=True, eq=False)
class Region:
    """One defect as a label file gives it.

    Parameters
    ----------
    area : Outline, Mask, RunMask, Joined, EvenOdd or NoArea
    type : str or tuple of str
        What the file calls its type: one name or several, the one that counts most first. None at all means that the
        file has no types.
    hints : sequence of str
        Names that count as its type only where the table of types or the taxonomy knows them: those of regions that
        people may have named by their type.
    id : int, optional
        Its number in the image; its place in the list of regions unless given.
    score : float
        From 0 to 1, NaN for a label without one; a region with any other score is refused.
    name : str
        What the report calls it; ``region`` and its place unless given.
    remarks : list of Remark
    stored_area : float
        The area in pixels that the file states, NaN where it does not; reported if it is wrong.
    stored_box : tuple of float, optional
        Top, left, bottom, right, as the file states them.
    """

    area: Area
    type: tuple[str, ...] = attrs.field(default=(), converter=as_names)
    hints: tuple[str, ...] = attrs.field(default=(), converter=as_names)
    id: int | None = None
    score: float = math.nan
    name: str = ""
    remarks: Sequence[Remark] = ()
    stored_area: float = math.nan
    stored_box: tuple[float, float, float, float] | None = None

    __repr__ = short_repr


@attrs.define(kw_only=True, eq=False)
class LabelledImage:
    """What label files say of one image; without regions it is an image without a defect.

    Parameters
    ----------
    regions : iterable of Region
        Taken only if the image was given.
    file_name : str
        What the file calls the image, with or without folder and suffix; it decides which image this is.
    label_file : pathlib.Path, optional
        The label file that is this image's alone; where ``file_name`` is empty, its stem decides.
    is_for_any : bool
        Whether a label file whose name fits no image is that of the image, where only one was given.
    shape : (int, int), optional
        Height and width that the file states; another one than the image has is an error.
    n_regions : int, optional
        How many regions there are, where ``regions`` has no length.
    """

    regions: Iterable[Region]
    file_name: str = ""
    label_file: Path | None = None
    is_for_any: bool = False
    shape: tuple[int, int] | None = None
    n_regions: int | None = None


@attrs.frozen
class Lazy:
    """Regions that are made when they are asked for.

    Parameters
    ----------
    make : callable
        Returns them.
    """

    make: Callable[[], Iterable[Region]]

    def __iter__(self) -> Iterator[Region]:
        return iter(self.make())


@attrs.define(kw_only=True)
class Category:
    """A type that a label file declares, whether or not a region has it.

    Parameters
    ----------
    names : tuple of str
        What the file calls it, the name that counts most first.
    is_used : bool
        Whether a region has it; one that is not used, and that nothing knows, is left out and noted.
    """

    names: tuple[str, ...] = attrs.field(converter=as_names)
    is_used: bool


@attrs.define(kw_only=True, eq=False)
class LabelFile:
    """What a label file, or a folder of them, holds.

    Parameters
    ----------
    images : iterable of LabelledImage
    categories : sequence of Category
    remarks : sequence of Remark
        On the file as a whole.
    orphans : sequence of (str, str)
        Regions of no image that the file lists: what the report calls each, and why.
    """

    images: Iterable[LabelledImage]
    categories: Sequence[Category] = ()
    remarks: Sequence[Remark] = ()
    orphans: Sequence[tuple[str, str]] = ()

    __repr__ = short_repr


def note(problem: Problem | str, what: str) -> Remark:
    """Return a remark on something worth knowing."""
    return Remark(RepairKind.NOTED, problem, what)


def mended_remark(problem: Problem | str, what: str) -> Remark:
    """Return a remark on something that is read, but changed."""
    return Remark(RepairKind.MENDED, problem, what)


def label_area(make: Any, *args: Any) -> Area:
    """Return the outline of a shape, or its refusal where it has no area."""
    try:
        return Outline.of_ring(make(*args))
    except LabelReadError as error:
        return NoArea(Problem.ZERO_AREA, str(error))
