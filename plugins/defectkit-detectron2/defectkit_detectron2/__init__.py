"""Mask R-CNN of Detectron2 as a detector of defectkit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from defectkit.detectors import Detector
    from defectkit_detectron2.detector import Detectron2
    from defectkit_detectron2.importing import from_checkpoint

__all__ = ["Detectron2", "from_checkpoint"]

hookimpl = pluggy.HookimplMarker("defectkit")


@hookimpl
def defectkit_register_detectors() -> list[type[Detector]]:
    """Register the detector; torch and Detectron2 are loaded when it is used."""
    from defectkit_detectron2.detector import Detectron2

    return [Detectron2]


def __getattr__(name: str) -> Any:
    if name == "Detectron2":
        from defectkit_detectron2.detector import Detectron2

        return Detectron2
    if name == "from_checkpoint":
        from defectkit_detectron2.importing import from_checkpoint

        return from_checkpoint
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
