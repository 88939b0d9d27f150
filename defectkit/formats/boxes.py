"""What to do with regions that are only a box."""

from __future__ import annotations

import enum


class BoxRegions(enum.StrEnum):
    """What becomes of a region of which a file gives only a box.

    A box says where a defect is, not what area it has, so a box is refused unless rectangles are asked for.
    """

    REFUSE = "refuse"
    AS_RECTANGLES = "as-rectangles"


ONLY_A_BOX = "only a box: it has no area (the format option boxes=as-rectangles reads it as a rectangle)"
