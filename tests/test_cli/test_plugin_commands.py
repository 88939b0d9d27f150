from __future__ import annotations

import json
import re
import textwrap
import warnings
from collections.abc import Callable
from importlib.metadata import distributions
from pathlib import Path

import pytest
from click.testing import Result

from defectkit.errors import PluginWarning
from defectkit.hooks import Registry

Run = Callable[..., Result]
Install = Callable[[str, str], None]

COMMANDS = """
import click
from defectkit.errors import DetectorError
from defectkit.hooks import hookimpl

@click.command()
def hello():
    '''Say hello.'''
    click.echo("hello from a plugin")

@click.command()
def fail():
    '''Fail.'''
    raise DetectorError("on purpose")

@click.command("doctor")
def other_doctor():
    '''Heal.'''

@hookimpl
def defectkit_register_commands():
    return [{names}]
"""


@pytest.fixture
def install(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    installed: Callable[[Registry], None],
    request: pytest.FixtureRequest,
) -> Install:
    """Have a distribution of one module beside the built-ins."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def put(distribution: str, source: str) -> None:
        module = f"cli_{request.node.name}".replace("[", "_").replace("]", "_").replace("-", "_")
        (tmp_path / f"{module}.py").write_text(textwrap.dedent(source))
        for name, points in ((distribution, f"main = {module}"), ("defectkit", "builtins = defectkit.builtins")):
            info = tmp_path / f"{name}-3.dist-info"
            info.mkdir()
            (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 3\n")
            (info / "entry_points.txt").write_text(f"[defectkit]\n{points}\n")
        found = distributions(path=[str(tmp_path)])
        installed(Registry([ep for d in found for ep in d.entry_points]))

    return put


def test_a_command_of_a_plugin_is_listed_and_runs(install: Install, run: Run) -> None:
    install("greeter", COMMANDS.format(names="hello"))
    assert re.search(r"^  hello +Say hello\.$", run("--help").output, re.MULTILINE)
    assert run("hello").output == "hello from a plugin\n"


def test_an_error_of_a_plugins_command_ends_as_any_other(install: Install, run: Run) -> None:
    install("failer", COMMANDS.format(names="fail"))
    result = run("fail")
    assert (result.exit_code, result.stderr) == (2, "error: on purpose\n")


def test_a_command_of_a_builtins_name_is_refused_and_said(install: Install, run: Run) -> None:
    install("clasher", COMMANDS.format(names="other_doctor, hello"))
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        result = run("--help")
    assert "the command 'doctor' is one of defectkit's own" in result.stderr
    assert "Heal" not in result.stdout
    assert run("hello").output == "hello from a plugin\n"
    (failure,) = json.loads(run("plugins", "--json", "--kind", "command").output)["failures"]
    assert failure["distribution"] == "clasher"


def test_a_broken_plugin_warns_in_one_line_and_the_rest_works(install: Install, run: Run) -> None:
    install("broken", "import a_module_that_is_not_there\n")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        result = run("--help")
    assert result.exit_code == 0
    assert "warning: plugin 'main' of broken 3" in result.stderr
    assert "a_module_that_is_not_there" in result.stderr


def test_plugins_lists_what_failed_and_why(install: Install, run: Run) -> None:
    install("broken", "import a_module_that_is_not_there\n")
    result = run("plugins")
    assert result.exit_code == 0
    assert "Failed" in result.stdout
    assert "broken" in result.stdout
    assert "ModuleNotFoundError: No module named 'a_module_that_is_not_there'" in result.stdout


def test_plugins_as_json(install: Install, run: Run) -> None:
    install("greeter", COMMANDS.format(names="hello"))
    listed = json.loads(run("plugins", "--json").output)
    assert listed["failures"] == []
    rows = {(row["kind"], row["name"]): row for row in listed["registered"]}
    assert rows["command", "hello"] == {
        "kind": "command",
        "name": "hello",
        "distribution": "greeter",
        "version": "3",
        "description": "Say hello.",
    }
    assert rows["splitter", "predefined"]["distribution"] == "defectkit"


def test_plugins_of_one_kind(run: Run) -> None:
    listed = json.loads(run("plugins", "--kind", "splitter", "--json").output)
    assert {row["kind"] for row in listed["registered"]} == {"splitter"}


def test_plugins_of_no_kind_lists_the_kinds(run: Run) -> None:
    result = run("plugins", "--kind", "spliter")
    assert result.exit_code == 2
    assert "did you mean 'splitter'" in result.stderr


def test_plugins_as_a_table_names_every_builtin(run: Run) -> None:
    output = run("plugins").output
    for row in json.loads(run("plugins", "--json").output)["registered"]:
        assert row["name"] in output
        assert row["description"] in output


def test_asking_for_a_plugin_that_is_broken_raises_for_the_rest_of_the_process(install: Install) -> None:
    from defectkit import hooks
    from defectkit.errors import PluginError

    install("broken", "import a_module_that_is_not_there\n")
    with pytest.warns(PluginWarning):
        hooks.table("splitter")
    for _ in range(2):
        with pytest.raises(PluginError, match="a_module_that_is_not_there"):
            hooks.find("splitter", "theirs")
