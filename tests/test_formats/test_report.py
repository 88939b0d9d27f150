from __future__ import annotations

import csv
from pathlib import Path

import pytest

from defectkit.formats.report import Problem, Repair, RepairKind, RepairReport, ReportBuilder


@pytest.fixture
def report() -> RepairReport:
    builder = ReportBuilder("labels.json")
    builder.add(RepairKind.MENDED, Problem.SELF_CROSSING, 'it says "x", y', image="one", region="region 3")
    builder.add(RepairKind.REFUSED, Problem.ZERO_AREA, "2 points", image="one", region="region 4")
    builder.add(RepairKind.REFUSED, Problem.ZERO_AREA, "1 point", image="two", file="b.txt")
    builder.extend([Repair(kind="noted", problem="my own", what="so it is", file="c.txt")])
    return builder.report()


def test_lines_by_kind_and_problem(report: RepairReport) -> None:
    assert [len(part) for part in (report, report.mended, report.refused, report.noted)] == [4, 1, 2, 1]
    assert [line.image for line in report.of_problem("zero area")] == ["one", "two"]
    assert report.counts()[RepairKind.REFUSED, "zero area"] == 2
    assert report.summary() == "1 mended (1 self-crossing polygon); 2 refused (2 zero area); 1 noted (1 my own)"
    assert RepairReport().summary() == "nothing to mend"


def test_a_line_says_where(report: RepairReport) -> None:
    assert str(report.repairs[1]) == "refused: labels.json, image one, region 4: 2 points"
    assert str(report.repairs[3]) == "noted: c.txt: so it is"


def test_reports_add_up(report: RepairReport) -> None:
    assert len(report + report) == 8


def test_csv_holds_every_line(report: RepairReport, tmp_path: Path) -> None:
    report.to_csv(tmp_path / "repairs.csv")
    with (tmp_path / "repairs.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows == report.rows()
    assert rows[0]["what"] == 'it says "x", y'
    assert [row["kind"] for row in rows] == ["mended", "refused", "refused", "noted"]


def test_csv_of_nothing_has_a_head(tmp_path: Path) -> None:
    RepairReport().to_csv(tmp_path / "repairs.csv")
    assert (tmp_path / "repairs.csv").read_text() == "kind,problem,image,file,region,what\n"
