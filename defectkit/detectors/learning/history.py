"""History: what happened during a training, as rows, a CSV file and a picture."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from pathlib import Path

import attrs

from defectkit.errors import DetectorError


@attrs.define(kw_only=True)
class History:
    """Losses and validation figures by iteration.

    Parameters
    ----------
    rows : list of dict
        Each has ``iteration`` and any number of named figures; not every row has all of them.
    """

    rows: list[dict[str, float]] = attrs.field(factory=list)

    def add(self, iteration: int, figures: Mapping[str, float]) -> None:
        """Append figures of one iteration.

        Raises
        ------
        DetectorError
            If a figure is not finite: the training diverged, and going on would waste time.
        """
        for name, value in figures.items():
            if not math.isfinite(value):
                raise DetectorError(
                    f"training diverged: {name} is {value} at iteration {iteration}. Lower the learning rate, "
                    "start from pretrained weights, or let batch normalization train"
                )
        self.rows.append({"iteration": float(iteration), **{k: float(v) for k, v in figures.items()}})

    @property
    def names(self) -> tuple[str, ...]:
        """The figures that occur, in the order in which they first did."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row if name != "iteration"))

    def best(self, name: str) -> tuple[int, float] | None:
        """Return the iteration and value at which ``name`` was largest (first of equals), or None."""
        found = [(row[name], -row["iteration"]) for row in self.rows if name in row]
        if not found:
            return None
        value, negative = max(found)
        return int(-negative), value

    def stale(self, name: str, patience: int) -> bool:
        """Return whether the last ``patience`` values of ``name`` brought nothing above the best before them."""
        values = [row[name] for row in self.rows if name in row]
        return len(values) > patience and max(values[-patience:]) <= max(values[:-patience])

    def write(self, folder: Path) -> None:
        """Write ``history.csv`` and ``history.png``, for people to look at while a training runs and after."""
        folder.mkdir(parents=True, exist_ok=True)
        self.to_csv(folder / "history.csv")
        self.to_png(folder / "history.png")

    def to_csv(self, path: Path) -> None:
        """Write all rows; a figure that a row lacks is an empty cell."""
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, ["iteration", *self.names], restval="")
            writer.writeheader()
            for row in self.rows:
                writer.writerow({**row, "iteration": int(row["iteration"])})

    @classmethod
    def from_csv(cls, path: Path) -> History:
        """Return the history that :meth:`to_csv` wrote."""
        with path.open(newline="", encoding="utf-8") as file:
            rows = [{k: float(v) for k, v in row.items() if v != ""} for row in csv.DictReader(file)]
        return cls(rows=rows)

    def to_png(self, path: Path) -> None:
        """Draw losses above and validation figures (``validation_...``) below, over the iterations."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7, 5), layout="constrained")
        FigureCanvasAgg(figure)
        groups = {
            "training": [n for n in self.names if not n.startswith("validation_")],
            "validation": [n for n in self.names if n.startswith("validation_")],
        }
        shown = {title: names for title, names in groups.items() if names}
        for k, (title, names) in enumerate(shown.items()):
            axes = figure.add_subplot(len(shown), 1, k + 1)
            for name in names:
                points = [(row["iteration"], row[name]) for row in self.rows if name in row]
                axes.plot(*zip(*points, strict=True), marker="." if len(points) < 50 else "", label=name)
            axes.set_xlabel("iteration")
            axes.set_ylabel(title)
            axes.legend(fontsize="small", ncols=2)
        figure.savefig(path, dpi=120)
