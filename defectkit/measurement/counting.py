"""Counting: for how many defects of the specimen each one that is seen stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.conventions import Convention, EdgeRule, convention as find_convention
from defectkit.measurement.columns import COLUMN
from defectkit.measurement.edges import edge_weights
from defectkit.parallel import about
from defectkit.records.image import Image
from defectkit.records.inputs import Images, images_by_name

if TYPE_CHECKING:
    import xarray

Floats = NDArray[np.float64]

SIDES = ("top", "left", "bottom", "right")
WEIGHT = "weight"


@attrs.frozen(kw_only=True)
class Counting:
    """For how many defects of the specimen each one that is seen stands.

    Parameters
    ----------
    edges : EdgeRule or str, optional
        What is done with defects at the border of the field; by default what was done before, and of new tables what
        the convention says.

    Examples
    --------
    >>> Counting(edges="half").settings()
    {'edges': 'half'}
    """

    edges: EdgeRule | None = attrs.field(default=None, converter=attrs.converters.optional(EdgeRule))

    def settings(self) -> dict[str, Any]:
        """Return the choices as plain values, ready for JSON."""
        return {"edges": None if self.edges is None else str(self.edges)}


AS_CONVENTION = Counting()
"""What the convention says of edges, and no correction."""


def counted(
    defects: xarray.Dataset,
    images: Images,
    counting: Counting = AS_CONVENTION,
    *,
    convention: Convention | str | None = None,
) -> xarray.Dataset:
    """Return a table of defects with the weight of each one.

    Parameters
    ----------
    defects : xarray.Dataset
        As :func:`~defectkit.measurement.measure.measure` makes it; a weight that it has is replaced.
    images : iterable or mapping of Image
        Those of the defects; their fields are what was counted in.
    counting : Counting
    convention : Convention or str, optional
        By default that of ``defects``.

    Returns
    -------
    xarray.Dataset
        ``weight`` is 0 where a defect does not count; the sum of the weights over the area of the field is the density.
        The attribute ``edge_rule`` names the rule.

    Raises
    ------
    GeometryError
        If a guard margin leaves nothing of a field.
    """
    rule = find_convention(str(defects.attrs["convention"]) if convention is None else convention)
    edges = counting.edges or EdgeRule(defects.attrs.get("edge_rule", rule.edge_rule))
    boxes, centers = boxes_of(defects), centers_of(defects)
    weights = np.ones(len(boxes))
    for image, here in rows_of(defects, images):
        with about(image.name):
            weights[here] = edge_weights(boxes[here], image.field, edges, centers=centers[here])
    weighed = defects.assign({WEIGHT: ("defect", weights, COLUMN[WEIGHT].attributes)})
    return weighed.assign_attrs(edge_rule=str(edges))


def counting_of(defects: xarray.Dataset) -> dict[str, str]:
    """Return by which rules the defects of a table were counted; one that names none is of before there were any."""
    return {"edge_rule": str(defects.attrs.get("edge_rule", EdgeRule.ALL))}


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
