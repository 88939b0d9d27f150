"""Columns: what is measured of each defect, in which unit, in which order."""

from __future__ import annotations

import attrs

PIXEL = "pixel"
LENGTH = "nanometer"
AREA = "nanometer ** 2"
AREAL_DENSITY = "1 / nanometer ** 2"
NUMBER_DENSITY = "1 / meter ** 3"


@attrs.frozen(kw_only=True)
class Column:
    """One variable of a table of results.

    Parameters
    ----------
    name : str
    description : str
        What it is, for people.
    units : str, optional
        A unit that pint reads, empty for a number without a dimension; None for what is no number.
    """

    name: str
    description: str
    units: str | None = None

    @property
    def attributes(self) -> dict[str, str]:
        """The attributes of the variable in xarray."""
        texts = {"long_name": self.description}
        return texts if self.units is None else texts | {"units": self.units}


DEFECT_COLUMNS: tuple[Column, ...] = (
    Column(name="image", description="name of the image"),
    Column(name="defect_id", description="identifier within the image"),
    Column(name="defect_type", description="type"),
    Column(name="score", description="confidence of the detector; missing for labels", units=""),
    Column(name="centroid_row", description="row of the centroid; the first pixel's center is 0.5", units=PIXEL),
    Column(name="centroid_col", description="column of the centroid; the first pixel's center is 0.5", units=PIXEL),
    Column(name="bbox_top", description="first row", units=PIXEL),
    Column(name="bbox_left", description="first column", units=PIXEL),
    Column(name="bbox_bottom", description="one past the last row", units=PIXEL),
    Column(name="bbox_right", description="one past the last column", units=PIXEL),
    Column(name="area", description="area of the mask", units=AREA),
    Column(name="equivalent_diameter", description="diameter of the disc of equal area", units=LENGTH),
    Column(name="max_feret_diameter", description="largest extent", units=LENGTH),
    Column(name="axis_major", description="major axis of the ellipse of equal second moments", units=LENGTH),
    Column(name="axis_minor", description="minor axis of the ellipse of equal second moments", units=LENGTH),
    Column(name="heywood_circularity", description="perimeter over that of the disc of equal area", units=""),
    Column(name="touches_border", description="whether the frame may cut it off"),
    Column(name="size", description="size under the convention", units=LENGTH),
    Column(name="shape_factor", description="Heywood circularity under the convention", units=""),
    Column(name="weight", description="how many defects of the specimen it stands for; 0: not counted", units=""),
)
"""Of every defect."""

POLYGON_COLUMNS: tuple[Column, ...] = (
    Column(name="polygon_area", description="area of the polygon as drawn", units=AREA),
    Column(
        name="polygon_equivalent_diameter",
        description="diameter of the disc of the polygon's area",
        units=LENGTH,
    ),
    Column(
        name="polygon_max_feret_diameter", description="largest distance of two vertices of the polygon", units=LENGTH
    ),
)
"""Of every defect in a table where any was drawn as a polygon; NaN for those that were not."""

VOLUME_WEIGHT = Column(
    name="volume_weight", description="how many defects in the volume of the foil it stands for", units=""
)
"""Of every defect in a table that is corrected for the surfaces of the foil."""

MEASURES: tuple[str, ...] = (
    "equivalent_diameter",
    "max_feret_diameter",
    "axis_major",
    "axis_minor",
    "heywood_circularity",
    "size",
    "shape_factor",
)
"""The sizes and shapes that a summary gives mean and standard deviation of."""

COLUMN: dict[str, Column] = {c.name: c for c in (*DEFECT_COLUMNS, *POLYGON_COLUMNS, VOLUME_WEIGHT)}
"""Every column by name."""
