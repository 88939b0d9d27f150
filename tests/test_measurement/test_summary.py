from __future__ import annotations

import attrs
import numpy as np
import pytest
from numpy.typing import NDArray

from defectkit.conventions import DEFECTKIT, JACOBS2022
from defectkit.errors import ConventionError, UnknownConventionError, UnknownDefectTypeError
from defectkit.measurement import MEASURES, Counting, measure, pool, summarize
from defectkit.records import Image, Instances

SHAPE = (64, 64)
EVERY = Counting(edges="all")


def square(side: int, top: int = 0, left: int = 0) -> NDArray[np.bool_]:
    mask = np.zeros(SHAPE, bool)
    mask[top : top + side, left : left + side] = True
    return mask


def squares(*sides: int, types: tuple[str, ...] = ("bdot",)) -> Instances:
    return Instances.from_masks(
        [square(s) for s in sides],
        types=[types[k % len(types)] for k in range(len(sides))],
        shape=SHAPE,
        known_types=("bdot", "loop_111"),
    )


def image(name: str, thickness: str | None = "100 nm", pixel_size: str = "0.5 nm/px") -> Image:
    return Image.from_array(name, np.zeros(SHAPE, np.uint8), pixel_size=pixel_size, foil_thickness=thickness)


def test_counts_and_densities_by_image_and_type() -> None:
    images = [image("one"), image("two")]
    instances = {"one": squares(4, 8, 12, types=("bdot", "loop_111")), "two": squares(5)}
    summary = summarize(measure(images, instances, counting=EVERY), images, instances)
    assert summary["defect_type"].values.tolist() == ["bdot", "loop_111", "all"]
    assert summary["image"].values.tolist() == ["one", "two"]
    assert summary["count"].values.tolist() == [[2, 1, 3], [1, 0, 1]]
    field = 64 * 64 * 0.25
    np.testing.assert_allclose(summary["areal_density"], summary["count"] / field, rtol=1e-14)
    np.testing.assert_allclose(summary["number_density"], summary["count"] / (field * 100) * 1e27, rtol=1e-12)
    assert summary["areal_density"].attrs["units"] == "1 / nanometer ** 2"
    assert summary["number_density"].attrs["units"] == "1 / meter ** 3"
    assert "note" not in summary["number_density"].attrs
    assert summary["field_area"].values.tolist() == [field, field]
    assert summary["foil_thickness"].values.tolist() == [100, 100]


def test_means_and_deviations_are_those_of_numpy() -> None:
    images = [image("one")]
    instances = {"one": squares(4, 8, 12, 5, 9, types=("bdot", "loop_111"))}
    defects = measure(images, instances, counting=EVERY)
    for rule in (DEFECTKIT, attrs.evolve(DEFECTKIT, summary_ddof=0)):
        summary = summarize(defects, images, instances, convention=rule)
        for name in MEASURES:
            dots = defects[name].values[defects["defect_type"].values == "bdot"]
            row = summary.isel(image=0)
            assert float(row[f"{name}_mean"].sel(defect_type="bdot")) == pytest.approx(dots.mean())
            assert float(row[f"{name}_sd"].sel(defect_type="bdot")) == pytest.approx(dots.std(ddof=rule.summary_ddof))
            everything = defects[name].values
            assert float(row[f"{name}_mean"].sel(defect_type="all")) == pytest.approx(everything.mean())
            assert summary[f"{name}_sd"].attrs["units"] == defects[name].attrs["units"]


def test_an_image_without_a_defect_is_a_row_of_zeros() -> None:
    images = [image("none")]
    instances = {"none": Instances.empty(SHAPE, ("bdot",))}
    summary = summarize(measure(images, instances), images, instances)
    for name in ("count", "areal_density", "number_density", "area_fraction"):
        assert summary[name].values.tolist() == [[0, 0]], name
    for name in MEASURES:
        assert np.isnan(summary[f"{name}_mean"].values).all()
        assert np.isnan(summary[f"{name}_sd"].values).all()


def test_no_image_is_a_table_without_rows() -> None:
    summary = summarize(measure([], {}), [], {})
    assert dict(summary.sizes) == {"image": 0, "defect_type": 1}


def test_one_defect_has_no_deviation_unless_ddof_is_zero() -> None:
    images, instances = [image("one")], {"one": squares(6)}
    ours = summarize(measure(images, instances), images, instances)
    theirs = summarize(measure(images, instances, convention=JACOBS2022), images, instances)
    assert np.isnan(float(ours["axis_major_sd"].sel(defect_type="bdot")[0]))
    assert float(theirs["axis_major_sd"].sel(defect_type="bdot")[0]) == 0


def test_overlapping_masks_cover_their_union_once() -> None:
    masks = [square(10, 0, 0), square(10, 5, 5), square(10, 5, 5)]
    instances = {
        "one": Instances.from_masks(masks, types=["bdot", "bdot", "loop_111"], shape=SHAPE, known_types=["cavity"])
    }
    images = [image("one")]
    fractions = summarize(measure(images, instances), images, instances)["area_fraction"].isel(image=0)
    assert float(fractions.sel(defect_type="bdot")) == 175 / 64**2
    assert float(fractions.sel(defect_type="loop_111")) == 100 / 64**2
    assert float(fractions.sel(defect_type="all")) == 175 / 64**2
    assert float(fractions.sel(defect_type="cavity")) == 0


