from __future__ import annotations

import inspect
import json
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.testing import Result

import defectkit.cli
from defectkit import __version__
from defectkit.cli import nouns
from defectkit.cli.command import Command

Run = Callable[..., Result]

SHARED_MODULES = {
    "boundary", "checks", "command", "console", "group", "nouns", "options", "output", "params", "__init__",
}  # fmt: skip


def every_command() -> dict[str, click.Command]:
    """Every built-in command by the words that run it; groups are walked through."""
    found: dict[str, click.Command] = {}
    todo = [(name, nouns.load(name)) for name in nouns.NOUNS]
    while todo:
        name, command = todo.pop(0)
        found[name] = command
        if isinstance(command, click.Group):
            todo += [(f"{name} {sub}", each) for sub, each in command.commands.items()]
    return found


@pytest.fixture(params=nouns.NOUNS)
def noun(request: pytest.FixtureRequest) -> str:
    """Each built-in command in turn."""
    return request.param


def test_help_lists_every_command(run: Run) -> None:
    output = run("--help").output
    for name, line in nouns.NOUNS.items():
        assert f"  {name}" in output
        assert line in output
    assert "Example:\n" in output


def test_no_arguments_show_the_help(run: Run) -> None:
    result = run()
    assert "Commands:" in result.stdout + result.stderr


def test_version(run: Run) -> None:
    assert __version__ in run("--version").output


def test_an_unknown_command_is_a_usage_error(run: Run) -> None:
    result = run("analyse-me")
    assert result.exit_code == 2
    assert "analyse-me" in result.stderr


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, json\n"
        "from defectkit.cli import cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in json.loads(done.stderr.splitlines()[-1])}
    heavy = {"numpy", "pint", "numba", "xarray", "zarr", "scipy", "skimage", "pandas", "matplotlib", "rich", "shapely"}
    assert "defectkit" in loaded
    assert not heavy & loaded


def test_help_costs_at_most_three_times_what_numpy_does() -> None:
    def seconds(*args: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, *args], capture_output=True, check=True)
        return time.perf_counter() - start

    rounds = [(seconds("-m", "defectkit", "--help"), seconds("-c", "import numpy")) for _ in range(5)]
    ours, numpys = (statistics.median(column) for column in zip(*rounds, strict=True))
    assert ours <= 3 * numpys, f"{ours:.2f} s against {numpys:.2f} s"


def test_every_file_of_a_noun_is_a_command(noun: str) -> None:
    assert nouns.load(noun).name == noun


def test_every_command_file_is_listed() -> None:
    folder = Path(inspect.getfile(defectkit.cli)).parent
    files = {p.stem for p in folder.glob("*.py")} - SHARED_MODULES
    commands = {
        name.replace("_", "-")
        for name in files
        if isinstance(getattr(import_module(f"defectkit.cli.{name}"), name, None), click.Command)
    }
    assert commands == set(nouns.NOUNS)


def test_the_line_in_the_list_is_the_first_sentence_of_the_help(noun: str) -> None:
    assert nouns.load(noun).get_short_help_str(limit=200) == nouns.NOUNS[noun]


def test_every_command_has_an_example_that_it_understands() -> None:
    for words, command in every_command().items():
        if isinstance(command, click.Group):
            continue
        assert isinstance(command, Command), f"{words}: use cls=Command, example=..."
        for line in command.example.strip().splitlines():
            args = shlex.split(line)
            assert " ".join(args).startswith(f"defectkit {words}"), line
            command.make_parser(click.Context(command)).parse_args(args[1 + len(words.split()) :])
            required = {p.name for p in command.params if isinstance(p, click.Option) and p.required}
            given = command.make_parser(click.Context(command)).parse_args(args[1 + len(words.split()) :])[0]
            assert required <= set(given), f"{line} lacks {required - set(given)}"


def test_every_option_has_help() -> None:
    for words, command in every_command().items():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{words} {parameter.opts[0]}"


def test_the_help_of_every_command_shows_its_example(run: Run) -> None:
    for words, command in every_command().items():
        if isinstance(command, Command):
            assert command.example.splitlines()[0].strip() in run(*words.split(), "--help").output


def test_verbose_twice_shows_where_an_error_was_raised(run: Run, tmp_path: Path) -> None:
    for verbose, shown in (((), False), (("-v",), False), (("-vv",), True)):
        result = run(*verbose, "harden", tmp_path / "gone", "-o", tmp_path / "out")
        assert result.exit_code == 2
        assert ("Traceback" in result.stderr) is shown
        assert "gone is not there" in result.stderr
