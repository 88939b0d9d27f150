"""Draw docs/_static/tracks.png: ten tracks of a synthetic series."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from defectkit.measurement import measure, summarize
from defectkit.reports.panels import write_png
from defectkit.reports.series_figures import tracks_figure
from defectkit.series import estimate_drift, track_series
from defectkit.testing.synthetic.series import synthetic_series

PLACE = Path(__file__).resolve().parent.parent / "_static" / "tracks.png"

series = synthetic_series(2, n_frames=8, n_defects=60, shape=(384, 384))
table = measure(series.images, series.labels)
tracked = track_series(
    series.images,
    table,
    summarize(table, series.images, series.labels),
    drift=estimate_drift(list(series.images.values())),
)
figure = tracks_figure(tracked, series.labels.instances)
if figure is not None:
    write_png(figure, PLACE)
    Image.open(PLACE).convert("RGB").quantize(64).save(PLACE, optimize=True)
