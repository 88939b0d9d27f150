"""The folder of a series: tracks, defects and densities over time as tables, figures, overlays, a page and a store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from defectkit.records.colors import type_colors
from defectkit.records.defect_type import Taxonomy
from defectkit.records.inputs import InstanceSets, instances_by_image
from defectkit.records.instances import Instances
from defectkit.records.reduced import reduced_pixels
from defectkit.reports.csv_tables import csv_text, write_text
from defectkit.reports.embedding import LARGEST_EMBEDDED, Embedded, drawn, embed, link
from defectkit.reports.folder import make_folder
from defectkit.reports.overlays import LONGEST_PX, draw_overlay, overlay_path, save_overlay, view_of
from defectkit.reports.page import render
from defectkit.reports.panels import write_png
from defectkit.reports.plain_text import plain_text
from defectkit.reports.series_figures import evolution_figure, tracks_figure
from defectkit.series.growth import Beginning, End
from defectkit.series.tracking import TrackedSeries
from defectkit.storage.results import save_results
from defectkit.workflows.results import Progress, silent

if TYPE_CHECKING:
    import xarray
    from PIL.Image import Image as Picture

SUFFIXES = {
    "": "",
    "nanometer": "_nm",
    "pixel": "_px",
    "second": "_s",
    "frame": "_frames",
    "degree_Celsius": "_c",
    "dpa": "_dpa",
    "nanometer / second": "_nm_per_s",
    "nanometer / frame": "_nm_per_frame",
    "nanometer ** 2": "_nm2",
    "1 / nanometer ** 2": "_per_nm2",
    "1 / meter ** 3": "_per_m3",
}
"""What the name of a column ends in, by unit."""


def write_series(
    series: TrackedSeries,
    instances: InstanceSets,
    taxonomy: Taxonomy,
    folder: Path,
    *,
    progress: Progress = silent,
) -> None:
    """Write a series into a folder.

    Parameters
    ----------
    series : TrackedSeries
    instances : LabelSet, mapping of str to Instances, or iterable of Prediction
        By frame, the defects as they were measured.
    taxonomy : Taxonomy
    folder : pathlib.Path
        Made if need be. It gets ``tracks.csv``, ``defects.csv`` (with the track of each), ``evolution.csv``,
        ``evolution.png``, ``tracks.png``, ``overlays/FRAME.png`` with the numbers of tracks, ``report.html`` and
        ``series.zarr``.
    progress : callable
        Wraps the frames while they are drawn.

    Raises
    ------
    OutputError
        If it cannot be written.
    ImageReadError
        If the pixels of a frame cannot be read.
    """
    by_frame = instances_by_image(instances)
    make_folder(folder)
    for name in ("tracks", "defects", "evolution"):
        write_text(folder / f"{name}.csv", _csv(getattr(series, name)))
    figures = []
    with plain_text():
        for name, title, figure in (
            ("evolution", "Over time", evolution_figure(series)),
            (
                "tracks",
                "Some tracks, from the fastest shrinking to the fastest growing",
                tracks_figure(series, by_frame),
            ),
        ):
            if figure is not None:
                write_png(figure, folder / f"{name}.png")
                figures.append({"name": name, "title": title, "source": drawn(figure)})
    pictures = list(_overlays(series, by_frame, taxonomy, folder / "overlays", progress))
    page = render(
        "series.html.jinja",
        title="Tracks of a series",
        lead=f"{len(series.images)} frames, {series.n_tracks} tracks",
        created=datetime.now(UTC).strftime("%d %B %Y"),
        figures=figures,
        counts=counts_of(series),
        overlays=pictures,
        settings=series.settings,
    )
    write_text(folder / "report.html", page)
    tables = {"tracks": series.tracks, "defects": series.defects, "evolution": series.evolution}
    save_results(tables, folder / "series.zarr")


def counts_of(series: TrackedSeries) -> list[tuple[str, int]]:
    """Return how many tracks there are of each kind, with its name.

    Growing and shrinking are tracks of at least 3 frames whose growth rate lies more than 2 standard errors from 0.
    """
    tracks = series.tracks
    rate, error = tracks["growth_rate"].values, tracks["growth_rate_error"].values
    begins, ends = tracks["begins"].values, tracks["ends"].values
    return [
        ("tracks", series.n_tracks),
        ("of one frame only", int((tracks["n_frames"].values == 1).sum())),
        ("from the first to the last frame", int(((begins == Beginning.SERIES) & (ends == End.SERIES)).sum())),
        ("growing", int((rate > 2 * error).sum())),
        ("shrinking", int((rate < -2 * error).sum())),
        ("appeared", int((begins == Beginning.APPEARED).sum())),
        ("vanished", int((ends == End.VANISHED).sum())),
        ("merged with another", int((ends == End.MERGED).sum())),
        ("came into view or left it", int(((begins == Beginning.ENTERED) | (ends == End.LEFT)).sum())),
    ]


def _csv(table: xarray.Dataset) -> str:
    names = [str(name) for name in (*table.coords, *table.data_vars)]
    header = [name + SUFFIXES.get(str(table[name].attrs.get("units", "")), "") for name in names]
    return csv_text(header, zip(*(table[name].values for name in names), strict=True))


def _overlays(
    series: TrackedSeries, instances: Mapping[str, Instances], taxonomy: Taxonomy, folder: Path, progress: Progress
) -> Iterator[Embedded]:
    colors = type_colors(sorted({t for here in instances.values() for t in here.type_names}), taxonomy)
    titles = {name: taxonomy[name].title for name in colors}
    left = LARGEST_EMBEDDED
    for t, image in enumerate(progress(series.images, "drawing", len(series.images))):
        picture = draw_overlay(
            image, reduced_pixels(image, LONGEST_PX), instances[image.name], colors=colors, titles=titles
        )
        _number(picture, series, t)
        save_overlay(picture, folder, image.name)
        small = picture.copy()
        small.thumbnail((900, 900))
        shown = embed(image.name, small)
        left -= len(shown.source)
        yield shown if left > 0 else link(image.name, picture, f"{folder.name}/{overlay_path(image.name)}")


def _number(picture: Picture, series: TrackedSeries, frame: int) -> None:
    """Write the number of its track beside each defect."""
    from PIL import ImageDraw, ImageFont

    image = series.images[frame]
    view = view_of(image.shape, image.calibration)
    own = np.flatnonzero(series.defects["frame"].values == frame)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(max(10, max(view.shape) // 110))
    for k in own:
        row, column = (float(series.defects[name].values[k]) for name in ("centroid_row", "centroid_col"))
        if np.isfinite(row):
            at = (column * view.scale[1], row * view.scale[0])
            text = str(int(series.defects["track"].values[k]))
            draw.text(at, text, fill="white", font=font, anchor="mm", stroke_width=2, stroke_fill="black")
