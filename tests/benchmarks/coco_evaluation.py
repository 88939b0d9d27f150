"""COCO evaluation: the same question put to each of the libraries that answer in pycocotools' way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from defectkit.workflows.evaluate import IOU_THRESHOLDS
from tests.benchmarks.contest import Answers, Contestant, Fact
from tests.benchmarks.inputs import COCO_RESULTS, COCO_TRUTH

Floats = NDArray[np.float64]
Sides = tuple[Any, Any]
"""Truth and results as a library holds them."""

EVERY_AREA = (0.0, 1e10)
MOST = 1000
"""Predictions of an image that are looked at: all."""


def read_pycocotools(folder: Path) -> Sides:
    from pycocotools.coco import COCO

    truth = COCO(str(folder / COCO_TRUTH))
    return truth, truth.loadRes(str(folder / COCO_RESULTS))


def read_faster_coco_eval(folder: Path) -> Sides:
    from faster_coco_eval import COCO

    truth = COCO(str(folder / COCO_TRUTH))
    return truth, truth.loadRes(str(folder / COCO_RESULTS))


def read_ultrafast_pycocotools(folder: Path) -> Sides:
    from ultrafast_pycocotools import COCO

    truth = COCO(str(folder / COCO_TRUTH))
    return truth, truth.loadRes(str(folder / COCO_RESULTS))


def read_hotcoco(folder: Path) -> Sides:
    from hotcoco import COCO

    truth = COCO(str(folder / COCO_TRUTH))
    return truth, truth.load_res(str(folder / COCO_RESULTS))


def evaluate_pycocotools(sides: Sides, step: int = 1) -> Floats:
    """Evaluate one image in ``step``."""
    from pycocotools.cocoeval import COCOeval

    evaluation = COCOeval(*sides, "segm")
    evaluation.params.imgIds = evaluation.params.imgIds[::step]
    return _recall(evaluation)


def evaluate_faster_coco_eval(sides: Sides) -> Floats:
    from faster_coco_eval import COCOeval_faster

    return _recall(COCOeval_faster(*sides, "segm", rle_iou_max_workers=1))


def evaluate_ultrafast_pycocotools(sides: Sides) -> Floats:
    from ultrafast_pycocotools import COCOeval

    return _recall(COCOeval(*sides, "segm"))


def evaluate_hotcoco(sides: Sides) -> Floats:
    from hotcoco import COCOeval

    evaluation = COCOeval(*sides, "segm")
    params = evaluation.params
    params.iou_thrs, params.rec_thrs = list(IOU_THRESHOLDS), [0.0, 1.0]
    params.area_rng, params.area_rng_lbl = [list(EVERY_AREA)], ["all"]
    params.max_dets, params.use_cats = [MOST], False
    evaluation.params = params
    return _after_run(evaluation)


READ: dict[str, Callable[[Path], Sides]] = {
    "pycocotools": read_pycocotools,
    "faster-coco-eval": read_faster_coco_eval,
    "ultrafast-pycocotools": read_ultrafast_pycocotools,
    "hotcoco": read_hotcoco,
}
EVALUATE: dict[str, Callable[[Sides], Floats]] = {
    "pycocotools": evaluate_pycocotools,
    "faster-coco-eval": evaluate_faster_coco_eval,
    "ultrafast-pycocotools": evaluate_ultrafast_pycocotools,
    "hotcoco": evaluate_hotcoco,
}


def contestant(name: str, prepare: Callable[[Path], Callable[[], Floats]]) -> Contestant:
    """Return the contestant of one of these libraries."""
    return Contestant(name=name, prepare=prepare, modules=(name.replace("-", "_"),), distribution=name)


def agree(answers: Answers) -> list[Fact]:
    """Compare recall at each threshold: of one truth, equal recall is the same number of true positives."""
    own = answers["defectkit"]
    facts = [Fact(what="recall at the lowest threshold", value=float(own[0]), at_least=0.5)]
    for name in EVALUATE:
        if name in answers:
            differing = int((np.abs(own - answers[name]) > 1e-12).sum())
            facts.append(Fact(what=f"thresholds at which {name} finds another number", value=differing, at_most=0))
    return facts


def _recall(evaluation: Any) -> Floats:
    params = evaluation.params
    params.iouThrs, params.recThrs = np.array(IOU_THRESHOLDS), np.array([0.0, 1.0])
    params.areaRng, params.areaRngLbl = [list(EVERY_AREA)], ["all"]
    params.maxDets, params.useCats = [MOST], 0
    return _after_run(evaluation)


def _after_run(evaluation: Any) -> Floats:
    evaluation.evaluate()
    evaluation.accumulate()
    recall: Floats = np.asarray(evaluation.eval["recall"], np.float64).reshape(len(IOU_THRESHOLDS))
    return recall
