"""Facts: what a record says of itself in a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from defectkit.records.image import Image
    from defectkit.records.instances import Instances

MOST_TYPES = 8
"""Types that a line names; of more, it gives the number of the others."""

LONGEST_NAME = 80
"""Characters of a name that a line shows."""


def quote(name: str) -> str:
    """Return a name in quotes, its end cut where it is long."""
    return repr(name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}...")


def number_of(n: int, noun: str) -> str:
    """Return a number with its noun, which takes an "s" unless there is one.

    Examples
    --------
    >>> number_of(1, "image"), number_of(1200, "defect")
    ('1 image', '1,200 defects')
    """
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def counts_text(counts: Mapping[str, int]) -> str:
    """Return the number of defects and how many are of each type.

    Examples
    --------
    >>> counts_text({"bdot": 3, "loop_111": 1}), counts_text({})
    ('4 defects (3 bdot, 1 loop_111)', '0 defects')
    """
    shown = [f"{n:,} {quote(name)[1:-1]}" for name, n in counts.items() if n]
    rest = [f"and {len(shown) - MOST_TYPES} more types"] if len(shown) > MOST_TYPES else []
    whole = number_of(sum(counts.values()), "defect")
    return f"{whole} ({', '.join([*shown[:MOST_TYPES], *rest])})" if shown else whole


def image_text(image: Image) -> str:
    """Return size, dtype, pixel size and foil thickness of an image, and how many cautions it has."""
    facts = [f"{image.shape[0]} x {image.shape[1]} px", str(image.dtype)]
    if image.calibration is None:
        facts.append("no pixel size")
    else:
        edges = dict.fromkeys(image.calibration.pixel_size_nm)
        facts.append(f"{' x '.join(f'{edge:.6g}' for edge in edges)} nm/px")
        if image.calibration.foil_thickness is not None:
            facts.append(f"foil {image.calibration.foil_thickness.magnitude:.6g} nm thick")
    if image.cautions:
        facts.append(number_of(len(image.cautions), "caution"))
    return ", ".join(facts)


def instances_text(instances: Instances) -> str:
    """Return how many defects of which types there are, and in a frame of which size."""
    return f"{counts_text(instances.counts())} in {instances.shape[0]} x {instances.shape[1]} px"
