"""Machine: where numbers were measured, and with which versions."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

BANDWIDTH_BYTES = 2**28
"""Of the array that is copied."""


def machine() -> dict[str, Any]:
    """Return processor, memory, system, load and the bandwidth of the memory."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory_gib": memory_gib(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_average": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "copy_gigabytes_per_second": round(bandwidth() / 1e9, 1),
    }


def processor() -> str:
    """Return its name, as the system tells it."""
    table = Path("/proc/cpuinfo")
    if table.is_file():
        for line in table.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def memory_gib() -> float | None:
    names = getattr(os, "sysconf_names", {})
    if "SC_PHYS_PAGES" not in names:
        return None
    return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1)


def bandwidth() -> float:
    """Return the bytes a second that one thread reads and writes in a copy far larger than the caches."""
    source = np.ones(BANDWIDTH_BYTES // 8)
    target = np.zeros_like(source)
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        np.copyto(target, source)
        taken.append(time.perf_counter() - began)
    return 2 * BANDWIDTH_BYTES / min(taken)


def versions(distributions: Iterable[str]) -> dict[str, str | None]:
    """Return the version of each distribution; None where it is absent."""
    found: dict[str, str | None] = {}
    for name in sorted({*distributions, "numpy", "numba", "zarr"} - {""}):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found
