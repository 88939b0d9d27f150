from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

import pytest

from defectkit.errors import DetectionCapWarning, WorkersError
from defectkit.parallel import Executor, about, check_executor, map_blocks, map_items, n_workers

pytest.importorskip("distributed", reason="needs the extra dask")

from defectkit.parallel.dask_executor import AHEAD, DaskExecutor


def test_a_dask_executor_is_an_executor(two_processes: Executor) -> None:
    assert isinstance(two_processes, Executor)
    assert check_executor(two_processes) is two_processes
    assert n_workers(two_processes) == 2


@pytest.mark.parametrize("n", [0, 1, 7, 50])
def test_results_come_in_the_order_of_the_items(two_processes: Executor, n: int) -> None:
    assert list(map_items(lambda k: 2 * k, range(n), workers=two_processes, block=3)) == [2 * k for k in range(n)]


def test_other_processes_work(two_processes: Executor) -> None:
    def slow(_: int) -> int:
        time.sleep(0.05)
        return os.getpid()

    pids = set(map_items(slow, range(12), workers=two_processes, block=1))
    assert len(pids) == 2
    assert os.getpid() not in pids


def test_items_are_drawn_a_few_blocks_ahead(two_processes: Executor) -> None:
    drawn: list[int] = []

    def items() -> Iterator[int]:
        for k in range(1000):
            drawn.append(k)
            yield k

    results = map_items(lambda k: 2 * k, items(), workers=two_processes, block=4)
    assert next(results) == 0
    assert len(drawn) == 2 * AHEAD * 4
    results.close()
    assert len(drawn) == 2 * AHEAD * 4


def test_an_error_keeps_its_class_and_its_note(two_processes: Executor) -> None:
    def fails(names: Sequence[str]) -> list[str]:
        with about(*names):
            raise WorkersError("no pixels")

    with pytest.raises(WorkersError, match="no pixels") as raised:
        list(map_blocks(fails, ["one"], workers=two_processes))
    assert raised.value.__notes__ == ["image 'one'"]


def test_warnings_of_defectkit_reach_the_caller_and_others_do_not(two_processes: Executor) -> None:
    def warns(n: int) -> int:
        warnings.warn(DetectionCapWarning(f"image {n} is full"), stacklevel=1)
        warnings.warn("something of a library", stacklevel=1)
        return n

    with pytest.warns(DetectionCapWarning) as caught:
        assert list(map_items(warns, [1, 2], workers=two_processes)) == [1, 2]
    assert [str(w.message) for w in caught] == ["image 1 is full", "image 2 is full"]


def test_relative_paths_mean_what_they_mean_here(
    two_processes: Executor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("here.txt").write_text("found")
    assert list(map_items(lambda name: Path(name).read_text(), ["here.txt"], workers=two_processes)) == ["found"]


def test_a_killed_worker_s_block_is_done_again(two_processes: DaskExecutor, tmp_path: Path) -> None:
    def work(k: int) -> int:
        with (tmp_path / f"{k}.log").open("a") as log:
            log.write(f"{os.getpid()}\n")
        if k == 20:
            time.sleep(3600 if len((tmp_path / "20.log").read_text().split()) == 1 else 0)
        return k * k

    def kill() -> None:
        while not (tmp_path / "20.log").exists() or not (tmp_path / "20.log").read_text().strip():
            time.sleep(0.01)
        os.kill(int((tmp_path / "20.log").read_text()), signal.SIGKILL)

    killing = threading.Thread(target=kill)
    killing.start()
    assert list(map_items(work, range(40), workers=two_processes, block=2)) == [k * k for k in range(40)]
    killing.join()
    pids = (tmp_path / "20.log").read_text().split()
    assert len(pids) == 2
    assert pids[0] != pids[1]


def test_a_block_that_kills_every_worker_is_given_up_with_a_reason() -> None:
    import dask
    from distributed import Client, LocalCluster

    def dies(_: int) -> int:
        os.kill(os.getpid(), signal.SIGKILL)
        return 0

    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50) as cluster,
        Client(cluster) as client,
        pytest.raises(WorkersError, match="a block of 1 items was given up: each worker that took it died"),
    ):
        list(map_items(dies, [1], workers=DaskExecutor(client=client), block=1))


def test_a_missing_distribution_and_another_version_are_named_for_each_worker(
    two_processes: DaskExecutor, tmp_path: Path
) -> None:
    two_processes.check({"defectkit": "0.1.0"}, folder=tmp_path)
    with pytest.raises(WorkersError) as raised:
        two_processes.check({"defectkit-nowhere": "1.2", "numpy": "0.1"})
    said = str(raised.value)
    n = n_workers(two_processes)
    assert said.startswith(f"{n} of {n} workers cannot do this work; tcp://127.0.0.1:")
    assert said.count("no defectkit-nowhere (1.2 is needed)") == n
    assert said.count("and not 0.1") == n


FAKE = "Metadata-Version: 2.1\nName: defectkit-mine\nVersion: {version}\n"


def test_a_worker_of_another_installation_is_named_before_anything_runs(tmp_path: Path) -> None:
    from distributed import Client, LocalCluster

    info = tmp_path / "there" / "defectkit_mine-2.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(FAKE.format(version="2.0"))
    (tmp_path / "there" / "defectkit").mkdir()
    (tmp_path / "there" / "defectkit" / "__init__.py").write_text("old = True\n")
    with (
        LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0", processes=True) as cluster,
        subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_worker", cluster.scheduler_address, "--nthreads", "1"],
            env={**os.environ, "PYTHONPATH": str(tmp_path / "there"), "DASK_DISTRIBUTED__WORKER__DAEMON": "False"},
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as worker,
        Client(cluster) as client,
    ):
        try:
            with pytest.raises(WorkersError) as raised:
                DaskExecutor(client=client).check({"defectkit": "0.1.0", "defectkit-mine": "1.0"})
        finally:
            worker.terminate()
    assert "1 of 1 workers" in str(raised.value)
    assert "defectkit-mine 2.0 and not 1.0" in str(raised.value)
    assert "other code of defectkit" in str(raised.value)


def test_code_that_a_worker_lacks_is_named(
    two_processes: Executor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The module can be imported here, where it was put on the path, and not by workers that were there before."""
    (tmp_path / "only_here.py").write_text("def more(few):\n    return [k + 1 for k in few]\n")
    monkeypatch.syspath_prepend(tmp_path)
    more = import_module("only_here").more
    with pytest.raises(WorkersError, match=r"lacks code that this work needs: .*only_here"):
        list(map_blocks(more, [1], workers=two_processes))


def test_work_without_any_worker_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    from distributed import Client, LocalCluster

    monkeypatch.setattr("defectkit.parallel.dask_executor.LONGEST_ALONE_S", 0.2)
    with (
        LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0", processes=True) as cluster,
        Client(cluster) as client,
        pytest.raises(WorkersError, match=r"there has been no worker for 0\.2 s"),
    ):
        list(map_items(lambda k: k, [1], workers=DaskExecutor(client=client)))


def test_a_folder_that_workers_do_not_see_is_named(two_processes: DaskExecutor, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    with pytest.raises(WorkersError, match=f"no folder {gone}"):
        two_processes.check({"defectkit": "0.1.0"}, folder=gone)
