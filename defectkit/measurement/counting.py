"""Counting: for how many defects of the specimen each one that is seen stands."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from immutabledict import immutabledict
from numpy.typing import NDArray

from defectkit.conventions import Convention, EdgeRule, convention as find_convention
from defectkit.errors import UnknownDefectTypeError
from defectkit.files.decoding import parse_json
from defectkit.measurement.columns import COLUMN
from defectkit.measurement.edges import edge_weights
from defectkit.measurement.shown import Shown
from defectkit.measurement.truncation import Truncation
from defectkit.measurement.where import Where
from defectkit.parallel import about
from defectkit.records.defect_type import Taxonomy
from defectkit.records.image import Image
from defectkit.records.inputs import Images, images_by_name
from defectkit.records.instances import Instances
from defectkit.records.names import as_names

if TYPE_CHECKING:
    import xarray

Floats = NDArray[np.float64]

SIDES = ("top", "left", "bottom", "right")
WEIGHT, VOLUME_WEIGHT = "weight", "volume_weight"


def _shown(value: Mapping[str, Any] | None) -> Mapping[str, Shown] | None:
    return None if value is None else immutabledict({name: Shown.of(each) for name, each in value.items()})


def _expression(value: Where | str | None) -> Where | None:
    return None if value is None else Where.of(value)


@attrs.frozen(kw_only=True)
class Counting:
    """For how many defects of the specimen each one that is seen stands.

    What is not given is as it was done before, and of new tables as the convention says for edges, and no correction.

    Parameters
    ----------
    where : Where or str, optional
        Which defects count, for instance ``"size > 5 nm and not touches_border"``; after what was left out before.
    edges : EdgeRule or str, optional
        What is done with defects at the border of the field.
    visibility : mapping of str to Shown, float or str, optional
        By defect type, which fraction of them the imaging condition shows; sub-types have that of the type above them.
        An empty mapping corrects none.
    truncation : Truncation or str, optional
        By what numbers in a volume are corrected for defects that the surfaces of the foil cut.

    Examples
    --------
    >>> Counting(edges="half", visibility={"loop_111": "a/2<111> in bcc, g=110"}).settings()["visibility"]
    {'loop_111': {'fraction': 0.5, 'by': 'a/2<111> in bcc, g=110'}}
    """

    where: Where | None = attrs.field(default=None, converter=_expression)
    edges: EdgeRule | None = attrs.field(default=None, converter=attrs.converters.optional(EdgeRule))
    visibility: Mapping[str, Shown] | None = attrs.field(default=None, converter=_shown)
    truncation: Truncation | None = attrs.field(default=None, converter=attrs.converters.optional(Truncation))

    def settings(self) -> dict[str, Any]:
        """Return the choices as plain values, ready for JSON."""
        shown = self.visibility
        return {
            "where": None if self.where is None else str(self.where),
            "edges": None if self.edges is None else str(self.edges),
            "visibility": None if shown is None else {name: each.settings() for name, each in shown.items()},
            "truncation": None if self.truncation is None else str(self.truncation),
        }


AS_CONVENTION = Counting()
"""What the convention says of edges, and no correction."""


def counted(
    defects: xarray.Dataset,
    images: Images,
    counting: Counting = AS_CONVENTION,
    *,
    convention: Convention | str | None = None,
    taxonomy: Taxonomy | None = None,
) -> xarray.Dataset:
    """Return the defects of a table that count, with the weight of each one.

    Parameters
    ----------
    defects : xarray.Dataset
        As :func:`~defectkit.measurement.measure.measure` makes it; weights that it has are replaced.
    images : iterable or mapping of Image
        Those of the defects; their fields are what was counted in.
    counting : Counting
    convention : Convention or str, optional
        By default that of ``defects``.
    taxonomy : Taxonomy, optional
        Says which type is a sub-type of which; the built-in one by default.

    Returns
    -------
    xarray.Dataset
        ``weight`` is 0 where a defect does not count; the sum of the weights over the area of the field is the density.
        Where numbers in a volume are corrected for the surfaces of the foil, ``volume_weight`` is what they are made
        of. The attributes ``where``, ``edge_rule``, ``visibility`` and ``truncation`` say what was done.

    Raises
    ------
    FilterError
        If an expression names a column that the table lacks.
    GeometryError
        If a guard margin leaves nothing of a field.
    UnknownDefectTypeError
        If a visibility is given for a type that is nowhere, or an expression names one.
    MissingCalibrationError
        If truncation is corrected for, and a foil has no thickness.
    """
    given = images_by_name(images)
    rule = find_convention(str(defects.attrs["convention"]) if convention is None else convention)
    before = _Before.of(defects, rule)
    edges = before.edges if counting.edges is None else counting.edges
    shown = before.visibility if counting.visibility is None else counting.visibility
    cut = before.truncation if counting.truncation is None else counting.truncation
    defects = _where(defects, counting.where, taxonomy)
    weights = _edge_weights(defects, given, edges) / _shown_fractions(defects, shown, taxonomy)
    columns = {WEIGHT: weights}
    if cut is not Truncation.NONE:
        depths = np.ones(len(weights))
        for image, here in rows_of(defects, given):
            depths[here] = image.required_calibration().required_thickness(image.name).magnitude
        columns[VOLUME_WEIGHT] = weights * cut.share(defects["size"].values, depths)
    weighed = defects.drop_vars(VOLUME_WEIGHT, errors="ignore").assign(
        {name: ("defect", values, COLUMN[name].attributes) for name, values in columns.items()}
    )
    by_type = {name: each.settings() for name, each in shown.items()}
    return weighed.assign_attrs(edge_rule=str(edges), visibility=json.dumps(by_type), truncation=str(cut))


def _where(defects: xarray.Dataset, where: Where | None, taxonomy: Taxonomy | None) -> xarray.Dataset:
    before = str(defects.attrs.get("where", ""))
    if where is None:
        return defects.assign_attrs(where=before)
    _check_types(where.types, defects, taxonomy, advice="An expression (--where) names it.")
    joined = f"({before}) and ({where})" if before else str(where)
    return defects.isel(defect=where.holds(defects)).assign_attrs(where=joined)


def _check_types(names: Iterable[str], defects: xarray.Dataset, taxonomy: Taxonomy | None, *, advice: str) -> Taxonomy:
    """Return the taxonomy with all types that occur, which has to know the ``names``."""
    occurring = dict.fromkeys(defects["defect_type"].values.astype(str).tolist())
    known = (taxonomy or Taxonomy.standard()).with_types(occurring)
    for name in names:
        if name not in known:
            raise UnknownDefectTypeError.of("defect type", name, known.names, advice=advice)
    return known


@attrs.frozen(kw_only=True)
class _Before:
    """How a table was counted before."""

    edges: EdgeRule
    visibility: Mapping[str, Shown]
    truncation: Truncation

    @classmethod
    def of(cls, defects: xarray.Dataset, rule: Convention) -> _Before:
        attributes = defects.attrs
        return cls(
            edges=EdgeRule(attributes.get("edge_rule", rule.edge_rule)),
            visibility=visibility_of(defects),
            truncation=Truncation(attributes.get("truncation", Truncation.NONE)),
        )


def _edge_weights(defects: xarray.Dataset, images: Mapping[str, Image], edges: EdgeRule) -> Floats:
    boxes, centers = boxes_of(defects), centers_of(defects)
    weights = np.ones(len(boxes))
    for image, here in rows_of(defects, images):
        with about(image.name):
            weights[here] = edge_weights(boxes[here], image.field, edges, centers=centers[here])
    return weights


def _shown_fractions(defects: xarray.Dataset, shown: Mapping[str, Shown], taxonomy: Taxonomy | None) -> Floats:
    known = _check_types(shown, defects, taxonomy, advice="A visible fraction was given for it.")
    of_type = defects["defect_type"].values.astype(str)
    fractions = fractions_by_type(shown, tuple(dict.fromkeys(of_type.tolist())), known)
    return np.array([fractions[name] for name in of_type.tolist()], np.float64)


def fractions_by_type(shown: Mapping[str, Shown], types: Sequence[str], taxonomy: Taxonomy) -> dict[str, float]:
    """Return of each type the visible fraction: its own, or that of the nearest type above it, else 1."""
    names = as_names(types)
    known = taxonomy.with_types(names)
    nearest = {name: known.canonical(name, shown) for name in names}
    return {name: 1.0 if above is None else shown[above].fraction for name, above in nearest.items()}


def visibility_of(defects: xarray.Dataset) -> dict[str, Shown]:
    """Return by type what the attributes of a table of defects say of visible fractions."""
    stated = parse_json(str(defects.attrs.get("visibility", "{}")), where="visible fractions of a table of defects")
    return {name: Shown(**each) for name, each in stated.items()}


def counting_of(defects: xarray.Dataset) -> dict[str, str]:
    """Return by which rules the defects of a table were counted; one that names none is of before there were any."""
    return {
        "where": str(defects.attrs.get("where", "")),
        "edge_rule": str(defects.attrs.get("edge_rule", EdgeRule.ALL)),
        "visibility": "; ".join(
            f"{name}: {each.fraction:.4g} ({each.by})" for name, each in visibility_of(defects).items()
        ),
        "truncation": str(defects.attrs.get("truncation", Truncation.NONE)),
    }


def kept_instances(instances: Mapping[str, Instances], defects: xarray.Dataset) -> dict[str, Instances]:
    """Return the instances that have a row in a table of defects, by image."""
    names, ids = defects["image"].values.astype(str), defects["defect_id"].values
    return {name: here.take(np.isin(here.ids, ids[names == name])) for name, here in instances.items()}


def boxes_of(defects: xarray.Dataset) -> Floats:
    """Return the boxes of a table of defects: top, left, bottom and right in pixels, shape (N, 4)."""
    return np.stack([defects[f"bbox_{side}"].values for side in SIDES], axis=1).astype(np.float64)


def centers_of(defects: xarray.Dataset) -> Floats:
    """Return the centroids of a table of defects: row and column in pixels, shape (N, 2)."""
    return np.stack([defects[f"centroid_{axis}"].values for axis in ("row", "col")], axis=1).astype(np.float64)


def rows_of(defects: xarray.Dataset, images: Images) -> Iterator[tuple[Image, NDArray[np.int64]]]:
    """Yield each image that has defects with the positions of their rows."""
    given = images_by_name(images)
    place = {name: k for k, name in enumerate(given)}
    codes = np.array([place[name] for name in defects["image"].values.astype(str).tolist()], np.int64)
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=len(given)))
    for image, rows in zip(given.values(), np.split(order, ends[:-1]) if len(given) else (), strict=True):
        if rows.size:
            yield image, rows


def weights_of(defects: xarray.Dataset) -> Floats:
    """Return for how many defects each one stands, shape (N,): 1 in a table that does not say."""
    if WEIGHT not in defects:
        return np.ones(defects.sizes["defect"])
    weights: Floats = defects[WEIGHT].values.astype(np.float64)
    return weights


def volume_weights_of(defects: xarray.Dataset) -> Floats:
    """Return for how many defects in a volume each one stands, shape (N,)."""
    if VOLUME_WEIGHT not in defects:
        return weights_of(defects)
    weights: Floats = defects[VOLUME_WEIGHT].values.astype(np.float64)
    return weights
