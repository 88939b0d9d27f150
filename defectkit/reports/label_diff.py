"""Label diff: what changed between two label sets, as tables, a figure and overlays."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from defectkit.datasets.differences import KINDS, LabelDiff
from defectkit.formats.refusals import refused_marks
from defectkit.records.image import Image
from defectkit.records.inputs import Images, InstanceSets, as_label_set, images_by_name
from defectkit.records.label_set import LabelSet
from defectkit.reports.agreement import about, in_parts
from defectkit.reports.csv_tables import csv_text, write_text
from defectkit.reports.folder import make_folder
from defectkit.reports.overlays import draw_overlay, save_overlay
from defectkit.reports.plain_text import plain_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLORS = {
    "added": "#22c55e",
    "removed": "#ef4444",
    "moved": "#38bdf8",
    "reshaped": "#f59e0b",
    "retyped": "#d946ef",
}
DOTS_PER_INCH = 150

MARK = "not_fully_read"
"""The column that marks images of which regions were refused."""


def write_diff(
    difference: LabelDiff,
    before: InstanceSets,
    after: InstanceSets,
    images: Images,
    folder: Path,
    *,
    locks: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> None:
    """Write a difference into a folder: ``changes.csv``, ``counts.csv``, ``changes.png``, ``overlays/``, ``about.txt``.

    Parameters
    ----------
    difference : LabelDiff
        As :func:`defectkit.datasets.diff` returns it.
    before, after : LabelSet, mapping of str to Instances, or iterable of Prediction
        The labels it is of.
    images : iterable or mapping of Image
        Those that there are overlays of, where something changed.
    folder : pathlib.Path
        Made if need be.
    locks, notes : sequence of str
        Which labels these are, and what has to be known of them.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    before, after = as_label_set(before, name="before"), as_label_set(after, name="after")
    by_name = images_by_name(images)
    make_folder(folder)
    write_text(folder / "changes.csv", changes_csv(difference, before, after))
    write_text(folder / "counts.csv", counts_csv(difference, before, after))
    write_text(folder / "about.txt", about(locks, notes))
    with plain_text():
        diff_figure(difference).savefig(folder / "changes.png")
    for name in dict.fromkeys(change.image for change in difference.changes):
        if name in by_name:
            picture = diff_overlay(by_name[name], difference, before, after)
            save_overlay(picture, folder / "overlays", name)


def changes_csv(difference: LabelDiff, before: LabelSet, after: LabelSet) -> str:
    """Return one row per change; empty cells where a label is in one of the two sets only.

    The last column marks images that are not fully read: a label that was refused in one set seems added or removed.
    """
    frame = difference.to_frame()
    rows = frame.astype(object).where(frame.notna(), "").itertuples(index=False, name=None)
    marked = (
        [*row, refused_marks(change.image, before, after)] for row, change in zip(rows, difference.changes, strict=True)
    )
    return csv_text([*map(str, frame.columns), MARK], marked)


def counts_csv(difference: LabelDiff, before: LabelSet, after: LabelSet) -> str:
    """Return the number of changes of each kind: one row per image and type, and one per image for ``all``.

    The last column is that of :func:`changes_csv`.
    """
    counts = difference.counts()
    rows = (
        [*where, *row, refused_marks(where[0], before, after)]
        for where, row in zip(counts.index, counts.to_numpy().tolist(), strict=True)
    )
    return csv_text(["image", "defect_type", *KINDS, MARK], rows)


def diff_figure(difference: LabelDiff) -> Figure:
    """Return the number of changes of each kind by image, as stacked bars."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = list(dict.fromkeys(change.image for change in difference.changes))
    figure = Figure(figsize=(8, max(2.0, 0.9 + 0.32 * len(names))), dpi=DOTS_PER_INCH, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    counts = difference.counts()
    left = np.zeros(len(names))
    for kind in KINDS:
        width = np.array([counts.loc[(name, "all"), kind] for name in names], dtype=np.float64)
        axes.barh(np.arange(len(names)), width, left=left, color=COLORS[kind], label=kind)
        left += width
    axes.set_yticks(range(len(names)), names, fontsize=7)
    axes.invert_yaxis()
    axes.set_xlabel("changes (a label that was moved and retyped counts twice)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, ncols=len(KINDS), loc="lower center", bbox_to_anchor=(0.5, 1.0))
    title = f"{difference.before} to {difference.after}: {difference.n_unchanged} labels unchanged"
    figure.suptitle(title, fontsize=9, parse_math=False)
    return figure


def diff_overlay(image: Image, difference: LabelDiff, before: LabelSet, after: LabelSet) -> Any:
    """Return the image with the outlines of what changed, as it is after, and of what was removed, as it was before.

    A label that changed in several ways has the color of the last of them.
    """
    old, new = before[image.name], after[image.name]
    ids: dict[str, list[int]] = {kind: [] for kind in KINDS}
    for change in difference.changes:
        if change.image == image.name:
            defect_id = change.id_before if change.id_after is None else change.id_after
            ids[change.kinds[-1]].append(-1 if defect_id is None else defect_id)
    parts = tuple(
        (side.take(np.isin(side.ids, ids[kind])), kind)
        for kind in KINDS
        for side in ((old if kind == "removed" else new),)
    )
    titles = {kind: kind for kind in KINDS}
    mark = refused_marks(image.name, before, after)
    return draw_overlay(image, image.pixels, in_parts(parts, new.shape), colors=COLORS, titles=titles, mark=mark)
