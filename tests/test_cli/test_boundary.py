from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Callable

import click
import pytest
from click.testing import CliRunner

from defectkit.cli import CommandGroup
from defectkit.errors import DetectorError, PluginWarning


def group_with(body: Callable[[], object]) -> CommandGroup:
    """A root command whose only command runs ``body``."""

    class Root(CommandGroup):
        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
            return click.Command("go", callback=body) if cmd_name == "go" else None

    return Root("root", callback=lambda: None)


def raising(error: BaseException) -> CommandGroup:
    def body() -> None:
        raise error

    return group_with(body)


def test_an_error_of_defectkit_is_one_message_and_status_2() -> None:
    result = CliRunner().invoke(raising(DetectorError("image [red]one[/red]: " + "far too long " * 20)), ["go"])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == "error: image [red]one[/red]: " + "far too long " * 20 + "\n"


def test_a_usage_error_is_status_2() -> None:
    result = CliRunner().invoke(group_with(lambda: None), ["gone"])
    assert result.exit_code == 2
    assert "No such command" in result.stderr


def test_a_fault_of_the_program_keeps_its_traceback() -> None:
    error = ZeroDivisionError("a fault")
    result = CliRunner().invoke(raising(error), ["go"])
    assert result.exception is error


def test_an_interrupt_is_a_message_and_status_130() -> None:
    result = CliRunner().invoke(raising(KeyboardInterrupt()), ["go"])
    assert result.exit_code == 130
    assert "interrupted" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_input_that_ends_is_a_message_and_status_2() -> None:
    result = CliRunner().invoke(raising(EOFError()), ["go"])
    assert result.exit_code == 2
    assert "aborted" in result.stderr


def test_success_is_status_0_whatever_the_command_returns() -> None:
    assert CliRunner().invoke(group_with(lambda: "text"), ["go"]).exit_code == 0
    assert CliRunner().invoke(group_with(lambda: 5), ["go"]).exit_code == 0


def test_a_command_may_exit_with_a_status_of_its_own() -> None:
    assert CliRunner().invoke(group_with(lambda: click.get_current_context().exit(3)), ["go"]).exit_code == 3


def test_a_command_that_fails_outside_standalone_mode_raises() -> None:
    with pytest.raises(DetectorError):
        raising(DetectorError("x")).main(["go"], standalone_mode=False)


def test_a_warning_of_defectkit_is_one_line_and_others_are_shown_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    others: list[str] = []

    def body() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("a plugin is [bold]broken[/bold]", PluginWarning, stacklevel=1)
            warnings.warn("a library is old", FutureWarning, stacklevel=1)

    monkeypatch.setattr(warnings, "showwarning", lambda message, *_: others.append(str(message)))
    result = CliRunner().invoke(group_with(body), ["go"])
    assert result.stderr == "warning: a plugin is [bold]broken[/bold]\n"
    assert others == ["a library is old"]


def test_a_reader_that_leaves_early_is_no_fault() -> None:
    command = f"{sys.executable} -m defectkit doctor --json | head -c 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout == "["
    assert "Traceback" not in done.stderr


def test_the_notes_of_an_error_are_part_of_its_message() -> None:
    error = DetectorError("nothing was found")
    error.add_note("image 'one'")
    assert CliRunner().invoke(raising(error), ["go"]).stderr == "error: nothing was found; image 'one'\n"
