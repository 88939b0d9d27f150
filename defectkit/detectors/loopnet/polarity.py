"""Polarity: whether defects are darker or brighter than what is around them."""

from __future__ import annotations

import enum


class Polarity(enum.StrEnum):
    """Whether defects are dark (bright field), bright (dark field, many SEM images), or whichever the image shows."""

    DARK = "dark"
    BRIGHT = "bright"
    AUTO = "auto"

    @property
    def sign(self) -> float:
        """What gray values are multiplied by to make defects dark."""
        return -1.0 if self is Polarity.BRIGHT else 1.0
