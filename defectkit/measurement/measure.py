"""Measure: from masks in pixels to a table of defects in physical units."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from defectkit.conventions import Convention, convention as find_convention
from defectkit.errors import PairingError
from defectkit.geometry.polygons import Polygons
from defectkit.measurement.columns import COLUMN, DEFECT_COLUMNS, POLYGON_COLUMNS
from defectkit.measurement.counting import AS_CONVENTION, WEIGHT, Counting, counted
from defectkit.measurement.outlines import Side, Spacing
from defectkit.measurement.sizes import shape_factors, sizes
from defectkit.measurement.stacking import Stack
from defectkit.parallel import Workers, about, block_size, map_blocks, n_workers
from defectkit.records.defect_type import Taxonomy
from defectkit.records.image import Image
from defectkit.records.inputs import Images, InstanceSets, images_by_name, instances_by_image
from defectkit.records.instances import Instances

if TYPE_CHECKING:
    import xarray

Array = NDArray[Any]


def measure_instances(
    image: Image,
    instances: Instances,
    *,
    convention: Convention | str = "defectkit",
    taxonomy: Taxonomy | None = None,
    counting: Counting = AS_CONVENTION,
) -> xarray.Dataset:
    """Return the measurements of the defects of one image.

    Parameters
    ----------
    image : Image
        Its calibration is used and its shape checked; its pixels are not read.
    instances : Instances
        N defects.
    convention : Convention or str
        What ``size`` and ``shape_factor`` mean; all other columns mean the same under any convention.
    taxonomy : Taxonomy, optional
        Tells sub-types, for size rules that go by type.
    counting : Counting
        For how many defects each one stands; by default what the convention says.

    Returns
    -------
    xarray.Dataset
        Dimension ``defect`` of length N and the variables of
        :data:`~defectkit.measurement.columns.DEFECT_COLUMNS`, each with its ``units``; where any defect has a
        polygon, those of :data:`~defectkit.measurement.columns.POLYGON_COLUMNS` too.

    Raises
    ------
    MissingCalibrationError
        If the image has no pixel size.
    PairingError
        If image and instances differ in shape.
    GeometryError
        If a guard margin leaves nothing of the field.

    Notes
    -----
    Areas are pixel counts times the area of a pixel; ``equivalent_diameter`` is ``2 sqrt(A / pi)`` and
    ``heywood_circularity`` ``P / (2 sqrt(pi A))`` with the Crofton perimeter of four directions. Pixels need not
    be square. A defect without a pixel (a polygon that holds no pixel's center) has the area 0 and NaN for all
    else that is measured of its mask. Of polygons, ``polygon_max_feret_diameter`` is the largest distance of two
    vertices.

    Examples
    --------
    >>> image = Image.from_array("one", np.zeros((9, 9)), pixel_size="2 nm/px")
    >>> defects = Instances.from_masks([np.eye(9, dtype=bool)], types=["bdot"], shape=(9, 9))
    >>> table = measure_instances(image, defects)
    >>> float(table["area"][0]), table["area"].attrs["units"]
    (36.0, 'nanometer ** 2')
    """
    return measure([image], {image.name: instances}, convention=convention, taxonomy=taxonomy, counting=counting)


def measure(
    images: Images,
    instances: InstanceSets,
    *,
    convention: Convention | str = "defectkit",
    taxonomy: Taxonomy | None = None,
    counting: Counting = AS_CONVENTION,
    workers: Workers = 1,
) -> xarray.Dataset:
    """Return the measurements of the defects of many images in one table.

    Parameters
    ----------
    images : iterable or mapping of Image
        With names that are all different.
    instances : LabelSet, mapping of str to Instances, or iterable of Prediction
        By image name; exactly those of ``images``.
    convention : Convention or str
    taxonomy : Taxonomy, optional
    counting : Counting
        For how many defects each one stands; by default what the convention says.
    workers : int or Executor
        Threads that measure images, or processes; the table is the same to the bit whoever measures.

    Returns
    -------
    xarray.Dataset
        As :func:`measure_instances`, image after image in the order of ``images``. No image, or no defect in
        any, gives a dimension of length 0.

    Raises
    ------
    MissingCalibrationError
        If an image has no pixel size.
    PairingError
        If images and instances differ in names or shapes, or two images have one name.
    GeometryError
        If a guard margin leaves nothing of a field.
    WorkersError
        If ``workers`` is neither 1 or more nor an executor.
    """
    rule = find_convention(convention)
    given = list(images_by_name(images).values())
    instances = instances_by_image(instances)
    check_pairs(given, instances)
    spacings = [image.required_calibration().pixel_size_nm for image in given]

    def columns(block: Sequence[tuple[str, Instances, Spacing]]) -> list[dict[str, Array]]:
        with about(*(name for name, _, _ in block)):
            return [
                _columns({name: here for name, here, _ in group}, spacing, side, rule, taxonomy)
                for (spacing, side, _), group in itertools.groupby(block, _alike)
            ]

    to_measure = ((i.name, instances[i.name], spacing) for i, spacing in zip(given, spacings, strict=True))
    block = block_size(len(given), n_workers(workers))
    tables = list(map_blocks(columns, to_measure, workers=workers, block=block))
    return counted(_dataset(tables, rule), given, counting, convention=rule, taxonomy=taxonomy)


def _alike(each: tuple[str, Instances, Spacing]) -> tuple[Spacing, Side, tuple[int, int]]:
    _, instances, spacing = each
    return spacing, Side.TRUTH if instances.is_labels else Side.PREDICTION, instances.shape


def check_pairs(images: Iterable[Image], instances: Mapping[str, Instances]) -> None:
    """Raise unless every image has instances of its own shape, and nothing is left over.

    Raises
    ------
    PairingError
        Naming the first few that do not fit.
    """
    shapes: dict[str, tuple[int, int]] = {}
    for image in images:
        if image.name in shapes:
            raise PairingError(f"two images are named {image.name!r}; results go by name, so rename one")
        shapes[image.name] = image.shape
    without = sorted(set(shapes) - set(instances))
    if without:
        raise PairingError(
            f"no defects are given for image {_some(without)}; an image without a defect needs an empty Instances"
        )
    left = sorted(set(instances) - set(shapes))
    if left:
        raise PairingError(f"defects are given for {_some(left)}, but no such image")
    for name, shape in shapes.items():
        if instances[name].shape != shape:
            raise PairingError(
                f"image {name!r} is {shape[0]} x {shape[1]} pixels, but its defects were found in "
                f"{instances[name].shape[0]} x {instances[name].shape[1]}"
            )


def _some(names: list[str]) -> str:
    shown = ", ".join(map(repr, names[:3]))
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


def _columns(
    by_image: Mapping[str, Instances],
    spacing: Spacing,
    side: Side,
    convention: Convention,
    taxonomy: Taxonomy | None,
) -> dict[str, Array]:
    """Return the columns of images of one shape, pixel size and side, one image after the other."""
    from defectkit.geometry.shape import centroids, measure_shapes, touches_border

    stack = Stack(parts=by_image.values())
    boxes = stack.runs.boxes()
    centers_px = centroids(stack.runs)
    shapes = measure_shapes(stack.runs, spacing)
    columns: dict[str, Array] = {
        "image": np.array(list(by_image), dtype=str)[stack.image],
        "defect_id": np.concatenate([part.ids for part in stack.parts]),
        "defect_type": np.array(stack.types, dtype=str)[stack.type_codes],
        "score": stack.scores,
        "centroid_row": centers_px[:, 0],
        "centroid_col": centers_px[:, 1],
        **{f"bbox_{side}": boxes[:, k] for k, side in enumerate(("top", "left", "bottom", "right"))},
        "area": shapes.areas,
        "equivalent_diameter": np.where(shapes.areas > 0, shapes.equivalent_diameters, np.nan),
        "max_feret_diameter": shapes.max_feret_diameters,
        "axis_major": shapes.axes_major,
        "axis_minor": shapes.axes_minor,
        "heywood_circularity": shapes.heywood_circularities,
        "touches_border": touches_border(stack.runs, stack.parts[0].shape),
        "size": sizes(stack, spacing, convention, side=side, taxonomy=taxonomy),
        "shape_factor": shape_factors(stack, spacing, convention, side=side),
        WEIGHT: np.ones(len(stack.areas)),
    }
    return columns | _polygon_columns(stack.polygons, spacing)


def _polygon_columns(polygons: Polygons, spacing: Spacing) -> dict[str, Array]:
    drawn = np.diff(polygons.offsets) > 0
    scaled = Polygons(vertices=polygons.vertices * np.array(spacing), offsets=polygons.offsets)
    areas = np.where(drawn, scaled.areas(), np.nan)
    return {
        "polygon_area": areas,
        "polygon_equivalent_diameter": 2 * np.sqrt(areas / np.pi),
        "polygon_max_feret_diameter": scaled.max_vertex_distances(),
    }


def _dataset(tables: list[dict[str, Array]], convention: Convention) -> xarray.Dataset:
    import xarray

    from defectkit import __version__

    nothing = _columns_of_nothing()
    joined = {name: np.concatenate([t[name] for t in tables] or [nothing[name]]) for name in nothing}
    if np.isnan(joined["polygon_area"]).all():
        joined = {name: values for name, values in joined.items() if name not in {c.name for c in POLYGON_COLUMNS}}
    return xarray.Dataset(
        {name: ("defect", values, COLUMN[name].attributes) for name, values in joined.items()},
        attrs={"convention": convention.name, "defectkit_version": __version__},
    )


def _columns_of_nothing() -> dict[str, Array]:
    texts, whole = {"image", "defect_type"}, {"defect_id": np.int64, "touches_border": np.bool_}
    boxes = {f"bbox_{side}" for side in ("top", "left", "bottom", "right")}
    return {
        c.name: np.empty(0, str if c.name in texts else np.int32 if c.name in boxes else whole.get(c.name, np.float64))
        for c in (*DEFECT_COLUMNS, *POLYGON_COLUMNS)
    }
