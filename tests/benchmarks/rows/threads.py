"""Evaluation and measurement of many images on one thread and on two, beside a loop that needs no memory."""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path
from typing import Any

import numba
import numpy as np

from defectkit.conventions import convention
from defectkit.measurement import measure, summarize
from defectkit.parallel import block_size, map_blocks, map_items
from defectkit.records import Calibration, Image, Taxonomy
from defectkit.records.image import ArrayPixels
from defectkit.statistics.comparing import Sides, compare_images
from defectkit.statistics.comparison import ImageComparison
from defectkit.workflows.evaluate import IOU_THRESHOLDS, evaluate
from tests.benchmarks.contest import Answers, Contestant, Fact, Row, Run, Yardstick, unchanged
from tests.benchmarks.inputs import frames_of
from tests.benchmarks.workload import Frame

TIMES = 4
"""How often each image is there, under as many names: threads are for more than what takes a tenth of a second."""

STEPS = 20_000_000


def images_of(folder: Path) -> list[tuple[str, Frame]]:
    return [(f"{frame.name}-{k}", frame) for k in range(TIMES) for frame in frames_of(folder)]


@numba.njit(nogil=True)
def steps(n: int) -> int:
    state = 1
    for _ in range(n):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
    return state


def loop(workers: int, folder: Path) -> Run:
    """Prepare what shows how much two processors of this machine can do at all."""
    return lambda: {"states": list(map_items(steps, [STEPS] * 8, workers=workers, block=1))}


def evaluation(workers: int, folder: Path) -> Run:
    truth = {name: frame.truth for name, frame in images_of(folder)}
    predicted = {name: frame.predicted for name, frame in images_of(folder)}
    return lambda: {"all": evaluate(truth, predicted, workers=workers)}


def comparison(workers: int, folder: Path) -> Run:
    """Prepare the part of an evaluation that works on images; metrics then look at all of them together."""
    sides = [Sides(image=name, truth=frame.truth, predicted=frame.predicted) for name, frame in images_of(folder)]
    compared = partial(
        compare_images,
        convention=convention("defectkit"),
        iou_thresholds=IOU_THRESHOLDS,
        taxonomy=Taxonomy.standard(),
    )
    block = block_size(len(sides), workers)
    return lambda: list(map_blocks(compared, sides, workers=workers, block=block))


def found(images: list[ImageComparison]) -> list[list[int]]:
    return [image.n_found.tolist() for image in images]


def measurement(workers: int, folder: Path) -> Run:
    made = images_of(folder)
    instances = {name: frame.truth for name, frame in made}
    pixels = ArrayPixels(array=np.zeros(made[0][1].truth.shape, np.uint8))
    calibration = Calibration.square("0.25 nm/px", foil_thickness="100 nm")
    images = [Image(name=name, source=pixels, calibration=calibration) for name, _ in made]

    def run() -> dict[str, Any]:
        defects = measure(images, instances, workers=workers)
        return {"defects": defects, "summary": summarize(defects, images, instances, workers=workers)}

    return run


def digests(datasets: dict[str, Any]) -> dict[str, str]:
    """Return a digest of the bytes of every variable."""
    return {
        f"{part}/{name}": hashlib.sha256(repr(v.dims).encode() + _bytes(np.asarray(v.values))).hexdigest()
        for part, dataset in datasets.items()
        for name, v in dataset.variables.items()
    }


def _bytes(values: np.ndarray[Any, Any]) -> bytes:
    return repr(values.tolist()).encode() if values.dtype == object else values.tobytes()


def agree(answers: Answers) -> list[Fact]:
    facts = []
    for work in ("evaluate", "measure"):
        one, two = answers[f"{work}, 1 thread"], answers[f"{work}, 2 threads"]
        facts.append(Fact(what=f"variables of {work}", value=len(one), at_least=5))
        differing = sum(one.get(name) != two.get(name) for name in {*one, *two})
        facts.append(Fact(what=f"variables of {work} that differ in any bit", value=differing, at_most=0))
    pairs = zip(answers["compare, 1 thread"], answers["compare, 2 threads"], strict=True)
    facts.append(
        Fact(what="images of which threads find another number", value=sum(a != b for a, b in pairs), at_most=0)
    )
    return facts


def _contestants(work: str, prepare: Any) -> tuple[Contestant, ...]:
    return tuple(
        Contestant(name=f"{work}, {n} thread{'s' * (n > 1)}", prepare=partial(prepare, n), answer=digests)
        for n in (1, 2)
    )


ROW = Row(
    name="threads",
    title="two threads in place of one",
    contestants=(
        *_contestants("evaluate", evaluation),
        *_contestants("measure", measurement),
        *(
            Contestant(name=f"compare, {n} thread{'s' * (n > 1)}", prepare=partial(comparison, n), answer=found)
            for n in (1, 2)
        ),
        *(
            Contestant(name=f"a loop, {n} thread{'s' * (n > 1)}", prepare=partial(loop, n), answer=unchanged)
            for n in (1, 2)
        ),
    ),
    yardsticks=tuple(
        Yardstick(
            what=f"faster {work} with two threads",
            slow=f"{work}, 1 thread",
            fast=f"{work}, 2 threads",
            at_least=at_least,
        )
        for work, at_least in (("evaluate", 1.8), ("measure", 1.8), ("compare", None), ("a loop", None))
    ),
    agree=agree,
    cores=2,
)
