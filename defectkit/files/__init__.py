"""Files: what is written is there whole or not at all; what a file says is taken apart once, within bounds."""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
