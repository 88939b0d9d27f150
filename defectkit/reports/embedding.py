"""Embedding: overlays and figures as they are put into a page."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING
from urllib.parse import quote

import attrs

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL.Image import Image as Picture

STEPS = ((4, 1400), (16, 1000), (64, 700))
SMALLEST_PX = 480
QUALITY = 85
"""Of the JPEG, whose colors are kept at full resolution: thin colored lines are what it is about."""

LARGEST_EMBEDDED = 30_000_000
"""Bytes of pictures that are put into a page; the pictures that come after them stay files beside it."""


def embedded_px(n_images: int) -> int:
    """Return the longest side of the pictures of a page with so many of them: the more, the smaller; none is left out.

    Examples
    --------
    >>> [embedded_px(n) for n in (1, 13, 182)]
    [1400, 1000, 480]
    """
    return next((side for most, side in STEPS if n_images <= most), SMALLEST_PX)


@attrs.frozen(kw_only=True)
class Embedded:
    """A picture in a page.

    Parameters
    ----------
    name : str
        Of the image.
    source : str
        The picture itself, as a data URL, or the address of its file beside the page.
    width, height : int
    """

    name: str
    source: str
    width: int
    height: int


def drawn(figure: Figure) -> str:
    """Return a figure as SVG in a data URL."""
    data = io.BytesIO()
    figure.savefig(data, format="svg", metadata={"Date": None})
    return f"data:image/svg+xml;base64,{base64.b64encode(data.getvalue()).decode('ascii')}"


def embed(name: str, picture: Picture) -> Embedded:
    """Return a picture as JPEG in a data URL."""
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=QUALITY, optimize=True, subsampling=0)
    code = base64.b64encode(data.getvalue()).decode("ascii")
    return Embedded(name=name, source=f"data:image/jpeg;base64,{code}", width=picture.width, height=picture.height)


def link(name: str, picture: Picture, path: str) -> Embedded:
    """Return a picture that stays in its file at ``path``, seen from the page."""
    return Embedded(name=name, source=quote(path), width=picture.width, height=picture.height)
