from __future__ import annotations

import itertools
import sys
import textwrap
import warnings
from collections.abc import Iterator
from importlib.metadata import EntryPoint, distributions
from pathlib import Path

import pytest

from defectkit.errors import PluginWarning
from defectkit.hooks import Registry


class Site:
    """A folder of installed distributions, each made from the source of one module."""

    numbers = itertools.count()

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, distribution: str, source: str, *, entry_point: str = "main", version: str = "1.2") -> str:
        """Install a distribution of one module; returns the name of the module."""
        module = f"site_module_{next(self.numbers)}"
        (self.folder / f"{module}.py").write_text(textwrap.dedent(source))
        info = self.folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[defectkit]\n{entry_point} = {module}\n")
        return module

    def install_builtins(self) -> None:
        info = self.folder / "defectkit-0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: defectkit\nVersion: 0\n")
        (info / "entry_points.txt").write_text("[defectkit]\nbuiltins = defectkit.builtins\n")

    def entry_points(self) -> list[EntryPoint]:
        return [ep for d in distributions(path=[str(self.folder)]) for ep in d.entry_points if ep.group == "defectkit"]

    def tables(self) -> Registry:
        return Registry(self.entry_points())

    def quiet_tables(self) -> Registry:
        """The tables, with every hook called and every failure's warning spent."""
        found = self.tables()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PluginWarning)
            found.failures()
        return found


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """An empty folder of distributions beside the built-ins of defectkit."""
    monkeypatch.syspath_prepend(str(tmp_path))
    known = set(sys.modules)
    made = Site(tmp_path)
    made.install_builtins()
    yield made
    for module in set(sys.modules) - known:
        if module.startswith("site_module_"):
            del sys.modules[module]
