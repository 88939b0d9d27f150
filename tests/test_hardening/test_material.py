from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import attrs
import pytest

from defectkit.errors import RecordError, UnitError, UnknownMaterialError
from defectkit.hardening import Material, known_materials, load_material
from defectkit.records import DefectType, Taxonomy
from defectkit.units import ureg

STANDARD = Taxonomy.standard()
OWN = """
taylor_factor = 3.06
shear_modulus = "45.6 GPa"
burgers_vector = "2.95 angstrom"
source = "a notebook"
[barrier_strengths]
loop = 0.2
[burgers_vectors]
cavity = "0.3 nm"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_constants_of_table_9():
    material = load_material("fecral")
    assert material.taylor_factor == 3.06
    assert material.shear_modulus == ureg.Quantity(82.0, "gigapascal")
    assert material.burgers_vector == ureg.Quantity(0.249, "nanometer")
    assert dict(material.barrier_strengths) == {"loop_111": 0.11, "loop_100": 0.32, "bdot": 0.10}
    assert material.doi == "10.1016/j.xcrp.2022.100876"
    assert material.page is not None


def test_alloys_are_names():
    assert load_material("fecral").alloys == ("FeCrAl",)
    for wrong in ("", [""], [3]):
        with pytest.raises(RecordError, match="alloys"):
            attrs.evolve(load_material("fecral"), alloys=wrong)  # type: ignore[arg-type]  # what is refused


def test_every_material_says_where_each_constant_comes_from():
    for name in known_materials():
        material = load_material(name)
        assert material.name == name
        assert material.source
        assert set(material.origins) == set(material.constants)


def test_sub_types_have_the_strength_of_their_parent_unless_they_have_one():
    material = load_material("fecral")
    assert material.barrier_strength("loop_100_solid", STANDARD) == 0.32
    assert material.barrier_strength("loop", STANDARD) is None
    own = material.with_barrier_strengths({"loop_100_solid": 0.4})
    assert own.barrier_strength("loop_100_solid", STANDARD) == 0.4
    assert own.barrier_strength("loop_100_open", STANDARD) == 0.32
    assert own.obstacle("loop_100_open", STANDARD) == "loop_100"
    assert own.obstacle("cavity", STANDARD) == "cavity"


def test_a_file_of_ones_own(tmp_path):
    material = load_material(written(tmp_path, OWN))
    assert material.name == "own"
    assert material.burgers_vector.magnitude == pytest.approx(0.295)
    assert material.burgers_vector_of("cavity", STANDARD).magnitude == 0.3
    assert material.burgers_vector_of("loop", STANDARD).magnitude == pytest.approx(0.295)
    deeper = Taxonomy(types=(*STANDARD.types, DefectType(name="bubble_big", parent="cavity")))
    assert material.burgers_vector_of("bubble_big", deeper).magnitude == 0.3
    assert load_material(str(tmp_path / "own.toml")) == material
    assert load_material(material) is material


def test_an_unknown_material_lists_the_known():
    with pytest.raises(UnknownMaterialError, match="did you mean 'fecral'"):
        load_material("fecrall")
    with pytest.raises(UnknownMaterialError, match="material file"):
        load_material("nowhere/own.toml")
    for name in ("own.json", "own.yaml"):
        with pytest.raises(UnknownMaterialError, match="named by its "):
            load_material(name)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("source =", "# source ="), "missing key: source"),
        (("taylor_factor = 3.06", "taylor_factor = 0"), "Taylor factor: 0"),
        (("taylor_factor = 3.06", "tailor_factor = 3.06\ntaylor_factor = 3.06"), "unknown keys: tailor_factor"),
        (('"45.6 GPa"', '"45.6 nm"'), "shear modulus"),
        (('"45.6 GPa"', '"-45.6 GPa"'), "not positive"),
        (('"2.95 angstrom"', "0.295"), "not text with a number and a unit"),
        (("loop = 0.2", "loop = -0.2"), "barrier strength of 'loop'"),
        (("loop = 0.2", "loop = 0.2\n[origins]\nbarier = 'me'"), "origins names barier"),
        (("loop = 0.2", "loop = "), "not TOML"),
    ],
)
def test_a_faulty_file_is_refused_with_its_path(tmp_path, change, message):
    path = written(tmp_path, OWN.replace(*change))
    with pytest.raises(RecordError, match=message) as caught:
        load_material(path)
    assert str(path) in str(caught.value)


def test_constants_need_units():
    with pytest.raises(UnitError, match="shear modulus"):
        Material(name="x", taylor_factor=3.0, shear_modulus="82 nm", burgers_vector="1 nm", source="none")


def test_a_value_in_place_of_the_materials_takes_nothing_from_what_it_replaces():
    own = load_material("steel-316l").with_taylor_factor("3.0 +/- 0.3").with_barrier_strengths({"loop": "0.4 +/- 0.1"})
    assert own.taylor_factor == 3.0 and own.relative_uncertainty("taylor_factor") == pytest.approx(0.1)
    assert own.relative_uncertainty("barrier_strengths.loop") == pytest.approx(0.25)
    assert own.origins["taylor_factor"] == own.origins["barrier_strengths.loop"] == "given by the user"
    assert own.origins["shear_modulus"] == load_material("steel-316l").origins["shear_modulus"]
    bare = own.with_barrier_strengths({"loop": 0.3})
    assert bare.uncertainty("barrier_strengths.loop") is None


@pytest.mark.parametrize("wrong", ["many", "0.4 nm", "-0.4", 0, True, "nan", "0.4 +/- 0.5", None])
def test_a_strength_is_a_positive_number_with_a_smaller_uncertainty(wrong):
    with pytest.raises(UnitError, match=r"barrier strength of 'loop'"):
        load_material("fecral").with_barrier_strengths({"loop": wrong})


def test_a_number_of_the_package_uncertainties_is_understood():
    number = SimpleNamespace(nominal_value=0.4, std_dev=0.1)
    own = load_material("fecral").with_barrier_strengths({"loop": number})
    assert own.relative_uncertainty("barrier_strengths.loop") == pytest.approx(0.25)
