from __future__ import annotations

import logging
from collections.abc import Iterable

import click
import pytest
from click.testing import CliRunner

from defectkit.cli import cli, console


def test_a_table_is_never_cut_where_it_is_piped(capsys: pytest.CaptureFixture[str]) -> None:
    long = "x" * 500
    console.print_table("Title", ("name", "count"), [(long, 3), ("[red]b[/red]", None)])
    lines = capsys.readouterr().out.splitlines()
    assert any(long in line for line in lines)
    assert any("[red]b[/red]" in line for line in lines)
    assert lines[0].strip() == "Title"


def test_in_a_narrow_terminal_long_cells_wrap_and_short_ones_do_not(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "50")
    words = [f"word{k}" for k in range(40)]
    console.print_table("", ("name", "description"), [("a-name-of-24-characters", " ".join(words))])
    shown = capsys.readouterr().out
    assert "a-name-of-24-characters" in shown
    assert all(word in shown for word in words)
    assert len(shown.splitlines()) > 6


def test_numbers_are_aligned_to_the_right(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_table("", ("name", "count"), [("a", 3), ("b", 1234)])
    three, thousand = (line.rstrip() for line in capsys.readouterr().out.splitlines() if line.strip()[:1] in ("a", "b"))
    assert len(three) == len(thousand)


def test_an_empty_table_has_its_header(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_table("", ("name", "count"), [])
    assert "name" in capsys.readouterr().out


def test_messages_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    console.note("a note")
    console.print_warning("a warning")
    console.print_error("an error")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "a note\nwarning: a warning\nerror: an error\n"


@pytest.mark.parametrize("items", [[], [1, 2, 3], iter("abc")])
def test_progress_yields_every_item_and_prints_nothing_into_a_pipe(
    items: Iterable[object], capsys: pytest.CaptureFixture[str]
) -> None:
    expected = list(items) if isinstance(items, list) else ["a", "b", "c"]
    assert list(console.progress(items, "measuring")) == expected
    assert capsys.readouterr() == ("", "")


def test_progress_is_shown_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    from rich.console import Console

    stream = io.StringIO()
    monkeypatch.setattr(console, "messages", lambda: Console(file=stream, force_terminal=True))
    assert list(console.progress(range(4), "measuring", total=4)) == [0, 1, 2, 3]
    assert "measuring" in stream.getvalue()


@pytest.fixture
def speaking(monkeypatch: pytest.MonkeyPatch) -> click.Command:
    """A command that says something at every level."""

    @click.command()
    def speak() -> None:
        console.note("a note")
        logging.getLogger("defectkit.somewhere").info("some information")
        logging.getLogger("defectkit.somewhere").debug("every detail")

    monkeypatch.setattr(type(cli), "get_command", lambda *_: speak)
    return speak


@pytest.mark.usefixtures("speaking")
@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ([], ["a note"]),
        (["-q"], []),
        (["-v"], ["a note", "defectkit.somewhere: some information"]),
        (["-vv"], ["a note", "defectkit.somewhere: some information", "defectkit.somewhere: every detail"]),
    ],
)
def test_verbosity(flags: list[str], said: list[str]) -> None:
    logger = logging.getLogger("defectkit")
    level = logger.level
    result = CliRunner().invoke(cli, [*flags, "speak"])
    assert result.stderr.splitlines() == said
    assert logger.handlers == []
    assert logger.level == level
