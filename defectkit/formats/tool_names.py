"""Tool names: what annotation programs add to the name of an image when they name labels after it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

SUFFIXES = (
    "annotation", "annotations", "cp_masks", "gt", "instances", "label", "labels", "mask", "masks", "outlines", "poly",
    "polygons", "pred", "roi", "rois", "RoiSet", "seg", "segmentation",
)  # fmt: skip
"""Words that may follow an image's name after ``-``, ``_`` or a dot, in any case."""

IMAGE_SUFFIXES = ("bmp", "dm3", "dm4", "jpeg", "jpg", "mrc", "ome", "png", "tif", "tiff")
"""Suffixes of an image that may be left in what labels are named by: ``a.png.json``, ``a.ome``."""

RULES: tuple[re.Pattern[str], ...] = (
    re.compile(r"[0-9a-f]{8}-(.+)", re.DOTALL),
    re.compile(rf"(.+)_(?:{'|'.join(IMAGE_SUFFIXES)})\.rf\.[0-9a-zA-Z]{{6,64}}", re.DOTALL),
    re.compile(rf"(.+?)[-_.](?:{'|'.join(SUFFIXES)})", re.DOTALL | re.IGNORECASE),
    re.compile(rf"(.+)\.(?:{'|'.join(IMAGE_SUFFIXES)})", re.DOTALL | re.IGNORECASE),
)
FILE_RULES = tuple(rule for rule in RULES if SUFFIXES[0] not in rule.pattern)
"""Those for the name of an image as a label file gives it."""

_MOST_STEPS = 3


def spellings(stem: str, *, rules: Sequence[re.Pattern[str]] = RULES) -> Iterator[str]:
    """Give the names of the image that labels named ``stem`` may be of: itself, then what tools made it from.

    Parameters
    ----------
    stem : str
    rules : sequence of re.Pattern
        What is taken off; the first group is what is left.

    Examples
    --------
    >>> list(spellings("frame_12_png.rf.3f0a1c"))
    ['frame_12_png.rf.3f0a1c', 'frame_12']
    >>> list(spellings("1c9e44d0-frame_1")), list(spellings("a.ome_cp_masks")), list(spellings("S1_tilted"))
    (['1c9e44d0-frame_1', 'frame_1'], ['a.ome_cp_masks', 'a.ome', 'a'], ['S1_tilted'])
    """
    level = [stem]
    seen: set[str] = set()
    for _ in range(_MOST_STEPS + 1):
        level = [name for name in dict.fromkeys(level) if name not in seen]
        seen.update(level)
        yield from level
        level = [found[1] for name in level for rule in rules if (found := rule.fullmatch(name))]
