from __future__ import annotations

import json
import warnings
from typing import Any

import numpy as np
import pytest
import xarray

from defectkit.conventions import DEFECTKIT
from defectkit.errors import (
    ConventionError,
    HardeningError,
    PairingError,
    UnitError,
    UnknownDefectTypeError,
    UnknownPluginError,
)
from defectkit.hardening import (
    Binning,
    DispersedBarrier,
    FriedelKroupaHirsch,
    HardeningModel,
    dispersed_barrier_hardening,
    friedel_kroupa_hirsch_hardening,
    harden,
    load_material,
)
from defectkit.records import Calibration, DefectType, Image, Taxonomy

FECRAL: dict[str, Any] = {"taylor_factor": 3.06, "shear_modulus": "82 GPa", "burgers_vector": "0.249 nm"}


def image(name, *, pixel_size="0.5 nm/px", foil_thickness="100 nm", shape=(200, 400)):
    calibration = None if pixel_size is None else Calibration.square(pixel_size, foil_thickness=foil_thickness)
    return Image.from_array(name, np.zeros(shape, np.uint8), calibration=calibration)


def table(*rows, units="nanometer", convention="defectkit"):
    """A table of defects from rows of image, type and size."""
    names, types, sizes = zip(*rows, strict=True) if rows else ((), (), ())
    return xarray.Dataset(
        {
            "image": ("defect", np.array(names, dtype=str)),
            "defect_type": ("defect", np.array(types, dtype=str)),
            "size": ("defect", np.array(sizes, dtype=float), {"units": units}),
        },
        attrs={"convention": convention} if convention else {},
    )


def images(*given):
    return {i.name: i for i in given}


ONE = images(image("a"))
DENSITY = 1 / (100 * 200 * 100)
"""One defect in image a, 1 / nm^3."""


def test_by_type_and_in_total():
    result = harden(table(("a", "bdot", 4.0), ("a", "loop_111", 30.0), ("a", "loop_111", 10.0)), ONE, material="fecral")
    assert result["defect_type"].values.tolist() == ["bdot", "loop_111"]
    assert result["count"].values.tolist() == [[1, 2]]
    assert result["size_mean"].values.tolist() == [[4, 20]]
    dots = dispersed_barrier_hardening(f"{DENSITY} 1/nm^3", "4 nm", barrier_strength=0.10, **FECRAL).magnitude
    loops = dispersed_barrier_hardening(f"{2 * DENSITY} 1/nm^3", "20 nm", barrier_strength=0.11, **FECRAL).magnitude
    assert result["hardening"].values == pytest.approx(np.array([[dots, loops]]))
    assert result["total_linear"].values == pytest.approx([dots + loops])
    assert result["total_quadrature"].values == pytest.approx([np.hypot(dots, loops)])
    assert result["number_density"].values == pytest.approx(np.array([[DENSITY * 1e27, 2 * DENSITY * 1e27]]))
    assert result["number_density"].attrs["units"] == "1 / meter ** 3"
    assert {result[v].attrs["units"] for v in ("hardening", "total_linear", "total_quadrature")} == {"megapascal"}
    assert set(result["note"].values.ravel()) == {""}
    assert result["total_note"].values.tolist() == [""]


def test_the_result_says_what_made_it():
    attrs = harden(table(("a", "bdot", 4.0)), ONE, material="fecral", barrier_strengths={"cavity": 0.2}).attrs
    assert attrs["convention"] == "defectkit"
    assert attrs["hardening_model"] == "dispersed-barrier"
    assert attrs["material"] == "fecral"
    assert "10.1016/j.xcrp.2022.100876" in attrs["material_source"]
    assert json.loads(attrs["barrier_strengths"])["cavity"] == 0.2
    assert attrs["defectkit_version"]


def test_the_convention_of_the_table_gives_the_bins():
    rows = [("a", "loop_111", s) for s in (11.0, 13.0, 31.0)]
    ours, theirs = (
        harden(table(*rows, convention=c), ONE, material="fecral")["hardening"].item()
        for c in ("defectkit", "jacobs2022")
    )
    scale = 3.06 * 0.11 * 82000 * 0.249 * np.sqrt(DENSITY)
    assert ours == pytest.approx(scale * np.sqrt(55))
    assert theirs == pytest.approx(scale * (np.sqrt(2 * 15) + np.sqrt(35)))
    unbinned = DispersedBarrier(binning=Binning.unbinned())
    asked = harden(table(*rows, convention="jacobs2022"), ONE, model=unbinned, material="fecral")
    assert asked["hardening"].item() == pytest.approx(ours)


