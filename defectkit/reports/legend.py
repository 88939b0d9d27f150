"""Legend: the strip below a picture with its scale bar, the colors of types and a line of text."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from defectkit.reports.scale_bar import bar_length_nm, length_text

if TYPE_CHECKING:
    from PIL.Image import Image as Picture
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

GROUND = (17, 17, 17)
INK = (245, 245, 245)
FAINT = (190, 190, 190)


@attrs.frozen(kw_only=True)
class LegendEntry:
    """One type in a legend.

    Parameters
    ----------
    title : str
    color : (int, int, int)
        Red, green and blue.
    count : int, optional
        How many defects of it the picture shows; None where nobody knows how many there are.
    """

    title: str
    color: tuple[int, int, int]
    count: int | None

    @property
    def text(self) -> str:
        """What the legend says."""
        return self.title if self.count is None else f"{self.title} ({self.count})"


def caption(picture: Picture, entries: Sequence[LegendEntry], *, bar_px_per_nm: float | None, text: str) -> Picture:
    """Return ``picture`` with a strip below it.

    Parameters
    ----------
    picture : PIL.Image.Image
        RGB.
    entries : sequence of LegendEntry
        Set in as many lines as the width of the picture needs.
    bar_px_per_nm : float, optional
        Pixels of the picture per nm; None where the image is not calibrated, and then there is no bar.
    text : str
        Set at the right of the bar.
    """
    from PIL import Image as Pictures, ImageDraw

    font_px = max(13, max(picture.size) // 60)
    margin, line = font_px, round(font_px * 1.7)
    font = _font(font_px)
    rows = _rows(entries, font, picture.width - 2 * margin)
    whole = Pictures.new("RGB", (picture.width, picture.height + line * (1 + len(rows)) + font_px), GROUND)
    whole.paste(picture)
    draw = ImageDraw.Draw(whole)
    middle = picture.height + font_px // 2 + line // 2
    left = margin
    if bar_px_per_nm is not None:
        left = _bar(draw, left, middle, picture.width, bar_px_per_nm, font) + 2 * margin
    draw.text((left, middle), _fitting(text, font, picture.width - margin - left), INK, font, anchor="lm")
    for row in rows:
        middle += line
        left = margin
        for entry in row:
            side = font_px // 2
            draw.rectangle((left, middle - side, left + 2 * side, middle + side), entry.color)
            draw.text((left + 3 * side, middle), entry.text, INK if entry.count else FAINT, font, anchor="lm")
            left += _width(entry, font)
    return whole


def _bar(draw: ImageDraw, left: int, middle: int, width: int, px_per_nm: float, font: FreeTypeFont) -> int:
    """Draw the scale bar and its length, unless the picture is too narrow for one; return where they end."""
    length_nm = bar_length_nm(width / px_per_nm)
    end = left + round(length_nm * px_per_nm)
    if end == left:
        return left
    half = max(2, int(font.size) // 6)
    draw.rectangle((left, middle - half, end - 1, middle + half), INK)
    label = length_text(length_nm)
    start = end + int(font.size) // 2
    draw.text((start, middle), label, INK, font, anchor="lm")
    return start + round(font.getlength(label))


def _rows(entries: Sequence[LegendEntry], font: FreeTypeFont, width: int) -> list[list[LegendEntry]]:
    rows: list[list[LegendEntry]] = []
    left = 0
    for entry in entries:
        needed = _width(entry, font)
        if not rows or left + needed > width:
            rows.append([])
            left = 0
        rows[-1].append(entry)
        left += needed
    return rows


def _width(entry: LegendEntry, font: FreeTypeFont) -> int:
    return round(font.getlength(entry.text) + 3.5 * font.size)


def _fitting(text: str, font: FreeTypeFont, width: int) -> str:
    if font.getlength(text) <= width:
        return text
    shown = text
    while shown and font.getlength(f"{shown}…") > width:
        shown = shown[:-1]
    return f"{shown}…" if shown else ""


@cache
def _font(size: int) -> FreeTypeFont:
    import matplotlib
    from PIL import ImageFont

    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", size)
