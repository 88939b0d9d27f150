"""Elsewhere: call a function in another process of Python, one for all calls, whose hashes of texts are others."""

from __future__ import annotations

import atexit
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import IO, Any, cast

SEEDS = ("1", "2")
"""Of the hashes in the other process: the first that is not the one of this process."""
LENGTH_BYTES = 8


def elsewhere(function: Callable[..., Any], *given: Any) -> Any:
    """Return what a function gives in another process, where texts have other hashes.

    Parameters
    ----------
    function : callable
        One that pickle knows by its name, as it does those of modules and classes.
    *given
        Its arguments. Modules of their classes are imported there by name or, if no path leads to them, from the file.

    Raises
    ------
    AssertionError
        If it fails there; the error is told.

    Examples
    --------
    >>> elsewhere(sorted, [3, 1, 2])
    [1, 2, 3]
    """
    process = _process()
    assert process.stdin is not None
    assert process.stdout is not None
    modules = {type(each).__module__: _file(type(each)) for each in given}
    _send(process.stdin, (list(sys.path), modules, pickle.dumps((function, given))))
    worked, found = _receive(process.stdout)
    assert worked, f"in another process it fails: {found}"
    return found


@cache
def _process() -> subprocess.Popen[bytes]:
    own = os.environ.get("PYTHONHASHSEED")
    other = next(seed for seed in SEEDS if seed != own)
    process = subprocess.Popen(
        [sys.executable, "-c", "from defectkit.testing.elsewhere import serve; serve()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONHASHSEED": other, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    atexit.register(_end, process)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    with process:
        process.terminate()


def serve() -> None:
    """Answer calls from standard input until it ends; what the functions print goes to standard error."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    calls = cast(IO[bytes], sys.stdin.buffer)
    while (call := _receive(calls)) is not None:
        _send(answers, _answer(*call))


def _answer(path: list[str], modules: dict[str, str | None], payload: bytes) -> tuple[bool, Any]:
    sys.path.extend(each for each in path if each not in sys.path)
    try:
        for name, file in modules.items():
            _load(name, file)
        function, given = pickle.loads(payload)
        found = function(*given)
        pickle.dumps(found)
    except Exception as error:  # whatever happens here is told there
        return False, f"{type(error).__name__}: {error}"
    return True, found


def _load(name: str, file: str | None) -> None:
    try:
        import_module(name)
    except ImportError:
        spec = None if file is None else spec_from_file_location(name, file)
        if spec is None or spec.loader is None:
            raise
        sys.modules[name] = module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])


def _file(cls: type) -> str | None:
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    return None if file is None else str(Path(file).resolve())


def _send(pipe: IO[bytes], thing: Any) -> None:
    content = pickle.dumps(thing)
    pipe.write(len(content).to_bytes(LENGTH_BYTES, "little") + content)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> Any:
    length = pipe.read(LENGTH_BYTES)
    return pickle.loads(pipe.read(int.from_bytes(length, "little"))) if length else None