def test_a_type_without_a_barrier_strength_never_counts_as_nothing():
    pair = images(image("a"), image("b"))
    defects = table(("a", "loop", 20.0), ("a", "bdot", 4.0), ("b", "bdot", 4.0))
    result = harden(defects, pair, material="fecral")
    known = result["hardening"].sel(defect_type="bdot").values
    assert np.isfinite(known).all()
    assert np.isnan(result["hardening"].sel(defect_type="loop").values).all()
    note = result["note"].sel(image="a", defect_type="loop").item()
    assert "no barrier strength for the type 'loop': give one (--barrier-strength loop=VALUE" in note
    assert "'loop'" in result["note"].sel(image="b", defect_type="loop").item()
    assert result["total_note"].sel(image="b").item() == ""
    for total in ("total_linear", "total_quadrature"):
        assert result[total].values == pytest.approx([np.nan, known[1]], nan_ok=True)
    assert "'loop'" in result["total_note"].values[0]
    given = harden(defects, pair, material="fecral", barrier_strengths={"loop": 0.2})
    assert np.isfinite(given["total_linear"].values).all()


def test_a_model_that_needs_no_barrier_strength_asks_for_none():
    result = harden(table(("a", "loop", 2.0)), ONE, model="friedel-kroupa-hirsch", material="fecral")
    expected = friedel_kroupa_hirsch_hardening(f"{DENSITY} 1/nm^3", "2 nm", **FECRAL).magnitude
    assert result["total_linear"].item() == pytest.approx(expected)
    assert FriedelKroupaHirsch().harden(table(("a", "loop", 2.0)), ONE, material="fecral").identical(result)


def test_images_of_which_too_little_is_known():
    some = images(image("a"), image("b", foil_thickness=None), image("c", pixel_size=None), image("d", pixel_size=None))
    defects = table(("a", "bdot", 4.0), ("b", "bdot", 4.0), ("c", "bdot", 4.0))
    result = harden(defects, some, material="fecral").sel(defect_type="bdot")
    assert np.isnan(result["hardening"].values).tolist() == [False, True, True, True]
    assert np.isnan(result["total_linear"].values).tolist() == [False, True, True, True]
    assert np.isnan(result["number_density"].values).tolist() == [False, True, True, True]
    assert "no foil thickness" in result["note"].sel(image="b").item()
    for name in ("c", "d"):
        assert "no pixel size" in result["note"].sel(image=name).item()
        assert "no pixel size" in result["total_note"].sel(image=name).item()


def test_a_defect_without_a_size_is_not_left_out():
    result = harden(table(("a", "bdot", 4.0), ("a", "bdot", np.nan)), ONE, material="fecral")
    assert result["count"].item() == 2
    assert np.isnan(result["hardening"].item())
    assert np.isnan(result["total_quadrature"].item())
    assert "1 of 2 defects" in result["note"].item()
    assert result["size_mean"].item() == 4


def test_images_without_a_defect():
    result = harden(table(), images(image("a"), image("b")), material="fecral")
    assert dict(result.sizes) == {"image": 2, "defect_type": 0}
    assert result["total_linear"].values.tolist() == [0, 0]
    assert result["total_quadrature"].values.tolist() == [0, 0]
    named = harden(table(), ONE, material="fecral", types=("bdot", "loop"))
    assert named["hardening"].values.tolist() == [[0, pytest.approx(np.nan, nan_ok=True)]]
    assert named["total_linear"].values.tolist() == [0]
    assert named["count"].values.tolist() == [[0, 0]]
    nothing = harden(table(), {}, material="fecral")
    assert nothing["total_linear"].shape == (0,)


def test_an_empty_image_has_no_hardening_where_no_type_could_have_one():
    defects = table(("a", "loop", 20.0))
    result = harden(defects, images(image("a"), image("empty")), material="fecral")
    assert np.isnan(result["total_quadrature"].values).all()
    assert ["'loop'" in note for note in result["total_note"].values] == [True, True]
    assert result["number_density"].sel(image="empty", defect_type="loop").item() == 0


def test_an_image_that_is_left_out_has_no_hardening_and_says_why():
    defects = table(("a", "bdot", 4.0), ("b", "bdot", 4.0))
    pair = images(image("a"), image("b"), image("empty"))
    left_out = {"b": "not fully read", "empty": "not fully read"}
    result = harden(defects, pair, material="fecral", left_out=left_out)
    alone = harden(defects.isel(defect=[0]), images(image("a")), material="fecral")
    for name in ("hardening", "number_density"):
        assert result[name].sel(defect_type="bdot").values == pytest.approx(
            [alone[name].item(), np.nan, np.nan], nan_ok=True
        )
    assert np.isnan(result["total_linear"].sel(image=["b", "empty"])).all()
    assert result["total_note"].values.tolist() == ["", *(f"image {n!r} is left out, not fully read" for n in left_out)]
    assert result["count"].sel(image="b").item() == 1


def test_totals_do_not_change_when_labels_know_sub_types():
    fine = table(("a", "loop_100_open", 21.0), ("a", "loop_100_solid", 24.0), ("a", "bdot", 4.0))
    coarse = table(("a", "loop_100", 21.0), ("a", "loop_100", 24.0), ("a", "bdot", 4.0))
    for convention in ("defectkit", "jacobs2022"):
        a, b = (harden(t.assign_attrs(convention=convention), ONE, material="fecral") for t in (fine, coarse))
        assert a["total_linear"].values == pytest.approx(b["total_linear"].values)
        assert a["total_quadrature"].values == pytest.approx(b["total_quadrature"].values)
        assert a.sizes["defect_type"] == 3


