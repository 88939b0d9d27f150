"""Counts: what became of all inputs so far, kept in a file by which a later run goes on where this one ends."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import cattrs

from tests.attack.pool import Tally

EVERY_S = 30.0


@attrs.define(kw_only=True)
class Counts:
    """The tallies of all runs with one seed.

    Parameters
    ----------
    file : pathlib.Path or None
        Where they are kept; nowhere without it.
    seed : int
    minutes : float
        That these runs took.
    n_runs : int
    tallies : dict of str to Tally
        By reader, kill or fault.
    """

    file: Path | None
    seed: int
    minutes: float = 0.0
    n_runs: int = 1
    tallies: dict[str, Tally] = attrs.field(factory=dict)
    _since: float = attrs.field(factory=time.monotonic)

    @classmethod
    def of(cls, file: Path | None, seed: int) -> Counts:
        """Return what a file holds, to be gone on with; nothing yet where there is none.

        Raises
        ------
        SystemExit
            If it is of another seed.
        """
        if file is None or not file.exists():
            return cls(file=file, seed=seed)
        held: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        if held["seed"] != seed:
            raise SystemExit(f"{file} counts inputs of seed {held['seed']}, not {seed}")
        tallies = cattrs.structure(held["tallies"], dict[str, Tally])
        return cls(file=file, seed=seed, minutes=held["minutes"], n_runs=held["n_runs"] + 1, tallies=tallies)

    def of_names(self, names: Mapping[str, float]) -> dict[str, Tally]:
        """Return the tallies of some readers, kills or faults, new ones where there are none yet."""
        return {name: self.tallies.setdefault(name, Tally()) for name in names}

    def keep_now_and_then(self) -> None:
        """Keep them, unless that was done a moment ago."""
        if time.monotonic() - self._since > EVERY_S:
            self.keep()

    def keep(self) -> None:
        """Add the time that has passed, and write the file."""
        now = time.monotonic()
        self.minutes += (now - self._since) / 60
        self._since = now
        if self.file is not None:
            held = {"seed": self.seed, "minutes": self.minutes, "n_runs": self.n_runs}
            text = json.dumps(held | {"tallies": cattrs.unstructure(self.tallies)}, indent=1)
            part = self.file.with_name(f"{self.file.name}.part")
            part.write_text(text, encoding="utf-8")
            part.replace(self.file)
