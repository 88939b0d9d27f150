from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

TEMPLATES = Path(__file__).parent


def install(name: str, target: Path) -> None:
    """Install the distribution of a template folder into ``target``, as an installer would: modules and metadata."""
    with (TEMPLATES / name / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    for module in (TEMPLATES / name).glob("*.py"):
        shutil.copy(module, target)
    info = target / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n", encoding="utf-8"
    )
    groups = [
        f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in points.items())
        for group, points in project["entry-points"].items()
    ]
    (info / "entry_points.txt").write_text("\n".join(groups), encoding="utf-8")


class User:
    """Somebody with an installation of their own, at work in an empty folder."""

    def __init__(self, folder: Path, *distributions: str) -> None:
        self.folder = folder / "work"
        self.site = folder / "site"
        for made in (self.folder, self.site):
            made.mkdir()
        for name in distributions:
            install(name, self.site)

    def run(self, *args: str) -> subprocess.CompletedProcess[str]:
        """Run ``defectkit`` in a process of its own."""
        return self.python("-m", "defectkit", *args)

    def python(self, *args: str) -> subprocess.CompletedProcess[str]:
        """Run Python in a process of its own."""
        path = os.pathsep.join(filter(None, (str(self.site), os.environ.get("PYTHONPATH", ""))))
        return subprocess.run(
            [sys.executable, *args],
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": path},
            check=False,
        )

    def plugins(self) -> dict[str, list[dict[str, str]]]:
        """What ``defectkit plugins --json`` lists."""
        done = self.run("plugins", "--json")
        assert done.returncode == 0, done.stderr
        listed: dict[str, list[dict[str, str]]] = json.loads(done.stdout)
        return listed

    def draw(self, name: str) -> Path:
        """Save an image with three dark patches of 4 x 4, 6 x 6 and 8 x 8 pixels."""
        pixels = np.full((64, 64), 200, np.uint8)
        for top, side in ((4, 4), (20, 6), (40, 8)):
            pixels[top : top + side, top : top + side] = 20
        path = self.folder / name
        np.save(path, pixels)
        return path


@pytest.fixture
def user(tmp_path: Path) -> Callable[..., User]:
    """Somebody who installed the named distributions beside defectkit."""

    def make(*distributions: str) -> User:
        return User(tmp_path, *distributions)

    return make
