"""Agreement: how far two label sets agree, as tables, a figure, overlays and a store."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from defectkit.formats.refusals import refused_marks
from defectkit.matching import match
from defectkit.records.image import Image
from defectkit.records.inputs import Images, InstanceSets, as_label_set, images_by_name
from defectkit.records.instances import Instances
from defectkit.records.label_set import LabelSet
from defectkit.records.names import as_names
from defectkit.reports.csv_tables import csv_text, write_text
from defectkit.reports.folder import make_folder
from defectkit.reports.overlays import draw_overlay, save_overlay
from defectkit.reports.plain_text import plain_text
from defectkit.storage.results import save_results

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

ENDS = ("", "_low", "_high", "_degenerate")
STORE = "agreement.zarr"
BOTH, FIRST, SECOND = "both", "first_only", "second_only"
COLORS = {BOTH: "#22c55e", FIRST: "#f97316", SECOND: "#38bdf8"}
DOTS_PER_INCH = 150


def write_agreement(
    result: xarray.Dataset,
    first: InstanceSets,
    second: InstanceSets,
    images: Images,
    folder: Path,
) -> None:
    """Write an agreement into a folder.

    Parameters
    ----------
    result : xarray.Dataset
        As :func:`defectkit.workflows.agreement.agree` returns it.
    first, second : LabelSet, mapping of str to Instances, or iterable of Prediction
        The labels it is of.
    images : iterable or mapping of Image
        Those that there are overlays of.
    folder : pathlib.Path
        Made if need be. It gets ``agreement.csv`` (F1 and kappa over the IoU threshold), ``confusion.csv``,
        ``differences.csv`` (size and density by type), ``agreement.png``, ``overlays/``, ``about.txt`` (which labels,
        and what has to be known) and ``agreement.zarr``.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    first, second = as_label_set(first, name="first"), as_label_set(second, name="second")
    by_name = images_by_name(images)
    make_folder(folder)
    write_text(folder / "agreement.csv", agreement_csv(result))
    write_text(folder / "confusion.csv", confusion_csv(result))
    write_text(folder / "differences.csv", differences_csv(result))
    with plain_text():
        agreement_figure(result).savefig(folder / "agreement.png")
    for name in result["image"].values:
        if name in by_name:
            picture = agreement_overlay(by_name[name], first, second, result)
            save_overlay(picture, folder / "overlays", name)
    write_text(folder / "about.txt", about(result.attrs.get("lock", []), result.attrs.get("notes", [])))
    save_results(result, folder / STORE)


def agreement_csv(result: xarray.Dataset) -> str:
    """Return F1 and kappa, each with the ends of its interval: a row an IoU threshold."""
    names = [f"{figure}{end}" for figure in ("f1_score", "kappa") for end in ENDS if f"{figure}{end}" in result]
    columns = [result[name].values for name in names]
    return csv_text(["iou_threshold", *names], zip(result["iou_threshold"].values, *columns, strict=True))


def confusion_csv(result: xarray.Dataset) -> str:
    """Return the types of matched labels at the convention's threshold: one row per type of the first set."""
    matrix = result["confusion"].sel(iou_threshold=result.attrs["iou_threshold"], method="nearest")
    header = ["iou_threshold", "first_type", *(str(name) for name in matrix["second_type"].values)]
    rows = zip(matrix["first_type"].values, matrix.values, strict=True)
    return csv_text(header, ([result.attrs["iou_threshold"], name, *row] for name, row in rows))


def differences_csv(result: xarray.Dataset) -> str:
    """Return counts, and the differences of size and density in percent with their intervals: one row per type."""
    figures = ("size_difference", "density_difference")
    names = [f"{figure}{end}" for figure in figures for end in ENDS if f"{figure}{end}" in result]
    counts = [result[f"{side}_count"].sum("image").values for side in ("first", "second")]
    header = ["defect_type", "first_count", "second_count", *(_percent(name) for name in names)]
    columns = (result["defect_type"].values, *counts, *(result[name].values for name in names))
    return csv_text(header, zip(*columns, strict=True))


