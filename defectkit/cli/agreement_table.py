"""The tables that ``defectkit labels agree`` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from defectkit.cli.bootstrap_options import with_interval
from defectkit.cli.console import note, print_table

if TYPE_CHECKING:
    import xarray

ROUND = (0.3, 0.5, 0.7)
"""IoU thresholds that are always shown."""


def show_agreement(result: xarray.Dataset) -> None:
    """Print F1 and kappa at a few thresholds, the differences by type, and the lock lines."""
    sides = f"{result.attrs['first']} and {result.attrs['second']}"
    rows = [
        (
            f"{t:.2f}",
            with_interval(result, "f1_score", 3, iou_threshold=t),
            with_interval(result, "kappa", 3, iou_threshold=t),
        )
        for t in shown_thresholds(result)
    ]
    title = f"{sides}: {result.sizes['image']} images, {result.attrs['bootstrap'] or 'no intervals'}"
    print_table(title, ("IoU threshold", "F1", "kappa of types"), rows)
    n_all = result.sizes["iou_threshold"]
    if len(rows) < n_all:
        note(f"Shown are {len(rows)} of {n_all} IoU thresholds; with --output all are in agreement.csv.")
    counts = {side: result[f"{side}_count"].sum("image") for side in ("first", "second")}
    differences = [
        (
            str(name),
            int(counts["first"].sel(defect_type=name)),
            int(counts["second"].sel(defect_type=name)),
            with_interval(result, "size_difference", 1, defect_type=name),
            with_interval(result, "density_difference", 1, defect_type=name),
        )
        for name in result["defect_type"].values
    ]
    columns = ("type", result.attrs["first"], result.attrs["second"], "mean size, %", "density, %")
    print_table("Differences of the second from the first", columns, differences)
    print_table("Lock", ("label set",), [(line,) for line in result.attrs["lock"]])


def shown_thresholds(result: xarray.Dataset) -> list[float]:
    """Return the thresholds that the table has: that of the comparison and a few round ones, of those there are."""
    wanted = (float(result.attrs["iou_threshold"]), *ROUND)
    return [t for t in result["iou_threshold"].values.tolist() if any(abs(t - w) < 1e-9 for w in wanted)]
