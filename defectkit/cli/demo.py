"""``defectkit demo``: the whole analysis on micrographs whose truth is known."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from defectkit.cli.command import Command
from defectkit.cli.console import print_table, progress, say
from defectkit.cli.options import output_option, overwrite_option

if TYPE_CHECKING:
    import xarray

    from defectkit.records import Image
    from defectkit.workflows import Analysis

EXAMPLE = """
defectkit demo -o demo
defectkit demo --images 8 --seed 3 -o demo
"""


@click.command(cls=Command, example=EXAMPLE)
@click.option(
    "--images", "n_images", type=click.IntRange(min=1), default=4, show_default=True, help="Number of images."
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed; another seed makes other images."
)
@overwrite_option
@output_option
def demo(n_images: int, seed: int, overwrite: bool, output: Path) -> None:
    """Run the whole analysis on synthetic micrographs with known truth.

    Makes micrographs with black dots, <111> and <100> loops on an uneven, noisy background with dislocation lines;
    finds the defects with the detector blob, measures them, evaluates them against the truth and computes hardening.
    Writes images/, truth.json (COCO), analysis/ with report.html, evaluation/ and hardening.csv.
    """
    from defectkit.detectors.blob import Blob
    from defectkit.files import output_folder
    from defectkit.formats import write_labels
    from defectkit.reports import write_analysis
    from defectkit.reports.evaluation import write_evaluation
    from defectkit.testing.synthetic import synthetic_dataset
    from defectkit.workflows import analyze, evaluate, measure_labels

    images, truth = synthetic_dataset(seed, n_images)
    with output_folder(output, command="demo", overwrite=overwrite) as folder:
        _write_images(images, folder / "images")
        write_labels(truth, folder / "truth.json", format="coco", images=images)
        analysis = analyze(images, Blob(rules="fecral"), progress=progress)
        write_analysis(analysis, folder / "analysis", progress=progress)
        measured = measure_labels(truth, images)
        evaluation = evaluate(truth, analysis.instances, images)
        (folder / "evaluation").mkdir()
        write_evaluation(evaluation, folder / "evaluation", truth.taxonomy)
        _write_hardening(measured, analysis, folder / "hardening.csv")
    _show(evaluation, measured, analysis)
    say(f"Report: {output / 'analysis' / 'report.html'}")


def _write_images(images: dict[str, Image], folder: Path) -> None:
    import tifffile

    folder.mkdir()
    for name, image in progress(images.items(), "Making micrographs", len(images)):
        size = image.required_calibration().pixel_size_nm[1]
        per_nm = (round(1e6 / size), 10**6)
        tifffile.imwrite(
            folder / f"{name}.tif",
            image.pixels,
            imagej=True,
            resolution=(per_nm, per_nm),
            metadata={"unit": "nm"},
        )


def _write_hardening(measured: Analysis, analysis: Analysis, path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "sum", "true_mpa", "predicted_mpa"])
        for name in measured.hardening["image"].values:
            for kind in ("linear", "quadrature"):
                pair = (float(a.hardening[f"total_{kind}"].sel(image=name)) for a in (measured, analysis))
                writer.writerow([name, kind, *map(repr, pair)])


def _show(evaluation: xarray.Dataset, measured: Analysis, analysis: Analysis) -> None:
    now = evaluation.sel(iou_threshold=evaluation.attrs["iou_threshold"])
    everything = now.sel(subset="all")
    rows: list[tuple[Any, ...]] = [
        (
            name,
            int(everything["true_count"].sel(defect_type=name)),
            int(everything["predicted_count"].sel(defect_type=name)),
            f"{float(now['end_to_end_f1_score'].sel(defect_type=name)):.2f}",
            f"{float(everything['true_size'].sel(defect_type=name)):.1f}",
            f"{float(everything['predicted_size'].sel(defect_type=name)):.1f}",
        )
        for name in evaluation.attrs["overall_types"]
    ]
    rows.append(
        (
            "any type",
            int(now["n_true"]),
            int(now["n_predicted"]),
            f"{float(now['find_f1_score']):.2f}",
            *(f"{float(everything[f'{side}_size'].sel(defect_type='all')):.1f}" for side in ("true", "predicted")),
        )
    )
    print_table(
        f"{evaluation.sizes['image']} synthetic micrographs, F1 at a mask IoU of {evaluation.attrs['iou_threshold']:g}",
        ("type", "true", "predicted", "F1", "true size, nm", "predicted size, nm"),
        rows,
    )
    print_table(
        "Hardening, mean over images",
        ("sum over types", "true, MPa", "predicted, MPa"),
        [
            (kind, *(f"{float(a.hardening[f'total_{kind}'].mean(skipna=False)):.0f}" for a in (measured, analysis)))
            for kind in ("linear", "quadrature")
        ],
    )
