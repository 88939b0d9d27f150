"""Architecture: what a network is built from, as plain values that JSON holds."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from defectkit.errors import DetectorError

BACKBONES = ("mobilenet_v2", "resnet50")
N_LEVELS = 5
MAX_DETECTIONS = 1000


def _rows(value: Iterable[Iterable[float]]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(v) for v in row) for row in value)


def _texts(value: Iterable[str]) -> tuple[str, ...]:
    return tuple(value)


def _floats(value: Iterable[float]) -> tuple[float, ...]:
    return tuple(float(v) for v in value)


@attrs.frozen(kw_only=True)
class Architecture:
    """What the network is.

    Parameters
    ----------
    backbone : str
        ``mobilenet_v2`` (64 channels, for a CPU) or ``resnet50`` (256 channels, for a GPU).
    types : tuple of str
        What it tells apart; class 0 is the background.
    anchor_sizes : tuple of tuple of float
        Box sizes in pixels for each of the pyramid's five levels.
    aspect_ratios : tuple of float
        Height / width of the anchors.
    """

    backbone: str = attrs.field(validator=attrs.validators.in_(BACKBONES))
    types: tuple[str, ...] = attrs.field(converter=_texts)
    anchor_sizes: tuple[tuple[float, ...], ...] = attrs.field(converter=_rows)
    aspect_ratios: tuple[float, ...] = attrs.field(converter=_floats)

    def __attrs_post_init__(self) -> None:
        if len(self.anchor_sizes) != N_LEVELS:
            raise DetectorError(f"anchor sizes for {len(self.anchor_sizes)} levels, but the pyramid has {N_LEVELS}")
