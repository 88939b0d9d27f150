"""Predictions in a store: the entries of one run of a detector."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from defectkit.errors import PairingError, StorageError
from defectkit.records import Prediction
from defectkit.storage.blocks import Entry


def about_run(prediction: Prediction) -> dict[str, Any]:
    """Return what all predictions of one run have in common."""
    return {
        "detector": prediction.detector,
        "detector_version": prediction.detector_version,
        "settings": dict(prediction.settings),
    }


def run_of(about: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a store says of a run, once it is sure that it is what :func:`about_run` gave.

    Raises
    ------
    StorageError
        If it is not.
    """
    run = {name: about.get(name) for name in ("detector", "detector_version", "settings")} if about else {}
    settings = run.get("settings", {})
    texts = [
        run.get("detector", ""),
        run.get("detector_version", ""),
        *(settings if isinstance(settings, dict) else []),
    ]
    if not isinstance(settings, dict) or not all(isinstance(text, str) for text in texts):
        raise StorageError("it does not say which detector the predictions are of; the store is damaged")
    return run


def entries_of_run(predictions: Iterable[Prediction], about: Mapping[str, Any]) -> Iterator[Entry]:
    """Give predictions as entries.

    Raises
    ------
    PairingError
        If one is of another detector, version or settings than ``about`` says.
    """
    for p in predictions:
        if about_run(p) != about:
            raise PairingError(
                f"image {p.image!r} was predicted by {about_run(p)}, the first one by {dict(about)}; "
                "store each run by itself"
            )
        yield Entry(image=p.image, instances=p.instances, capped=p.capped, notes=p.notes)
