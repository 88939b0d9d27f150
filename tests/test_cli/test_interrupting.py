from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile

from defectkit.cli.interrupting import GRACE_S
from tests.attack.commands import STUDY

STUCK = """
import signal, threading, time
from defectkit.cli.interrupting import ends_soon_after_interrupt

signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever starts tests in the background has it ignored
with ends_soon_after_interrupt({grace}):
    worker = threading.Thread(target=time.sleep, args=(60,))
    worker.start()
    print("ready", flush=True)
    try:
        {wait}
    except KeyboardInterrupt:
        pass
"""
"""A worker thread outlives the block, and Python waits for it."""

UNCALLED = "import ctypes; [ctypes.CDLL(None).usleep(9_000_000) for _ in iter(int, 1)]"
WAITING = "threading.Event().wait()"
"""Not ``worker.join()``: interrupted in it, Python 3.11 takes the worker for finished and waits for it no more."""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("wait", [UNCALLED, WAITING], ids=["in a call", "waiting for a thread"])
def test_an_interrupt_ends_a_process_that_does_not_listen(wait: str) -> None:
    code = STUCK.format(grace=0.5, wait=wait)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"ready\n"
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        try:
            assert process.wait(10) == 130
        finally:
            process.kill()
        assert time.monotonic() - start < 2


def test_without_an_interrupt_nothing_happens() -> None:
    code = (
        "import signal\nfrom defectkit.cli.interrupting import ends_soon_after_interrupt\n"
        "with ends_soon_after_interrupt(0.1):\n    pass\nprint(signal.set_wakeup_fd(-1))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "-1\n"


ANALYZE = ("analyze", "frames", "--detector", "blob", "--pixel-size", "1 nm", "--foil-thickness", "100 nm", "-o", "out")
CONTINUING = {
    "analyze": (ANALYZE, ".out.defectkit/new"),
    "study": (("study", "run", "study.toml", "-o", "study"), "study"),
}
RESTORED = "import signal, runpy; signal.signal(signal.SIGINT, signal.default_int_handler); "
"""Whoever starts tests in the background has interrupts ignored."""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("name", CONTINUING)
def test_an_interrupt_ends_a_command_at_work_which_then_finishes(name: str, tmp_path: Path) -> None:
    words, sign = CONTINUING[name]
    (tmp_path / "frames").mkdir()
    rng = np.random.default_rng(0)
    for image in "ab":
        tifffile.imwrite(tmp_path / "frames" / f"{image}.tif", rng.integers(90, 200, (700, 700), np.uint8))
    box = [[10, 10, 40, 10, 40, 40, 10, 40]]
    labels = {
        "images": [{"id": k, "file_name": f"{image}.tif", "width": 700, "height": 700} for k, image in enumerate("ab")],
        "categories": [{"id": 1, "name": "bdot"}],
        "annotations": [
            {"id": k, "image_id": k, "category_id": 1, "iscrowd": 0, "segmentation": box} for k in range(2)
        ],
    }
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    (tmp_path / "study.toml").write_text(STUDY)
    command = [sys.executable, "-c", f"{RESTORED}runpy.run_module('defectkit', run_name='__main__')", *words]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        while not (tmp_path / sign).exists() and process.poll() is None:
            time.sleep(0.01)
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130, process.stderr and process.stderr.read()
        assert time.monotonic() - begun < GRACE_S + (0.5 if os.getloadavg()[0] < (os.cpu_count() or 1) else 20)
    assert not (tmp_path / "out").exists()
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
