"""From 200 to 20,000 images into a store and out of it: the growth of time and memory."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import attrs

from tests.benchmarks.contest import Answers, Fact, Row
from tests.benchmarks.streaming import Took

IMAGES = (200, 2_000, 20_000)
FEW_IMAGES = (5, 20)
GIB = 2**30

STEEPEST = 1.15
"""Of the exponent of time over images; 1 is linear."""


@attrs.frozen(kw_only=True)
class Passage:
    """So many images into a store and out of it."""

    images: int
    write: Took
    read: Took


def passage(images: int) -> Passage:
    """Write and read in two processes."""
    with tempfile.TemporaryDirectory() as folder:
        store = str(Path(folder) / "many.zarr")
        return Passage(images=images, write=_process("write", store, str(images)), read=_process("read", store))


def _process(*arguments: str) -> Took:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.streaming", *arguments], check=True, capture_output=True, text=True
    )
    return Took(**json.loads(done.stdout))


def lost(passages: Sequence[Passage]) -> Fact:
    wrong = [p for p in passages if (p.write.defects, p.write.pixels) != (p.read.defects, p.read.pixels)]
    return Fact(what="sizes at which what was read is not what was written", value=len(wrong), at_most=0)


def agree(answers: Answers) -> list[Fact]:
    passages = [passage(images) for images in FEW_IMAGES]
    return [lost(passages), Fact(what="defects read", value=passages[-1].read.defects, at_least=1)]


def measure(folder: Path) -> list[Fact]:
    passages = [passage(images) for images in IMAGES]
    facts = [lost(passages)]
    for p in passages:
        for way, took in (("written", p.write), ("read", p.read)):
            what = f"{p.images:,} images {way}"
            facts.append(Fact(what=f"{what}: time", value=took.seconds, unit="s"))
            facts.append(Fact(what=f"{what}: memory", value=took.peak_bytes / GIB, unit="GiB", at_most=2))
    _, middle, last = passages
    for way, before, after in (("write", middle.write, last.write), ("read", middle.read, last.read)):
        exponent = math.log(after.seconds / before.seconds) / math.log(last.images / middle.images)
        facts.append(Fact(what=f"exponent of time over images, {way}", value=exponent, at_most=STEEPEST))
        grown = (after.peak_bytes - before.peak_bytes) / (last.images - middle.images)
        facts.append(Fact(what=f"memory for each further image, {way}", value=grown / 1e3, unit="kB", at_most=10))
    return facts


ROW = Row(
    name="scale",
    title="200, 2,000 and 20,000 images of 75 defects through the store",
    contestants=(),
    yardsticks=(),
    agree=agree,
    measure=measure,
)
