"""Label files and image files live here: how each kind is read into records, mended, and written."""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
