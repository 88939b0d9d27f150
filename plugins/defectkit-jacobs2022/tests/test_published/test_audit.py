"""The audit finds what does not close, and nothing once it does: cells are changed to make findings go and come."""

from __future__ import annotations

from decimal import Decimal

import attrs
import pytest
from defectkit_jacobs2022.audit import FindingKind, audit_published
from defectkit_jacobs2022.published import published_tables

from defectkit.errors import UnknownNameError

TABLES = published_tables()


def audited(*changes):
    """Findings after changing cells, each given as table, key, column, value."""
    tables = dict(TABLES)
    for number, key, column, value in changes:
        tables[number] = tables[number].with_value(key, column, value)
    return audit_published(tables)


def about(findings, table, text, kind=None):
    return [f for f in findings if f.table == table and text in str(f) and (kind is None or f.kind is kind)]


BEFORE = audit_published()


def new(*changes):
    return [f for f in audited(*changes) if f not in BEFORE]


def gone(*changes):
    after = audited(*changes)
    return [f for f in BEFORE if f not in after]


def test_734_against_754():
    (finding,) = about(BEFORE, 2, "600 + 134 = 734; Table 1 has 754", FindingKind.CONTRADICTION)
    assert finding.where == "dataset2 / initial, loop_100"
    assert finding.page == 7
    assert finding in gone((2, ("dataset2", "initial"), "loop_100_train", 620))
    assert finding in gone((1, ("dataset2",), "loop_100", 734))


def test_7486_is_more_than_5053():
    (finding,) = about(BEFORE, 2, "7486", FindingKind.CONTRADICTION)
    assert "5053" in finding.computed
    assert finding in gone((2, ("dataset2", "leave-out-alloy"), "bdot_test", 3271 - (7486 - 5053)))
    one_too_many = audited((2, ("dataset2", "leave-out-alloy"), "bdot_test", 3272 - (7486 - 5053)))
    assert about(one_too_many, 2, "5054", FindingKind.CONTRADICTION)


def test_the_two_kinds_of_standard_deviation():
    (finding,) = about(BEFORE, 5, "standard deviations", FindingKind.CONVENTION)
    assert "135.5 has ddof 0" in finding.printed
    assert "5.31 has ddof 1" in finding.computed
    row = ("test_instances", "all")
    values = [int(TABLES[5][row].number(f"split_{i}")) for i in range(1, 6)]
    average = sum(values) / 5
    sample = (sum((v - average) ** 2 for v in values) / 4) ** 0.5
    assert not about(audited((5, row, "sd", Decimal(f"{sample:.1f}"))), 5, "standard deviations")
    assert not about(BEFORE, 8, "standard deviations")


def test_1147_against_1148():
    (finding,) = about(BEFORE, 5, "11.4733")
    assert finding.kind is FindingKind.ROUNDING
    assert finding.printed == "11.48"
    row = ("density_error", "overall")
    assert finding in gone((5, row, "split_5", Decimal("11.47")))
    (worse,) = about(new((5, row, "split_5", Decimal("11.49"))), 5, "11.4733")
    assert worse.kind is FindingKind.CONTRADICTION


def test_other_overall_figures_that_only_rounding_explains():
    rounding = {(f.table, f.where) for f in BEFORE if f.kind is FindingKind.ROUNDING}
    assert rounding == {
        (0, "summary-of-hardening"),
        (5, "density_error / overall, split_5"),
        (6, "leave-out-microscope / dataset2, type_f1_overall"),
        (8, "density_error / overall, run_3"),
    }


def test_the_pixel_size_of_a_series():
    (finding,) = about(BEFORE, 10, "BF X500K, pixel_size", FindingKind.CONTRADICTION)
    assert "0.1416" in finding.computed
    assert "2.00 times" in finding.computed
    assert finding in gone((10, ("BF X500K",), "pixel_size", Decimal("0.141602")))


def test_assumed_thicknesses():
    (finding,) = about(BEFORE, 10, "thickness", FindingKind.ASSUMPTION)
    marked = [row for row in TABLES[10] if row.cells["thickness"].mark]
    assert (len(marked), len(TABLES[10])) == (6, 13)
    assert finding.printed.startswith("6 of 13 ")
    assert all(row.key[0] in finding.computed for row in marked)


def test_test_sides_that_two_data_sets_share():
    shared = {f.where.split(",")[0] for f in about(BEFORE, 2, "test side", FindingKind.CONVENTION)}
    assert shared == {"initial", "leave-out-irradiation", "leave-out-alloy", "leave-out-microscope"}
    assert gone((2, ("dataset2", "leave-out-irradiation"), "bdot_test", 267))


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ((1, ("dataset1",), "defects", 5383), "dataset1, defects"),
        ((1, ("dataset2-expanded",), "bdot", 6239), "dataset2-expanded, defects"),
        ((2, ("dataset1", "random-cv-2"), "loop_111_test", 552), "dataset1 / random-cv-2, loop_111"),
        ((2, ("dataset2", "leave-out-irradiation"), "images_test", 99), "dataset2 / leave-out-irradiation, images"),
        ((2, ("dataset2-expanded", "leave-out-25-percent-1"), "images_test", 47), "images_test"),
        ((5, ("test_instances", "all"), "split_3", 1137), "test instances, split_3"),
        ((5, ("find_f1", "all"), "average", Decimal("0.81")), "find_f1 / all, average"),
        ((5, ("size_error_all", "overall"), "range", Decimal("9.27")), "size_error_all / overall, range"),
        ((5, ("size_error_all", "overall"), "sd", Decimal("3.90")), "size_error_all / overall, sd"),
        ((5, ("type_f1", "bdot"), "split_4", Decimal("0.92")), "type_f1 / overall, split_4"),
        ((6, ("leave-out-alloy", "dataset2"), "train_bdot", 269), "leave-out-alloy / dataset2, train_bdot"),
        ((6, ("leave-out-alloy", "dataset2"), "test_defects", 6838), "leave-out-alloy / dataset2, test_defects"),
        ((6, ("leave-out-alloy", "dataset2"), "type_f1_overall", Decimal("0.58")), "type_f1_overall"),
        ((7, ("size_error_found", "overall"), "dataset2", Decimal("6.93")), "size_error_found / overall, dataset2"),
        ((7, ("density_error", "bdot"), "dataset1", Decimal("16.29")), "density_error / bdot, dataset1"),
        ((8, ("size_error_found", "overall"), "run_1", Decimal("3.78")), "size_error_found / overall, run_1"),
        ((8, ("size_error_found", "overall"), "average", Decimal("3.63")), "size_error_found / overall, average"),
        ((8, ("find_f1", "all"), "sd", Decimal("0.10")), "find_f1 / all, sd"),
    ],
)  # fmt: skip
def test_every_check_can_fail(change, where):
    found = [f for f in new(change) if where in f.where]
    assert found
    assert all(f.kind is FindingKind.CONTRADICTION for f in found)


def test_findings_say_where_what_and_why():
    for finding in BEFORE:
        text = str(finding)
        assert text.startswith(f"{finding.place}, page {finding.page}, ")
        assert finding.kind in text
        assert finding.printed in text
        assert finding.follows in text


def test_a_missing_row_is_named():
    tables = dict(TABLES)
    tables[1] = attrs.evolve(TABLES[1], rows={k: r for k, r in TABLES[1].rows.items() if k != ("dataset1",)})
    with pytest.raises(UnknownNameError, match="row of Table 1"):
        audit_published(tables)
