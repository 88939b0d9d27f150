from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray
from numpy.typing import NDArray

from defectkit.errors import MissingCalibrationError, PairingError, UnknownConventionError
from defectkit.measurement import COLUMN, DEFECT_COLUMNS, POLYGON_COLUMNS, measure, measure_instances
from defectkit.records import Calibration, Image, Instances
from defectkit.units import ureg

SHAPE = (120, 160)
SQUARE = [(10.0, 20.0), (10.0, 44.0), (42.0, 44.0), (42.0, 20.0)]


def disc(radius: float, center: tuple[float, float] = (60.0, 80.0)) -> NDArray[np.bool_]:
    row, col = np.indices(SHAPE) + 0.5
    mask: NDArray[np.bool_] = np.hypot(row - center[0], col - center[1]) <= radius
    return mask


def image(name: str = "one", pixel_size: str = "0.5 nm/px", shape: tuple[int, int] = SHAPE) -> Image:
    return Image.from_array(name, np.zeros(shape, np.uint8), pixel_size=pixel_size)


def discs(*radii: float, **columns: Any) -> Instances:
    return Instances.from_masks([disc(r) for r in radii], types=["bdot"] * len(radii), shape=SHAPE, **columns)


def test_a_disc_has_the_measures_of_a_disc() -> None:
    table = measure_instances(image(), discs(30.0))
    row = {name: float(table[name][0]) for name in table if table[name].dtype.kind in "fi"}
    assert row["area"] == disc(30.0).sum() * 0.25
    assert row["area"] == pytest.approx(np.pi * 15**2, rel=2e-3)
    assert row["equivalent_diameter"] == 2 * np.sqrt(row["area"] / np.pi)
    for name in ("axis_major", "axis_minor", "size"):
        assert row[name] == pytest.approx(30, rel=2e-3), name
    assert 30 <= row["max_feret_diameter"] <= 30 + np.sqrt(2) / 2
    assert row["heywood_circularity"] == pytest.approx(1, abs=5e-3)
    assert row["shape_factor"] == row["heywood_circularity"]
    assert (row["centroid_row"], row["centroid_col"]) == pytest.approx((60, 80))
    assert [row[f"bbox_{side}"] for side in ("top", "left", "bottom", "right")] == [30, 50, 90, 110]
    assert not table["touches_border"][0]


def test_every_column_is_there_in_order_with_its_units() -> None:
    table = measure_instances(image(), discs(5.0))
    assert list(table.data_vars) == [c.name for c in DEFECT_COLUMNS]
    for name, variable in table.data_vars.items():
        units = COLUMN[str(name)].units
        assert variable.attrs.get("units") == units
        if units:
            ureg.Unit(units)
    assert table["area"].attrs["units"] == "nanometer ** 2"
    assert table["equivalent_diameter"].attrs["units"] == "nanometer"
    assert table["bbox_top"].attrs["units"] == "pixel"
    assert table.attrs["convention"] == "defectkit"


def test_polygons_are_measured_as_drawn() -> None:
    both = Instances.from_polygons([SQUARE], types=["loop_111"], shape=SHAPE)
    table = measure_instances(image(), both)
    assert list(table.data_vars) == [c.name for c in (*DEFECT_COLUMNS, *POLYGON_COLUMNS)]
    assert float(table["polygon_area"][0]) == pytest.approx(24 * 32 * 0.25, rel=1e-12)
    assert float(table["polygon_equivalent_diameter"][0]) == pytest.approx(2 * np.sqrt(192 / np.pi), rel=1e-12)
    assert float(table["polygon_max_feret_diameter"][0]) == pytest.approx(40 * 0.5, rel=1e-12)


def test_polygon_columns_are_nan_where_none_was_drawn() -> None:
    drawn = Instances.from_polygons([SQUARE], types=["loop_111"], shape=SHAPE)
    table = measure([image("one"), image("two")], {"one": discs(5.0), "two": drawn})
    assert np.isnan(table["polygon_area"].values).tolist() == [True, False]
    assert np.isnan(table["polygon_max_feret_diameter"].values).tolist() == [True, False]


