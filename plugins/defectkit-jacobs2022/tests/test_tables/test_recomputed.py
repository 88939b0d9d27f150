from __future__ import annotations

import re
import statistics
from decimal import Decimal

import pytest
from defectkit_jacobs2022.published import published_tables
from defectkit_jacobs2022.table import Table
from defectkit_jacobs2022.tables.recomputed import recomputed

PUBLISHED = published_tables()


def lines(table: Table) -> dict[tuple[str, str, str], tuple[Decimal, float, str]]:
    names = ("statistic", "defect_type", "what", "published_value", "recomputed", "verdict")
    return {row[:3]: row[3:] for row in zip(*map(table.column, names), strict=True)}


@pytest.mark.parametrize(("number", "stem"), [(5, "split_"), (8, "run_")])
def test_the_published_summaries_follow_from_the_published_runs(number: int, stem: str) -> None:
    table = recomputed(PUBLISHED[number])
    summaries = {key: line for key, line in lines(table).items() if not key[2].startswith("mean over")}
    expected = {c for row in PUBLISHED[number] for c in ("average", "range", "sd") if c in row}
    assert len(summaries) == sum(c in row for row in PUBLISHED[number] for c in expected)
    for key, (printed, value, verdict) in summaries.items():
        unit = Decimal(1).scaleb(printed.as_tuple().exponent)  # type: ignore[arg-type]  # finite
        assert abs(value - float(printed)) <= float(unit) / 2 + 1e-12, key
        assert verdict == "closes"


def test_they_are_what_the_standard_library_computes() -> None:
    found = lines(recomputed(PUBLISHED[5]))
    row = PUBLISHED[5]["size_error_all", "overall"]
    values = [float(row.number(f"split_{k}")) for k in range(1, 6)]
    name = "size error, all defects"
    assert found[name, "overall", "average"][1] == pytest.approx(statistics.fmean(values), abs=1e-12)
    assert found[name, "overall", "range"][1] == pytest.approx(max(values) - min(values), abs=1e-12)
    assert found[name, "overall", "SD, ddof 1"][1] == pytest.approx(statistics.stdev(values), abs=1e-12)
    counts = [int(PUBLISHED[5]["test_instances", "all"].number(f"split_{k}")) for k in range(1, 6)]
    assert found["test defects", "all", "SD, ddof 0"][1] == pytest.approx(statistics.pstdev(counts), abs=1e-9)


def test_the_one_mean_over_types_that_does_not_close() -> None:
    odd = {key: line for key, line in lines(recomputed(PUBLISHED[5])).items() if line[2] != "closes"}
    assert list(odd) == [("density error", "overall", "mean over types, split 5")]
    assert odd[next(iter(odd))] == (Decimal("11.48"), pytest.approx(11.4733, abs=1e-4), "rounding")


def test_a_wrong_printed_number_is_seen() -> None:
    wrong = PUBLISHED[8].with_value(("find_f1", "all"), "average", Decimal("0.83"))
    assert lines(recomputed(wrong))["find F1", "all", "average"][2] == "contradiction"
    assert re.search("0.83 .* contradiction", recomputed(wrong).to_markdown())
