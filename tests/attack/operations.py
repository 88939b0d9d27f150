"""What a process does to files, operation by operation: each may be counted, refused, or be the last thing it does."""

from __future__ import annotations

import builtins
import fcntl
import io
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import attrs

from defectkit.files import folders, placing, swapping

Act = Callable[["Operation"], None]
"""Called before each operation; what it raises takes the place of the operation."""

RENAMES = ("rename", "replace", "link", "symlink", "exchange")
REMOVALS = ("unlink", "remove", "rmdir")
WRITES = ("open", "write", "mkdir", "fsync", "lock", "truncate")


@attrs.frozen
class Operation:
    """One operation: its number from 1 on, what it is, and the path as far as it is known."""

    number: int
    kind: str
    path: str


@attrs.define
class Watch:
    """Counts the operations below some folders and lets ``act`` interfere."""

    roots: tuple[str, ...]
    act: Act
    seen: list[Operation] = attrs.field(factory=list)
    locked: list[tuple[int, str]] = attrs.field(factory=list)

    def on(self, kind: str, path: object, dir_fd: int | None = None) -> None:
        place = _absolute(path, dir_fd)
        if any(place == root or place.startswith(f"{root}{os.sep}") for root in self.roots):
            operation = Operation(len(self.seen) + 1, kind, place)
            self.seen.append(operation)
            self.act(operation)

    def unlock(self) -> None:
        """Let go of all locks, as the system does it when a process ends."""
        for descriptor, name in self.locked:
            if _name_of(descriptor).removesuffix(" (deleted)") == name:
                fcntl.flock(descriptor, fcntl.LOCK_UN)


@contextmanager
def watched(*roots: Path, act: Act = lambda _: None) -> Iterator[Watch]:
    """Let ``act`` see every operation that changes something below ``roots`` while the block runs.

    What C code does by itself (``ndarray.tofile``, HDF5) is not seen; files that Python opens are, write by write.
    """
    watch = Watch(roots=tuple(str(root.resolve()) for root in roots), act=act)
    with ExitStack() as stack:
        for name in ("mkdir", "unlink", "remove", "rmdir", "rename", "replace", "link", "symlink", "truncate"):
            stack.enter_context(mock.patch.object(os, name, _hooked(watch, name, getattr(os, name))))
        stack.enter_context(mock.patch.object(os, "open", _os_open(watch, os.open)))
        stack.enter_context(mock.patch.object(os, "fsync", _of_descriptor(watch, "fsync", os.fsync)))
        stack.enter_context(mock.patch.object(fcntl, "flock", _flock(watch, fcntl.flock)))
        for module in (placing, folders):
            stack.enter_context(mock.patch.object(module, "swap_folders", _swap_folders(watch)))
        opened = _open(watch, io.open)
        for module in (io, builtins):
            stack.enter_context(mock.patch.object(module, "open", opened))
        yield watch


def _hooked(watch: Watch, kind: str, call: Callable[..., Any]) -> Callable[..., Any]:
    def hooked(path: Any, *args: Any, **kwargs: Any) -> Any:
        watch.on(kind, path, kwargs.get("dir_fd", kwargs.get("src_dir_fd")))
        return call(path, *args, **kwargs)

    return hooked


def _os_open(watch: Watch, call: Callable[..., int]) -> Callable[..., int]:
    def hooked(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            watch.on("open", path, kwargs.get("dir_fd"))
        return call(path, flags, *args, **kwargs)

    return hooked


def _of_descriptor(watch: Watch, kind: str, call: Callable[..., Any]) -> Callable[..., Any]:
    def hooked(descriptor: Any, *args: Any) -> Any:
        watch.on(kind, _name_of(descriptor if isinstance(descriptor, int) else descriptor.fileno()))
        return call(descriptor, *args)

    return hooked


def _flock(watch: Watch, call: Callable[..., Any]) -> Callable[..., Any]:
    def hooked(descriptor: int, how: int) -> Any:
        if not how & fcntl.LOCK_UN:  # a process that ends lets go of all, whatever else it cannot do
            watch.on("lock", _name_of(descriptor))
            watch.locked.append((descriptor, _name_of(descriptor)))
        return call(descriptor, how)

    return hooked


def _swap_folders(watch: Watch) -> Callable[[Path, Path], bool]:
    def hooked(one: Path, other: Path) -> bool:
        watch.on("exchange", other)
        return swapping.swap_folders(one, other)

    return hooked


def _open(watch: Watch, call: Callable[..., Any]) -> Callable[..., Any]:
    class Raw(io.FileIO):
        def write(self, content: Any) -> Any:
            watch.on("write", self.name)
            return super().write(content)

    def hooked(file: Any, mode: str = "r", buffering: int = -1, *args: Any, **kwargs: Any) -> Any:
        if isinstance(file, int) or not set(mode) & set("wxa+"):
            return call(file, mode, buffering, *args, **kwargs)
        watch.on("open", file)
        names = ("encoding", "errors", "newline", "closefd", "opener")
        given = dict(zip(names, args, strict=False)) | kwargs
        raw = Raw(os.fspath(file), mode.replace("b", "").replace("t", ""), opener=given.get("opener"))
        if buffering == 0:
            return raw
        buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        if "b" in mode:
            return buffered
        return io.TextIOWrapper(buffered, given.get("encoding"), given.get("errors"), given.get("newline"))

    return hooked


def _absolute(path: object, dir_fd: int | None) -> str:
    if isinstance(path, int):
        return _name_of(path)
    text = os.fsdecode(path)  # type: ignore[arg-type]  # a path, as the system takes it
    home = _name_of(dir_fd) if dir_fd is not None else Path.cwd()
    return os.path.normpath(os.path.join(home, text))  # noqa: PTH118 - links are not followed


def _name_of(descriptor: int) -> str:
    try:
        return str(Path(f"/proc/self/fd/{descriptor}").readlink())
    except OSError:
        return ""
