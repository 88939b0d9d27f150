from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import attrs
import pytest

from defectkit.formats import RepairReport
from defectkit.records import Prediction
from defectkit.reports import analysis_page
from defectkit.reports.embedding import Embedded, embedded_px
from defectkit.reports.numbers import significant
from defectkit.workflows import Analysis
from defectkit.workflows.condition import own_condition

MakeAnalysis = Callable[..., Analysis]
VOID = {"meta", "link", "img", "br", "hr", "input"}


class Page(HTMLParser):
    """Checks that tags are balanced, and gathers what a page holds."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(given)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(given)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [given for name, given in self.tags if name == tag]

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def page(analysis: Analysis, **options: Any) -> Page:
    pictures = [
        Embedded(name=i.name, source="data:image/jpeg;base64,AAAA", width=10, height=10) for i in analysis.images
    ]
    return Page(analysis_page(analysis, pictures, **options))


def test_the_page_needs_nothing_but_itself(make_analysis: MakeAnalysis) -> None:
    made = page(make_analysis("one", "two"))
    names = {tag for tag, _ in made.tags}
    assert not names & {"script", "link", "iframe", "object", "embed"}
    for tag, given in made.tags:
        assert (given.get("src") or "data:").startswith("data:"), tag
    style = analysis_page(make_analysis("none"), [Embedded(name="none", source="data:,", width=1, height=1)])
    assert "url(" not in style and "@import" not in style


def test_every_picture_has_words_and_every_link_in_the_page_a_target(make_analysis: MakeAnalysis) -> None:
    made = page(make_analysis("one", "none"))
    assert [i["alt"] for i in made.all("img")] == [
        "Micrograph one with the outlines of 8 defects.",
        "Micrograph none with the outlines of 0 defects.",
    ]
    ids = [given["id"] for _, given in made.tags if "id" in given]
    assert len(ids) == len(set(ids))
    for given in made.all("a"):
        target = str(given["href"])
        assert target[1:] in ids if target.startswith("#") else target.startswith(("overlays/", "https://doi.org/"))
    for _, given in made.tags:
        for name in (given.get("aria-labelledby") or "").split():
            assert name in ids
    assert made.tags[0] == ("html", {"lang": "en"}) or made.all("html") == [{"lang": "en"}]


def test_numbers_of_every_part_are_there(make_analysis: MakeAnalysis) -> None:
    analysis = make_analysis("one", "none")
    text = page(analysis).text
    for words in (
        "black dot",
        "<111> loop",
        "0.5",
        "given",
        "dispersed-barrier",
        "fecral",
        "10.1016/j.xcrp.2022.100876",
    ):
        assert words in text, words
    for name, number in analysis.versions.items():
        assert f"{name} {number}" in text
    assert f" {significant(float(analysis.hardening['total_quadrature'][0]))} " in text
    assert f"8 defects stand for {float(analysis.summary['stands_for'][0, -1]):.1f} (edges: horvitz-thompson)" in text
    assert "convention.iou_threshold 0.3" in text


def test_there_is_a_chart_of_size_and_shape_for_each_type_that_occurs(make_analysis: MakeAnalysis) -> None:
    charts = page(make_analysis("one")).all("svg")
    assert len(charts) == 2 * 3
    assert all(c["role"] == "img" for c in charts)
    assert page(make_analysis("none")).all("svg") == []
    assert "no defect to draw" in page(make_analysis("none")).text


def test_cautions_come_first_and_assumptions_are_loud(make_analysis: MakeAnalysis) -> None:
    made = page(make_analysis("one", source="assumed"))
    assert "Before you trust these numbers" in made.text
    assert "The pixel size is assumed" in made.text
    assert [g for g in made.all("strong") if g.get("class") == "assumed"]
    sound = page(make_analysis("one"))
    assert "Before you trust" not in sound.text
    assert not [g for g in sound.all("strong") if g.get("class") == "assumed"]


@pytest.mark.parametrize(("alloy", "words"), [("Ti", "its alloy is 'Ti'"), (None, "The alloy of the specimen is not")])
def test_the_page_warns_of_constants_of_another_alloy(
    make_analysis: MakeAnalysis, alloy: str | None, words: str
) -> None:
    text = page(make_analysis("one", alloy=alloy)).text
    assert "Before you trust these numbers" in text
    assert words in text


def test_without_a_thickness_the_page_says_why_numbers_are_missing(make_analysis: MakeAnalysis) -> None:
    text = page(make_analysis("one", thickness=None)).text
    assert "There is no number density without the foil thickness" in text
    assert "has no foil thickness: give one" in text


def test_repairs_are_listed_where_there_are_any(make_analysis: MakeAnalysis, repairs: RepairReport) -> None:
    text = page(make_analysis("one", repairs=repairs)).text
    assert "Repairs to the labels" in text and "it was <closed>" in text
    assert "Repairs to the labels" not in page(make_analysis("one")).text


def test_names_cannot_break_the_page(make_analysis: MakeAnalysis) -> None:
    name = '<img src=x onerror="alert(1)">&amp;'
    made = page(make_analysis(name))
    assert len(made.all("img")) == 1
    assert name in made.text


def test_cautions_cannot_break_the_page(make_analysis: MakeAnalysis) -> None:
    analysis = attrs.evolve(make_analysis("one"), cautions=("<script>alert(1)</script>",))
    made = page(analysis)
    assert made.all("script") == []
    assert "<script>alert(1)</script>" in made.text


def test_the_date_is_told_where_it_is_given(make_analysis: MakeAnalysis) -> None:
    assert "on 2026-01-02 03:04 UTC" in page(make_analysis("one"), created=datetime(2026, 1, 2, 3, 4, tzinfo=UTC)).text


def test_a_paper_convention_is_named(make_analysis: MakeAnalysis) -> None:
    text = page(make_analysis("one", convention="jacobs2022")).text
    assert "convention jacobs2022" in text
    assert "distances of outline vertices" in text


@pytest.mark.parametrize("n", [1, 5, 20, 1000])
def test_pictures_shrink_as_they_become_many(n: int) -> None:
    assert embedded_px(n) >= embedded_px(n + 1) >= 480


def test_the_detector_and_its_limits_are_told(make_analysis: MakeAnalysis) -> None:
    analysis = make_analysis("one")
    said = {"name": "blob", "version": "1", "description": "Dark blobs.", "limits": ["no <types>"], "options": {"x": 7}}
    made = page(
        attrs.evolve(
            analysis,
            labels=None,
            settings={**analysis.settings, "detector": said},
            predictions={
                "one": Prediction(image="one", instances=analysis.instances["one"], detector="blob", capped=True)
            },
        )
    )
    for words in ("Detector blob 1", "Dark blobs.", "no <types>", "detector.options.x 7", "its largest number of"):
        assert words in made.text, words
    assert "What it cannot do" not in page(analysis).text


def test_all_images_together_have_intervals_and_what_they_do_not_hold(make_analysis: MakeAnalysis) -> None:
    analysis = make_analysis("one", "two")
    condition = own_condition(analysis)
    assert condition is not None
    made = page(analysis, condition=condition)
    assert "With their intervals" in made.text and "Value and 90 % interval" in made.text
    assert "No uncertainty of the pixel size is declared" in made.text
    assert "With their intervals" not in page(analysis).text
