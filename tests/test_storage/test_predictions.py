from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from defectkit.errors import PairingError, SealedError, UnknownSetError
from defectkit.records import Prediction
from defectkit.storage import Store
from tests.test_storage.conftest import discs


def prediction(image: str, seed: int = 0, **facts: Any) -> Prediction:
    found = discs(3, seed=seed, scores=np.array([0.9, 0.5, 0.25]))
    facts = {"detector": "blob", "detector_version": "1.2", "settings": {"sigma": 1.5, "invert": None}} | facts
    return Prediction(image=image, instances=found, **facts)


def test_predictions_come_back_in_order(store: Store) -> None:
    given = [
        prediction("b", 1, capped=True, notes=("cut at 3", "dark")),
        prediction("a", 2),
    ]
    seal = store.write_predictions("blob@1", iter(given))
    assert (seal.n_images, seal.n_defects) == (2, 6)
    found = list(store.predictions("blob@1"))
    assert [p.image for p in found] == ["b", "a"]
    for p, q in zip(given, found, strict=True):
        assert p.instances == q.instances
        assert (p.detector, p.detector_version, dict(p.settings), p.capped, p.notes) == (
            q.detector,
            q.detector_version,
            dict(q.settings),
            q.capped,
            q.notes,
        )
    assert store.prediction_sets() == ("blob@1",)
    assert store.label_sets() == ()


def test_no_prediction_at_all(store: Store) -> None:
    store.write_predictions("blob@1", [])
    assert list(store.predictions("blob@1")) == []


def test_two_runs_are_not_mixed(store: Store) -> None:
    with pytest.raises(PairingError, match="each run by itself"):
        store.write_predictions("blob@1", [prediction("a"), prediction("b", settings={"sigma": 2.0})])
    assert store.prediction_sets() == ()


def test_predictions_are_sealed_too(store: Store) -> None:
    store.write_predictions("blob@1", [prediction("a")])
    with pytest.raises(SealedError):
        store.write_predictions("blob@1", [prediction("a")])
    with pytest.raises(UnknownSetError, match="set of predictions"):
        store.predictions("blob@2")
