"""Summary: counts, densities, area fractions, means and spreads by image and type."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from defectkit.conventions import Convention, convention as find_convention
from defectkit.errors import ConventionError, UnknownDefectTypeError
from defectkit.geometry.runs import Runs
from defectkit.measurement.columns import AREA, AREAL_DENSITY, LENGTH, NUMBER_DENSITY
from defectkit.measurement.counting import kept_instances
from defectkit.measurement.measure import check_pairs
from defectkit.measurement.stacking import Stack
from defectkit.measurement.statistics import STANDS_FOR, Statistics, attributes_of, statistics_of
from defectkit.parallel import Workers, about, block_size, map_blocks, n_workers
from defectkit.records.field import Field
from defectkit.records.image import Image
from defectkit.records.inputs import Images, InstanceSets, images_by_name, instances_by_image
from defectkit.records.instances import Instances
from defectkit.records.names import as_names
from defectkit.units import ureg

if TYPE_CHECKING:
    import xarray

ALL = "all"
"""The entry of the dimension ``defect_type`` that is about every defect."""

Floats = NDArray[np.float64]


def summarize(
    defects: xarray.Dataset,
    images: Images,
    instances: InstanceSets,
    *,
    types: Sequence[str] | None = None,
    convention: Convention | str | None = None,
    n_refused: Mapping[str, int] | None = None,
    left_out: Collection[str] = (),
    workers: Workers = 1,
) -> xarray.Dataset:
    """Return what each image holds of each type.

    Parameters
    ----------
    defects : xarray.Dataset
        What :func:`~defectkit.measurement.measure.measure` made of ``images`` and ``instances``.
    images : iterable or mapping of Image
        I images; an image without a defect has its entries too.
    instances : LabelSet, mapping of str to Instances, or iterable of Prediction
        By image name. Needed for area fractions: pixels under several masks count once. Of a table that was filtered,
        those that it holds.
    types : sequence of str, optional
        The T types to name, whether they occur or not; by default those that any image's table of types holds.
    convention : Convention or str, optional
        Gives the delta degrees of freedom of the standard deviations; by default that of ``defects``.
    n_refused : mapping of str to int, optional
        By image, how many regions were refused when its labels were read; 0 for an image that is not in it. Where it is
        not given, nothing was read from label files, and there is no such variable.
    left_out : collection of str
        Images that are not fully read and therefore have no densities.
    workers : int or Executor
        Threads that count the pixels under masks, or processes; the result is the same whoever counts.

    Returns
    -------
    xarray.Dataset
        Dimensions ``image`` (I) and ``defect_type`` (T + 1, the last one ``"all"``): ``count`` of the defects in the
        table, ``stands_for`` (the sum of their weights, of which densities are made), ``areal_density``,
        ``number_density``, ``area_fraction``, and for each of :data:`~defectkit.measurement.columns.MEASURES` its
        ``_mean`` and ``_sd``; by image, ``field_area`` and ``foil_thickness``, and with ``n_refused`` also
        ``n_refused`` and ``left_out``.

    Raises
    ------
    MissingCalibrationError
        If an image has no pixel size.
    PairingError
        If images and instances differ in names or shapes, or two images have one name.
    UnknownDefectTypeError
        If a defect's type is not among ``types``.
    ConventionError
        If ``convention`` is not that of ``defects``, or ``defects`` names one that is not built in and none is given.
    WorkersError
        If ``workers`` is neither 1 or more nor an executor.

    Notes
    -----
    Where there is no defect, the count, densities and area fraction are 0 and means and spreads NaN; a spread
    with ddof 1 is NaN for one defect. Where an image has no foil thickness its number densities are NaN and the
    ``note`` of the variable names the image. The densities and the area fraction of an image in ``left_out`` are NaN,
    and its count is that of the regions that were read. So are those of a type of which an image holds none, if any of
    its regions were refused: a zero is counted or absent. Defects without a pixel are counted but have no size.
    """
    import xarray

    given = list(images_by_name(images).values())
    instances = instances_by_image(instances)
    check_pairs(given, instances)
    if defects.attrs.get("where"):
        instances = kept_instances(instances, defects)
    rule = _convention(defects, convention)
    names = _types(given, instances, None if types is None else as_names(types))
    found = statistics_of(defects, names, rule.summary_ddof, [i.name for i in given])
    counts = found.counts
    calibrations = [image.required_calibration() for image in given]
    fields = [image.field_area_nm2 for image in given]
    thickness = np.array(
        [np.nan if c.foil_thickness is None else c.foil_thickness.magnitude for c in calibrations], dtype=np.float64
    )
    areal, volumic = _densities(found, np.array(fields, dtype=np.float64), thickness)
    unknown = [i.name for i, c in zip(given, calibrations, strict=True) if c.foil_thickness is None]
    note = {"note": f"no foil thickness, so no volume: {', '.join(unknown)}"} if unknown else {}
    fractions = _area_fractions(given, instances, names, workers)
    left_out = as_names(left_out)
    out = np.array([image.name in left_out for image in given], dtype=np.bool_)
    partly = np.array([bool((n_refused or {}).get(image.name)) for image in given], dtype=np.bool_)
    uncounted = out[:, None] | (partly[:, None] & (counts == 0))
    for values in (areal, volumic, fractions, found.stands_for):
        values[uncounted] = np.nan
    table = ("image", "defect_type")
    return xarray.Dataset(
        {
            "count": (table, counts, {"long_name": "number of defects", "units": ""}),
            "areal_density": (table, areal, {"long_name": "defects per area", "units": AREAL_DENSITY}),
            "number_density": (
                table,
                volumic,
                {"long_name": "defects per volume", "units": NUMBER_DENSITY} | note,
            ),
            "area_fraction": (table, fractions, {"long_name": "part of the field under masks", "units": ""}),
            **{name: (table, values, attributes_of(name)) for name, values in found.of_measures.items()},
            "stands_for": (table, np.where(uncounted & (counts == 0), np.nan, found.stands_for), STANDS_FOR),
            "field_area": ("image", np.array(fields), {"long_name": "area that was counted in", "units": AREA}),
            "foil_thickness": ("image", thickness, {"long_name": "foil thickness", "units": LENGTH}),
            **({} if n_refused is None else _reading(given, n_refused, out)),
        },
        coords={
            "image": np.array([i.name for i in given], dtype=str),
            "defect_type": np.array([*names, ALL], dtype=str),
        },
        attrs=dict(defects.attrs) | {"ddof": rule.summary_ddof},
    )


def _reading(
    images: Sequence[Image], n_refused: Mapping[str, int], left_out: NDArray[np.bool_]
) -> dict[str, tuple[str, NDArray[np.generic], dict[str, str]]]:
    numbers = np.array([n_refused.get(image.name, 0) for image in images], dtype=np.int64)
    return {
        "n_refused": ("image", numbers, {"long_name": "regions refused when labels were read", "units": ""}),
        "left_out": ("image", left_out, {"long_name": "left out of densities: not fully read"}),
    }


def _convention(defects: xarray.Dataset, convention: Convention | str | None) -> Convention:
    measured = str(defects.attrs["convention"])
    rule = find_convention(measured if convention is None else convention)
    if rule.name != measured:
        raise ConventionError(
            f"the defects were measured under the convention {measured!r}, not {rule.name!r}; measure them again"
        )
    return rule


def _types(images: Sequence[Image], instances: Mapping[str, Instances], types: Sequence[str] | None) -> tuple[str, ...]:
    if types is None:
        return tuple(dict.fromkeys(t for i in images for t in instances[i.name].types))
    for image in images:
        here = instances[image.name]
        for code, name in enumerate(here.types):
            if name not in types and (here.type_codes == code).any():
                raise UnknownDefectTypeError.of("defect type", name, types)
    return tuple(types)


def _densities(found: Statistics, fields_nm2: Floats, thickness_nm: Floats) -> tuple[Floats, Floats]:
    areas = ureg.Quantity(fields_nm2[:, None], AREA)
    areal = (ureg.Quantity(found.stands_for, "") / areas).to(AREAL_DENSITY)
    volumes = areas * ureg.Quantity(thickness_nm[:, None], LENGTH)
    volumic = (ureg.Quantity(found.in_volume, "") / volumes).to(NUMBER_DENSITY)
    return areal.magnitude, volumic.magnitude


def _area_fractions(
    images: Sequence[Image], instances: Mapping[str, Instances], types: Sequence[str], workers: Workers
) -> Floats:
    from defectkit.geometry.sets import covered_areas_by_frame

    n_types = len(types)
    place = {name: t for t, name in enumerate(types)}

    def covered(block: Sequence[tuple[str, Instances, Field]]) -> list[Floats]:
        stack = Stack(parts=(here for _, here, _ in block))
        with about(*(name for name, _, _ in block)):
            type_of = np.array([place.get(name, n_types) for name in stack.types], np.int64)[stack.type_codes]
            cell = stack.image * (n_types + 1) + type_of
            by_cell = stack.runs.take(np.argsort(cell, kind="stable"))
            outside = Runs.concatenate(Runs.empty(1) if field.is_whole else field.left_out() for _, _, field in block)
            cells = np.cumsum([0, *np.bincount(cell, minlength=len(block) * (n_types + 1))], dtype=np.int64)
            of_types = covered_areas_by_frame(
                by_cell, cells, outside.take(np.repeat(np.arange(len(block)), n_types + 1)), np.arange(cells.size)
            )
            of_all = covered_areas_by_frame(stack.runs, stack.frames, outside, np.arange(len(block) + 1))
        pixels = (of_types[:, 0] - of_types[:, 2]).reshape(len(block), n_types + 1)
        pixels[:, -1] = of_all[:, 0] - of_all[:, 2]
        n_pixels = np.array([field.n_pixels for _, _, field in block], np.float64)
        return list(pixels / n_pixels[:, None])

    to_count = ((image.name, instances[image.name], image.field) for image in images)
    block = block_size(len(images), n_workers(workers))
    rows = list(map_blocks(covered, to_count, workers=workers, block=block))
    return np.array(rows).reshape(len(images), n_types + 1)
