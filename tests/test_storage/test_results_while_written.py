from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from defectkit.files import folders
from defectkit.storage import load_results, save_results
from tests.attack.kills import killed_at

N_SEEN = 5
WRITER = """
import select, sys
import numpy as np, xarray as xr
from defectkit.storage import save_results
number = 0
while not select.select([sys.stdin], [], [], 0.02)[0]:
    number += 1
    columns = {"a": ("x", np.full(2000, number)), "b": ("y", np.full(9, number))}
    save_results(xr.Dataset(columns, attrs={"n": number}), sys.argv[1])
print(number)
"""


def version(number: int) -> xr.Dataset:
    return xr.Dataset({"a": ("x", np.full(9, number)), "b": ("y", np.full(9, number))}, attrs={"n": number})


def number_of(path: Path) -> int:
    """The version that is read; all of it must be of one."""
    found = load_results(path)
    assert isinstance(found, xr.Dataset)
    (number,) = {int(found.attrs["n"]), *found["a"].values.tolist(), *found["b"].values.tolist()}
    return number


def test_a_reader_gets_one_version_or_the_other(tmp_path: Path) -> None:
    path = save_results(version(0), tmp_path / "results.zarr")

    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        seen: list[int] = []
        while writer.poll() is None and len(set(seen)) < N_SEEN:
            seen.append(number_of(path))
        last, _ = writer.communicate("stop\n")
    assert writer.returncode == 0
    assert seen == sorted(seen)
    assert number_of(path) == int(last)
    assert [p.name for p in tmp_path.iterdir()] == ["results.zarr"]


@pytest.mark.parametrize("in_one_step", [True, False])
def test_what_a_killed_writer_left_is_whole_when_it_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_one_step: bool
) -> None:
    if not in_one_step:
        monkeypatch.setattr(folders, "swap_folders", lambda one, other: False)
    path = tmp_path / "results.zarr"
    finished = False
    for step in range(12, 200):
        save_results(version(1), path)
        with killed_at(step, tmp_path):
            save_results(version(2), path)
            finished = True
        assert number_of(path) in (1, 2)
        if finished:
            break
    assert finished
    save_results(version(3), path)
    assert number_of(path) == 3
    assert [p.name for p in tmp_path.iterdir()] == ["results.zarr"]
