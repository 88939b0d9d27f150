"""Print the tables of ``docs/materials.md``: ``python -m tests.coverage [holding|recovering] [FOILS]``."""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.coverage.foils import Foil, truth
from tests.coverage.holding import holding
from tests.coverage.recovering import CASES, MEASURES, recovering

FOILS = tuple(Foil(n_images=n, spread_between=s) for s in (0.0, 0.2) for n in (3, 6, 12, 24))


def print_holding(n_foils: int) -> None:
    """Print the share of intervals that hold the truth, a row for each kind of foil."""
    print("| images | spread between them | " + " | ".join(name.replace("_", " ") for name in truth()) + " |")
    print("| ---: | ---: |" + " ---: |" * len(truth()))
    with ProcessPoolExecutor() as pool:
        for foil, shares in zip(FOILS, pool.map(partial(holding, n_foils=n_foils), FOILS), strict=True):
            cells = " | ".join(f"{100 * share:.1f}" for share in shares.values())
            print(f"| {foil.n_images} | {100 * foil.spread_between:.0f} % | {cells} |", flush=True)


def print_recovering(n_foils: int) -> None:
    """Print what is found over the truth and the share of intervals that hold it, a row for each loss."""
    print("| what is lost, and the correction | " + " | ".join(name.replace("_", " ") for name in MEASURES) + " |")
    print("| --- |" + " --- |" * len(MEASURES))
    with ProcessPoolExecutor() as pool:
        found = pool.map(partial(recovering, n_foils=n_foils), CASES.values())
        for name, measures in zip(CASES, found, strict=True):
            cells = " | ".join(f"{100 * mean:.1f}, {100 * share:.1f}" for mean, _, share in measures.values())
            print(f"| {name} | {cells} |", flush=True)


TABLES = {"holding": print_holding, "recovering": print_recovering}


def main() -> None:
    """Print the tables that are asked for; by default both."""
    parser = argparse.ArgumentParser(prog="python -m tests.coverage", description=__doc__)
    parser.add_argument("table", nargs="?", choices=sorted(TABLES))
    parser.add_argument("n_foils", nargs="?", type=int, default=1000)
    given = parser.parse_args()
    for name in TABLES if given.table is None else (given.table,):
        TABLES[name](given.n_foils)


if __name__ == "__main__":
    main()
