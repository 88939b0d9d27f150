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
