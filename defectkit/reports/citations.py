"""Citations: what to name in a publication that uses the results."""

from __future__ import annotations

import attrs


@attrs.frozen(kw_only=True)
class Citation:
    """One thing to cite.

    Parameters
    ----------
    text : str
    url : str
    """

    text: str
    url: str = ""


PAPER = Citation(
    text=(
        "Jacobs et al., Performance and limitations of deep learning semantic segmentation of multiple defects in "
        "transmission electron micrographs, Cell Reports Physical Science 3 (2022) 100876."
    ),
    url="https://doi.org/10.1016/j.xcrp.2022.100876",
)
"""Where the statistics, the hardening model's use and the canonical types come from."""


def citations() -> tuple[Citation, ...]:
    """Return what to cite: this version of defectkit, and the paper that its measures follow.

    Examples
    --------
    >>> [citation.url for citation in citations()][-1]
    'https://doi.org/10.1016/j.xcrp.2022.100876'
    """
    from defectkit import __version__

    own = f"The defectkit developers, defectkit: from micrographs to megapascals, version {__version__}."
    return Citation(text=own), PAPER
