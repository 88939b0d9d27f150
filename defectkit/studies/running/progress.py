"""Progress: how far a study is, and how long the rest may take."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from defectkit.studies.running.cells import PredictionCell


@attrs.frozen(kw_only=True)
class StudyProgress:
    """Where a study stands.

    Parameters
    ----------
    number, total : int
        The run that comes now, and how many there are.
    cell : str
        What it is; empty when all is done.
    is_kept : bool
        Whether its predictions are finished already.
    seconds_left : float, optional
        What the rest may take, from what was done in this session; None before anything was.

    Examples
    --------
    >>> print(StudyProgress(number=3, total=8, cell="fold 1, forest", is_kept=False, seconds_left=130))
    run 3 of 8, about 2 min left: fold 1, forest
    """

    number: int
    total: int
    cell: str
    is_kept: bool
    seconds_left: float | None

    def __str__(self) -> str:
        if not self.cell:
            return f"all {self.total} runs are done"
        left = "" if self.seconds_left is None else f", about {_duration(self.seconds_left)} left"
        return f"run {self.number} of {self.total}{left}: {self.cell}{' (kept)' if self.is_kept else ''}"


@attrs.define(kw_only=True)
class Clock:
    """Guesses the time left from the time that images took so far.

    Parameters
    ----------
    open_images : dict of str to int
        By key, the images of the cells that are not done.
    images, seconds : float
        Of the cells that were done.
    """

    open_images: dict[str, int]
    images: int = 0
    seconds: float = 0.0

    @classmethod
    def over(cls, cells: Iterable[PredictionCell]) -> Clock:
        """Return the clock before any of these cells is done."""
        return cls(open_images={c.key: len(c.split.train) + len(c.split.test) for c in cells})

    def is_open(self, key: str) -> bool:
        """Return whether a cell is not done."""
        return key in self.open_images

    def done(self, cell: PredictionCell, seconds: float) -> None:
        """Count a cell that was made now; one that was done before does not count."""
        images = self.open_images.pop(cell.key, None)
        if images is not None:
            self.images += images
            self.seconds += seconds

    def seconds_left(self) -> float | None:
        """Return what the open cells may take; None where nothing was done that could tell."""
        if not self.open_images:
            return 0.0
        if not self.images:
            return None
        return self.seconds / self.images * sum(self.open_images.values())


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
