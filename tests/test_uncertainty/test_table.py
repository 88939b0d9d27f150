from __future__ import annotations

import numpy as np
import pytest

from defectkit.hardening import load_material
from defectkit.statistics import Bootstrap
from defectkit.uncertainty import Inputs, SharedInput, Uncertainties, propagate
from defectkit.uncertainty.basis import basis_of_sources, unstated_constants
from defectkit.uncertainty.measures import UNITS
from defectkit.uncertainty.table import condition_table

HOW = Bootstrap(n_resamples=100, confidence=0.8)


def table_of(condition, rules):
    return condition_table(Inputs.of(condition, rules), propagate(condition, rules, bootstrap=HOW))


def test_every_measure_has_its_ends_and_their_level(make_condition, make_strengthening):
    table = table_of(make_condition([[20, 10], [25, 12]]), make_strengthening())
    assert table["defect_type"].values.tolist() == ["loop_111", "loop_100", "all"]
    for name, unit in UNITS.items():
        assert table[name].attrs["units"] == unit
        assert table[f"{name}_low"].attrs["level"] == table[f"{name}_high"].attrs["level"] == 0.8
        known = table[name].notnull()
        assert (table[f"{name}_low"] <= table[f"{name}_high"]).where(known, True).all()
    assert table.attrs["superposition_exponent"] == 2
    assert (table["note"] == "").all()


def test_a_type_that_partly_read_images_lack_was_not_counted(make_condition, make_strengthening):
    counts = [[20, 0], [25, 0]]
    whole = table_of(make_condition(counts), make_strengthening())
    partly = table_of(make_condition(counts, partly_read=np.array([True, False])), make_strengthening())
    assert whole["number_density"].values[1] == 0
    for name in ("number_density", "number_density_high", "hardening"):
        assert np.isnan(partly[name].values[1])
        assert partly[name].values[0] == whole[name].values[0]


def test_without_a_thickness_there_is_no_volume_and_the_note_says_why(make_condition, make_strengthening):
    condition = make_condition([[20, 10], [25, 12]], thicknesses_nm=np.array([100.0, np.nan]))
    table = table_of(condition, make_strengthening())
    assert table["areal_density"].notnull().all()
    for name in ("number_density", "line_length_density", "hardening"):
        assert table[name].isnull().all(), name
        assert table[f"{name}_low"].isnull().all(), name
    assert all("foil thickness" in note for note in table["note"].values.tolist())


def test_a_type_without_a_constant_is_named_and_takes_the_total_with_it(make_condition, make_strengthening):
    condition = make_condition([[20, 10, 3]])
    table = table_of(condition, make_strengthening(condition.types))
    assert "no barrier strength for the type 'cavity'" in str(table["note"].values[2])
    assert np.isnan(table["hardening"].values[2:]).all()
    none = make_condition([[20, 10, 0]])
    assert table_of(none, make_strengthening(none.types))["hardening"].values[-1] == pytest.approx(
        np.hypot(*table["hardening"].values[:2])
    )


def test_the_basis_says_who_stated_an_uncertainty_and_that_nobody_did(make_condition, make_strengthening):
    assumed = SharedInput(name="100 nm", is_assumed=True)
    condition = make_condition([[20, 10], [25, 12]], foils=(assumed, SharedInput(name="90 nm")))
    rules = make_strengthening(material=load_material("steel-316l").with_barrier_strengths({"loop_111": "0.2 +/- 0.1"}))
    found = basis_of_sources(condition, rules, Uncertainties(taylor_factor=0.02, exponent=0.1))
    assert found == {
        "counting": "counted",
        "size": "not stated",
        "pixel_size": "not stated",
        "foil_thickness": "assumed, in part",
        "detector": "not stated",
        "barrier_strength": "material",
        "burgers_vector": "material",
        "shear_modulus": "material",
        "taylor_factor": "declared",
        "exponent": "declared",
    }
    fecral = make_strengthening(material=load_material("fecral"))
    assert unstated_constants(fecral, Uncertainties(barrier_strength=0.1)) == [
        "burgers_vector",
        "shear_modulus",
        "taylor_factor",
    ]
    assert table_of(condition, fecral)["basis"].sel(source="shear_modulus") == "not stated"


def test_a_material_without_a_taylor_factor_has_no_hardening_and_says_so(make_condition, make_strengthening):
    condition = make_condition([[20, 10]])
    zirconium = load_material("zirconium").with_barrier_strengths({"loop_111": 0.2, "loop_100": 0.2})
    table = table_of(condition, make_strengthening(material=zirconium))
    assert table["hardening"].isnull().all() and table["number_density"].notnull().all()
    assert all("has no Taylor factor: give one (defectkit harden" in note for note in table["note"].values.tolist())
    given = table_of(condition, make_strengthening(material=zirconium.with_taylor_factor("3 +/- 0.3")))
    assert given["hardening"].notnull().all() and (given["note"] == "").all()
    assert (given["hardening_share"].sel(source="taylor_factor") > 0).all()
