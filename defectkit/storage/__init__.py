"""Storage: images, sealed label sets, predictions and results in Zarr v3 stores."""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
