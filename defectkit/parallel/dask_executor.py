"""DaskExecutor: blocks of items on the workers of a Dask cluster."""

from __future__ import annotations

import itertools
import pickle
import platform
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import chdir, nullcontext
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from defectkit.errors import DefectkitWarning, WorkersError
from defectkit.parallel.installed import differences, needed, probe

if TYPE_CHECKING:
    from distributed import Client, Future

T = TypeVar("T")
R = TypeVar("R")

AHEAD = 3
"""Blocks a worker that are handed over before the first result is asked for."""

LONGEST_ALONE_S = 120.0
"""Seconds that there may be no worker at all before work is given up."""

ONE_AT_A_TIME = threading.Lock()
"""Of a worker process: a detector is not asked to be safe for threads, however many the worker has."""


@attrs.frozen(kw_only=True)
class Call:
    """A function as it is sent, once to each worker.

    Parameters
    ----------
    function : bytes
        A pickled function that takes a block of items and returns a result for each. A worker that cannot read it says
        so; where Dask itself unpickles, it goes on trying.
    folder : pathlib.Path
        Where relative paths begin.
    """

    function: bytes
    folder: Path = attrs.field(factory=Path.cwd)


@attrs.frozen(kw_only=True, eq=False)
class Answer:
    """What comes back of a block.

    Parameters
    ----------
    results : tuple
        One for each item.
    warnings : tuple of Warning
        Those of defectkit, given where the block was worked on.
    """

    results: tuple[Any, ...]
    warnings: tuple[DefectkitWarning, ...] = ()


def given(call: Call) -> Call:
    """Return a call: the task that others take the function from, done again where the worker that has it dies."""
    return call


_function = lru_cache(maxsize=2)(pickle.loads)
"""The function of a call: it may hold a whole data set, and serves many blocks."""


def answered(call: Call, block: bytes) -> Answer:
    """Return the results of a pickled block of items, and the warnings that a user has to see.

    Raises
    ------
    WorkersError
        If what was sent cannot be read here.
    """
    try:
        function, items = _function(call.function), pickle.loads(block)
    except (ImportError, AttributeError) as error:
        raise WorkersError(f"the worker on {platform.node()} lacks code that this work needs: {error}") from error
    with ONE_AT_A_TIME, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DefectkitWarning)
        with chdir(call.folder) if call.folder.is_dir() else nullcontext():
            results = tuple(function(items))
    told = tuple(w.message for w in caught if isinstance(w.message, DefectkitWarning))
    return Answer(results=results, warnings=told)


@attrs.frozen(kw_only=True, eq=False)
class DaskExecutor:
    """The workers of a Dask cluster.

    A block is one task. Where a worker dies, Dask gives its blocks to another one; what writes its results as it goes,
    as detection does, does only what is left of them. A worker that has several threads works on one block at a
    time all the same, so start workers with one thread each.

    Parameters
    ----------
    client : distributed.Client
        Connected; whoever made it closes it.

    Examples
    --------
    >>> from distributed import Client  # doctest: +SKIP
    >>> with Client(n_workers=1, threads_per_worker=1, processes=False) as client:  # doctest: +SKIP
    ...     list(map_items(abs, [-1, 2, -3], workers=DaskExecutor(client=client)))
    [1, 2, 3]
    """

    client: Client

    @property
    def n_workers(self) -> int:
        """How many worker processes there are now, at least 1: more may join later."""
        return max(1, len(self.client.nthreads()))

    @property
    def dashboard(self) -> str:
        """Where the dashboard of the scheduler is."""
        return str(self.client.dashboard_link)

    def check(self, distributions: Mapping[str, str], *, folder: Path | None = None) -> None:
        """Raise unless all workers that have joined have these versions of distributions, and see a folder.

        Of defectkit and its plugins the code is compared, too: one version of a checkout may be many.

        Parameters
        ----------
        distributions : mapping of str to str
            Versions by distribution, ``python`` among them.
        folder : pathlib.Path, optional
            Where workers are to write.

        Raises
        ------
        WorkersError
            Naming each worker and what it lacks.
        """
        asked = needed(distributions, None if folder is None else folder.resolve())
        here = probe()(*asked) | dict(distributions) | {"folder": asked[2]}
        self.client.wait_for_workers(1)
        there: dict[str, Any] = self.client.run(probe(), *asked, on_error="return")
        faults = [
            f"{worker}: {fault if isinstance(fault, str) else '; '.join(fault)}"
            for worker, found in sorted(there.items())
            if (fault := str(found) if isinstance(found, Exception) else differences(here, found))
        ]
        if faults:
            raise WorkersError(
                f"{len(faults)} of {len(there)} workers cannot do this work; {' | '.join(faults)}. "
                "Install there what is installed here, and start them again"
            )

    def map_blocks(
        self, function: Callable[[Sequence[T]], Sequence[R]], items: Iterable[T], *, block: int
    ) -> Generator[R, None, None]:
        """Yield the results for all items, in their order; see :func:`defectkit.parallel.map_blocks`.

        Raises
        ------
        WorkersError
            If one block brought down several workers, a worker lacks code, there is none any more, or the scheduler is
            gone.
        """
        import cloudpickle
        from distributed import KilledWorker
        from distributed.comm.core import CommClosedError

        source = iter(items)
        blocks = iter(lambda: tuple(itertools.islice(source, block)), ())
        call = self.client.submit(given, Call(function=cloudpickle.dumps(function)), pure=False)
        begun: deque[Future] = deque()
        try:
            while True:
                for few in itertools.islice(blocks, max(0, AHEAD * self.n_workers - len(begun))):
                    begun.append(self.client.submit(answered, call, cloudpickle.dumps(few), pure=False))
                if not begun:
                    return
                answer = self._answer(begun.popleft())
                for warning in answer.warnings:
                    warnings.warn(warning, stacklevel=2)
                yield from answer.results
        except KilledWorker as error:
            raise WorkersError(
                f"a block of {block} items was given up: each worker that took it died, most often for want of "
                "memory. Give each worker more memory, and run the same again: what is done is kept"
            ) from error
        except CommClosedError as error:
            raise WorkersError(f"the scheduler is gone ({error}); start it, and run the same again") from error
        finally:
            if self.client.status == "running":
                self.client.cancel([call, *begun])

    def _answer(self, future: Future) -> Answer:
        """Return what comes back of a block; raise where no worker is left that could do it."""
        alone_since: float | None = None
        while True:
            try:
                answer: Answer = future.result(timeout=min(5.0, LONGEST_ALONE_S))
                return answer
            except TimeoutError:
                if future.status == "error":
                    raise
            if self.client.nthreads():
                alone_since = None
            elif alone_since is None:
                alone_since = time.monotonic()
            elif time.monotonic() - alone_since > LONGEST_ALONE_S:
                raise WorkersError(
                    f"there has been no worker for {LONGEST_ALONE_S:g} s; start workers, and run the same again: "
                    "what is done is kept"
                )
