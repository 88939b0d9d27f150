from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

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
WAITING = "worker.join()"


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
