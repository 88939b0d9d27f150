"""Conventions: what a number means, so that no figure is ever shown without saying how it was made."""

from __future__ import annotations

import enum
import itertools
import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, NoReturn

import attrs

from defectkit.errors import ConventionError, UnknownConventionError

Edges = tuple[float, ...]


class _Choice(enum.StrEnum):
    @classmethod
    def _missing_(cls, value: object) -> NoReturn:
        raise ConventionError(f"convention: {value!r} is no {cls.__name__}; allowed are {', '.join(cls)}")


class IoUKind(_Choice):
    """Of what the intersection over union is taken."""

    MASK = "mask"
    BOX = "box"
    POLYGON = "polygon"


class BoxRule(_Choice):
    """Which box of a defect is compared, where boxes are."""

    MASK = "mask"
    """The box of the mask, on both sides."""

    DRAWN = "drawn"
    """Truth: the box of the drawn polygon with its vertices cut to integers. Prediction: the box the detector gave."""


class SizeRule(_Choice):
    """What the size of a defect is; the rules are in :mod:`defectkit.measurement.sizes`."""

    EQUAL_AREA = "equal-area"
    """Diameter of the disc that has the area of the mask."""

    VERTEX = "vertex"
    """From the distances of the polygon's vertices to their mean: ``2 sqrt(r_min r_max)`` or ``2 r_max``, by type."""


class ShapeRule(_Choice):
    """Whose Heywood circularity ``P / (2 sqrt(pi A))`` is taken."""

    MASK = "mask"
    HULL = "hull"


class Perimeter(_Choice):
    """How a perimeter is estimated."""

    CROFTON_4 = "crofton-4"
    """Crofton's formula on the mask, in four directions."""

    POLYGON = "polygon"
    """The length of the outline of a polygon."""


class Combination(_Choice):
    """How hardening contributions add up."""

    LINEAR = "linear"
    QUADRATURE = "quadrature"


class BinRepresentative(_Choice):
    """Which size stands for all defects of a size bin."""

    CENTER = "center"
    MEAN = "mean"


def _edges(value: Iterable[float]) -> Edges:
    return tuple(float(edge) for edge in value)


def _edges_by_type(value: Mapping[str, Iterable[float]]) -> Mapping[str, Edges]:
    return MappingProxyType({name: _edges(edges) for name, edges in value.items()})


def _texts(value: Iterable[str]) -> tuple[str, ...]:
    return tuple(value)


@attrs.frozen(kw_only=True)
class Convention:
    """All the choices that stand between masks and the figures in a table.

    Parameters
    ----------
    name : str
        One word; results carry it.
    matcher : str
        The name of a matcher of :mod:`defectkit.matching`.
    iou_kind : IoUKind
    box_rule : BoxRule
        Used where ``iou_kind`` is box; a defect without such a box has that of its mask.
    iou_threshold : float
        A pair counts as found when its IoU is at least this; above 0, at most 1.
    size_rule : SizeRule
    shape_rule : ShapeRule
    perimeter : Perimeter
        Never differs between truth and prediction.
    types : tuple of str
        The types that an "overall" figure averages over; empty for those that occur, folded to the taxonomy's roots.
    size_bin_edges_nm : mapping of str to tuple of float
        Edges of size histograms in nm, by type.
    other_size_bin_edges_nm : tuple of float
        Edges for every other type, and for all types together.
    shape_bin_edges : tuple of float
        Edges of histograms of the shape factor.
    summary_ddof, image_ddof, run_ddof : int
        Delta degrees of freedom (0 or 1) of the standard deviation over defects, over images and over runs of a study.
    hardening_bin_combination : Combination
        How the size bins of one type add up.
    hardening_bin_representative : BinRepresentative
        Which size stands for a bin.
    description : str

    Raises
    ------
    ConventionError
        If a value lies outside what is allowed, or two of them contradict each other.

    Notes
    -----
    Values beyond the last edge of a histogram belong to an overflow bin, which is always shown.

    Examples
    --------
    A convention of one's own is a changed copy under another name:

    >>> strict = attrs.evolve(DEFECTKIT, name="strict", iou_threshold=0.75)
    >>> strict.matcher, strict.iou_threshold
    ('optimal', 0.75)
    """

    name: str
    matcher: str
    iou_kind: IoUKind = attrs.field(converter=IoUKind)
    box_rule: BoxRule = attrs.field(default=BoxRule.MASK, converter=BoxRule)
    iou_threshold: float = attrs.field(converter=float)
    size_rule: SizeRule = attrs.field(converter=SizeRule)
    shape_rule: ShapeRule = attrs.field(converter=ShapeRule)
    perimeter: Perimeter = attrs.field(converter=Perimeter)
    types: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    size_bin_edges_nm: Mapping[str, Edges] = attrs.field(factory=dict, converter=_edges_by_type, hash=False)
    other_size_bin_edges_nm: Edges = attrs.field(converter=_edges)
    shape_bin_edges: Edges = attrs.field(converter=_edges)
    summary_ddof: int = 1
    image_ddof: int = 1
    run_ddof: int = 1
    hardening_bin_combination: Combination = attrs.field(default=Combination.QUADRATURE, converter=Combination)
    hardening_bin_representative: BinRepresentative = attrs.field(
        default=BinRepresentative.MEAN, converter=BinRepresentative
    )
    description: str = ""

    def __attrs_post_init__(self) -> None:
        def refuse(fault: str) -> ConventionError:
            return ConventionError(f"convention {self.name!r}: {fault}")

        if not self.name or any(c.isspace() for c in self.name):
            raise refuse("a name is one word, for instance 'defectkit'")
        check_iou_threshold(self.iou_threshold, what=f"convention {self.name!r}")
        if (self.shape_rule is ShapeRule.HULL) != (self.perimeter is Perimeter.POLYGON):
            raise refuse(
                f"the shape of a {self.shape_rule} and the perimeter {self.perimeter} contradict each other; "
                f"a hull has the perimeter {Perimeter.POLYGON}, a mask {Perimeter.CROFTON_4}"
            )
        histograms = {
            "other sizes": self.other_size_bin_edges_nm,
            "shape": self.shape_bin_edges,
            **{f"size of {name}": edges for name, edges in self.size_bin_edges_nm.items()},
        }
        for what, edges in histograms.items():
            rising = all(low < high for low, high in itertools.pairwise(edges))
            if len(edges) < 2 or not rising or not all(map(math.isfinite, edges)):
                raise refuse(f"the bin edges of {what} are {edges}; at least two finite, increasing numbers are needed")
        for what in ("summary_ddof", "image_ddof", "run_ddof"):
            if getattr(self, what) not in (0, 1):
                raise refuse(f"{what} is {getattr(self, what)!r}, but 0 or 1 is needed")

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self.settings(),)

    def settings(self) -> dict[str, Any]:
        """Return all choices as plain numbers, texts, lists and dicts, ready for JSON.

        ``Convention(**settings)`` is the convention again.

        Examples
        --------
        >>> Convention(**JACOBS2022.settings()) == JACOBS2022
        True
        """

        def plain(value: Any) -> Any:
            if isinstance(value, Mapping):
                return {key: plain(entry) for key, entry in value.items()}
            if isinstance(value, tuple):
                return [plain(entry) for entry in value]
            return str(value) if isinstance(value, enum.StrEnum) else value

        return {field.name: plain(getattr(self, field.name)) for field in attrs.fields(Convention)}

    def size_edges_nm(self, defect_type: str) -> Edges:
        """Return the edges of the size histogram of ``defect_type`` (or of ``"all"``), in nm.

        Examples
        --------
        >>> JACOBS2022.size_edges_nm("bdot")[-1], JACOBS2022.size_edges_nm("all")[-1]
        (18.0, 90.0)
        """
        return self.size_bin_edges_nm.get(defect_type, self.other_size_bin_edges_nm)


