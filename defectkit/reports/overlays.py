"""Overlays: a micrograph with its defects outlined, a scale bar and a legend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.files import writing
from defectkit.files.names import relative_path
from defectkit.geometry.outlines import outlines, paint
from defectkit.records.calibration import Calibration, Source
from defectkit.records.contrast import gray_levels
from defectkit.records.image import Image
from defectkit.records.instances import Instances
from defectkit.reports.legend import LegendEntry, caption
from defectkit.reports.palette import with_palette

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

LONGEST_PX = 2048
"""The longest side of a picture, without the strip below it; larger images are made smaller."""

SHORTEST_PX = 1024
"""Images with a longest side below this are made larger by a whole number, so that small defects are seen."""

LARGEST_FACTOR = 8

HALO_OPACITY = 0.35

SHADE, HATCH_PX, HATCH = 0.45, 14, (255, 214, 10)
"""Places that do not count: how bright the image is there, and spacing and color of the lines across it."""


@attrs.frozen(kw_only=True)
class View:
    """How an image is laid out in a picture.

    Parameters
    ----------
    scale : (float, float)
        Pixels of the picture per pixel of the image, along rows and along columns.
    shape : (int, int)
        Rows and columns of the picture.
    """

    scale: tuple[float, float]
    shape: tuple[int, int]


def view_of(shape: tuple[int, int], calibration: Calibration | None, longest_px: int = LONGEST_PX) -> View:
    """Return the layout of an image of ``shape``: within ``longest_px``, and undistorted where pixels are not square.

    Examples
    --------
    >>> view_of((4096, 2048), None), view_of((512, 512), None)
    (View(scale=(0.5, 0.5), shape=(2048, 1024)), View(scale=(2.0, 2.0), shape=(1024, 1024)))
    """
    edges = np.array([1.0, 1.0] if calibration is None else calibration.pixel_size_nm)
    stretch = edges / edges.min()
    longest = float((np.array(shape) * stretch).max())
    if longest > longest_px:
        factor = longest_px / longest
    else:
        factor = float(min(LARGEST_FACTOR, max(1, min(SHORTEST_PX // longest, longest_px // longest))))
    rows, columns = (max(1, round(side * s * factor)) for side, s in zip(shape, stretch, strict=True))
    return View(scale=(rows / shape[0], columns / shape[1]), shape=(rows, columns))


def draw_overlay(
    image: Image,
    pixels: NDArray[Any],
    instances: Instances,
    *,
    colors: Mapping[str, str],
    titles: Mapping[str, str],
    mark: str = "",
    longest_px: int = LONGEST_PX,
) -> Picture:
    """Return a picture of an image with the outlines of its defects, and a strip with a scale bar and a legend below.

    Parameters
    ----------
    image : Image
        Gives name and calibration.
    pixels : numpy.ndarray, shape (rows, columns)
        Its pixels, read already; of a large image fewer, as
        :func:`~defectkit.records.reduced.reduced_pixels` gives them.
    instances : Instances
        What to outline; lines run along the inside of each mask, with a darkened rim outside. Places of the image that
        do not count are hatched.
    colors, titles : mapping of str to str
        By type: a hex color, and what the legend calls it. The legend names all of them.
    mark : str
        What has to be known of the image before anything else, for instance that it is not fully read; said first. The
        legend then shows no zeros: what was not read was not counted.
    longest_px : int
        The longest side of the picture above the strip.

    Returns
    -------
    PIL.Image.Image
        RGB.
    """
    from PIL import Image as Pictures

    view = view_of(image.shape, image.calibration, longest_px)
    grays = Pictures.fromarray(gray_levels(pixels))
    enlarged = min(view.scale) >= 1
    size = view.shape[1], view.shape[0]
    resampling = Pictures.Resampling.NEAREST if enlarged else Pictures.Resampling.BOX
    canvas = np.array(grays.resize(size, resampling).convert("RGB"))
    if image.excluded:
        _hatch(canvas, image, view)
    width = 1 if max(view.shape) < SHORTEST_PX * 0.8 else 2
    drawn = list(zip(_painted(instances), outlines(instances.runs, view.scale, view.shape, width), strict=True))
    for _, outline in drawn:
        paint(canvas, outline.top, outline.left, outline.halo, (0, 0, 0), HALO_OPACITY)
    for name, outline in drawn:
        paint(canvas, outline.top, outline.left, outline.line, _rgb(colors[name]))
    names = instances.type_names
    counts = {name: names.count(name) or (None if mark else 0) for name in colors}
    entries = [LegendEntry(title=titles[n], color=_rgb(colors[n]), count=counts[n]) for n in colors]
    hatched = "hatched: not counted" if image.excluded else ""
    text = ", ".join(filter(None, (mark, _text(image), hatched)))
    return caption(Pictures.fromarray(canvas), entries, bar_px_per_nm=_px_per_nm(view, image.calibration), text=text)


def overlay_path(name: str) -> PurePosixPath:
    """Return where the overlay of the image ``name`` lies, relative to the folder of overlays.

    Raises
    ------
    OutputError
        If the name is too long for a file.

    Examples
    --------
    >>> overlay_path("series 1/frame.02").as_posix()
    'series 1/frame.02.png'
    """
    return relative_path(name, ".png")


def save_overlay(picture: Picture, folder: Path, name: str) -> Path:
    """Write the overlay of the image ``name`` as PNG below ``folder``, and return its path.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    path = folder / overlay_path(name)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with_palette(picture).save(path, compress_level=3)
    return path


def _hatch(canvas: NDArray[np.uint8], image: Image, view: View) -> None:
    """Darken what does not count, and draw lines across it."""
    rows, columns = (
        np.minimum(((np.arange(side) + 0.5) / scale).astype(np.int64), pixels - 1)
        for side, scale, pixels in zip(view.shape, view.scale, image.shape, strict=True)
    )
    left_out = image.field.left_out().to_mask(0, image.shape)[rows[:, None], columns]
    canvas[left_out] = (SHADE * canvas[left_out]).astype(np.uint8)
    lines = np.add.outer(np.arange(view.shape[0]), np.arange(view.shape[1])) % HATCH_PX < 2
    canvas[left_out & lines] = HATCH


def _painted(instances: Instances) -> Sequence[str]:
    return [name for name, area in zip(instances.type_names, instances.areas, strict=True) if area]


def _rgb(color: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(color.lstrip("#"))
    return red, green, blue


def _px_per_nm(view: View, calibration: Calibration | None) -> float | None:
    return None if calibration is None else view.scale[1] / calibration.pixel_size_nm[1]


def _text(image: Image) -> str:
    size = f"{image.shape[1]} x {image.shape[0]} px"
    if image.calibration is None:
        return f"{size}, no calibration"
    edges = sorted(set(image.calibration.pixel_size_nm))
    assumed = " (assumed)" if image.calibration.pixel_size_source is Source.ASSUMED else ""
    return f"{size}, {' x '.join(f'{e:.6g}' for e in edges)} nm/px{assumed}"