def agreement_figure(result: xarray.Dataset) -> Figure:
    """Return F1 over the IoU threshold, kappa, and the differences by type, each with its interval."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4.2), dpi=DOTS_PER_INCH, layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    thresholds = result["iou_threshold"].values
    for name, title, color in (("f1_score", "F1", "#111111"), ("kappa", "kappa of types", "#6a3d9a")):
        if not np.isfinite(result[name].values).any():
            continue
        left.plot(thresholds, result[name].values, color=color, marker="o", ms=3, label=title)
        if f"{name}_low" in result:
            low, high = (result[f"{name}{end}"].values for end in ("_low", "_high"))
            left.fill_between(thresholds, low, high, color=color, alpha=0.15, lw=0)
    left.axvline(result.attrs["iou_threshold"], color="#999999", lw=1, ls="--")
    left.set(xlabel="IoU threshold", ylabel="agreement", xlim=(0, 1), ylim=(min(-0.02, left.get_ylim()[0]), 1.02))
    left.legend(frameon=False, fontsize=8, loc="lower left")
    types = [str(name) for name in result["defect_type"].values]
    for k, (name, title, color) in enumerate(
        (("size_difference", "mean size", "#d95f02"), ("density_difference", "density", "#1b6ca8"))
    ):
        ends = ("", "_low", "_high") if f"{name}_low" in result else ("", "", "")
        value, low, high = (result[f"{name}{end}"].values for end in ends)
        places = np.arange(len(types)) + 0.2 * (k - 0.5)
        shown = np.isfinite(value) & np.isfinite(low) & np.isfinite(high)
        bars = np.clip(np.stack([value - low, high - value])[:, shown], 0, None)
        right.errorbar(places[shown], value[shown], yerr=bars, fmt="o", color=color, capsize=3, label=title)
    right.axhline(0, color="#999999", lw=1)
    right.set_xticks(range(len(types)), types)
    right.set(ylabel=f"{result.attrs['second']} less {result.attrs['first']} (%)", xlim=(-0.6, len(types) - 0.4))
    right.legend(frameon=False, fontsize=8)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    drawn = result.attrs["bootstrap"] or "no intervals"
    made = f"{result.sizes['image']} images, convention {result.attrs['convention']}, {drawn}"
    title = "\n".join([f"{result.attrs['first']} and {result.attrs['second']}", made, *result.attrs.get("notes", [])])
    figure.suptitle(title, fontsize=9, parse_math=False)
    return figure


def agreement_overlay(image: Image, first: LabelSet, second: LabelSet, result: xarray.Dataset) -> Any:
    """Return the image with what both sets have (as the first drew it), and what one of them has alone."""
    ours, theirs = first[image.name], second[image.name]
    pairs = match(ours, theirs, convention=result.attrs["convention"], iou_threshold=result.attrs["iou_threshold"])
    parts = ((ours.take(pairs.truth), BOTH), (ours.take(pairs.missed), FIRST), (theirs.take(pairs.false_finds), SECOND))
    titles = {BOTH: "both", FIRST: f"{first.key} only", SECOND: f"{second.key} only"}
    mark = refused_marks(image.name, first, second)
    return draw_overlay(image, image.pixels, in_parts(parts, ours.shape), colors=COLORS, titles=titles, mark=mark)


def in_parts(parts: tuple[tuple[Instances, str], ...], shape: tuple[int, int]) -> Instances:
    """Return the instances of several parts as one, each part under a type of its own."""
    from defectkit.geometry.runs import Runs

    runs = Runs.concatenate([instances.runs for instances, _ in parts])
    types = [name for instances, name in parts for _ in range(len(instances))]
    return Instances.from_runs(runs, types=types, shape=shape, known_types=[name for _, name in parts])


def about(locks: Sequence[str], notes: Sequence[str]) -> str:
    """Return the text that says which labels results were made with, and what has to be known of them."""
    return "".join(f"{line}\n" for line in (*as_names(locks), *as_names(notes)))


def _percent(name: str) -> str:
    return name if name.endswith("_degenerate") else f"{name}_percent"
