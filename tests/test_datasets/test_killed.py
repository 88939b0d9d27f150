from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from defectkit.datasets.fetching import fetch_files
from tests.test_datasets import fetching_process
from tests.test_datasets.conftest import Site

CONTENT = random.Random(1).randbytes(400_000)


def test_a_fetch_killed_at_any_moment_is_finished_by_a_later_one(site: Site, tmp_path: Path) -> None:
    """No file is in its place before it is whole, and the call that is let finish does not begin from nothing."""
    file = site.put("a.bin", CONTENT, pause_s=0.004)
    command = [
        sys.executable,
        fetching_process.__file__,
        str(tmp_path),
        file.path,
        file.hash,
        str(file.size),
        file.address,
    ]
    delays = random.Random(3)
    place = tmp_path / "owner+data" / "a.bin"
    for _ in range(6):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(delays.uniform(0.0, 0.25))
        process.kill()
        process.communicate()
        if place.exists():
            assert hashlib.sha256(place.read_bytes()).hexdigest() == file.hash.removeprefix("sha256:")
    starts = [int(asked.removeprefix("bytes=").removesuffix("-")) for _, asked in site.asked if asked]
    assert starts == sorted(starts)
    site.pages["a.bin"].pause_s = 0.0
    assert fetch_files([file], tmp_path, folder="owner+data").paths["a.bin"].read_bytes() == CONTENT
    assert [p.name for p in (tmp_path / "owner+data").rglob("*") if p.is_file()] == ["a.bin"]


def test_a_file_that_was_whole_but_not_in_its_place_is_not_fetched_again(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError("no space left")

    file = site.put("a.bin", CONTENT)
    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        assert fetch_files([file], tmp_path, folder="owner+data").missing
    assert fetch_files([file], tmp_path, folder="owner+data").paths["a.bin"].read_bytes() == CONTENT
    assert len(site.asked) == 1


def test_two_processes_may_fetch_one_file(site: Site, tmp_path: Path) -> None:
    file = site.put("a.bin", CONTENT, pause_s=0.002)
    command = [
        sys.executable,
        fetching_process.__file__,
        str(tmp_path),
        file.path,
        file.hash,
        str(file.size),
        file.address,
    ]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for process in both:
        said, _ = process.communicate(timeout=120)
        assert said.split() == ["ready", "whole"]
    assert len(site.asked) == 1
