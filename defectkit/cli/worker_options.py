"""Options that say who works: threads of the command, or the processes of a Dask cluster."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from defectkit.cli.console import note

if TYPE_CHECKING:
    from defectkit.parallel import Workers

LOCAL = "local"
_ADDRESS = re.compile(r"[a-z]+://\S+|\[?[\w.:-]+\]?:\d+")


class SchedulerParam(click.ParamType):  # type: ignore[type-arg]  # generic only since click 8.4, and older ones do
    """The address of a Dask scheduler, or ``local``."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the address, or end with a usage error."""
        text = str(value)
        if text != LOCAL and not _ADDRESS.fullmatch(text):
            self.fail(
                f"{text!r} is no address of a scheduler, for instance tcp://10.0.0.1:8786; for processes of this "
                f"machine put --dask last, or write --dask={LOCAL}",
                param,
                ctx,
            )
        return text

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return what the help shows in place of the value."""
        return "[ADDRESS]"


workers_option = click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    help="Number of threads, 1 unless given; with --dask of processes, by default one for each processor. The results "
    "do not depend on it.",
)

dask_option = click.option(
    "--dask",
    type=SchedulerParam(),
    is_flag=False,
    flag_value=LOCAL,
    help="Let processes of this machine work, or the workers of the Dask scheduler at ADDRESS. Results are the same.",
)

dask_config_option = click.option(
    "--dask-config",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.toml",
    help="Let jobs of a batch system work (SLURM, PBS, LSF and others), as this file says: kind, jobs, and a table "
    "options.",
)


@attrs.frozen(kw_only=True)
class Crew:
    """Who works for a command.

    Parameters
    ----------
    n : int, optional
        Threads or processes.
    address : str, optional
        Of a scheduler, or :data:`LOCAL`; None for threads.
    config : pathlib.Path, optional
        Of the cluster of a batch system.
    """

    n: int | None = None
    address: str | None = None
    config: Path | None = None

    @contextmanager
    def at_work(self) -> Iterator[Workers]:
        """Give a number of threads, or an executor whose processes end with the block.

        Raises
        ------
        WorkersError
            If there is no such cluster.
        """
        if self.address is None and self.config is None:
            yield self.n or 1
            return
        from defectkit.parallel.clusters import job_workers, local_workers, workers_at

        if self.config is not None:
            opened = job_workers(self.config)
        else:
            opened = local_workers(self.n) if self.address == LOCAL else workers_at(str(self.address))
        with opened as executor:
            note(f"Dask: {executor.n_workers} workers, dashboard at {executor.dashboard}")
            yield executor


def worker_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options; the command gets them together, as ``crew``."""

    @functools.wraps(command)
    def with_crew(*, workers: int | None, dask: str | None, dask_config: Path | None, **others: Any) -> None:
        if dask is not None and dask_config is not None:
            raise click.UsageError("give either --dask or --dask-config")
        if workers is not None and (dask_config is not None or dask not in (None, LOCAL)):
            raise click.UsageError("--workers is for this machine; a cluster has the workers that it was started with")
        command(crew=Crew(n=workers, address=dask, config=dask_config), **others)

    for option in (workers_option, dask_option, dask_config_option)[::-1]:
        with_crew = option(with_crew)
    return with_crew