def test_pixels_that_are_not_square() -> None:
    row, col = np.indices(SHAPE) + 0.5
    ellipse = ((row - 60) / 20) ** 2 + ((col - 80) / 40) ** 2 <= 1
    stretched = Image.from_array(
        "one",
        np.zeros(SHAPE, np.uint8),
        calibration=Calibration(pixel_size_y="1 nm/px", pixel_size_x="0.5 nm/px"),
    )
    instances = Instances.from_masks([ellipse], types=["bdot"], shape=SHAPE)
    table = measure_instances(stretched, instances)
    assert float(table["area"][0]) == ellipse.sum() * 0.5
    for name in ("equivalent_diameter", "axis_major", "axis_minor"):
        assert float(table[name][0]) == pytest.approx(40, rel=4e-3), name
    assert 40 <= float(table["max_feret_diameter"][0]) <= 40 + np.hypot(1, 0.5)
    assert float(table["heywood_circularity"][0]) == pytest.approx(1, abs=0.01)
    drawn = Instances.from_polygons([SQUARE], types=["bdot"], shape=SHAPE)
    polygon = measure_instances(stretched, drawn)
    assert float(polygon["polygon_area"][0]) == pytest.approx(32 * 24 * 0.5)
    assert float(polygon["polygon_max_feret_diameter"][0]) == pytest.approx(np.hypot(32, 12))


def test_twice_the_pixel_size_is_twice_the_length_and_four_times_the_area() -> None:
    once = measure_instances(image(pixel_size="0.5 nm/px"), discs(4.0, 9.0, 21.0))
    twice = measure_instances(image(pixel_size="1 nm/px"), discs(4.0, 9.0, 21.0))
    factor = {"nanometer": 2, "nanometer ** 2": 4}
    for column in DEFECT_COLUMNS:
        if column.units is not None:
            np.testing.assert_allclose(
                twice[column.name], once[column.name] * factor.get(column.units, 1), rtol=1e-12, err_msg=column.name
            )


def test_under_the_convention_of_the_paper_size_is_a_vertex_diameter() -> None:
    square = Instances.from_polygons([SQUARE], types=["bdot"], shape=SHAPE)
    table = measure_instances(image(), square, convention="jacobs2022")
    assert table.attrs["convention"] == "jacobs2022"
    assert float(table["size"][0]) == pytest.approx(0.5 * np.hypot(24, 32))
    assert float(table["equivalent_diameter"][0]) == float(measure_instances(image(), square)["equivalent_diameter"][0])


def test_scores_ids_and_borders_are_handed_on() -> None:
    edge = np.zeros(SHAPE, bool)
    edge[:3, :3] = True
    instances = Instances.from_masks(
        [disc(5.0), edge],
        types=["bdot", "loop_100"],
        shape=SHAPE,
        scores=np.array([0.25, 0.75]),
        ids=np.array([7, 3]),
    )
    table = measure_instances(image(), instances)
    assert table["score"].values.tolist() == [0.25, 0.75]
    assert table["defect_id"].values.tolist() == [7, 3]
    assert table["defect_type"].values.tolist() == ["bdot", "loop_100"]
    assert table["touches_border"].values.tolist() == [False, True]


def test_a_defect_without_a_pixel_is_there_but_has_no_size() -> None:
    speck = [(10.6, 10.6), (10.6, 10.9), (10.9, 10.9)]
    table = measure_instances(image(), Instances.from_polygons([speck], types=["bdot"], shape=SHAPE))
    assert table.sizes["defect"] == 1
    assert float(table["area"][0]) == 0
    for name in ("equivalent_diameter", "max_feret_diameter", "axis_major", "heywood_circularity", "size"):
        assert np.isnan(float(table[name][0])), name
    assert float(table["polygon_area"][0]) == pytest.approx(0.045 * 0.25)


