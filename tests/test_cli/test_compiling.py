"""Nobody waits for kernels to be compiled without a word, and nobody is told of it who does not wait."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from defectkit.cli import cli, nouns
from defectkit.cli.console import COMPILING
from defectkit.geometry.kernels.compiling import tell, told_when_compiling

KERNEL = """
import numpy as np
from defectkit.geometry.kernels.compiling import told_when_compiling
from defectkit.geometry.boxes import box_iou

box = np.array([[0.0, 0.0, 2.0, 2.0]])
with told_when_compiling(lambda: print("compiling")):
    box_iou(box, box)
    print("done")
    box_iou(box.astype(np.float32).astype(float), box)
"""


def output_of(*arguments: str, cache: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"NUMBA_CACHE_DIR": str(cache)},
    )


def test_a_kernel_tells_before_it_is_compiled_and_not_when_it_is_loaded(tmp_path: Path) -> None:
    assert output_of("-c", KERNEL, cache=tmp_path).stdout == "compiling\ndone\n"
    assert output_of("-c", KERNEL, cache=tmp_path).stdout == "done\n"


def test_a_command_says_so_once_and_a_quiet_one_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def compiles() -> None:
        tell()
        tell()

    monkeypatch.setattr(nouns, "load", lambda name: click.Command(name, callback=compiles))
    assert CliRunner().invoke(cli, ["doctor"]).stderr == f"{COMPILING}\n"
    assert CliRunner().invoke(cli, ["--quiet", "doctor"]).stderr == ""


def test_a_command_that_compiles_nothing_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nouns, "load", lambda name: click.Command(name, callback=lambda: None))
    assert CliRunner().invoke(cli, ["doctor"]).stderr == ""
    tell()  # nobody is left to be told


def test_each_listener_is_told_once_within_its_block() -> None:
    told: list[str] = []
    with told_when_compiling(lambda: told.append("outer")):
        with told_when_compiling(lambda: told.append("inner")):
            tell()
            tell()
        tell()
    tell()
    assert told == ["outer", "inner"]


def test_a_block_that_ends_untold_is_never_told() -> None:
    told: list[str] = []
    with told_when_compiling(lambda: told.append("late")):
        pass
    tell()
    assert told == []
