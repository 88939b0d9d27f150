"""Names from outside in pages, tables and terminals: shown as they are, and doing nothing."""

from __future__ import annotations

import csv
import io
from html.parser import HTMLParser
from pathlib import Path

import attrs
import numpy as np
import pytest

from defectkit.cli import console
from defectkit.errors import RecordError
from defectkit.files.cells import unquoted_cell
from defectkit.records import DefectType, Image, Instances, LabelSet, Taxonomy
from defectkit.reports import write_analysis
from defectkit.reports.evaluation import write_evaluation
from defectkit.workflows import evaluate, measure_labels

SCRIPT = "<script>alert(1)</script>"
BREAKS_OUT = "\"'><img/src=x/onerror=alert(1)>"
NAMES = (
    SCRIPT,
    BREAKS_OUT,
    "=1+1",
    "${7*7}{{7*7}}",
    "a&b;<!--",
    "javascript:alert(1)",
    "$x^{2}$",
    "$\\nothing$",
    "%s%n",
)


class Page(HTMLParser):
    """Gathers the tags and attributes of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name in ("href", "src", "action", "data")}

    def handle_data(self, data: str) -> None:
        self.text += data


def labelled(name: str) -> tuple[LabelSet, dict[str, Image]]:
    kind = DefectType(name=name.replace(" ", "_"), title=name)
    drawn = Instances.from_polygons([[(4, 4), (4, 14), (14, 14), (14, 4)]], types=[kind.name], shape=(40, 40), ids=[1])
    image = Image.from_array(name, np.arange(1600, dtype=np.uint16).reshape(40, 40), pixel_size="1 nm/px")
    labels = LabelSet(name="labels", instances={name: drawn}, taxonomy=Taxonomy(types=(kind,)))
    return labels, {name: image}


@pytest.mark.parametrize("name", NAMES)
def test_a_report_shows_names_and_runs_nothing(name: str, tmp_path: Path) -> None:
    labels, images = labelled(name)
    write_analysis(measure_labels(labels, images.values()), tmp_path / "a" / "out")
    page = Page()
    page.feed((tmp_path / "a" / "out" / "report.html").read_text(encoding="utf-8"))
    assert page.tags.isdisjoint({"script", "iframe", "object", "embed"})
    assert not [a for a in page.attributes if a.startswith("on")]
    assert not [link for link in page.links if link.lower().startswith(("javascript:", "//", "file:"))]
    assert name in page.text
    assert {path.name for path in tmp_path.iterdir()} == {"a"}
    assert {path.name for path in (tmp_path / "a").iterdir()} == {"out"}
    rows = list(csv.reader(io.StringIO((tmp_path / "a" / "out" / "summary.csv").read_text(), newline="")))
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@", "\t", "\r"))]
    assert name in [unquoted_cell(row[0]) for row in rows]


@pytest.mark.parametrize("name", ["$\\nothing$", "$x^{2$", SCRIPT, "=1+1"])
def test_an_evaluation_shows_names_and_reads_no_formula_in_them(name: str, tmp_path: Path) -> None:
    labels, images = labelled(name)
    found = attrs.evolve(
        labels, instances={n: attrs.evolve(i, scores=np.array([0.5])) for n, i in labels.instances.items()}
    )
    write_evaluation(evaluate(labels, found, images), tmp_path, labels.taxonomy)
    assert (tmp_path / "confusion.png").is_file()
    for table in tmp_path.glob("*.csv"):
        assert not any(
            cell.startswith(("=", "+", "@"))
            for row in csv.reader(io.StringIO(table.read_text(), newline=""))
            for cell in row
        )


@pytest.mark.parametrize("name", ["a\x1b[2J", "a\x00", "a\u202eb", "a\ud800", "a\x7f"])
def test_a_type_that_cannot_be_printed_is_refused(name: str) -> None:
    with pytest.raises(RecordError, match="cannot be printed"):
        DefectType(name=name)
    with pytest.raises(RecordError, match="cannot be printed"):
        DefectType(name="a", title=name)


def test_a_terminal_gets_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "x\x1b]0;title\x07\x1b[31m\r\nerror: nothing is wrong\u202e\ud800"
    console.print_error(hostile)
    console.print_warning(hostile)
    console.note(hostile)
    console.say(hostile)
    console.print_table(hostile, (hostile, "n"), [(hostile, 1)])
    said = capsys.readouterr()
    for text in (said.out, said.err):
        assert not [c for c in text if not c.isprintable() and c != "\n"]
        assert "\\x1b]0;title\\x07" in text
    assert len(said.err.splitlines()) == 3
