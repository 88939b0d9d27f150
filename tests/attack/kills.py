"""Kills: a process ends at any operation on files, for good or as far as the rest of a test can tell."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.attack.operations import Operation, Watch, watched


class Killed(BaseException):
    """The process is dead: whatever it does to files from now on does not happen."""


@contextmanager
def killed_at(number: int, *roots: Path) -> Iterator[Watch]:
    """Let the operation of that number below ``roots``, and all after it, not happen; the block ends there.

    No clean-up that a program does on its way out has any effect, as if it had been killed; locks are let go of, as the
    system does it then.
    """

    def act(operation: Operation) -> None:
        if operation.number >= number:
            raise Killed

    with watched(*roots, act=act) as watch:
        try:
            yield watch
        except Killed:
            pass
        except BaseException as error:
            if not _comes_from_a_kill(error):
                raise
    watch.unlock()


def operations_of(run: Callable[[], object], *roots: Path) -> int:
    """Return how many operations below ``roots`` a run makes."""
    with watched(*roots) as watch:
        run()
    return len(watch.seen)


def run_killed(arguments: Sequence[str], number: int, root: Path, *, timeout_s: float = 120) -> int:
    """Run a command line of defectkit in a process of its own, killed by SIGKILL at an operation below ``root``.

    Returns
    -------
    int
        The status: ``-SIGKILL``, or that of the command where it made fewer operations.
    """
    command = [sys.executable, "-m", "tests.attack.kills", str(number), str(root), *arguments]
    places = [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(places)}
    return subprocess.run(command, env=environment, capture_output=True, check=False, timeout=timeout_s).returncode


def _comes_from_a_kill(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, Killed):
            return True
        error = error.__cause__ or error.__context__
    return False


def main() -> None:
    """Run a command line and die by SIGKILL at an operation: NUMBER ROOT ARGUMENTS..."""
    from defectkit.cli import main as run

    number, root = int(sys.argv[1]), Path(sys.argv[2])
    sys.argv[1:] = sys.argv[3:]

    def act(operation: Operation) -> None:
        if operation.number >= number:
            os.kill(os.getpid(), signal.SIGKILL)

    with watched(root, act=act):
        run()


if __name__ == "__main__":
    main()
