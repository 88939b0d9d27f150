"""Precision, recall and F1 at 19 IoU thresholds, all masks in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from defectkit.conventions import convention
from defectkit.workflows.evaluate import evaluate
from tests.benchmarks.coco_evaluation import EVALUATE, READ, Floats, agree, contestant, evaluate_pycocotools
from tests.benchmarks.contest import PART, Contestant, Row, Run, Yardstick
from tests.benchmarks.inputs import frames_of


def evaluated(
    truth: Any, predicted: Any, *, matcher: str = "score-ordered", metrics: Iterable[str] | None = ("find",)
) -> Any:
    """Evaluate with COCO's pairs, as the peers do, or others."""
    rule = attrs.evolve(convention("defectkit"), matcher=matcher)
    return evaluate(truth, predicted, convention=rule, metrics=metrics)


def recall_of(result: Any) -> Floats:
    return np.asarray(result["find_recall"].values, np.float64)


def ours(folder: Path) -> Run:
    truth = {frame.name: frame.truth for frame in frames_of(folder)}
    predicted = {frame.name: frame.predicted for frame in frames_of(folder)}
    return lambda: evaluated(truth, predicted)


def peer(name: str) -> Callable[[Path], Callable[[], Floats]]:
    return partial(_prepare, name)


def _prepare(name: str, folder: Path) -> Callable[[], Floats]:
    sides = READ[name](folder)
    return lambda: EVALUATE[name](sides)


def pycocotools_part(folder: Path) -> Callable[[], Floats]:
    sides = READ["pycocotools"](folder)
    return lambda: evaluate_pycocotools(sides, PART)


ROW = Row(
    name="memory_scores",
    title="the same in memory",
    contestants=(
        Contestant(name="defectkit", prepare=ours, answer=recall_of),
        attrs.evolve(contestant("pycocotools", peer("pycocotools")), prepare_part=pycocotools_part),
        *(contestant(name, peer(name)) for name in EVALUATE if name != "pycocotools"),
    ),
    yardsticks=(
        Yardstick(what="faster than pycocotools", slow="pycocotools", fast="defectkit", at_least=300),
        Yardstick(what="faster than faster-coco-eval", slow="faster-coco-eval", fast="defectkit"),
        Yardstick(what="faster than ultrafast-pycocotools", slow="ultrafast-pycocotools", fast="defectkit"),
        Yardstick(what="faster than hotcoco", slow="hotcoco", fast="defectkit"),
    ),
    agree=agree,
)
