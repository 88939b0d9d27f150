"""The folder of an analysis: tables, overlays, the page and the store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from defectkit.files import new_folder
from defectkit.records.colors import type_colors
from defectkit.records.reduced import reduced_pixels
from defectkit.reports.analysis_page import analysis_page
from defectkit.reports.analysis_rows import marks
from defectkit.reports.condition import condition_csv
from defectkit.reports.csv_tables import defects_csv, hardening_csv, summary_csv, write_text
from defectkit.reports.embedding import LARGEST_EMBEDDED, Embedded, embed, embedded_px, link
from defectkit.reports.overlays import LONGEST_PX, draw_overlay, overlay_path, save_overlay
from defectkit.workflows.analysis import Analysis
from defectkit.workflows.condition import own_condition
from defectkit.workflows.results import Progress, silent

STORE = "results.zarr"


def write_analysis(analysis: Analysis, folder: str | Path, *, progress: Progress = silent) -> Path:
    """Write an analysis into a folder, whole or not at all.

    Parameters
    ----------
    analysis : Analysis
    folder : str or pathlib.Path
        New or empty.
    progress : callable
        Wraps the images while their overlays are drawn; called with an iterable, a description and a length.

    Returns
    -------
    pathlib.Path
        The folder, which holds ``defects.csv``, ``summary.csv``, ``hardening.csv``, ``condition.csv`` (all images
        together, with intervals), ``overlays/IMAGE.png``, ``report.html``, ``results.zarr`` and, for labels that needed
        mending, ``repairs.csv``.

    Raises
    ------
    OutputError
        If the folder holds something already, cannot be written, or an image's name cannot be that of a file.
    ImageReadError
        If the pixels of an image cannot be read.
    """
    for image in analysis.images:
        overlay_path(image.name)
    with new_folder(Path(folder)) as partial:
        write_text(partial / "defects.csv", defects_csv(analysis.defects))
        write_text(partial / "summary.csv", summary_csv(analysis.summary))
        write_text(partial / "hardening.csv", hardening_csv(analysis.hardening))
        if analysis.repairs:
            analysis.repairs.to_csv(partial / "repairs.csv")
        pictures = list(_write_overlays(analysis, partial / "overlays", progress))
        condition = own_condition(analysis)
        if condition is not None:
            write_text(partial / "condition.csv", condition_csv(condition))
        page = analysis_page(analysis, pictures, condition=condition, created=datetime.now(UTC))
        write_text(partial / "report.html", page)
        analysis.save(partial / STORE)
    return Path(folder)


def _write_overlays(analysis: Analysis, folder: Path, progress: Progress) -> Iterator[Embedded]:
    colors = type_colors(analysis.types, analysis.taxonomy)
    titles = {name: analysis.taxonomy[name].title for name in colors}
    small = embedded_px(len(analysis.images))
    mark_of = dict(zip((image.name for image in analysis.images), marks(analysis.summary), strict=True))
    left = LARGEST_EMBEDDED
    for image in progress(analysis.images, "drawing", len(analysis.images)):
        pixels, mark = reduced_pixels(image, LONGEST_PX), mark_of[image.name]
        here = analysis.instances[image.name]
        whole = draw_overlay(image, pixels, here, colors=colors, titles=titles, mark=mark)
        save_overlay(whole, folder, image.name)
        if left <= 0:
            yield link(image.name, whole, f"{folder.name}/{overlay_path(image.name)}")
            continue
        picture = draw_overlay(image, pixels, here, colors=colors, titles=titles, mark=mark, longest_px=small)
        shown = embed(image.name, picture)
        left -= len(shown.source)
        yield shown
