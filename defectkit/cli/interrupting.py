"""Interrupting: Ctrl-C ends the process soon, whatever its threads are at."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from defectkit.cli.boundary import INTERRUPTED

GRACE_S = 1.5
"""Seconds that a command has to put things in order after Ctrl-C."""


@contextmanager
def ends_soon_after_interrupt(grace_s: float = GRACE_S) -> Iterator[None]:
    """End the process with status 130 a while after Ctrl-C, where it has not ended by itself by then.

    Python tells its main thread alone of an interrupt, and not before that thread comes back from what it has called: a
    kernel that is compiled, or a worker thread that is waited for, may take longer than anybody waits. What the process
    leaves then is what a kill leaves, and the next run clears it.
    """
    if threading.current_thread() is not threading.main_thread() or sys.platform == "win32":
        yield
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    earlier = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    done = threading.Event()

    def watch() -> None:
        while signals := os.read(reading, 64):
            if signal.SIGINT in signals:
                time.sleep(grace_s)
                if not done.is_set():
                    os.write(2, b"error: interrupted\n")
                os._exit(INTERRUPTED)

    threading.Thread(target=watch, name="interrupting", daemon=True).start()
    try:
        yield
    finally:
        done.set()
        signal.set_wakeup_fd(earlier)
        os.close(writing)
