"""Pairwise IoU of the true with the predicted masks of each image."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from defectkit.geometry.overlap import mask_iou
from tests.benchmarks.contest import Answers, Contestant, Fact, Row, Run, Yardstick
from tests.benchmarks.inputs import frames_of, rle_bytes


def ours(folder: Path) -> Run:
    sides = [(frame.truth.runs, frame.predicted.runs) for frame in frames_of(folder)]
    return lambda: (mask_iou(truth, predicted) for truth, predicted in sides)


def rlemasklib(folder: Path) -> Run:
    from rlemasklib import RLEMask

    sides = [
        tuple([RLEMask.from_dict(mask) for mask in rle_bytes(side)] for side in (frame.truth, frame.predicted))
        for frame in frames_of(folder)
    ]
    return lambda: (RLEMask.iou_matrix(truth, predicted) for truth, predicted in sides)


def coco(folder: Path, module: str) -> Run:
    """Prepare a mask module after pycocotools', which decodes its input in each call."""
    mask = import_module(module)
    sides = [
        (rle_bytes(frame.predicted), rle_bytes(frame.truth), [0] * len(frame.truth)) for frame in frames_of(folder)
    ]
    return lambda: (mask.iou(predicted, truth, crowds) for predicted, truth, crowds in sides)


def pycocotools(folder: Path) -> Run:
    return coco(folder, "pycocotools.mask")


def faster_coco_eval(folder: Path) -> Run:
    return coco(folder, "faster_coco_eval.core.mask")


def ultrafast_pycocotools(folder: Path) -> Run:
    return coco(folder, "ultrafast_pycocotools.mask")


def hotcoco(folder: Path) -> Run:
    return coco(folder, "hotcoco.mask")


def joined(matrices: Iterator[np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
    return np.concatenate([np.asarray(matrix).ravel() for matrix in matrices])


def joined_transposed(matrices: Iterator[np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
    return joined(np.asarray(matrix).T for matrix in matrices)


def agree(answers: Answers) -> list[Fact]:
    own = answers["defectkit"]
    facts = [Fact(what="pairs of masks that overlap", value=float(np.count_nonzero(own)), at_least=1)]
    for name, theirs in answers.items():
        if name != "defectkit":
            differing = own.size if own.shape != theirs.shape else np.count_nonzero(own != theirs)
            facts.append(Fact(what=f"IoUs that differ in any bit from {name}", value=float(differing), at_most=0))
    return facts


def _peer(name: str, prepare: Any, module: str) -> Contestant:
    return Contestant(name=name, prepare=prepare, modules=(module,), distribution=name, answer=joined_transposed)


ROW = Row(
    name="mask_iou",
    title="pairwise mask IoU, masks in memory",
    contestants=(
        Contestant(name="defectkit", prepare=ours, answer=joined),
        Contestant(
            name="rlemasklib", prepare=rlemasklib, modules=("rlemasklib",), distribution="rlemasklib", answer=joined
        ),
        _peer("pycocotools", pycocotools, "pycocotools"),
        _peer("faster-coco-eval", faster_coco_eval, "faster_coco_eval"),
        _peer("ultrafast-pycocotools", ultrafast_pycocotools, "ultrafast_pycocotools"),
        _peer("hotcoco", hotcoco, "hotcoco"),
    ),
    yardsticks=(
        Yardstick(what="faster than rlemasklib, decoded too", slow="rlemasklib", fast="defectkit", at_least=4),
        Yardstick(what="faster than pycocotools", slow="pycocotools", fast="defectkit"),
        Yardstick(what="faster than faster-coco-eval", slow="faster-coco-eval", fast="defectkit"),
        Yardstick(what="faster than ultrafast-pycocotools", slow="ultrafast-pycocotools", fast="defectkit"),
        Yardstick(what="faster than hotcoco", slow="hotcoco", fast="defectkit"),
    ),
    agree=agree,
)
