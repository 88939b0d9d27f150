"""Parallel: one function over many items, in their order, on threads of this process or on processes anywhere.

Results never depend on who works and on how many: every item is worked on by itself.
"""

from __future__ import annotations

from defectkit.parallel.about import about
from defectkit.parallel.blocks import (
    AHEAD,
    BLOCK,
    LARGEST_BLOCK,
    available_cpus,
    block_size,
    check_workers,
)
from defectkit.parallel.executor import (
    Executor,
    Workers,
    check_executor,
    map_blocks,
    map_items,
    n_workers,
    threads_here,
)

__all__ = [
    "AHEAD",
    "BLOCK",
    "LARGEST_BLOCK",
    "Executor",
    "Workers",
    "about",
    "available_cpus",
    "block_size",
    "check_executor",
    "check_workers",
    "map_blocks",
    "map_items",
    "n_workers",
    "threads_here",
]
