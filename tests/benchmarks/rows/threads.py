"""Evaluation and measurement of many images on one thread and on two."""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from defectkit.records import Calibration, Image, LabelSet
from defectkit.records.image import ArrayPixels
from defectkit.workflows.evaluate import evaluate
from defectkit.workflows.measure import measure_labels
from tests.benchmarks.contest import Answers, Contestant, Fact, Row, Run, Yardstick
from tests.benchmarks.inputs import frames_of


def evaluation(workers: int, folder: Path) -> Run:
    truth = {frame.name: frame.truth for frame in frames_of(folder)}
    predicted = {frame.name: frame.predicted for frame in frames_of(folder)}
    return lambda: {"all": evaluate(truth, predicted, workers=workers)}


def measurement(workers: int, folder: Path) -> Run:
    made = frames_of(folder)
    labels = LabelSet(name="truth", instances={frame.name: frame.truth for frame in made})
    pixels = ArrayPixels(array=np.zeros(made[0].truth.shape, np.uint8))
    calibration = Calibration.square("0.25 nm/px", foil_thickness="100 nm")
    images = [Image(name=frame.name, source=pixels, calibration=calibration) for frame in made]

    def run() -> dict[str, Any]:
        analysis = measure_labels(labels, images, workers=workers)
        return {"defects": analysis.defects, "summary": analysis.summary, "hardening": analysis.hardening}

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
    return facts


def _contestants(work: str, prepare: Any) -> tuple[Contestant, ...]:
    return tuple(
        Contestant(name=f"{work}, {n} thread{'s' * (n > 1)}", prepare=partial(prepare, n), answer=digests)
        for n in (1, 2)
    )


ROW = Row(
    name="threads",
    title="two threads in place of one",
    contestants=(*_contestants("evaluate", evaluation), *_contestants("measure", measurement)),
    yardsticks=tuple(
        Yardstick(
            what=f"faster {work} with two threads", slow=f"{work}, 1 thread", fast=f"{work}, 2 threads", at_least=1.8
        )
        for work in ("evaluate", "measure")
    ),
    agree=agree,
    cores=2,
)
