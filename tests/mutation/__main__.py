"""Change the code in one place at a time and see whether its tests fail: the score is the share of changes they see.

Works in a copy of the project. Kernels run without being compiled, so that a changed one is not taken from the cache.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.testing import run_tests
from cosmic_ray.work_item import MutationSpec, TestOutcome
from rich.progress import track

from tests.mutation.sampling import Survivor, sample

PROJECT = Path(__file__).parents[2]
PACKAGES = ("geometry", "matching", "metrics", "measurement", "hardening", "storage")
NEEDS_COMPILING = "beyond_int32 or without_memory_for_the_rows"
"""Tests of whole numbers that numpy, unlike a compiled kernel, keeps to 32 bits."""
COMMON = f"{sys.executable} -m pytest -x -q -p no:cacheprovider"
PLAIN = f"env NUMBA_DISABLE_JIT=1 {COMMON} -W ignore::RuntimeWarning -k 'not ({NEEDS_COMPILING})'"


def main() -> int:
    """Print the score of each package and the changes that no test saw."""
    parser = argparse.ArgumentParser(prog="nox -s mutation --", description=__doc__)
    parser.add_argument("packages", nargs="*", default=PACKAGES, help=f"of {', '.join(PACKAGES)}; all unless given")
    parser.add_argument("--sample", type=int, default=40, help="mutations per package")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--timeout", type=float, default=600, help="seconds for the tests of one mutation")
    parser.add_argument("--output", type=Path, help="write the table as Markdown")
    given = parser.parse_args()
    output = given.output and given.output.resolve()
    lines = ["| package | mutations | tried | seen by a test | score |", "| --- | ---: | ---: | ---: | ---: |"]
    survivors: list[Survivor] = []
    with tempfile.TemporaryDirectory() as home:
        place = Path(home) / "defectkit"
        shutil.copytree(PROJECT, place, ignore=shutil.ignore_patterns(".git", ".nox", "_build", "__pycache__"))
        os.chdir(place)
        os.environ["PYTHONPATH"] = str(place)
        for package in given.packages:
            chosen, n_all = sample(Path("defectkit", package), given.sample, given.seed)
            for command in {_command(spec, package) for spec in chosen}:
                outcome, said = run_tests(command, 4 * given.timeout)
                if outcome is not TestOutcome.SURVIVED:
                    raise SystemExit(f"the tests of {package} fail without any change: {said[-2000:]}")
            missed = [
                survivor
                for spec in track(chosen, f"{package}")
                if (survivor := _tried(spec, _command(spec, package), given.timeout)) is not None
            ]
            survivors += missed
            seen = len(chosen) - len(missed)
            lines.append(f"| `{package}` | {n_all:,} | {len(chosen)} | {seen} | {seen / max(len(chosen), 1):.0%} |")
            print(*lines[-1:], *(f"{s.where}\n{s.difference}" for s in missed), sep="\n", flush=True)
    lines += ["", f"`nox -s mutation -- {' '.join(given.packages)} --sample {given.sample} --seed {given.seed}`", ""]
    print(*lines, sep="\n")
    if output is not None:
        output.write_text("\n".join(lines), encoding="utf-8")
    return 0


def _command(spec: MutationSpec, package: str) -> str:
    tests = [f"tests/test_{package}", *(str(p) for p in sorted(Path("tests/properties").glob(f"test_{package}*.py")))]
    is_kernel = "kernels.jit" in spec.module_path.read_text(encoding="utf-8")
    return " ".join((PLAIN if is_kernel else COMMON, *tests))


def _tried(spec: MutationSpec, command: str, timeout: float) -> Survivor | None:
    result = mutate_and_test([spec], command, timeout)
    if result.test_outcome is TestOutcome.KILLED:
        return None
    if result.test_outcome is not TestOutcome.SURVIVED:
        raise SystemExit(f"{spec.module_path}: the mutation {spec.operator_name} is not made: {result.output}")
    changed = [
        line
        for line in (result.diff or "").splitlines()
        if line.startswith(("-", "+")) and line[:3] not in ("---", "+++")
    ]
    return Survivor(f"{spec.module_path}:{spec.start_pos[0]} {spec.operator_name}", "\n".join(changed))


if __name__ == "__main__":
    sys.exit(main())
