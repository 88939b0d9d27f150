"""`python -m tests.attack --budget 20`: attack for so many minutes; exit status 1 where anything was found.

Half of the time is for readers of files, a quarter for kills and a quarter for faults.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.attack import pool, stops, table
from tests.attack.counts import Counts
from tests.attack.readers import readers
from tests.attack.worker import apply, case, outcome_of, place

STOPPING: dict[str, Any] = {"worker_of": [sys.executable, "-m", "tests.attack.stops"], "silence_s": 600}
"""How kills and faults are worked at."""


def main() -> int:
    """Run the attack, print its table, and keep an input for each kind of finding."""
    parser = argparse.ArgumentParser(prog="nox -s attack --", description=__doc__)
    parser.add_argument("--budget", type=float, default=3, help="minutes")
    parser.add_argument("--seed", type=int, default=0, help="another seed makes other inputs")
    parser.add_argument("--only", default=[""], nargs="+", help="readers, kills and faults whose name begins so")
    parser.add_argument("--workers", type=int, default=min(8, os.cpu_count() or 1))
    parser.add_argument("--output", type=Path, default=None, help="write the table as Markdown")
    parser.add_argument("--counts", type=Path, default=None, help="count on from the runs of this file, and keep it")
    parser.add_argument("--keep", type=Path, default=Path("attack-findings"), help="where inputs of findings are kept")
    given = parser.parse_args()
    only = tuple(given.only)
    chosen = {r.name: r.weight for r in readers() if r.name.startswith(only)}
    stopped = {name: weight for name, weight in stops.names().items() if name.startswith(only)}
    counts = Counts.of(given.counts, given.seed)
    shared = Path("/dev/shm")
    home = Path(tempfile.mkdtemp(prefix="defectkit-attack-", dir=shared if shared.is_dir() else None))
    try:
        seconds = given.budget * 60 / (bool(chosen) + bool(stopped) or 1)
        rules: dict[str, Any] = {"seconds": seconds, "seed": given.seed, "n_workers": given.workers, "home": home}
        for names, others in ((chosen, {}), (stopped, STOPPING)):
            if names:
                pool.run(names, tallies=counts.of_names(names), counted=counts.keep_now_and_then, **rules, **others)
        counts.keep()
        tallies = counts.tallies
        found = sum(tally.n_findings for tally in tallies.values())
        text = table.markdown(tallies, command=_command(given, counts))
        print(text)
        if given.output is not None:
            given.output.write_text(text, encoding="utf-8")
        if found:
            keep(tallies, given.seed, given.keep, home)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    if found:
        print(f"{found} findings; an input for each kind that a reader had is in {given.keep}", file=sys.stderr)
        print('kills and faults: python -m tests.attack.stops "kill: NAME" NUMBER SEED', file=sys.stderr)
    return 1 if found else 0


def _command(given: argparse.Namespace, counts: Counts) -> str:
    words = f"nox -s attack -- --budget {given.budget:g} --seed {given.seed} --workers {given.workers}"
    words += f" --only {shlex.join(given.only)}" if any(given.only) else ""
    if given.counts is None:
        return f"`{words}`"
    return f"`{words} --counts FILE`, the last of {counts.n_runs} runs of {counts.minutes:.0f} minutes in all"


def keep(tallies: dict[str, pool.Tally], seed: int, folder: Path, home: Path) -> None:
    """Write one input for each kind of finding into ``folder``, beside a note of what it does."""
    for reader in readers():
        tally = tallies.get(reader.name)
        if tally is None or not tally.examples:
            continue
        good = home / "again" / "".join(c if c.isalnum() else "-" for c in reader.name)
        good.mkdir(parents=True)
        trees = list(reader.trees(good))
        for kind, number in tally.examples.items():
            name = "".join(c if c.isalnum() else "-" for c in f"{reader.name} {kind}")[:120]
            target = folder / name
            shutil.rmtree(target, ignore_errors=True)
            tree, changed = case(reader, trees, number, seed)
            given = place(tree, target / "input")
            apply(tree, changed, target / "input")
            (target / "README").write_text(
                f"{reader.name}: {kind}\nread: {given.relative_to(target)}\nseed {seed}, number {number}\n"
            )


def again(folder: Path) -> tuple[str, str | None]:
    """Read a kept input again, and return what becomes of it."""
    name, _, rest = (folder / "README").read_text().partition(": ")
    lines = f"{name}: {rest}".splitlines()
    table_of = {r.name: r for r in readers()}
    reader = next(r for n, r in table_of.items() if lines[0].startswith(f"{n}: "))
    return outcome_of(reader, folder / lines[1].removeprefix("read: "))


if __name__ == "__main__":
    sys.exit(main())
