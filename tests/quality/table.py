"""Table: scores as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.quality.scores import Score
from tests.quality.sets import TITLES

COLUMNS = (
    "images kept",
    "who finds",
    "defects: true, given",
    "precision, recall",
    "F1, mask IoU 0.3",
    "F1, mask IoU 0.5",
    "F1, box IoU 0.3",
    "F1, box IoU 0.5",
    "F1 of type",
    "density",
    "mean size",
)


def table(scores: Sequence[Score]) -> Iterator[str]:
    """Yield the lines of a table, one row for each score."""
    yield "| " + " | ".join(COLUMNS) + " |"
    yield "|" + " --- |" * len(COLUMNS)
    for s in scores:
        cells = [
            f"{TITLES[s.set]}, {s.n_images}",
            s.who,
            f"{s.n_true}, {s.n_predicted}",
            f"{s.precision:.2f}, {s.recall:.2f}",
            *(_interval(s.f1[key]) for key in ("mask 0.3", "mask 0.5", "box 0.3", "box 0.5")),
            "" if s.type_f1 is None else f"{s.type_f1:.2f}",
            f"{s.density_error:+.0%} ({s.density_error_absolute:.0%})",
            f"{s.size_error:+.0%} ({s.size_error_absolute:.0%})"
            + (f", {s.n_without_size} without" * (s.n_without_size > 0)),
        ]
        yield "| " + " | ".join(cells) + " |"


def _interval(value: tuple[float, float, float]) -> str:
    return f"{value[0]:.3f} ({value[1]:.2f} to {value[2]:.2f})"