def test_types_come_in_the_order_of_the_taxonomy_and_new_ones_last():
    result = harden(table(("a", "zigzag", 1.0), ("a", "loop_100", 1.0), ("a", "bdot", 1.0)), ONE, material="fecral")
    assert result["defect_type"].values.tolist() == ["bdot", "loop_100", "zigzag"]


def test_a_taxonomy_of_ones_own():
    own = Taxonomy(types=(*Taxonomy.standard().types, DefectType(name="loop_100_edge", parent="loop_100")))
    result = harden(table(("a", "loop_100_edge", 20.0)), ONE, material="fecral", taxonomy=own)
    assert np.isfinite(result["total_linear"].item())


def test_units_of_the_sizes_are_read():
    nm = harden(table(("a", "bdot", 4.0)), ONE, material="fecral")
    angstrom = harden(table(("a", "bdot", 40.0), units="angstrom"), ONE, material="fecral")
    assert angstrom["hardening"].values == pytest.approx(nm["hardening"].values)
    for units, message in (("", "no units"), ("pixel", "cannot be converted")):
        with pytest.raises(UnitError, match=message):
            harden(table(("a", "bdot", 4.0), units=units), ONE, material="fecral")
    with pytest.raises(UnitError, match=r"-4\.0 nanometer"):
        harden(table(("a", "bdot", -4.0)), ONE, material="fecral")


def test_strangers_are_refused():
    with pytest.raises(PairingError, match="defects of b"):
        harden(table(("b", "bdot", 4.0)), ONE, material="fecral")
    with pytest.raises(UnknownDefectTypeError, match="'loop'"):
        harden(table(("a", "loop", 4.0)), ONE, material="fecral", types=("bdot",))
    with pytest.raises(UnknownDefectTypeError, match="'loop111'; did you mean 'loop_111'"):
        harden(table(("a", "bdot", 4.0)), ONE, material="fecral", barrier_strengths={"loop111": 0.2})
    with pytest.raises(UnknownPluginError, match="dispersed-barrier"):
        harden(table(), ONE, model="dispersed-barriers", material="fecral")


def test_the_convention_must_be_that_of_the_table():
    with pytest.raises(ConventionError, match="measured under the convention 'defectkit'"):
        harden(table(("a", "bdot", 4.0)), ONE, material="fecral", convention="jacobs2022")
    with pytest.raises(ConventionError, match="names no convention"):
        harden(table(("a", "bdot", 4.0), convention=None), ONE, material="fecral")
    said = harden(table(("a", "bdot", 4.0), convention=None), ONE, material="fecral", convention=DEFECTKIT)
    assert said.attrs["convention"] == "defectkit"


class Broken(HardeningModel):
    name = "broken"
    description = "Returns whatever it was made with."
    needs_barrier_strength = False

    def __init__(self, value):
        self.value = value

    def contributions(self, populations):
        return self.value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.array([np.nan]), "nan MPa"),
        (np.array([-1.0]), "'bdot' is -1.0 MPa"),
        (np.zeros(2), r"shape \(2,\)"),
        (np.array([6.0e7]), "6e\\+07 MPa, more than .* is it in Pa"),
    ],
)
def test_a_model_that_breaks_its_interface_is_named(value, message):
    with pytest.raises(HardeningError, match=f"'broken'.*{message}"):
        harden(table(("a", "bdot", 4.0)), ONE, model=Broken(value), material="fecral")


def test_many_images_are_fast_enough_and_warn_of_nothing():
    rng = np.random.default_rng(0)
    many = images(*(image(f"{i:03}") for i in range(182)))
    names = rng.choice(list(many), 13675)
    rows = list(zip(names, rng.choice(["bdot", "loop_111", "loop_100"], 13675), rng.uniform(1, 80, 13675), strict=True))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for convention in ("defectkit", "jacobs2022"):
            result = harden(table(*rows, convention=convention), many, material=load_material("fecral"))
            assert result["count"].sum().item() == 13675


def test_results_of_two_binnings_say_which_is_whose():
    wide = Binning.of_width("40 nm", representative="center", combination="linear")
    defects = table(("a", "bdot", 5.0), ("a", "bdot", 30.0))
    free, binned = (
        harden(defects, ONE, model=DispersedBarrier(binning=binning), material="fecral")
        for binning in (Binning.unbinned(), wide)
    )
    assert free["total_linear"].item() != binned["total_linear"].item()
    assert free.attrs["hardening_model_options"] != binned.attrs["hardening_model_options"]
    assert json.loads(binned.attrs["hardening_model_options"])["binning"]["edges_nm"] == {"all": [0.0, 40.0]}
    assert free.attrs["hardening_model_distribution"].startswith("defectkit ")
