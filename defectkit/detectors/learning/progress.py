"""Progress: where a training stands, in a file that is whole or not there, so that a killed one is resumed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, Protocol

import attrs

from defectkit.detectors.learning.history import History
from defectkit.errors import DetectorError
from defectkit.files import replaced_file

CHECKPOINT = "checkpoint.pt"


class Stateful(Protocol):
    """A part of a training that gives its state and takes it back: a network, an optimizer."""

    def state_dict(self) -> Any:
        """Return the state."""

    def load_state_dict(self, state_dict: Any, /) -> Any:
        """Take a state that was given."""


@attrs.define(kw_only=True, eq=False)
class Progress:
    """Where a training stands.

    Parameters
    ----------
    parts : mapping of str to Stateful
        What a checkpoint holds, by names other than those of the fields below.
    iteration : int
        How many are done.
    history : History
    best : Any
        The state of the network at the best look at the validation set; None before one.
    best_score : float, optional
        What it reached, the higher the better.
    n_stale : int
        Looks since then.
    """

    parts: Mapping[str, Stateful]
    iteration: int = 0
    history: History = attrs.field(factory=History)
    best: Any = None
    best_score: float | None = None
    n_stale: int = 0

    def judge(self, score: float, state: Callable[[], Any]) -> None:
        """Take note of what the network reaches now, the higher the better; of the best, its state is kept."""
        if self.best_score is not None and score <= self.best_score:
            self.n_stale += 1
            return
        self.best, self.best_score, self.n_stale = state(), score, 0

    def save(self, folder: Path, dump: Callable[[Any, IO[bytes]], object]) -> None:
        """Write all of it into ``folder``: a kill leaves the one before or this one, never half of it.

        Parameters
        ----------
        folder : pathlib.Path
        dump : callable
            Writes tables of tensors and plain values into a file, as ``torch.save`` does.
        """
        content = {
            **{name: part.state_dict() for name, part in self.parts.items()},
            "iteration": self.iteration,
            "history": self.history.rows,
            "best": self.best,
            "best_score": self.best_score,
            "n_stale": self.n_stale,
        }
        with replaced_file(folder / CHECKPOINT) as made, made.open("wb") as file:
            dump(content, file)

    def resume(self, folder: Path, parse: Callable[[Path], Any]) -> None:
        """Go to where the checkpoint in ``folder`` was written; without one nothing changes.

        Parameters
        ----------
        folder : pathlib.Path
        parse : callable
            Reads what ``dump`` wrote, and runs nothing that lies in the file.

        Raises
        ------
        DetectorError
            If it cannot be read.
        """
        path = folder / CHECKPOINT
        if not path.is_file():
            return
        try:
            saved = parse(path)
            for name, part in self.parts.items():
                part.load_state_dict(saved[name])
            self.iteration, self.history = saved["iteration"], History(rows=saved["history"])
            self.best, self.best_score = saved.get("best"), saved.get("best_score")
            self.n_stale = saved.get("n_stale", 0)
        except Exception as error:  # a parser raises whatever it met in the file
            raise DetectorError(
                f"{path}: the checkpoint cannot be read: {error}. Remove {folder} to train from the start"
            ) from error
