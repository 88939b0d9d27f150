"""Streaming: so many images into a store or out of it, in a process of its own that says what it took."""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import attrs

from defectkit.records import Instances, LabelSet
from defectkit.storage import Store
from tests.benchmarks.workload import FULL, frames

DISTINCT = 100
"""Images that are made; they come again and again under other names, each stored for itself."""


@attrs.frozen(kw_only=True)
class Took:
    """Seconds, the most memory the process ever held, and what went through it."""

    seconds: float
    peak_bytes: int
    defects: int
    pixels: int


def images(n: int) -> Iterator[tuple[str, Instances]]:
    made = [frame.truth for frame in frames(attrs.evolve(FULL, images=min(n, DISTINCT)))]
    for number, instances in zip(range(n), itertools.cycle(made), strict=False):
        yield f"image-{number:07d}", instances


def write(store: Path, n: int) -> Took:
    defects = pixels = 0

    def counted() -> Iterator[tuple[str, Instances]]:
        nonlocal defects, pixels
        for name, instances in images(n):
            defects += len(instances)
            pixels += int(instances.areas.sum())
            yield name, instances

    stream = counted()
    first = next(stream)  # makes the images
    began = time.perf_counter()
    Store.create(store).write_labels(LabelSet(name="many", instances={}), itertools.chain([first], stream))
    return Took(seconds=time.perf_counter() - began, peak_bytes=peak_bytes(), defects=defects, pixels=pixels)


def read(store: Path) -> Took:
    began = time.perf_counter()
    defects = pixels = 0
    for _, instances in Store.open(store).iter_labels("many@1"):
        defects += len(instances)
        pixels += int(instances.areas.sum())
    return Took(seconds=time.perf_counter() - began, peak_bytes=peak_bytes(), defects=defects, pixels=pixels)


def peak_bytes() -> int:
    """Return the most memory that this process has held.

    Linux counts it from the start of the program; getrusage would count what the process that started it held.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return 1024 * int(line.split()[1])
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    direction, where, *count = sys.argv[1:]
    took = write(Path(where), int(count[0])) if direction == "write" else read(Path(where))
    print(json.dumps(attrs.asdict(took)))
