from __future__ import annotations

import numpy as np
import xarray
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as npst
from numpy.typing import NDArray

from defectkit.measurement import DEFECT_COLUMNS, measure, measure_instances, summarize
from defectkit.records import Calibration, Image, Instances

SHAPE = (12, 17)
TYPES = ("bdot", "loop_111", "cavity")

masks = st.lists(npst.arrays(np.bool_, SHAPE), max_size=5)
edges_nm = st.floats(0.01, 100.0)


@st.composite
def many_instances(draw: st.DrawFn) -> Instances:
    drawn: list[NDArray[np.bool_]] = draw(masks)
    types = draw(st.lists(st.sampled_from(TYPES), min_size=len(drawn), max_size=len(drawn)))
    return Instances.from_masks(drawn, types=types, shape=SHAPE, known_types=TYPES)


def image(height_nm: float, width_nm: float, name: str = "one") -> Image:
    calibration = Calibration(
        pixel_size_y=f"{height_nm!r} nm/px", pixel_size_x=f"{width_nm!r} nm/px", foil_thickness="100 nm"
    )
    return Image.from_array(name, np.zeros(SHAPE, np.uint8), calibration=calibration)


@given(many_instances(), edges_nm, edges_nm, st.sampled_from([0.25, 2.0, 8.0]))
def test_scaling_the_pixels_scales_every_column_by_its_dimension(
    instances: Instances, height: float, width: float, factor: float
) -> None:
    small = measure_instances(image(height, width), instances)
    large = measure_instances(image(height * factor, width * factor), instances)
    power = {"nanometer": 1, "nanometer ** 2": 2}
    for column in DEFECT_COLUMNS:
        if column.units is not None:
            scale = factor ** power.get(column.units, 0)
            np.testing.assert_allclose(large[column.name], small[column.name] * scale, rtol=1e-9, err_msg=column.name)


@given(many_instances(), st.data())
def test_defects_are_measured_one_by_one(instances: Instances, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(instances))))
    whole = measure_instances(image(0.5, 0.7), instances)
    xarray.testing.assert_identical(measure_instances(image(0.5, 0.7), instances.take(order)), whole.isel(defect=order))


@given(many_instances())
def test_turning_the_image_turns_nothing_but_places(instances: Instances) -> None:
    turned = Instances.from_masks(
        [d.mask().T.copy() for d in instances], types=instances.type_names, shape=SHAPE[::-1], known_types=TYPES
    )
    frame = Image.from_array(
        "one",
        np.zeros(SHAPE[::-1], np.uint8),
        calibration=Calibration(pixel_size_y="0.7 nm/px", pixel_size_x="0.5 nm/px"),
    )
    upright, level = measure_instances(image(0.5, 0.7), instances), measure_instances(frame, turned)
    for name in ("area", "equivalent_diameter", "max_feret_diameter", "axis_major", "axis_minor", "touches_border"):
        np.testing.assert_allclose(level[name], upright[name], rtol=1e-9, atol=1e-9, err_msg=name)
    np.testing.assert_allclose(level["centroid_row"], upright["centroid_col"], rtol=1e-9)


@given(many_instances(), many_instances())
def test_a_summary_adds_up(first: Instances, second: Instances) -> None:
    images = [image(0.5, 0.5, "a"), image(0.5, 0.5, "b")]
    instances = {"a": first, "b": second}
    defects = measure(images, instances)
    summary = summarize(defects, images, instances)
    by_type, everything = summary.isel(defect_type=slice(0, -1)), summary.sel(defect_type="all")
    np.testing.assert_array_equal(by_type["count"].sum("defect_type"), everything["count"])
    np.testing.assert_array_equal(everything["count"], [len(first), len(second)])
    np.testing.assert_allclose(by_type["areal_density"].sum("defect_type"), everything["areal_density"], rtol=1e-12)
    assert (by_type["area_fraction"].max("defect_type") <= everything["area_fraction"]).all()
    assert (by_type["area_fraction"].sum("defect_type") >= everything["area_fraction"] - 1e-12).all()
    assert ((everything["area_fraction"] >= 0) & (everything["area_fraction"] <= 1)).all()
    for i, here in enumerate((first, second)):
        covered = np.zeros(SHAPE, bool)
        for defect in here:
            covered |= defect.mask()
        assert float(everything["area_fraction"][i]) == covered.mean()
