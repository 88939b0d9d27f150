"""Events: the course of a training as TensorBoard shows it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from defectkit.errors import DetectorError

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


@contextmanager
def summary_writer(folder: Path, *, purge_from: int) -> Iterator[SummaryWriter]:
    """Open TensorBoard event files in ``folder``; what lies there from iteration ``purge_from`` on is overruled.

    Raises
    ------
    DetectorError
        If TensorBoard is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise DetectorError(
            "the option tensorboard needs the package of that name: python -m pip install tensorboard"
        ) from error
    writer = SummaryWriter(str(folder), purge_step=purge_from)
    try:
        yield writer
    finally:
        writer.close()
