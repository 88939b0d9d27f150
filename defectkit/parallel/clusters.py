"""Clusters: Dask workers on this machine, of a scheduler that runs, or of a batch system."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from defectkit.errors import DecodingError, WorkersError
from defectkit.files.decoding import read_toml
from defectkit.parallel.blocks import available_cpus, check_workers
from defectkit.parallel.dask_executor import DaskExecutor

if TYPE_CHECKING:
    from dask_jobqueue.core import JobQueueCluster
    from distributed import Client

KINDS: Mapping[str, str] = {
    "htcondor": "HTCondorCluster",
    "lsf": "LSFCluster",
    "moab": "MoabCluster",
    "oar": "OARCluster",
    "pbs": "PBSCluster",
    "sge": "SGECluster",
    "slurm": "SLURMCluster",
}
"""Batch systems by the name that a file gives them, with the class of dask-jobqueue."""

SECONDS_TO_CONNECT = 20

INSTALL = 'python -m pip install "dask[distributed]" dask-jobqueue'


@attrs.frozen(kw_only=True)
class JobCluster:
    """What a file says of the cluster of a batch system.

    Parameters
    ----------
    kind : str
        A key of :data:`KINDS`.
    jobs : int
        How many are submitted.
    options : mapping of str to Any
        As the class of dask-jobqueue takes them: ``cores``, ``memory``, ``queue``, ``walltime`` and more. Each core
        is a process of its own unless ``processes`` says otherwise.
    """

    kind: str
    jobs: int
    options: Mapping[str, Any] = attrs.field(factory=dict)

    @classmethod
    def read(cls, path: Path) -> JobCluster:
        """Return what a TOML file says.

        Raises
        ------
        WorkersError
            If the file cannot be read, or says what no cluster has.
        """
        try:
            found = read_toml(path)
        except DecodingError as error:
            raise WorkersError(str(error)) from error
        strange = sorted(set(found) - {"kind", "jobs", "options"})
        if strange:
            raise WorkersError(f"{path}: {strange[0]!r} means nothing; a cluster has kind, jobs and a table options")
        kind, jobs, options = found.get("kind"), found.get("jobs", 1), found.get("options", {})
        if not isinstance(kind, str) or kind not in KINDS:
            raise WorkersError(f"{path}: kind is {kind!r}; it is one of {', '.join(KINDS)}")
        if isinstance(jobs, bool) or not isinstance(jobs, int) or jobs < 1:
            raise WorkersError(f"{path}: jobs is {jobs!r}; give a whole number, 1 or more")
        if not isinstance(options, dict):
            raise WorkersError(f"{path}: options is {options!r}; give a table")
        return cls(kind=kind, jobs=jobs, options=options)

    def start(self) -> JobQueueCluster:
        """Return the cluster; no job is submitted before it is scaled.

        Raises
        ------
        WorkersError
            If dask-jobqueue is missing or refuses the options.
        """
        try:
            import dask_jobqueue
        except ImportError as error:
            raise WorkersError(f"dask-jobqueue is not installed: {INSTALL}") from error
        options = ({"processes": self.options["cores"]} if "cores" in self.options else {}) | dict(self.options)
        kind = getattr(dask_jobqueue, KINDS[self.kind])
        of_jobs = {name: value for name, value in options.items() if name not in signature(kind).parameters}
        try:
            kind.job_cls("tcp://scheduler:8786", "job", **of_jobs)  # a cluster that fails halfway cannot be closed
            cluster: JobQueueCluster = kind(**options)
        except (TypeError, ValueError) as error:
            raise WorkersError(f"a {self.kind} cluster refuses its options: {error}") from error
        return cluster


@contextmanager
def local_workers(n_workers: int | None = None) -> Iterator[DaskExecutor]:
    """Give processes of this machine, and end them.

    Parameters
    ----------
    n_workers : int, optional
        By default one for each processor.

    Raises
    ------
    WorkersError
        If Dask is missing, or the number is not 1 or more.
    """
    n = available_cpus() if n_workers is None else check_workers(n_workers)
    _installed()
    from distributed import Client, LocalCluster

    cluster = LocalCluster(
        n_workers=n,
        threads_per_worker=1,
        processes=True,
        dashboard_address="127.0.0.1:0",
        silence_logs=logging.ERROR,
    )
    with _closed(Client(cluster), cluster) as executor:
        yield executor


@contextmanager
def workers_at(address: str) -> Iterator[DaskExecutor]:
    """Give the workers of a scheduler that runs.

    Parameters
    ----------
    address : str
        For instance ``tcp://10.0.0.1:8786``.

    Raises
    ------
    WorkersError
        If Dask is missing, or no scheduler answers there.
    """
    _installed()
    from distributed import Client

    try:
        client = Client(address, timeout=SECONDS_TO_CONNECT)
    except (OSError, ValueError) as error:
        raise WorkersError(
            f"no Dask scheduler answers at {address} ({error}); start one with `dask scheduler`, or name another"
        ) from error
    with _closed(client) as executor:
        yield executor


@contextmanager
def job_workers(path: Path) -> Iterator[DaskExecutor]:
    """Give the workers of a batch system, as a TOML file says, and cancel its jobs in the end.

    Parameters
    ----------
    path : pathlib.Path
        With ``kind``, ``jobs`` and a table ``options``; see :class:`JobCluster`.

    Raises
    ------
    WorkersError
        If Dask or dask-jobqueue is missing, or the file says what no cluster has.
    """
    _installed()
    said = JobCluster.read(path)
    from distributed import Client

    cluster = said.start()
    cluster.scale(jobs=said.jobs)
    with _closed(Client(cluster), cluster) as executor:
        yield executor


@contextmanager
def _closed(client: Client, *others: Any) -> Iterator[DaskExecutor]:
    """Give an executor, and close all that it stands on; after an interrupt meanwhile, since that takes seconds."""

    def close() -> None:
        for each in (client, *others):
            each.close()

    try:
        yield DaskExecutor(client=client)
    except KeyboardInterrupt:
        threading.Thread(target=close, name="closing", daemon=True).start()
        raise
    except BaseException:
        close()
        raise
    close()


def _installed() -> None:
    try:
        import distributed  # noqa: F401 - whether it is there
    except ImportError as error:
        raise WorkersError(f"Dask is not installed: {INSTALL}") from error