@pytest.mark.parametrize("images", [[], [image("one")], [image("one"), image("two")]])
def test_no_defect_is_a_table_of_length_zero(images: list[Image]) -> None:
    table = measure(images, {i.name: Instances.empty(SHAPE) for i in images})
    assert table.sizes["defect"] == 0
    assert list(table.data_vars) == [c.name for c in DEFECT_COLUMNS]
    full = measure_instances(image(), discs(5.0))
    assert {n: v.dtype.kind for n, v in table.items()} == {n: v.dtype.kind for n, v in full.items()}


def test_images_come_one_after_the_other_in_the_order_given() -> None:
    instances = {"b": discs(4.0, 8.0), "a": discs(6.0), "c": Instances.empty(SHAPE)}
    images = [image(name) for name in ("b", "c", "a")]
    table = measure(images, instances)
    assert table["image"].values.tolist() == ["b", "b", "a"]
    for name in ("a", "b"):
        alone = measure_instances(image(name), instances[name])
        xarray.testing.assert_identical(table.isel(defect=table["image"].values == name), alone)


def test_the_order_of_defects_changes_nothing_else() -> None:
    instances = discs(4.0, 8.0, 16.0)
    order = [2, 0, 1]
    xarray.testing.assert_identical(
        measure_instances(image(), instances.take(order)), measure_instances(image(), instances).isel(defect=order)
    )


def test_an_image_without_a_pixel_size_is_refused_by_name() -> None:
    with pytest.raises(MissingCalibrationError, match="'bare'"):
        measure_instances(Image.from_array("bare", np.zeros(SHAPE)), discs(5.0))


def test_images_and_defects_must_belong_together() -> None:
    with pytest.raises(PairingError, match=r"no defects are given for image 'two'"):
        measure([image("one"), image("two")], {"one": discs(5.0)})
    with pytest.raises(PairingError, match=r"'three'.*no such image"):
        measure([image("one")], {"one": discs(5.0), "three": discs(5.0)})
    with pytest.raises(PairingError, match="two images are named 'one'"):
        measure([image("one"), image("one")], {"one": discs(5.0)})
    with pytest.raises(PairingError, match="50 x 60 pixels"):
        measure([image("one", shape=(50, 60))], {"one": discs(5.0)})


def test_an_unknown_convention_is_refused() -> None:
    with pytest.raises(UnknownConventionError, match="jacobs2022"):
        measure_instances(image(), discs(5.0), convention="jacobs2021")


@pytest.mark.parametrize("convention", ["defectkit", "jacobs2022"])
def test_many_images_are_measured_to_the_bit_as_each_alone(convention: str) -> None:
    drawn = Instances.from_polygons([SQUARE], types=["loop_111"], shape=SHAPE, known_types=("bdot", "loop_111"))
    small = Instances.from_masks([np.ones((9, 9), bool)], types=["cavity"], shape=(9, 9))
    found = {
        "labels": discs(5.0, 9.0),
        "drawn": drawn,
        "scored": discs(7.0, 11.0, scores=np.array([0.5, 0.7]), ids=np.array([4, 2])),
        "none": discs(),
        "small": small,
        "coarse": drawn,
        "again": drawn,
    }
    images = [
        image(name, pixel_size="2 nm/px" if name == "coarse" else "0.5 nm/px", shape=instances.shape)
        for name, instances in found.items()
    ]
    together = measure(images, found, convention=convention)
    tables = [measure_instances(i, found[i.name], convention=convention) for i in images]
    for column in DEFECT_COLUMNS:
        expected = np.concatenate([table[column.name].values for table in tables if table.sizes["defect"]])
        np.testing.assert_array_equal(together[column.name].values, expected, err_msg=column.name)
    drawn_alone = [t["polygon_area"].values for t in tables if "polygon_area" in t]
    np.testing.assert_array_equal(
        together["polygon_area"].values[~np.isnan(together["polygon_area"].values)], np.concatenate(drawn_alone)
    )
