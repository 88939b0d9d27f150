from __future__ import annotations

import pytest

from defectkit.errors import LabelReadError
from defectkit.formats.report import RepairKind, ReportBuilder
from defectkit.formats.type_names import TypeNames, as_category_table
from defectkit.records import Taxonomy

NEWER = {3: "bdot", 2: "loop_111", 1: "loop_100_open", 4: "loop_100_solid"}
OLDER = "2=bdot,1=loop_111,*=loop_100"


def types(table: object = None) -> TypeNames:
    return TypeNames(
        table=as_category_table(table),  # type: ignore[arg-type]  # some of these tests give what is wrong
        taxonomy=Taxonomy.standard(),
        report=ReportBuilder("labels.json"),
    )


def test_the_two_category_tables_of_the_paper_can_be_written_down() -> None:
    newer, older = types(NEWER), types(OLDER)
    assert [newer.of(str(n)) for n in (1, 2, 3, 4)] == ["loop_100_open", "loop_111", "bdot", "loop_100_solid"]
    assert [older.of(str(n)) for n in (1, 2, 3, 4)] == ["loop_111", "bdot", "loop_100", "loop_100"]
    assert newer.taxonomy.canonical(newer.of("4"), ("bdot", "loop_111", "loop_100")) == "loop_100"


def test_a_table_comes_before_the_taxonomy_and_names_before_numbers() -> None:
    named = types({"111": "bdot", 7: "cavity"})
    assert named.of("111", "7") == "bdot"
    assert named.of("other", "7") == "cavity"
    assert types({"*": "cavity"}).of("bdot") == "cavity"


def test_names_titles_and_aliases_are_known_in_any_case() -> None:
    known = types()
    assert [known.of(name) for name in ("BDOT", "Black Dots", "<111> loop", "void")] == [
        "bdot",
        "bdot",
        "loop_111",
        "cavity",
    ]
    assert known.report.report().summary() == "nothing to mend"


def test_a_new_name_becomes_a_type_and_is_reported_once() -> None:
    new = types()
    assert [new.of("Hairy  Loop"), new.of("Hairy  Loop"), new.of("hairy loop")] == ["hairy_loop"] * 3
    assert new.taxonomy["hairy_loop"].title == "Hairy  Loop"
    assert new.report.report().summary() == "1 noted (1 new type)"
    assert types({"x": "My Own"}).of("x") == "my_own"


def test_white_space_is_reported_for_each_region() -> None:
    spaced = types()
    assert spaced.of("bdot\n", image="one", region="region 3") == spaced.of("bdot ") == "bdot"
    first, second = spaced.report.report().mended
    assert (first.image, first.region, repr("bdot\n") in first.what) == ("one", "region 3", True)
    assert second.kind == "mended"


def test_a_region_without_a_type_is_a_defect_unless_the_table_says_otherwise() -> None:
    untyped = types()
    assert (untyped.of(), untyped.of(""), untyped.of(" ")) == ("defect",) * 3
    assert untyped.report.report().counts()[RepairKind.NOTED, "no type"] == 3
    named = types({"*": "bdot"})
    assert named.of() == "bdot"
    assert named.report.report().counts() == {}


@pytest.mark.parametrize("name", ["all", "Background"])
def test_names_that_tables_need_are_refused(name: str) -> None:
    with pytest.raises(LabelReadError, match="types="):
        types().of(name)
    assert types({name: "loop"}).of(name) == "loop"


@pytest.mark.parametrize("text", ["1", "1=", "=bdot", "1=bdot,2", "1=bdot,1=loop"])
def test_a_table_that_is_no_table_is_refused(text: str) -> None:
    with pytest.raises(LabelReadError, match="types"):
        as_category_table(text)


def test_an_empty_table() -> None:
    assert as_category_table(None) == as_category_table("") == as_category_table({}) == {}


def test_types_are_sorted_as_in_the_taxonomy() -> None:
    known = types()
    new = known.of("zebra")
    assert known.sorted([new, "loop_100", "bdot", new]) == ("bdot", "loop_100", "zebra")
    assert known.knows("void")
    assert not known.knows("unheard of", "")
