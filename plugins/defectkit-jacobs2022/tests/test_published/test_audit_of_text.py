"""What the text says against the tables: a corrected number makes a finding go, a broken one makes it come."""

from __future__ import annotations

from decimal import Decimal

import pytest
from defectkit_jacobs2022.audit import FindingKind, audit_published
from defectkit_jacobs2022.figures.published import published_numbers
from defectkit_jacobs2022.published import published_hardening, published_tables
from defectkit_jacobs2022.statement import published_statements

TABLES = {0: published_hardening(), **published_tables()}
SAID = published_statements()
BEFORE = audit_published()


def audited(said=(), tables=()):
    """Findings after changing statements, each given as name, value, number, and cells: table, key, column, value."""
    statements, changed = dict(SAID), dict(TABLES)
    for name, value, number in said:
        statements[name] = statements[name].with_value(value, number)
    for table, key, column, number in tables:
        changed[table] = changed[table].with_value(key, column, number)
    return audit_published(changed, statements)


def of(findings, where):
    return [finding for finding in findings if finding.where.startswith(where)]


@pytest.mark.parametrize(
    ("where", "page", "both_values"),
    [
        ("held-out-images", 20, ("21 images", "holds out 22")),
        ("held-out-share", 21, ("15 to 20 %", "16.6 to 23.9 %", "split_4 23.9 %")),
        ("enough-defects", 30, ("0.8 with more than 6000", "0.82 with 4490", "0.81 with 4410")),
        ("a-few-hundred-loops-111", 30, ("0.8 from 300", "0.50 with 334", "0.62 with 651", "0.68 with 2493")),
        ("left-out-irradiation, dataset2", 23, ("9.8 in training", "29.8 in testing")),
        ("two-groups-of-experts", 25, ("size_error_all / bdot 7.97 against an SD of 1.01",)),
        ("figure 5", 14, ("all defects", "page 15, says found")),
        ("unit-of-density", 16, ("10^4 per nm^2", "0.071 nm", "0.141602 nm", "709 nm")),
        ("summary-of-hardening", 20, ("10 %", "12.9 %", "13.7 %")),
        ("mean-size-error", 13, ("7.1 %", "5.78 %")),
        ("scale-by-name", 43, ("0.869141", "0.478516", "1.82 times")),
        ("bdot, held out by", 7, ("= 2398", "2314", "at least 84")),
        ("density_error / bdot, run_1 and run_2", 39, ("16.28 in both", "19.21")),
    ],
)
def test_each_finding_has_its_page_and_both_values(where, page, both_values):
    (finding,) = of(BEFORE, where)
    assert finding.page == page
    assert all(value in str(finding) for value in both_values)
    assert finding.follows


@pytest.mark.parametrize(
    ("where", "said", "tables"),
    [
        ("held-out-images", [], [(2, ("dataset1", "initial"), "images_test", 21)]),
        ("held-out-share", [("held-out-share", "highest_percent", 24)], []),
        ("enough-defects", [("enough-defects", "defects", 4400)], []),
        ("a-few-hundred-loops-111", [("a-few-hundred-loops-111", "type_f1", Decimal("0.5"))], []),
        ("left-out-irradiation, dataset2", [], [(2, ("dataset2", "leave-out-irradiation"), "bdot_test", 87)]),
        ("figure 5", [("figure-5-caption", "defects", "all")], []),
        ("unit-of-density", [("unit-of-density", "exponent", -4)], []),
        (
            "summary-of-hardening",
            [],
            [(0, ("linear",), "mape", Decimal("10.4")), (0, ("quadrature",), "mape", Decimal("9.5"))],
        ),
        ("mean-size-error", [("mean-size-error", "percent", Decimal("5.8"))], []),
        ("scale-by-name", [("scale-by-name", "contains", "100kx")], []),
        ("bdot, held out by", [], [(2, ("dataset1", "random-cv-3"), "bdot_test", 638 - 84)]),
        ("density_error / bdot, run_1 and run_2", [], [(8, ("density_error", "bdot"), "run_2", Decimal("16.70"))]),
    ],
)
def test_a_corrected_number_makes_it_vanish(where, said, tables):
    assert of(BEFORE, where)
    assert not of(audited(said, tables), where)


