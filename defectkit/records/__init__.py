"""Typed records of what there is: calibrations, images, defects, label sets, predictions and splits."""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
