from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
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
        (("table1", "--budget", "-1"), "a budget of -1 minutes"),
        (("table1", "--convention", "nothing"), "nothing"),
    ],
)
def test_what_is_asked_for_wrongly_is_said(words: tuple[str, ...], message: str, tmp_path: Path) -> None:
    status, _, said = run("reproduce", *words, "-o", str(tmp_path / "out"))
    assert status == 2
    assert message in " ".join(said.split())
    assert not (tmp_path / "out").exists()
