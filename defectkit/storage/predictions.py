"""Predictions in a store: the entries of one run of a detector."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from defectkit.errors import PairingError
from defectkit.records import Prediction
from defectkit.storage.blocks import Entry


def about_run(prediction: Prediction) -> dict[str, Any]:
    """Return what all predictions of one run have in common."""
    return {
        "detector": prediction.detector,
        "detector_version": prediction.detector_version,
        "settings": dict(prediction.settings),
    }


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