BROKEN = {
    "a-few-hundred-black-dots": (6, ("leave-out-alloy", "dataset2-expanded"), "type_f1_bdot", Decimal("0.79")),
    "left-out-irradiation, dataset2-expanded": (2, ("dataset2-expanded", "leave-out-irradiation"), "bdot_test", 304),
    "images, held out by": (2, ("dataset1", "random-cv-1"), "images_test", 23),
    "loop_111, held out by": (2, ("dataset1", "random-cv-2"), "loop_111_test", 551 + 83),
    "size_error_found / loop_111, run_2": (8, ("size_error_found", "loop_111"), "run_3", Decimal("0.91")),
}


@pytest.mark.parametrize("where", BROKEN)
def test_a_broken_number_makes_it_appear(where):
    assert not of(BEFORE, where)
    assert of(audited(tables=[BROKEN[where]]), where)


def test_differences_that_no_scatter_of_runs_explains_are_counted():
    same = [(7, row.key, "dataset2", row.number("dataset1")) for row in TABLES[7]]
    assert not of(audited(tables=same), "two-groups-of-experts")
    (fewer,) = of(
        audited(tables=[(7, ("size_error_all", "bdot"), "dataset2", Decimal("7.41"))]), "two-groups-of-experts"
    )
    assert "3 differ" in fewer.computed
    assert "7.97" not in fewer.computed


def test_every_printed_density_error_is_a_whole_number_of_defects():
    (finding,) = of(BEFORE, "density_error of the types")
    assert finding.kind is FindingKind.INFERENCE
    assert finding.printed.startswith("30 errors, of which 24 ")
    assert finding.computed.startswith("30 are a whole number")
    assert "11.48 of split 5 (11.4754 from 0/118, 3/427, 144/427)" in finding.computed
    assert "14.31 of run 3 (14.3133 from 20/128, 36/444, 92/479)" in finding.computed


@pytest.mark.parametrize(
    ("table", "key", "column", "broken"),
    [
        (5, ("density_error", "loop_100"), "split_2", Decimal("9.30")),
        (7, ("density_error", "bdot"), "dataset2", Decimal("5.10")),
        (8, ("density_error", "loop_111"), "run_3", Decimal("8.00")),
    ],
)
def test_a_density_error_that_is_no_whole_number_is_a_contradiction(table, key, column, broken):
    after = audited(tables=[(table, key, column, broken)])
    (finding,) = [f for f in after if f.table == table and "no number of defects" in f.computed]
    assert finding.where == f"{' / '.join(key)}, {column}"
    assert finding.kind is FindingKind.CONTRADICTION
    (summary,) = of(after, "density_error of the types")
    assert summary.computed.startswith("29 are a whole number")


def test_a_count_of_table_2_that_is_not_that_of_the_errors_is_found():
    after = audited(tables=[(2, ("dataset2", "initial"), "loop_100_test", 154)])
    assert [f for f in after if f.table == 7 and "of 154 (Table 2)" in f.computed]


def test_a_mean_that_the_counts_do_not_give_is_a_contradiction():
    after = audited(tables=[(5, ("density_error", "overall"), "split_5", Decimal("11.47"))])
    found = [f for f in after if f.table == 5 and "11.4754" in f.computed and f not in BEFORE]
    assert FindingKind.CONTRADICTION in {f.kind for f in found}


def test_statements_say_what_the_numbers_of_figures_say():
    (size,) = [number for number in published_numbers(4) if "mean size" in number.what]
    assert (size.value, size.page) == (SAID["mean-size-error"]["percent"], SAID["mean-size-error"].page)
    (learning,) = [number for number in published_numbers(10) if "6000" in number.what]
    assert (learning.value, learning.page) == (SAID["enough-defects"]["type_f1"], SAID["enough-defects"].page)
