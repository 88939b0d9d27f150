"""HTML: how records show themselves in a notebook, as a picture with outlines and tables of counts."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from defectkit.errors import DefectkitError
from defectkit.geometry.outlines import outlines, paint
from defectkit.records.colors import distinct_colors
from defectkit.records.contrast import FLAT, gray_levels
from defectkit.records.defect_type import Taxonomy
from defectkit.records.image import Image
from defectkit.records.instances import Instances
from defectkit.records.reduced import reduced_pixels

PICTURE_PX = 480
"""The longer side of a picture."""

LARGEST_FACTOR = 8
"""Small images are enlarged by at most this much."""

MOST_ROWS = 10
"""Rows of a table; of more, it gives the number of the others."""

MOST_PICTURES = 3
"""Pictures of several images."""

UNKNOWN = "#2ca02c"
"""The color of a type that the taxonomy does not know."""


def card(title: str, text: str, *parts: str) -> str:
    """Return a record as HTML: a title, a line of text, and pictures and tables, which are HTML already."""
    return f"<div><b>{escape(title)}</b> {escape(text)}{''.join(parts)}</div>"


def image_figure(image: Image, instances: Instances | None = None, taxonomy: Taxonomy | None = None) -> str:
    """Return the picture of an image, with the outlines of defects in it, or why its pixels cannot be read."""
    try:
        pixels = reduced_pixels(image, PICTURE_PX)
    except DefectkitError as error:
        return f"<p>{escape(str(error))}</p>"
    return figure(pixels, image.shape, instances, taxonomy)


def instances_figure(instances: Instances, taxonomy: Taxonomy | None = None) -> str:
    """Return the outlines of defects on a gray ground."""
    factor = max(1, max(instances.shape) // PICTURE_PX)
    ground = np.full([max(1, side // factor) for side in instances.shape], FLAT, np.uint8)
    return figure(ground, instances.shape, instances, taxonomy)


def figure(pixels: NDArray[Any], shape: tuple[int, int], instances: Instances | None, taxonomy: Taxonomy | None) -> str:
    """Return pixels as a picture in a data URL, with the outlines of defects in the colors of their types.

    Parameters
    ----------
    pixels : numpy.ndarray, shape (rows, columns)
        Of the image, or fewer of a large one.
    shape : tuple of int
        Of the image.
    instances : Instances, optional
    taxonomy : Taxonomy, optional
        Gives the colors; the built-in one where it is not given.
    """
    from PIL import Image as Pictures

    scale = PICTURE_PX / max(shape)
    scale = scale if scale < 1 else min(LARGEST_FACTOR, int(scale))
    height, width = (max(1, round(side * scale)) for side in shape)
    enlarged = min(height / pixels.shape[0], width / pixels.shape[1]) >= 1
    resampling = Pictures.Resampling.NEAREST if enlarged else Pictures.Resampling.BOX
    canvas = np.array(Pictures.fromarray(gray_levels(pixels)).resize((width, height), resampling).convert("RGB"))
    if instances is not None:
        colors = _colors(instances.types, taxonomy)
        names = [name for name, area in zip(instances.type_names, instances.areas, strict=True) if area]
        drawn = outlines(instances.runs, (height / shape[0], width / shape[1]), (height, width), 1)
        for name, outline in zip(names, drawn, strict=True):
            paint(canvas, outline.top, outline.left, outline.line, list(bytes.fromhex(colors[name][1:])))
    data = io.BytesIO()
    Pictures.fromarray(canvas).save(data, "PNG")
    code = base64.b64encode(data.getvalue()).decode("ascii")
    return f'<p><img width="{width}" height="{height}" alt="" src="data:image/png;base64,{code}"></p>'


def counts_table(
    counts: Mapping[str, Mapping[str, int]], types: Sequence[str], taxonomy: Taxonomy | None = None
) -> str:
    """Return a table of counts: one row per image, one column per type, and the sum of all.

    Parameters
    ----------
    counts : mapping of str to mapping of str to int
        By image, then by type.
    types : sequence of str
    taxonomy : Taxonomy, optional
        Gives the colors of the types.
    """
    colors = _colors(types, taxonomy)
    heads = [f'<span style="color:{colors[name]}">&#9632;</span> {escape(name)}' for name in types]
    rows = [[escape(image), *(by_type.get(name, 0) for name in types)] for image, by_type in counts.items()]
    shown = rows[:MOST_ROWS]
    if len(rows) > MOST_ROWS:
        shown.append([f"and {len(rows) - MOST_ROWS:,} more", *("" for _ in types)])
    if len(rows) > 1:
        shown.append(["all", *(sum(by_type.get(name, 0) for by_type in counts.values()) for name in types)])
    return table(["image", *heads], shown)


def table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a table of cells that are HTML already; the first column is text, the others are numbers."""
    head = "".join(f"<th>{cell}</th>" for cell in heads)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: object) -> str:
    return f'<td style="text-align:right">{value:,}</td>' if isinstance(value, int) else f"<td>{value}</td>"


def _colors(types: Sequence[str], taxonomy: Taxonomy | None) -> dict[str, str]:
    known = taxonomy or Taxonomy.standard()
    return distinct_colors({name: known[name].color if name in known else UNKNOWN for name in types})
