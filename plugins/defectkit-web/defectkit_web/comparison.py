"""Comparison: the defects of an image beside a truth."""

from __future__ import annotations

import math
from typing import Any

from defectkit import Instances, match
from defectkit.statistics.scores import scores
from defectkit_web.shapes import shapes


def comparison_of(truth: Instances, instances: Instances, *, source: str) -> dict[str, Any]:
    """Return hits, misses and false finds, ready for JSON.

    Returns
    -------
    dict
        ``hits`` and ``false_finds`` are ids, ``misses`` are shapes of the truth.
    """
    pairs = match(truth, instances)
    reached = scores(pairs.n_found, pairs.n_true, pairs.n_predicted, nothing=1.0)
    return {
        "source": source,
        "iou_threshold": pairs.iou_threshold,
        "hits": instances.ids[pairs.predicted].tolist(),
        "false_finds": instances.ids[pairs.false_finds].tolist(),
        "misses": shapes(truth, pairs.missed.tolist()),
        "n_true": pairs.n_true,
        "n_predicted": pairs.n_predicted,
        "precision": _number(reached.precision),
        "recall": _number(reached.recall),
        "f1_score": _number(reached.f1_score),
    }


def _number(value: Any) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None
