from __future__ import annotations

import pytest

from defectkit import DefectType, Taxonomy
from defectkit.errors import RecordError, UnknownDefectTypeError
from defectkit.records import from_json, to_json


def test_the_standard_types() -> None:
    taxonomy = Taxonomy.standard()
    assert taxonomy.names[:3] == ("bdot", "loop_111", "loop_100")
    assert {"cavity", "precipitate", "dislocation_line"} <= set(taxonomy.names)
    assert [t.name for t in taxonomy if t.parent == "loop_100"] == ["loop_100_open", "loop_100_solid"]


def test_aliases_titles_and_white_space_resolve() -> None:
    taxonomy = Taxonomy.standard()
    assert taxonomy.resolve("Black-Dot").name == "bdot"
    assert taxonomy.resolve(" <111> loop\n").name == "loop_111"
    assert taxonomy.find("unheard of") is None


def test_an_unknown_type_lists_the_known() -> None:
    with pytest.raises(UnknownDefectTypeError, match=r"no defect type is named 'loop_11'; did you mean 'loop_111'"):
        Taxonomy.standard().resolve("loop_11")
    with pytest.raises(KeyError):
        Taxonomy.standard()["nothing"]


def test_a_sub_type_folds_to_the_nearest_wanted_type() -> None:
    taxonomy = Taxonomy.standard()
    assert taxonomy.canonical("loop_100_solid", ("loop_100",)) == "loop_100"
    assert taxonomy.canonical("loop_100_solid", ("loop_100_solid", "loop_100")) == "loop_100_solid"
    assert taxonomy.canonical("cavity", ("loop_100",)) is None
    assert taxonomy.root("loop_100_open") == "loop_100"


def test_a_user_may_add_types() -> None:
    taxonomy = Taxonomy.standard().with_types(["faulted_loop", "Black Dots"])
    assert "faulted_loop" in taxonomy
    assert "Black Dots" not in taxonomy
    assert taxonomy["faulted_loop"].title == "faulted loop"


@pytest.mark.parametrize("name", ["", "two words", "all", "background", "overall"])
def test_a_name_is_one_word_and_not_taken(name: str) -> None:
    with pytest.raises(RecordError):
        DefectType(name=name)


def test_a_color_is_hexadecimal() -> None:
    with pytest.raises(ValueError, match="color"):
        DefectType(name="a", color="red")


def test_a_taxonomy_is_a_forest() -> None:
    with pytest.raises(RecordError, match="its own ancestor"):
        Taxonomy(types=(DefectType(name="a", parent="b"), DefectType(name="b", parent="a")))
    with pytest.raises(RecordError, match="not in it"):
        Taxonomy(types=(DefectType(name="a", parent="b"),))
    with pytest.raises(RecordError, match="twice"):
        Taxonomy(types=(DefectType(name="a"), DefectType(name="a")))


def test_json() -> None:
    taxonomy = Taxonomy.standard()
    assert from_json(to_json(taxonomy), Taxonomy) == taxonomy
