from __future__ import annotations

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner
from defectkit_jacobs2022.audit import audit_published
from defectkit_jacobs2022.level import LEVELS
from defectkit_jacobs2022.reproduction import ARTIFACTS

from defectkit.cli import cli


def run(*words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(cli, list(words), standalone_mode=True)
    return done.exit_code, done.stdout, done.stderr


def test_every_artifact_is_listed() -> None:
    status, shown, _ = run("reproduce", "--list")
    assert status == 0
    assert all(name in shown.split() for name in ARTIFACTS)


def test_what_needs_no_training_is_made_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    status, shown, said = run("reproduce", "table9", "-o", str(folder))
    assert status == 0, said
    assert f"1 of 1: {folder / 'index.html'}" in shown
    assert "synthetic-fecral" in said
    assert "no number made from them says anything about FeCrAl" in " ".join(said.split())
    assert (folder / "artifacts" / "table9.csv").is_file()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "name at least one table or figure"),
        (("table11",), "no table or figure is named 'table11'"),
        (("table1", "--dataset", "steel-316l"), "steel-316l"),
        (("table1", "--detector", "nothing"), "nothing"),
        (("table1", "--learner", "nothing"), "nothing"),
        (("table1", "--learner", "blob"), "blob does not learn"),
        (("table1", "--budget", "-1"), "a budget of -1 minutes"),
        (("table1", "--convention", "nothing"), "nothing"),
    ],
)
def test_what_is_asked_for_wrongly_is_said(words: tuple[str, ...], message: str, tmp_path: Path) -> None:
    status, _, said = run("reproduce", *words, "-o", str(tmp_path / "out"))
    assert status == 2
    assert message in " ".join(said.split())
    assert not (tmp_path / "out").exists()


def test_the_help_says_what_each_budget_gets() -> None:
    _, shown, _ = run("reproduce", "--help")
    said = " ".join(shown.split())
    for level in LEVELS:
        assert f"{level.n_trainings} trainings of {level.n_trees} trees and a survey of {level.n_survey}" in said


def test_the_audit_is_printed() -> None:
    status, shown, said = run("audit", "jacobs2022")
    assert status == 0, said
    assert "600 + 134 = 734" in shown
    assert "at least 84 are tested more than once" in shown
    assert f"{len(audit_published())} findings" in said


@pytest.mark.parametrize("suffix", [".csv", ".md"])
def test_the_audit_is_written(suffix: str, tmp_path: Path) -> None:
    place = tmp_path / f"audit{suffix}"
    status, shown, said = run("audit", "jacobs2022", "-o", str(place))
    assert (status, shown) == (0, ""), said
    text = place.read_text(encoding="utf-8")
    assert all(finding.where.split(",")[0] in text.replace("\\", "") for finding in audit_published())
    if suffix == ".csv":
        rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
        assert [int(row["page"]) for row in rows] == [finding.page for finding in audit_published()]
    place.write_text("mine", encoding="utf-8")
    status, _, said = run("audit", "jacobs2022", "-o", str(place))
    assert (status, place.read_text(encoding="utf-8")) == (2, "mine")
    assert "is there already" in said
    assert run("audit", "jacobs2022", "-o", str(place), "--overwrite")[0] == 0
    assert place.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("jacobs2023",), "jacobs2022"),
        (("jacobs2022", "-o", "audit.txt"), "audit.txt is neither CSV nor Markdown"),
    ],
)
def test_an_audit_that_cannot_be_made_is_refused(words: tuple[str, ...], message: str) -> None:
    status, _, said = run("audit", *words)
    assert status == 2
    assert message in " ".join(said.split())
