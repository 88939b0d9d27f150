"""Own code beside the library that does the same, where own code stayed: `python -m tests.benchmarks.libraries`.

It needs natsort, matplotlib-scalebar and great_tables beside what the tests need. docs/decisions/libraries.md has the
figures.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import xarray

from defectkit.formats.names import natural_key
from defectkit.reports.legend import caption
from defectkit.statistics.kernels import distribution_distances
from defectkit.studies import evaluate_resampleable
from defectkit.studies.running.joining import join_evaluations, select_run
from defectkit.studies.running.table_file import read_table, write_table
from defectkit.testing.synthetic import synthetic_dataset

ROUNDS = 5
RUNS = 4
RESAMPLES = 200


def seconds(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The least processor time of some rounds; the first is not counted."""
    work()
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def row(what: str, ours: float, theirs: float, note: str = "") -> None:
    print(f"| {what} | {1000 * ours:.3g} ms | {1000 * theirs:.3g} ms | {theirs / ours:.2g} | {note} |")


def natural_sorting() -> None:
    import natsort

    rng = np.random.default_rng(0)
    names = [f"Series {a}/frame-{b}.{c:02}" for a, b, c in rng.integers(0, 500, (10_000, 3))]
    ours, theirs = sorted(names, key=natural_key), natsort.natsorted(names, alg=natsort.ns.IGNORECASE)
    note = "same order" if ours == theirs else "another order"
    row(
        "sort 10,000 names",
        seconds(lambda: sorted(names, key=natural_key)),
        seconds(lambda: natsort.natsorted(names)),
        note,
    )


def scale_bar() -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib_scalebar.scalebar import ScaleBar
    from PIL import Image as Pictures

    pixels = np.random.default_rng(0).integers(0, 255, (1024, 1024), np.uint8)

    def ours() -> None:
        caption(Pictures.fromarray(pixels).convert("RGB"), [], bar_px_per_nm=4.0, text="one")

    def theirs() -> None:
        figure = Figure(figsize=(10.24, 10.24), dpi=100)
        FigureCanvasAgg(figure)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.imshow(pixels, cmap="gray")
        axes.axis("off")
        axes.add_artist(ScaleBar(0.25, "nm"))
        figure.savefig(io.BytesIO(), format="rgba")

    row("an overlay of 1024 x 1024 px with a scale bar, not yet compressed", seconds(ours), seconds(theirs))


def distances() -> None:
    from scipy.stats import wasserstein_distance

    rng = np.random.default_rng(0)
    true, predicted = rng.gamma(4.0, 3.0, 2000), rng.gamma(4.2, 3.0, 2000)
    both = np.concatenate([true, predicted])
    order = np.argsort(both)
    weights = rng.multinomial(4000, np.full(4000, 1 / 4000), RESAMPLES).astype(float)
    is_true, values = order < true.size, both[order]

    def ours() -> np.ndarray:
        return distribution_distances(weights, order, is_true, values)

    def theirs() -> list[float]:
        return [
            float(wasserstein_distance(true, predicted, w[: true.size], w[true.size :]))  # and KS has no weights
            for w in weights
        ]

    assert np.allclose(ours()[:, 1], theirs())
    row(f"{RESAMPLES} resamples of two sets of 2000 sizes", seconds(ours), seconds(theirs), "ours with the KS distance")


def evaluations() -> list[xarray.Dataset]:
    made = []
    for seed in range(RUNS):
        images, labels = synthetic_dataset(seed, 6, shape=(256, 256), counts={"bdot": 20, "loop_111": 20})
        found = {name: labels[name].take(np.arange(seed % 2, len(labels[name]), 2)) for name in labels}
        made.append(evaluate_resampleable(labels, found, images))
    return made


def runs_of_a_study(folder: Path) -> None:
    made = evaluations()
    tree = xarray.DataTree.from_dict({f"run {k}": each for k, each in enumerate(made)})

    def ours() -> None:
        for k, each in enumerate(made):
            write_table(each, folder / f"{k}.npz")

    def ours_read() -> list[xarray.Dataset]:
        return [read_table(folder / f"{k}.npz") for k in range(RUNS)]

    def theirs() -> None:
        for k, each in enumerate(made):
            each.to_zarr(folder / f"{k}.zarr", mode="w", consolidated=False)

    def theirs_read() -> list[xarray.Dataset]:
        return [xarray.open_zarr(folder / f"{k}.zarr", consolidated=False).load() for k in range(RUNS)]

    row(f"write {RUNS} cells", seconds(ours, 1), seconds(theirs, 1), "npz, Zarr")
    row(f"read {RUNS} cells", seconds(ours_read, 1), seconds(theirs_read, 1))
    size = sum(path.stat().st_size for path in folder.glob("*.npz")) / RUNS
    inside = [path for path in folder.glob("*.zarr/**/*") if path.is_file()]
    in_zarr = sum(path.stat().st_size for path in inside) / RUNS
    row("kB in one cell", size / 1e6, in_zarr / 1e6, f"1 file, {len(inside) / RUNS:.0f} files; kB, not ms")
    joined = join_evaluations(made)

    def spread() -> float:
        return float(joined["find_f1_score"].sel(iou_threshold=0.3).std())

    def spread_of_tree() -> float:
        return float(np.std([float(node["find_f1_score"].sel(iou_threshold=0.3)) for node in tree.children.values()]))

    assert np.isclose(spread(), spread_of_tree())
    row(f"one figure over {RUNS} runs, joined beside DataTree", seconds(spread, 20), seconds(spread_of_tree, 20))
    join_s = seconds(lambda: join_evaluations(made), 2)
    tree_s = seconds(lambda: xarray.DataTree.from_dict({f"run {k}": each for k, each in enumerate(made)}), 2)
    row(f"joining {RUNS} runs beside building a DataTree", join_s, tree_s)
    row("one run out of it again", seconds(lambda: select_run(joined, 3)), seconds(lambda: tree["run 3"].to_dataset()))


def importing(module: str) -> float:
    code = f"import time; t = time.process_time(); import {module}; print(time.process_time() - t)"
    return min(float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(3))


def main() -> None:
    print("| what | own code | library | library / own | |\n| --- | --- | --- | --- | --- |")
    natural_sorting()
    scale_bar()
    distances()
    with tempfile.TemporaryDirectory() as folder:
        runs_of_a_study(Path(folder))
    print(f"\nimport great_tables: {1000 * importing('great_tables'):.0f} ms of processor time")
    print(f"import natsort: {1000 * importing('natsort'):.0f} ms")


if __name__ == "__main__":
    main()
