"""Print the table of ``docs/materials.md``: ``python -m tests.coverage``."""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.coverage.foils import Foil, truth
from tests.coverage.holding import holding

FOILS = tuple(Foil(n_images=n, spread_between=s) for s in (0.0, 0.2) for n in (3, 6, 12, 24))


def main(n_foils: int = 1000) -> None:
    """Print the share of intervals that hold the truth, a row for each kind of foil."""
    print("| images | spread between them | " + " | ".join(name.replace("_", " ") for name in truth()) + " |")
    print("| ---: | ---: |" + " ---: |" * len(truth()))
    with ProcessPoolExecutor() as pool:
        for foil, shares in zip(FOILS, pool.map(partial(holding, n_foils=n_foils), FOILS), strict=True):
            cells = " | ".join(f"{100 * share:.1f}" for share in shares.values())
            print(f"| {foil.n_images} | {100 * foil.spread_between:.0f} % | {cells} |", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
