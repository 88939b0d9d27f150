from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from defectkit.errors import WorkersError
from defectkit.parallel import AHEAD, BLOCK, about, available_cpus, check_workers, map_items


def workers_alive() -> int:
    return sum(thread.name.startswith("defectkit") for thread in threading.enumerate())


def double(n: int) -> int:
    return 2 * n


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("n", [0, 1, BLOCK, 3 * BLOCK + 1])
def test_results_come_in_the_order_of_the_items(workers: int, n: int) -> None:
    assert list(map_items(double, range(n), workers=workers)) == [2 * k for k in range(n)]


def test_one_worker_is_the_calling_thread_and_several_are_others() -> None:
    def thread(_: int) -> int:
        return threading.get_ident()

    assert set(map_items(thread, range(40), workers=1)) == {threading.get_ident()}
    assert threading.get_ident() not in set(map_items(thread, range(40), workers=2))


def test_threads_work_at_the_same_time() -> None:
    meeting = threading.Barrier(2, timeout=20)
    assert len(list(map_items(lambda _: meeting.wait(), range(2 * BLOCK), workers=2))) == 2 * BLOCK


@pytest.mark.parametrize("workers", [1, 2])
def test_items_are_drawn_a_few_blocks_ahead_and_by_the_calling_thread(workers: int) -> None:
    drawn: list[int] = []

    def items() -> Iterator[int]:
        for k in range(100 * BLOCK):
            assert threading.current_thread() is threading.main_thread()
            drawn.append(k)
            yield k

    results = map_items(double, items(), workers=workers)
    assert drawn == []
    assert next(results) == 0
    assert len(drawn) == (BLOCK if workers == 1 else (workers * AHEAD + 1) * BLOCK)
    results.close()
    assert workers_alive() == 0


@pytest.mark.parametrize("workers", [1, 2])
def test_the_first_error_ends_it_and_what_has_not_begun_never_does(workers: int) -> None:
    begun: list[int] = []

    def work(k: int) -> int:
        begun.append(k)
        if k == 3:
            raise ValueError("three")
        time.sleep(0.001)
        return k

    with pytest.raises(ValueError, match="three"):
        list(map_items(work, range(1000), workers=workers))
    assert len(begun) < 20 * BLOCK
    assert workers_alive() == 0


def test_an_error_of_the_items_ends_it_too() -> None:
    def items() -> Iterator[int]:
        yield from range(BLOCK)
        raise OSError("no more files")

    with pytest.raises(OSError, match="no more files"):
        list(map_items(double, items(), workers=2))
    assert workers_alive() == 0


INTERRUPTED = """
import signal, threading, time
from defectkit.parallel import map_items

signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background ignores it

def work(k):
    if k == 40:
        print("working", flush=True)
    time.sleep(0.01)
    return k

try:
    list(map_items(work, range(10_000), workers=2))
except KeyboardInterrupt:
    print("interrupted", threading.active_count(), flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send to one process")
def test_an_interruption_ends_it_within_the_blocks_at_work() -> None:
    with subprocess.Popen([sys.executable, "-c", INTERRUPTED], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "working\n"
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=30)
    assert rest == "interrupted 1\n"
    assert process.returncode == 0


@pytest.mark.parametrize("workers", [0, -1, 1.5, True, "2", None])
def test_a_number_of_threads_that_is_none_is_refused(workers: object) -> None:
    with pytest.raises(WorkersError, match=f"workers is {workers!r}"):
        check_workers(workers)  # type: ignore[arg-type]  # what is tested


def test_there_is_a_processor_to_run_on() -> None:
    assert available_cpus() >= 1


def test_an_error_says_which_image_it_is_about_once() -> None:
    with pytest.raises(ValueError, match="no pixels") as plain, about("one"):
        raise ValueError("no pixels")
    assert plain.value.__notes__ == ["image 'one'"]
    with pytest.raises(ValueError, match="'one'") as named, about("one"):
        raise ValueError("image 'one' has no pixels")
    assert not hasattr(named.value, "__notes__")
