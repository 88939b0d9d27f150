"""Bars: the upright rectangles of one extreme gray that programs burn into an image as its scale."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from defectkit.measurement.overprints.boxes import Box

TONE = 0.1
"""Gray values this close to the brightest or darkest one of the image, as a part of its range, are that of a bar."""

CONTRAST = 0.15
"""What lies around a bar differs from it by at least so much of the range."""

AROUND = 0.9
"""At least this part of what lies along each of its four sides does."""

BLUR = 2
"""Pixels from a bar to what lies around it, and by which its ends may waver."""

SHORTEST, LONGEST = 0.035, 0.7
"""The length of a bar, as a part of the width of the image."""

SHORTEST_PX = 12
"""No bar is shorter."""

THICKEST = 0.06
"""Its thickness, as a part of the height of the image."""

SLENDER = 2.5
"""A bar is at least so many times as long as it is thick."""

HAIRLINE = 0.06
"""One that is two rows thick is at least this part of the width of the image long."""


@attrs.frozen(kw_only=True)
class Bar:
    """A scale bar.

    Parameters
    ----------
    box : (int, int, int, int)
        Top, left, bottom and right, half-open.
    tone : float
        Its gray value: the brightest or the darkest one of the image.
    """

    box: Box
    tone: float


def bars(pixels: NDArray[Any]) -> tuple[Bar, ...]:
    """Return the horizontal scale bars of an image.

    Parameters
    ----------
    pixels : numpy.ndarray, shape (H, W)

    Notes
    -----
    A bar is a rectangle of the brightest or of the darkest gray: its rows begin and end within two pixels of each
    other, and all four sides are sharp. Text may touch it.

    Examples
    --------
    >>> image = np.random.default_rng(0).normal(100, 10, (200, 300)).clip(0, 255)
    >>> image[180:185, 20:100] = 255
    >>> [bar.box for bar in bars(image)]
    [(180, 20, 185, 100)]
    """
    low, high = float(pixels.min()), float(pixels.max())
    span = high - low
    if not span:
        return ()
    found = []
    for tone, mask in ((high, pixels >= high - TONE * span), (low, pixels <= low + TONE * span)):
        shortest = max(SHORTEST_PX, int(SHORTEST * pixels.shape[1]))
        boxes = (box for box in _rectangles(mask, shortest) if _is_like_a_bar(box, mask.shape))
        found += [Bar(box=box, tone=tone) for box in boxes if _stands_out(pixels, box, tone, CONTRAST * span)]
    return tuple(found)


def _rectangles(mask: NDArray[np.bool_], shortest: int) -> Iterator[Box]:
    """Give stacks of runs, each at least ``shortest`` long, that begin and end at about the same columns."""
    edges = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    (rows, starts), ends = np.nonzero(edges == 1), np.nonzero(edges == -1)[1]
    long = ends - starts >= shortest
    growing: list[list[tuple[int, int, int]]] = []
    for run in zip(rows[long].tolist(), starts[long].tolist(), ends[long].tolist(), strict=True):
        growing, done = [s for s in growing if s[-1][0] >= run[0] - 1], [s for s in growing if s[-1][0] < run[0] - 1]
        yield from filter(None, map(_box, done))
        for stack in growing:
            row, start, end = stack[-1]
            if row == run[0] - 1 and abs(start - run[1]) <= BLUR and abs(end - run[2]) <= BLUR:
                stack.append(run)
                break
        else:
            growing.append([run])
    yield from filter(None, map(_box, growing))


def _box(stack: list[tuple[int, int, int]]) -> Box | None:
    """Return the box of a stack of runs, None if its ends waver."""
    runs = np.array(stack)
    if len(runs) < 2 or np.ptp(runs[:, 1:], axis=0).max() > BLUR + 1:
        return None
    left, right = np.median(runs[:, 1:], axis=0).astype(int).tolist()
    return stack[0][0], left, stack[-1][0] + 1, right


def _is_like_a_bar(box: Box, shape: tuple[int, ...]) -> bool:
    height, width = box[2] - box[0], box[3] - box[1]
    thin = height > 2 or width >= HAIRLINE * shape[1]
    return thin and height <= THICKEST * shape[0] and width <= LONGEST * shape[1] and width >= SLENDER * height


def _stands_out(pixels: NDArray[Any], box: Box, tone: float, contrast: float) -> bool:
    """Tell whether each side of the box is sharp; at the border of the image one is."""
    top, left, bottom, right = box
    sides = (
        pixels[max(top - BLUR - 1, 0) : max(top - BLUR, 0), left:right],
        pixels[bottom + BLUR : bottom + BLUR + 1, left:right],
        pixels[top:bottom, max(left - BLUR - 1, 0) : max(left - BLUR, 0)],
        pixels[top:bottom, right + BLUR : right + BLUR + 1],
    )
    return all(np.mean(np.abs(side.astype(np.float64) - tone) >= contrast) >= AROUND for side in sides if side.size)
