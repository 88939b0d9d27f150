"""Advice: what an error tells people to choose, in Python and on the command line."""

from __future__ import annotations

from typing import NamedTuple


class Choice(NamedTuple):
    """What a message advises to choose: as an argument in Python, and as an option of the command line."""

    python: str
    command: str

    def __str__(self) -> str:
        return self.python


LEAVE_OUT_UNPAIRED = Choice("unpaired='leave-out'", "--allow-partial")

GIVE_PIXEL_SIZE = Choice('pixel_size="0.25 nm/px"', '--pixel-size "0.25 nm"')

GIVE_FOIL_THICKNESS = Choice('foil_thickness="100 nm"', '--foil-thickness "100 nm"')
