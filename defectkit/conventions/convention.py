"""Convention: all the choices that stand between masks and a figure."""

from __future__ import annotations

import enum
import itertools
import math
from collections.abc import Iterable, Mapping
from typing import Any

import attrs
from immutabledict import immutabledict

from defectkit.conventions.choices import BinRepresentative, BoxRule, Combination, EdgeRule, IoUKind, ShapeRule
from defectkit.errors import ConventionError
from defectkit.records.names import as_names
from defectkit.short_repr import short_repr

Edges = tuple[float, ...]

RETIRED = frozenset({"perimeter", "run_ddof"})
"""Settings of results of older versions that no code ever read."""

BEFORE: Mapping[str, Any] = immutabledict({"edge_rule": "all"})
"""What versions did that did not know a setting."""


def _edges(value: Iterable[float]) -> Edges:
    return tuple(float(edge) for edge in value)


def _edges_by_type(value: Mapping[str, Iterable[float]]) -> Mapping[str, Edges]:
    return immutabledict({name: _edges(edges) for name, edges in value.items()})


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
    size_rule : str
        The name of a rule of :mod:`defectkit.measurement.size_rules`.
    shape_rule : ShapeRule
    edge_rule : EdgeRule
        For how many defects each one stands, where the border of a field cuts some; matching does not weigh.
    types : tuple of str
        The types that an "overall" figure averages over; empty for those that occur, folded to the taxonomy's roots.
    size_bin_edges_nm : mapping of str to tuple of float
        Edges of size histograms in nm, by type.
    other_size_bin_edges_nm : tuple of float
        Edges for every other type, and for all types together.
    shape_bin_edges : tuple of float
        Edges of histograms of the shape factor.
    summary_ddof, image_ddof : int
        Delta degrees of freedom (0 or 1) of the standard deviation over defects and over images.
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

    >>> from defectkit.conventions import DEFECTKIT
    >>> strict = attrs.evolve(DEFECTKIT, name="strict", iou_threshold=0.75)
    >>> strict.matcher, strict.iou_threshold
    ('optimal', 0.75)
    """

    name: str
    matcher: str
    iou_kind: IoUKind = attrs.field(converter=IoUKind)
    box_rule: BoxRule = attrs.field(default=BoxRule.MASK, converter=BoxRule)
    iou_threshold: float = attrs.field(converter=float)
    size_rule: str = attrs.field(validator=attrs.validators.min_len(1))
    shape_rule: ShapeRule = attrs.field(converter=ShapeRule)
    edge_rule: EdgeRule = attrs.field(default=EdgeRule.HORVITZ_THOMPSON, converter=EdgeRule)
    types: tuple[str, ...] = attrs.field(default=(), converter=as_names)
    size_bin_edges_nm: Mapping[str, Edges] = attrs.field(factory=dict, converter=_edges_by_type, hash=False)
    other_size_bin_edges_nm: Edges = attrs.field(converter=_edges)
    shape_bin_edges: Edges = attrs.field(converter=_edges)
    summary_ddof: int = 1
    image_ddof: int = 1
    hardening_bin_combination: Combination = attrs.field(default=Combination.QUADRATURE, converter=Combination)
    hardening_bin_representative: BinRepresentative = attrs.field(
        default=BinRepresentative.MEAN, converter=BinRepresentative
    )
    description: str = ""

    __repr__ = short_repr

    def __attrs_post_init__(self) -> None:
        def refuse(fault: str) -> ConventionError:
            return ConventionError(f"convention {self.name!r}: {fault}")

        if not self.name or any(c.isspace() for c in self.name):
            raise refuse("a name is one word, for instance 'defectkit'")
        check_iou_threshold(self.iou_threshold, what=f"convention {self.name!r}")
        histograms = {
            "other sizes": self.other_size_bin_edges_nm,
            "shape": self.shape_bin_edges,
            **{f"size of {name}": edges for name, edges in self.size_bin_edges_nm.items()},
        }
        for what, edges in histograms.items():
            rising = all(low < high for low, high in itertools.pairwise(edges))
            if len(edges) < 2 or not rising or not all(map(math.isfinite, edges)):
                raise refuse(f"the bin edges of {what} are {edges}; at least two finite, increasing numbers are needed")
        for what in ("summary_ddof", "image_ddof"):
            if getattr(self, what) not in (0, 1):
                raise refuse(f"{what} is {getattr(self, what)!r}, but 0 or 1 is needed")

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self.settings(),)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Convention:
        """Return the convention of which :meth:`settings` are given, those of an older version included.

        A setting that an older version did not know is what that version did.

        Raises
        ------
        ConventionError
            If a setting is missing, unknown or not allowed.
        """
        known = {field.name for field in attrs.fields(cls)}
        needed = {field.name for field in attrs.fields(cls) if field.default is attrs.NOTHING}
        strange = sorted(set(settings) - known - RETIRED)
        missing = sorted(needed - set(settings))
        where = f"convention {settings.get('name', '')!r}"
        if strange:
            raise ConventionError(
                f"{where}: unknown settings: {', '.join(strange)}; known are {', '.join(sorted(known))}"
            )
        if missing:
            raise ConventionError(f"{where}: missing settings: {', '.join(missing)}")
        return cls(**{**BEFORE, **{name: value for name, value in settings.items() if name in known}})

    def settings(self) -> dict[str, Any]:
        """Return all choices as plain numbers, texts, lists and dicts, ready for JSON.

        :meth:`from_settings` gives the convention again.

        Examples
        --------
        >>> from defectkit.conventions import JACOBS2022
        >>> Convention.from_settings(JACOBS2022.settings()) == JACOBS2022
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
        >>> from defectkit.conventions import JACOBS2022
        >>> JACOBS2022.size_edges_nm("bdot")[-1], JACOBS2022.size_edges_nm("all")[-1]
        (18.0, 90.0)
        """
        return self.size_bin_edges_nm.get(defect_type, self.other_size_bin_edges_nm)


def _rebuild(settings: dict[str, Any]) -> Convention:
    return Convention.from_settings(settings)


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
