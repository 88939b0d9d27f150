"""Charts: a histogram laid out as bars, ticks and labels, ready to be drawn as SVG."""

from __future__ import annotations

import attrs

from defectkit.reports.histograms import Histogram

WIDTH = 440.0
HEIGHT = 230.0
LEFT, RIGHT, TOP, BOTTOM = 46.0, 20.0, 20.0, 46.0
MOST_LABELS = 10


@attrs.frozen(kw_only=True)
class Bar:
    """One bar: its corner and size, how many it stands for, and what it stands for."""

    x: float
    y: float
    width: float
    height: float
    count: int
    text: str
    is_overflow: bool


@attrs.frozen(kw_only=True)
class Tick:
    """A place on an axis and its label."""

    at: float
    label: str


@attrs.frozen(kw_only=True)
class Chart:
    """A histogram as bars.

    Parameters
    ----------
    title, x_label : str
    color : str
        Of the bars.
    bars : tuple of Bar
    x_ticks, y_ticks : tuple of Tick
    summary : str
        The same in words, for those who cannot see it.
    """

    title: str
    x_label: str
    color: str
    bars: tuple[Bar, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    summary: str
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right: float = WIDTH - RIGHT
    top: float = TOP
    base: float = HEIGHT - BOTTOM


def chart(shown: Histogram, *, title: str, x_label: str, color: str) -> Chart:
    """Lay out a histogram; values beyond its edges are a bar of their own at each end where there are any."""
    edges = shown.edges
    slots = [(f"{low:g} to {high:g}", count) for low, high, count in zip(edges, edges[1:], shown.counts, strict=False)]
    flags = [False] * len(slots)
    if shown.under:
        slots, flags = [(f"below {edges[0]:g}", shown.under), *slots], [True, *flags]
    if shown.over:
        slots, flags = [*slots, (f"above {edges[-1]:g}", shown.over)], [*flags, True]
    step = (WIDTH - LEFT - RIGHT) / len(slots)
    base = HEIGHT - BOTTOM
    y_values = _y_values(max(count for _, count in slots))
    unit = (base - TOP) / y_values[-1]
    bars = tuple(
        Bar(
            x=LEFT + k * step + 0.04 * step,
            y=base - count * unit,
            width=0.92 * step,
            height=count * unit,
            count=count,
            text=text,
            is_overflow=flag,
        )
        for k, ((text, count), flag) in enumerate(zip(slots, flags, strict=True))
    )
    start = LEFT + (step if shown.under else 0)
    every = -(-len(edges) // MOST_LABELS)
    ticks = [Tick(at=start + k * step, label=f"{edge:g}") for k, edge in enumerate(edges) if k % every == 0]
    if shown.under:
        ticks = [t for t in ticks if t.at > LEFT + 1.4 * step]
        ticks.insert(0, Tick(at=LEFT + step / 2, label=f"<{edges[0]:g}"))
    if shown.over:
        ticks = [t for t in ticks if t.at < WIDTH - RIGHT - 1.4 * step]
        ticks.append(Tick(at=WIDTH - RIGHT - step / 2, label=f">{edges[-1]:g}"))
    words = "; ".join(f"{text}: {count}" for text, count in slots if count)
    return Chart(
        title=title,
        x_label=x_label,
        color=color,
        bars=bars,
        x_ticks=tuple(ticks),
        y_ticks=tuple(Tick(at=base - value * unit, label=f"{value:g}") for value in y_values),
        summary=f"{title}: {shown.total} defects; {words}" if words else f"{title}: no defect",
    )


def _y_values(largest: int) -> list[int]:
    """Return whole numbers from 0 up to at least ``largest``, at most six of them."""
    step = next(factor * 10**power for power in range(12) for factor in (1, 2, 5) if factor * 10**power * 5 >= largest)
    return list(range(0, max(step, -(-largest // step) * step) + 1, step))