def _rebuild(settings: dict[str, Any]) -> Convention:
    return Convention(**settings)


def check_iou_threshold(threshold: float, *, what: str = "IoU threshold") -> float:
    """Return ``threshold`` as a plain float.

    Raises
    ------
    ConventionError
        If it is not above 0 and at most 1: at 0 every pair of defects would count as found.
    """
    value = float(threshold)
    if not 0 < value <= 1:
        raise ConventionError(f"{what}: the IoU threshold {threshold!r} is not above 0 and at most 1")
    return value


def _steps(start: float, stop: float, n: int) -> Edges:
    return tuple(round(start + (stop - start) * i / n, 9) for i in range(n + 1))


JACOBS2022 = Convention(
    name="jacobs2022",
    matcher="lexicographic",
    iou_kind=IoUKind.BOX,
    box_rule=BoxRule.DRAWN,
    iou_threshold=0.3,
    size_rule=SizeRule.VERTEX,
    shape_rule=ShapeRule.HULL,
    perimeter=Perimeter.POLYGON,
    types=("bdot", "loop_111", "loop_100"),
    size_bin_edges_nm={"bdot": _steps(0, 18, 9)},
    other_size_bin_edges_nm=_steps(0, 90, 9),
    shape_bin_edges=_steps(1, 1.9, 9),
    summary_ddof=0,
    image_ddof=0,
    run_ddof=1,
    hardening_bin_combination=Combination.LINEAR,
    hardening_bin_representative=BinRepresentative.CENTER,
    description="The statistics of Jacobs et al. (2022), doi 10.1016/j.xcrp.2022.100876, as their scripts compute them",
)
"""What the published analysis does. Its text leaves the bins of hardening and their representative open, and says that
contributions of bins are summed; the SD over the defects of one image is in none of its tables and follows the averaged
plots (ddof 0)."""

DEFECTKIT = Convention(
    name="defectkit",
    matcher="optimal",
    iou_kind=IoUKind.MASK,
    iou_threshold=0.3,
    size_rule=SizeRule.EQUAL_AREA,
    shape_rule=ShapeRule.MASK,
    perimeter=Perimeter.CROFTON_4,
    size_bin_edges_nm={"bdot": _steps(0, 18, 9)},
    other_size_bin_edges_nm=_steps(0, 90, 9),
    shape_bin_edges=_steps(1, 1.9, 9),
    description="Mask IoU, optimal one-to-one matching, equal-area diameter, Crofton perimeter",
)
"""The corrected default. Contributions of size bins add in quadrature under the mean size of the bin, so hardening does
not depend on the bins."""

BUILT_IN: Mapping[str, Convention] = MappingProxyType({c.name: c for c in (DEFECTKIT, JACOBS2022)})


def convention(name: str | Convention) -> Convention:
    """Return the built-in convention called ``name``; a :class:`Convention` is returned as it is.

    Raises
    ------
    UnknownConventionError
        If no convention has that name.

    Examples
    --------
    >>> convention("jacobs2022").iou_kind.value
    'box'
    """
    if isinstance(name, Convention):
        return name
    if name not in BUILT_IN:
        raise UnknownConventionError.of("convention", name, BUILT_IN)
    return BUILT_IN[name]