def test_without_a_thickness_there_is_no_number_density_and_a_note_says_where() -> None:
    images = [image("thick"), image("unknown", None)]
    instances = {i.name: squares(4) for i in images}
    summary = summarize(measure(images, instances), images, instances)
    assert np.isnan(summary["number_density"].values).tolist() == [[False] * 3, [True] * 3]
    assert not np.isnan(summary["areal_density"].values).any()
    note = summary["number_density"].attrs["note"]
    assert "unknown" in note and "thick," not in note
    assert np.isnan(summary["foil_thickness"].values).tolist() == [False, True]


def test_defects_without_a_pixel_count_but_do_not_enter_means() -> None:
    speck = [(10.6, 10.6), (10.6, 10.9), (10.9, 10.9)]
    whole = [(0.0, 0.0), (0.0, 8.0), (8.0, 8.0), (8.0, 0.0)]
    instances = {"one": Instances.from_polygons([speck, whole], types=["bdot", "bdot"], shape=SHAPE)}
    images = [image("one")]
    row = summarize(measure(images, instances, counting=EVERY), images, instances).sel(image="one", defect_type="bdot")
    assert int(row["count"]) == 2
    assert float(row["equivalent_diameter_mean"]) == pytest.approx(2 * np.sqrt(16 / np.pi))


def test_twice_the_pixel_size_is_a_quarter_of_the_density() -> None:
    instances = {"one": squares(4, 8)}
    once, twice = (
        summarize(measure([i], instances), [i], instances)
        for i in (image("one", pixel_size="0.5 nm/px"), image("one", pixel_size="1 nm/px"))
    )
    for name in ("areal_density", "number_density"):
        np.testing.assert_allclose(twice[name], once[name] / 4, rtol=1e-12)
    np.testing.assert_array_equal(twice["area_fraction"], once["area_fraction"])
    np.testing.assert_array_equal(twice["count"], once["count"])


def test_types_can_be_named_whether_they_occur_or_not() -> None:
    images, instances = [image("one")], {"one": squares(4)}
    defects = measure(images, instances)
    summary = summarize(defects, images, instances, types=("cavity", "bdot"))
    assert summary["defect_type"].values.tolist() == ["cavity", "bdot", "all"]
    assert summary["count"].values.tolist() == [[0, 1, 1]]
    with pytest.raises(UnknownDefectTypeError, match="bdot"):
        summarize(defects, images, instances, types=("cavity",))


def test_a_table_is_summarized_under_its_own_convention() -> None:
    images, instances = [image("one")], {"one": squares(4)}
    defects = measure(images, instances, convention="jacobs2022")
    assert summarize(defects, images, instances).attrs["convention"] == "jacobs2022"
    with pytest.raises(ConventionError, match="jacobs2022"):
        summarize(defects, images, instances, convention="defectkit")
    own = attrs.evolve(DEFECTKIT, name="mine")
    measured = measure(images, instances, convention=own)
    with pytest.raises(UnknownConventionError, match="mine"):
        summarize(measured, images, instances)
    assert summarize(measured, images, instances, convention=own).attrs["convention"] == "mine"


def test_pooling_sums_counts_over_summed_areas() -> None:
    large = Image.from_array("large", np.zeros(SHAPE), pixel_size="1 nm/px", foil_thickness="50 nm")
    images = [image("small"), large]
    instances = {"small": squares(4, 8), "large": squares(5, 6, 7, types=("bdot", "loop_111"))}
    defects = measure(images, instances, counting=EVERY)
    pooled = pool(defects, summarize(defects, images, instances))
    assert pooled["count"].values.tolist() == [4, 1, 5]
    areas = np.array([64 * 64 * 0.25, 64 * 64])
    np.testing.assert_allclose(pooled["areal_density"], np.array([4, 1, 5]) / areas.sum(), rtol=1e-13)
    volume_m3 = (areas * [100, 50]).sum() * 1e-27
    np.testing.assert_allclose(pooled["number_density"], np.array([4, 1, 5]) / volume_m3, rtol=1e-12)
    sizes = defects["size"].values
    assert float(pooled["size_mean"].sel(defect_type="all")) == pytest.approx(sizes.mean())
    assert float(pooled["size_sd"].sel(defect_type="all")) == pytest.approx(sizes.std(ddof=1))


def test_pooling_needs_every_thickness_and_some_image() -> None:
    images = [image("thick"), image("unknown", None)]
    instances = {i.name: squares(4) for i in images}
    defects = measure(images, instances, counting=EVERY)
    pooled = pool(defects, summarize(defects, images, instances))
    assert np.isnan(pooled["number_density"].values).all()
    assert (pooled["areal_density"].sel(defect_type=["bdot", "all"]) > 0).all()
    nothing = measure([], {})
    assert np.isnan(pool(nothing, summarize(nothing, [], {}))["areal_density"].values).all()
