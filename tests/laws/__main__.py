"""Write the page of laws; with ``--matrix`` ask every law of every mutant, and count what one law alone catches."""

from __future__ import annotations

import argparse
import contextlib
import io
from pathlib import Path

from defectkit.testing.checking import Status, check
from tests.laws.kinds import KINDS
from tests.laws.table import page

PAGE = Path(__file__).parents[2] / "docs" / "laws.md"


def main() -> None:
    """Write the page, or print the matrix."""
    parser = argparse.ArgumentParser(prog="python -m tests.laws", description=__doc__)
    parser.add_argument("--matrix", action="store_true", help="Ask every law of every mutant; takes minutes.")
    if not parser.parse_args().matrix:
        PAGE.write_text(page(), encoding="utf-8")
        return
    for kind in KINDS:
        alone = 0
        for mutant in kind.mutants:
            with contextlib.redirect_stdout(io.StringIO()):
                caught = [outcome.law for outcome in check(mutant.suite) if outcome.status is Status.FAILED]
            alone += len(caught) == 1
            print(f"{kind.title}: {mutant.name} {mutant.what}: {', '.join(caught)}")
        print(f"{kind.title}: {len(kind.mutants)} mutants, {alone} of them caught by one law alone\n")


if __name__ == "__main__":
    main()
