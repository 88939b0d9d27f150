"""From files to precision, recall and F1 at 19 IoU thresholds."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from defectkit.storage import Store
from tests.benchmarks.coco_evaluation import EVALUATE, READ, Floats, agree, contestant
from tests.benchmarks.contest import Contestant, Row, Run, Yardstick
from tests.benchmarks.inputs import PREDICTED_KEY, STORE, TRUTH_KEY
from tests.benchmarks.rows.memory_scores import evaluated, recall_of


def ours(folder: Path, **options: Any) -> Run:
    def run() -> object:
        store = Store.open(folder / STORE)
        return evaluated(store.labels(TRUTH_KEY), store.predictions(PREDICTED_KEY), **options)

    return run


def of_all_metrics(folder: Path) -> Run:
    return ours(folder, metrics=None)


def with_optimal_pairs(folder: Path) -> Run:
    return ours(folder, matcher="optimal")


def peer(name: str) -> Callable[[Path], Callable[[], Floats]]:
    return partial(_prepare, name)


def _prepare(name: str, folder: Path) -> Callable[[], Floats]:
    return lambda: EVALUATE[name](READ[name](folder))


PEERS = ("ultrafast-pycocotools", "faster-coco-eval", "hotcoco")

ROW = Row(
    name="stored_scores",
    title="files to precision, recall and F1 at 19 thresholds",
    contestants=(
        Contestant(name="defectkit", prepare=ours, answer=recall_of),
        Contestant(name="defectkit, optimal pairs", prepare=with_optimal_pairs, answer=recall_of),
        Contestant(name="defectkit, all metrics", prepare=of_all_metrics, answer=recall_of),
        *(contestant(name, peer(name)) for name in PEERS),
    ),
    yardsticks=(
        Yardstick(
            what="faster than ultrafast-pycocotools from JSON",
            slow="ultrafast-pycocotools",
            fast="defectkit",
            at_least=2.5,
        ),
        Yardstick(
            what="faster than faster-coco-eval from JSON", slow="faster-coco-eval", fast="defectkit", at_least=10
        ),
        Yardstick(what="faster than hotcoco from JSON", slow="hotcoco", fast="defectkit"),
        Yardstick(what="as long with optimal pairs", slow="defectkit, optimal pairs", fast="defectkit"),
        Yardstick(what="as long with all metrics", slow="defectkit, all metrics", fast="defectkit"),
    ),
    agree=agree,
)
