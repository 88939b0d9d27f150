"""Run by the tests in a process of its own: add versions of a label set to a store, one by one, until killed."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from defectkit.geometry.runs import Runs
from defectkit.records import Instances, LabelSet
from defectkit.storage import Store

N_IMAGES = 30


def dots(n: int, image: int) -> Instances:
    """Return ``n`` dots in a row that depends on the image."""
    row = np.full(n, image, np.int32)
    start = np.arange(n, dtype=np.int32) * 4
    runs = Runs(row=row, start=start, end=start + 2, offsets=np.arange(n + 1, dtype=np.int64))
    return Instances.from_runs(runs, types=["bdot"] * n, shape=(N_IMAGES, 4 * n + 4))


def version(number: int) -> LabelSet:
    """Return the label set of that version: the number of dots an image tells it."""
    instances = {f"{k:02d}": dots(number, k) for k in range(N_IMAGES)}
    return LabelSet(name="new", version=str(number), instances=instances)


def main(path: Path, first: int, last: int) -> None:
    """Add the versions ``first`` to ``last``, saying each number when it is sealed."""
    store = Store.open(path)
    print("ready", flush=True)
    for number in range(first, last + 1):
        store.add_labels(version(number))
        print(number, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
