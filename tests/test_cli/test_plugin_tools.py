"""`defectkit plugins show`, `check` and `new`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, ClassVar

import pytest
from click.testing import Result

from defectkit.errors import OutputError, PluginError, UnknownPluginError
from defectkit.hooks import table
from defectkit.hooks.described import described_options
from defectkit.hooks.kinds import KINDS
from defectkit.hooks.template import COMMAND, TEMPLATE_KINDS, write_plugin
from defectkit.splitters import RandomKFold
from defectkit.testing.checking import Status, check, suite_of

Run = Callable[..., Result]


@pytest.mark.parametrize("kind", KINDS)
def test_every_option_of_a_built_in_says_what_it_means(kind: str) -> None:
    mute = [
        f"{row.name}: {option.name}"
        for row in table(kind).values()
        if row.distribution == "defectkit"
        for option in described_options(row.cls)
        if not option.sentence
    ]
    assert mute == []


def test_an_option_has_unit_default_and_range() -> None:
    options = {option.name: option for option in described_options(table("detector")["blob"].cls)}
    assert (options["min_diameter"].unit, options["min_diameter"].default) == ("nanometer", "3 nm")
    assert options["edge_level"].range == "> 0, < 1"
    assert options["contrast"].range == "dark or bright"
    assert options["max_detections"].kind == "a whole number or nothing"
    assert options["max_elongation"].sentence == "What is more times as long as wide is a dislocation line."


def test_options_are_shown(run: Run) -> None:
    shown = json.loads(run("plugins", "show", "random-k-fold", "--json").output)
    assert (shown["kind"], shown["distribution"]) == ("splitter", "defectkit")
    assert {option["name"] for option in shown["options"]} >= {"n_splits", "seed"}
    assert "min_diameter" in run("plugins", "show", "blob").output
    assert "It has no options." in run("plugins", "show", "orowan").output


def test_an_unknown_name_is_told_with_the_known_ones(run: Run) -> None:
    done = run("plugins", "show", "blub")
    assert done.exit_code == 2
    assert "blob" in done.stderr


def test_laws_are_checked_and_printed(run: Run) -> None:
    done = run("plugins", "check", "random-k-fold")
    assert done.exit_code == 0, done.output
    assert "random-k-fold: " in done.output
    assert " 0 failed" in done.output


class Broken(RandomKFold):
    name = "random-k-fold"
    description: ClassVar[str] = ""


def test_a_broken_law_is_exit_status_1(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import attrs

    from defectkit import hooks

    rows = {**table("splitter"), "random-k-fold": attrs.evolve(table("splitter")["random-k-fold"], cls=Broken)}
    real = hooks.table
    monkeypatch.setattr(hooks, "table", lambda kind: rows if kind == "splitter" else real(kind))
    done = run("plugins", "check", "random-k-fold")
    assert done.exit_code == 1
    assert "description is empty" in done.output


def test_what_only_an_author_can_say_is_open() -> None:
    found = {o.law: o for o in check(suite_of("metric", table("metric")["find"].cls))}
    assert found["the_worked_example_has_its_values"].status is Status.OPEN
    assert Status.FAILED not in {outcome.status for outcome in found.values()}


def test_a_suite_that_is_not_there_is_told() -> None:
    cls = type("Lost", (RandomKFold,), {"conformance": "nowhere:Conformance"})
    with pytest.raises(PluginError, match="'nowhere:Conformance' cannot be found"):
        suite_of("splitter", cls)


@pytest.fixture
def importing(tmp_path: Path) -> Iterator[Callable[[Path], Any]]:
    """Import the package of a distribution, and forget it afterwards."""
    known = set(sys.modules)

    def load(folder: Path) -> Any:
        (package,) = folder.glob("defectkit_*")
        path = package / "__init__.py"
        spec = spec_from_file_location(package.name, path, submodule_search_locations=[str(package)])
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        sys.modules[package.name] = module
        spec.loader.exec_module(module)
        return module

    yield load
    for name in set(sys.modules) - known:
        if name.startswith("defectkit_"):
            del sys.modules[name]


@pytest.mark.parametrize("kind", [kind for kind in TEMPLATE_KINDS if kind != COMMAND])
def test_a_template_keeps_all_laws(kind: str, tmp_path: Path, importing: Callable[[Path], Any]) -> None:
    module = importing(write_plugin(f"my-{kind}", kind, tmp_path))
    (hook,) = (getattr(module, name) for name in dir(module) if name.startswith("defectkit_register_"))
    (cls,) = hook()
    (name,) = (each.name for each in KINDS.values() if issubclass(cls, each.interface()))
    suite = type("Unregistered", (suite_of(name, cls),), {"is_registered": False})
    wrong = {o.law: o.reason for o in check(suite) if o.status in (Status.FAILED, Status.OPEN)}
    assert wrong == {}
    assert all(option.sentence for option in described_options(cls))


def test_a_template_of_a_command_can_be_imported(tmp_path: Path, importing: Callable[[Path], Any]) -> None:
    module = importing(write_plugin("brightness", COMMAND, tmp_path))
    (command,) = module.defectkit_register_commands()
    assert command.name == "brightness"


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    write_plugin("mine", "metric", tmp_path)
    with pytest.raises(OutputError, match="is there already"):
        write_plugin("mine", "metric", tmp_path)


@pytest.mark.parametrize("name", ["", "Mine", "my plugin", "../mine", "my--own", "1st"])
def test_names_that_cannot_be_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="cannot be the name"):
        write_plugin(name, "metric", tmp_path)


def test_an_unknown_kind_of_template_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnknownPluginError, match="label-format"):
        write_plugin("mine", "labels", tmp_path)


def test_a_new_plugin_is_written(run: Run, tmp_path: Path) -> None:
    done = run("plugins", "new", "mine", "--kind", "splitter", "-o", str(tmp_path))
    assert done.exit_code == 0
    assert (tmp_path / "defectkit-mine" / "tests" / "test_mine.py").is_file()
