"""The page of an analysis: everything on it in one file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from defectkit.conventions import Convention
from defectkit.measurement import ALL, pool
from defectkit.measurement.size_rules import size_rule
from defectkit.records.colors import type_colors
from defectkit.reports.analysis_rows import (
    SHAPE_RULES,
    Row,
    calibration_rows,
    chart_groups,
    counting_text,
    flatten,
    hardening_rows,
    image_rows,
    marks,
    type_rows,
)
from defectkit.reports.citations import citations
from defectkit.reports.condition import condition_rows
from defectkit.reports.embedding import Embedded, embedded_px
from defectkit.reports.overlays import LONGEST_PX, overlay_path
from defectkit.reports.page import render
from defectkit.workflows.analysis import Analysis

if TYPE_CHECKING:
    import xarray

MOST_IMAGES = 1000
"""Images that have rows in the tables of a page."""


def analysis_page(
    analysis: Analysis,
    overlays: Sequence[Embedded],
    *,
    condition: xarray.Dataset | None = None,
    created: datetime | None = None,
) -> str:
    """Return the report of an analysis as one HTML page without a script, which loads nothing.

    Parameters
    ----------
    analysis : Analysis
    overlays : sequence of Embedded
        One an image, in the order of the images.
    condition : xarray.Dataset, optional
        All images together, as :func:`defectkit.workflows.condition.own_condition` returns it.
    created : datetime.datetime, optional
        When the report was made; left out where it is not given.
    """
    rule = Convention.from_settings(analysis.settings["convention"])
    taxonomy = analysis.taxonomy
    colors = type_colors(analysis.types, taxonomy)
    image_marks = marks(analysis.summary)
    pooled = list(type_rows(pool(analysis.defects, analysis.summary), taxonomy, colors))
    return render(
        "analysis.html.jinja",
        title="Defects in micrographs",
        lead=_lead(analysis),
        created=created.strftime("%Y-%m-%d %H:%M %Z").strip() if created else "",
        cards=_cards(analysis, rule),
        cautions=analysis.cautions,
        pooled=pooled,
        condition=None if condition is None else condition_rows(condition),
        condition_cautions=[] if condition is None else condition.attrs["cautions"],
        no_thickness=bool(analysis.summary["foil_thickness"].isnull().any()),
        ddof=analysis.summary.attrs["ddof"],
        counting=counting_text(analysis.defects, analysis.summary),
        size_rule=size_rule(rule.size_rule).label,
        shape_rule=SHAPE_RULES[rule.shape_rule],
        overlays=_overlays(analysis, overlays, image_marks),
        overlay_note=_overlay_note(overlays),
        left_out=_left_out(len(analysis.images)),
        charts=chart_groups(analysis.defects, analysis.types, rule, taxonomy, colors),
        by_image=image_rows(analysis.summary.isel(image=slice(MOST_IMAGES)), taxonomy, colors),
        hardening=hardening_rows(
            analysis.hardening.isel(image=slice(MOST_IMAGES)), taxonomy, image_marks[:MOST_IMAGES]
        ),
        calibration=calibration_rows(analysis.images[:MOST_IMAGES], image_marks[:MOST_IMAGES]),
        repairs={"summary": analysis.repairs.summary(), "rows": analysis.repairs.rows()} if analysis.repairs else None,
        detector=analysis.settings.get("detector"),
        settings=list(flatten(_without_words(analysis.settings))),
        versions=analysis.versions,
        citations=citations(),
    )


def _overlay_note(overlays: Sequence[Embedded]) -> str:
    within = sum(overlay.source.startswith("data:") for overlay in overlays)
    note = (
        f"A picture here has at most {embedded_px(len(overlays))} pixels a side. It leads to the one in the folder "
        f"overlays, where that lies beside this page, with at most {LONGEST_PX}."
    )
    if within == len(overlays):
        return note
    return (
        f"{note} The first {within} pictures are in this page; the other {len(overlays) - within} are shown from that "
        "folder, for with all of them the page would be too large to open."
    )


def _left_out(n_images: int) -> str:
    """Return what is said below each table with rows of images, or nothing."""
    if n_images <= MOST_IMAGES:
        return ""
    return (
        f"Shown are the first {MOST_IMAGES} of {n_images} images; all are in summary.csv, hardening.csv and "
        "results.zarr, and all count in every number above."
    )


def _without_words(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings without what the page says of the detector elsewhere."""
    words = {"description", "limits"}
    detector = settings.get("detector")
    if detector is None:
        return dict(settings)
    return {**settings, "detector": {key: value for key, value in detector.items() if key not in words}}


def _lead(analysis: Analysis) -> str:
    found = (
        f"labels {analysis.labels.key}, drawn by people"
        if analysis.labels is not None
        else f"detector {analysis.settings['detector']['name']} {analysis.settings['detector']['version']}"
    )
    return f"{found[0].upper()}{found[1:]}; convention {analysis.settings['convention']['name']}."


def _cards(analysis: Analysis, rule: Convention) -> list[Row]:
    with_defects = int((analysis.summary["count"].sel(defect_type=ALL) > 0).sum())
    cards: list[Row] = [
        {"label": "images", "value": len(analysis.images)},
        {"label": "defects", "value": analysis.n_defects},
        {"label": "images with a defect", "value": with_defects},
        *_partly(analysis),
        {"label": "convention", "value": rule.name},
    ]
    if analysis.settings.get("min_score") is not None:
        cards.append({"label": "smallest score", "value": analysis.settings["min_score"]})
    return cards


def _partly(analysis: Analysis) -> list[Row]:
    partly = () if analysis.labels is None else analysis.labels.not_fully_read
    return [{"label": "images not fully read", "value": len(partly)}] if partly else []


def _overlays(analysis: Analysis, overlays: Sequence[Embedded], image_marks: Sequence[str]) -> list[Row]:
    rows = []
    for image, overlay, mark in zip(analysis.images, overlays, image_marks, strict=True):
        count = len(analysis.instances[image.name])
        words = f"{count} defect{'' if count == 1 else 's'}{' read' if mark else ''}."
        prediction = analysis.predictions.get(image.name)
        capped = prediction is not None and prediction.capped
        rows.append(
            {
                "name": image.name,
                "link": quote(f"overlays/{overlay_path(image.name)}"),
                "source": overlay.source,
                "width": overlay.width,
                "height": overlay.height,
                "words": words,
                "text": f"Micrograph {image.name} with the outlines of {words}",
                "mark": mark,
                "notes": ["The detector reached its largest number of detections."] if capped else [],
            }
        )
    return rows
