from __future__ import annotations

import json
import sys
import types
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from defectkit import resources
from defectkit.cli import checks
from defectkit.errors import StorageError

Run = Callable[..., Result]


def rows() -> dict[str, checks.Check]:
    return {check.name: check for check in checks.run_checks()}


def test_the_table_names_python_and_every_library_that_is_needed(run: Run) -> None:
    result = run("doctor")
    assert result.exit_code == 0
    for name in ("python", "numpy", "zarr", "torch", "registry", "cache"):
        assert name in result.stdout
    assert metadata.version("numpy") in result.stdout


def test_json_is_a_row_a_check(run: Run) -> None:
    listed = json.loads(run("doctor", "--json").output)
    assert {"part", "name", "ok", "found", "advice"} == set(listed[0])
    assert all(row["ok"] for row in listed if row["part"] in ("python", "core", "folder"))


def test_every_requirement_of_the_distribution_is_checked() -> None:
    assert {"attrs", "numpy", "zarr", "scikit-image"} <= {c.name for c in checks.run_checks() if c.part == "core"}
    assert not any("hypothesis" in requirement for requirement in checks.requirements("defectkit"))


def test_a_missing_library_comes_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    monkeypatch.setattr(checks, "requirements", lambda _: ("numpy>=2.0", "no-such-library>=1.2"))
    check = rows()["no-such-library"]
    assert not check.ok
    assert check.advice == 'python -m pip install "no-such-library>=1.2"'
    result = run("doctor")
    assert result.exit_code == 0
    assert check.advice in result.stdout


def test_a_missing_optional_library_comes_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "OPTIONAL", (("thing", "no_such_module", "python -m pip install thing", "things"),))
    check = rows()["thing"]
    assert (check.ok, check.found, check.advice) == (False, "missing; for things", "python -m pip install thing")


def test_an_optional_library_that_is_there_has_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "OPTIONAL", (("numpy", "numpy", "python -m pip install numpy", "arrays"),))
    optional = next(c for c in checks.run_checks() if c.part == "optional")
    assert (optional.ok, optional.found, optional.advice) == (True, metadata.version("numpy"), "")


def test_without_metadata_defectkit_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", absent)
    check = rows()["defectkit"]
    assert not check.ok
    assert "pip install -e ." in check.advice


@pytest.mark.parametrize(
    ("available", "ok", "found"), [(True, True, "a fine card"), (False, False, "no device; torch uses the processor")]
)
def test_cuda_is_asked_for_where_torch_is_there(
    monkeypatch: pytest.MonkeyPatch, available: bool, ok: bool, found: str
) -> None:
    torch: Any = types.ModuleType("torch")
    torch.__spec__ = types.SimpleNamespace()
    torch.cuda = types.SimpleNamespace(is_available=lambda: available, get_device_name=lambda: "a fine card")
    monkeypatch.setitem(sys.modules, "torch", torch)
    check = rows()["CUDA"]
    assert (check.ok, check.found) == (ok, found)


def test_a_torch_that_is_broken_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    torch: Any = types.ModuleType("torch")
    torch.__spec__ = types.SimpleNamespace()
    monkeypatch.setitem(sys.modules, "torch", torch)
    check = rows()["CUDA"]
    assert not check.ok
    assert check.found.startswith("torch is broken")


def test_cuda_is_not_mentioned_without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setattr(checks, "find_spec", lambda name: None if name == "torch" else object())
    assert "CUDA" not in rows()


def test_a_missing_registry_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Path:
        raise StorageError("the catalogue is missing")

    monkeypatch.setattr(resources, "registry_path", missing)
    check = rows()["registry"]
    assert (check.ok, check.found) == (False, "the catalogue is missing")
    assert check.advice


def test_a_cache_that_can_be_written(tmp_path: Path) -> None:
    check = checks.check_writable("cache", tmp_path / "not" / "yet")
    assert check.ok
    assert list(tmp_path.iterdir()) == []


def test_a_cache_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    check = checks.check_writable("cache", tmp_path / "file" / "cache")
    assert not check.ok
    assert "cannot be written" in check.found
    assert check.advice


def test_the_cache_that_is_checked_is_where_data_go(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DEFECTKIT_DATA", str(tmp_path / "mine"))
    assert (rows()["cache"].ok, rows()["cache"].found) == (True, str(tmp_path / "mine"))
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DEFECTKIT_DATA", str(tmp_path / "file" / "mine"))
    assert not rows()["cache"].ok


def test_what_is_in_no_package_index_is_installed_from_the_checkout() -> None:
    plugins = Path(__file__).parents[2] / "plugins"
    advised = [command for _, _, command, _ in checks.OPTIONAL if "plugins/" in command]
    assert advised == ["python -m pip install ./plugins/defectkit-rosettasciio   (in the checkout)"]
    assert all((plugins / command.split("plugins/")[1].split()[0] / "pyproject.toml").is_file() for command in advised)
    assert not any("install defectkit" in command or '"defectkit' in command for _, _, command, _ in checks.OPTIONAL)
